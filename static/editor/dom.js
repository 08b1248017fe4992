// Small helpers that build elements.

const ICONS = {
  undo: "M8.5 5 4.5 9l4 4M5 9h9a5.5 5.5 0 0 1 0 11h-4",
  redo: "M15.5 5l4 4-4 4M19 9h-9a5.5 5.5 0 0 0 0 11h4",
  add: "M12 5.5v13M5.5 12h13",
  split: "M12 4v16M8.5 8.5 5 12l3.5 3.5M15.5 8.5 19 12l-3.5 3.5",
  earlier: "M19 12H5.5M11 6l-6 6 6 6",
  later: "M5 12h13.5M13 6l6 6-6 6",
  remove: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.3 10.5v5.5M13.7 10.5v5.5",
};

/** An element with these attributes (`class`, `aria-label`, ...; functions listen) and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A drawing; the parser knows what an <svg> is. */
export function drawing(attributes, content = "") {
  const template = document.createElement("template");
  template.innerHTML = `<svg ${attributes} aria-hidden="true">${content}</svg>`;
  return template.content.firstChild;
}

export const icon = (name) => drawing('viewBox="0 0 24 24"', `<path d="${ICONS[name]}"/>`);

/** A disc for person one, a diamond for person two, both for the two together: they differ by more than their hue. */
export function shapes(who) {
  const people = who === "together" ? ["one", "two"] : [who];
  return make("span", { class: "is-shapes", "aria-hidden": "true" }, ...people.map((p) => make("i", { class: `is-${p}` })));
}

/** A button that may be impossible for now: it stays in reach, and says why. */
export function tool(attributes, ...children) {
  return make("button", { type: "button", class: "is-tool", ...attributes }, ...children);
}

/** Give a button its title, and where there is a `reason` why it cannot be used, that. */
export function allow(button, title, reason) {
  button.title = reason ?? title;
  if (reason) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}
