// The picture's colours come from the page's style sheet, so that light and dark are decided in one place.

function parse(text) {
  const digits = text.trim().replace("#", "");
  return [0, 2, 4].map((i) => parseInt(digits.slice(i, i + 2), 16) / 255);
}

const linear = (colour) => colour.map((x) => x ** 2.2);
const floats = (colours) => Float32Array.from(colours.flat());

/** The colours as renderers take them, from custom properties (#rrggbb) on the element. */
export function readLook(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--is-${name}`).trim();
  const people = ["one", "two", "three", "four"].map(read);
  const heat = [0, 1, 2, 3].map((step) => read(`heat-${step}`));
  return {
    people: people.map((colour) => Float32Array.from(linear(parse(colour)))),
    paint: floats(people.map(parse)), // for what is not lit
    ramp: floats(heat.map(parse).map(linear)), // of distances, from none to many
    glow: floats(linear(parse(read("touch")))),
    sky: floats(linear(parse(read("sky")))),
    bounce: floats(linear(parse(read("bounce")))),
    floor: floats(parse(read("floor"))),
    line: floats(parse(read("floor-line"))),
    number: floats(parse(read("floor-number"))),
    shadow: floats(parse(read("floor-shadow"))),
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
