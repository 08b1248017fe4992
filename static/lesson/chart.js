// A line chart with a cursor: redrawn to the width it has, so that its texts stay readable on a phone.

import { make } from "./controls.js";

const HEIGHT = 168;
const EDGE = { left: 44, right: 12, top: 12, bottom: 30 };

const template = document.createElement("template");
template.innerHTML = "<svg></svg>";
const SPACE = template.content.firstChild.namespaceURI;

function draw(tag, attributes, text) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Round steps for an axis up to `top`, four or so. */
function ticks(top) {
  const rough = top / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((size) => size >= rough);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, k) => Number((k * step).toPrecision(6)));
}

export class Chart {
  /**
   * facts: { title, x, y: names of the axes, first: x of the first value, lines: [{ name, values, kind }], bands:
   * [[from, to, name]] }. `picked(x)` when the visitor clicks; null entries are gaps.
   */
  constructor(facts, picked) {
    this.facts = facts;
    this.svg = draw("svg", { role: "img", "aria-label": facts.title, height: HEIGHT });
    const keys = facts.lines.map(({ name, kind }) =>
      make("span", { className: `is-key is-line-${kind}` }, draw("svg", { width: 26, height: 8, "aria-hidden": "true" }), name),
    );
    for (const key of keys) key.firstChild.append(draw("line", { x1: 1, x2: 25, y1: 4, y2: 4 }));
    this.element = make("figure", { className: "is-chart" }, make("figcaption", {}, make("b", {}, facts.title), ...keys), this.svg);
    this.cursor = draw("line", { class: "is-cursor", y1: EDGE.top, y2: HEIGHT - EDGE.bottom });
    this.count = Math.max(...facts.lines.map(({ values }) => values.length));
    this.sizes = new ResizeObserver(() => this.render());
    this.sizes.observe(this.element);
    this.svg.addEventListener("click", (event) => {
      const { left } = this.svg.getBoundingClientRect();
      const share = (event.clientX - left - EDGE.left) / (this.width - EDGE.left - EDGE.right);
      picked(this.facts.first + Math.round(Math.min(Math.max(share, 0), 1) * (this.count - 1)));
    });
  }

  render() {
    const width = Math.round(this.element.clientWidth);
    if (!width || width === this.width) return;
    this.width = width;
    const { facts, svg } = this;
    svg.setAttribute("width", width);
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const top = 1.08 * Math.max(...facts.lines.flatMap(({ values }) => values.filter((value) => value !== null)), 1e-6);
    const y = (value) => HEIGHT - EDGE.bottom - (value / top) * (HEIGHT - EDGE.top - EDGE.bottom);
    const parts = (facts.bands ?? []).map(([from, to, name]) => {
      const band = draw("rect", { class: "is-band", x: this.x(from), width: this.x(to) - this.x(from), y: EDGE.top });
      band.setAttribute("height", HEIGHT - EDGE.top - EDGE.bottom);
      band.append(draw("title", {}, name));
      return band;
    });
    for (const value of ticks(top)) {
      parts.push(draw("line", { class: "is-grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }));
      parts.push(draw("text", { x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end" }, value));
    }
    const step = [1, 2, 5, 10, 20, 50].find((size) => (this.count / size) * 46 < width) ?? 100;
    for (let at = Math.ceil(facts.first / step) * step; at < facts.first + this.count; at += step)
      parts.push(draw("text", { x: this.x(at), y: HEIGHT - EDGE.bottom + 14, "text-anchor": "middle" }, at));
    parts.push(draw("text", { x: EDGE.left, y: HEIGHT - 3 }, facts.x));
    parts.push(draw("text", { x: EDGE.left + 4, y: EDGE.top + 2, class: "is-unit" }, facts.y));
    for (const { values, kind } of facts.lines) {
      let path = "";
      values.forEach((value, i) => {
        if (value === null) return;
        path += `${path && values[i - 1] !== null ? "L" : "M"}${this.x(facts.first + i).toFixed(1)} ${y(value).toFixed(1)}`;
      });
      parts.push(draw("path", { class: `is-line-${kind}`, d: path }));
    }
    svg.replaceChildren(...parts, this.cursor);
    this.point(this.at ?? facts.first);
  }

  x(value) {
    const share = (value - this.facts.first) / Math.max(this.count - 1, 1);
    return EDGE.left + share * (this.width - EDGE.left - EDGE.right);
  }

  /** Put the cursor at x; it goes where x lies outside. */
  point(x) {
    this.at = x;
    if (!this.width) return;
    const inside = x >= this.facts.first && x <= this.facts.first + this.count - 1;
    this.cursor.style.display = inside ? "" : "none";
    const place = this.x(x).toFixed(1);
    this.cursor.setAttribute("x1", place);
    this.cursor.setAttribute("x2", place);
  }

  dispose() {
    this.sizes.disconnect();
  }
}
