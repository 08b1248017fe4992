// The texts: one lane per person, and across both what they do together. Wide windows show them under their segments,
// joined to the bar by a fan where time and reading need different widths; narrow ones list them, the chosen one open.

import { drawing, make, shapes } from "./dom.js";
import { TEXTS, edges } from "./model.js";

const LEAST = 150; // pixels for a text to be readable
const GUTTER = 64; // pixels left of the lanes for their names; the style sheet has the same
const GAP = 6; // pixels between texts
const FAN = 16; // pixels from the bar to the texts
const NAMES = { one: "Person one", two: "Person two", together: "Both together" };
const HINTS = {
  one: "What person one does, alone",
  two: "What person two does, alone",
  together: "What they do together",
};

export class Lanes {
  constructor(editor) {
    this.editor = editor;
    this.cells = [];
    this.fan = drawing('class="is-fan"');
    const names = ["one", "two"].map((who) =>
      make("span", { class: "is-lane", "data-who": who }, shapes(who), who[0].toUpperCase() + who.slice(1)),
    );
    this.element = make("div", { class: "is-lanes" }, ...names);
  }

  /** Whether `width` pixels hold this many texts side by side. */
  static wide(width, count) {
    return width >= GUTTER + Math.max(3, count) * LEAST;
  }

  update() {
    const { segments, selected, rules } = this.editor;
    while (this.cells.length < segments.length) this.grow(this.cells.length);
    while (this.cells.length > segments.length) this.cells.pop().element.remove();
    this.element.style.setProperty(
      "--is-columns", segments.map(({ frames }) => `minmax(${LEAST - GAP}px, ${frames}fr)`).join(" "),
    );
    segments.forEach((segment, k) => {
      const { element, heading, words } = this.cells[k];
      element.dataset.kind = segment.kind;
      element.style.gridColumn = k + 2;
      element.classList.toggle("is-chosen", k === selected);
      const gist = TEXTS[segment.kind].map((name) => segment[name].trim() || "…").join(" / ");
      heading.replaceChildren(
        make("b", {}, String(k + 1)), segment.kind, make("span", {}, rules.seconds(segment.frames)),
        make("small", {}, k === selected ? "" : gist),
      );
      heading.setAttribute("aria-expanded", k === selected);
      for (const [name, { label, area, count }] of Object.entries(words)) {
        label.hidden = !TEXTS[segment.kind].includes(name);
        if (area.value !== segment[name]) area.value = segment[name];
        label.dataset.text = `${segment[name] || HINTS[name]} `; // its copy in the style sheet makes the field as high
        const length = segment[name].trim().length;
        count.textContent = `${length} of ${rules.maxCharacters}`;
        count.hidden = length < 0.85 * rules.maxCharacters;
        area.setAttribute("aria-invalid", length > rules.maxCharacters);
      }
    });
  }

  /** Bands from the segments on the bar to their texts; to be called when both are laid out. */
  join() {
    const { segments, selected, extent } = this.editor;
    const width = this.fan.clientWidth;
    if (!width) return;
    const ends = edges(segments);
    const at = this.fan.getBoundingClientRect().left;
    const bands = segments.map(({ kind }, k) => {
      const [from, to] = [ends[k], ends[k + 1]].map((frame) => (width * frame) / extent);
      const box = this.cells[k].element.getBoundingClientRect();
      const [left, right] = [box.left - at, box.right - at];
      const side = (a, b, y, toY) => `${a} ${y}C${a} ${FAN / 2} ${b} ${FAN / 2} ${b} ${toY}`;
      const line = `M${side(from + 1, left, 0, FAN)}L${side(right, to - 1, FAN, 0)}Z`;
      return `<path d="${line}" data-kind="${kind}" class="${k === selected ? "is-chosen" : ""}"/>`;
    });
    this.fan.innerHTML = bands.join("");
  }

  grow(k) {
    const words = Object.fromEntries(Object.keys(NAMES).map((name) => [name, this.words(k, name)]));
    const open = () => {
      this.editor.select(k);
      heading.scrollIntoView({ block: "nearest" }); // what was open above it is so no longer
    };
    const heading = make("button", { type: "button", class: "is-cell-head", click: open });
    const element = make(
      "div",
      { class: "is-cell", id: `scene-${k}`, role: "group", "aria-label": `Texts of segment ${k + 1}` },
      heading,
      ...Object.values(words).map(({ label }) => label),
    );
    element.addEventListener("intersyn:reveal", () => this.editor.select(k));
    this.cells.push({ element, heading, words });
    this.element.append(element);
  }

  words(k, name) {
    const { editor } = this;
    const area = make("textarea", {
      rows: "1",
      placeholder: HINTS[name],
      "aria-label": `Segment ${k + 1}, ${NAMES[name].toLowerCase()}`,
      focus: () => editor.select(k),
      input: () => editor.write(k, name, area.value),
      blur: () => editor.flush(),
      keydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        editor.submit();
      },
    });
    const count = make("span", { class: "is-count", hidden: "" });
    const title = make("span", { class: "is-who" }, shapes(name), make("span", {}, NAMES[name]));
    const label = make("label", { class: "is-words", id: `scene-${k}-${name}`, "data-who": name }, title, area, count);
    return { label, area, count };
  }
}
