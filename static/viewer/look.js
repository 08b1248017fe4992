// The picture's colours come from the page's style sheet, so that light and dark are decided in one place.

function parse(text) {
  const digits = text.trim().replace("#", "");
  return [0, 2, 4].map((i) => parseInt(digits.slice(i, i + 2), 16) / 255);
}

const linear = (colour) => colour.map((x) => x ** 2.2);

/** The colours as renderers take them, from custom properties (#rrggbb) on the element. */
export function readLook(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--is-${name}`).trim();
  const people = ["one", "two", "three", "four"].map(read).filter(Boolean);
  return {
    people: people.map((colour) => linear(parse(colour))),
    paint: people.map(parse), // for what is not lit
    sky: linear(parse(read("sky"))),
    bounce: linear(parse(read("bounce"))),
    floor: parse(read("floor")),
    line: parse(read("floor-line")),
    shadow: parse(read("floor-shadow")),
    css: { people, line: read("floor-line") },
  };
}

/** Calls back when the page changes between light and dark; returns the way to stop listening. */
export function onThemeChange(changed) {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "style"] });
  return () => observer.disconnect();
}
