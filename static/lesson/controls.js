// Small parts that exhibits are made of.

/** An element with properties, and children that are nodes or texts. */
export function make(tag, properties = {}, ...children) {
  const { className, data = {}, aria = {}, role, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  if (className) element.className = className;
  if (role) element.setAttribute("role", role);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(aria)) element.setAttribute(`aria-${name}`, value);
  element.append(...children);
  return element;
}

let groups = 0;

/** Parts beside each other. */
export const row = (...children) => make("div", { className: "is-row" }, ...children);

/** One of several, as radio buttons: `options` are [value, label] pairs; `chosen(value)` when the visitor changes it. */
export function choice(label, options, value, chosen) {
  const name = `lesson-choice-${groups++}`;
  const labels = options.map(([option, text]) => {
    const input = make("input", { type: "radio", name, value: String(option), checked: option === value });
    input.addEventListener("change", () => chosen(option));
    return make("label", {}, input, make("span", {}, text));
  });
  return make("div", { className: "is-choice", role: "radiogroup", aria: { label } }, ...labels);
}

export function button(text, pressed) {
  const element = make("button", { type: "button" }, text);
  element.addEventListener("click", pressed);
  return element;
}

/** Which of the examples is looked at: `name` is what they are called, `open(number)` asks for another one. */
export function examples(name, count, number, open, labels = []) {
  const options = Array.from({ length: count }, (_, i) => [i, labels[i] ?? String(i + 1)]);
  return row(make("span", { className: "is-label" }, name), choice(name, options, number, open));
}

/** A table whose cells are texts or nodes; the first of each row is its heading. */
export function table(caption, head, rows) {
  const heading = make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map(([first, ...rest]) =>
    make("tr", {}, make("th", { scope: "row" }, first), ...rest.map((cell) => make("td", {}, cell))),
  );
  return make(
    "div",
    { className: "is-table", tabIndex: 0, role: "group", aria: { label: caption } },
    make("table", {}, make("caption", {}, caption), make("thead", {}, heading), make("tbody", {}, ...body)),
  );
}

/** A person's name with the dot in their colour. */
export function person(index) {
  const dot = make("i", { className: `is-dot is-person-${index}` });
  return make("span", { className: "is-doer" }, dot, ["Person one", "Person two"][index]);
}
