// The ruler, in seconds and frames, and the playhead that the viewer moves. A click on the ruler moves the viewer.

import { make } from "./dom.js";

const VIEWER = "viewer"; // element id of the viewer that shows what this script became
const STEPS = [1, 2, 5, 10, 20]; // seconds between labels
const WIDE = 40; // pixels that a label needs

export class Ruler {
  constructor(editor) {
    this.editor = editor;
    this.marks = make("div", { class: "is-marks" });
    this.element = make("div", { class: "is-ruler", "aria-hidden": "true" }, this.marks);
    this.head = make("div", { class: "is-head", "aria-hidden": "true", hidden: "" });
    this.shown = null; // frames of the motion in the viewer
    this.frame = 0;
    this.drawn = "";
    window.addEventListener("intersyn:frame", ({ detail }) => {
      if (detail.viewer !== VIEWER) return;
      this.shown = detail.frames;
      this.frame = detail.frame;
      this.place();
    });
    let scrubbing = false;
    this.element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.stale()) return;
      scrubbing = true;
      this.element.setPointerCapture(event.pointerId);
      this.seek(event);
    });
    this.element.addEventListener("pointermove", (event) => scrubbing && this.seek(event));
    for (const name of ["pointerup", "pointercancel"])
      this.element.addEventListener(name, () => (scrubbing = false));
  }

  /** Whether the viewer shows something of another length; says so. */
  stale() {
    const stale = this.shown !== null && this.shown !== this.editor.total;
    if (stale) this.editor.say("The motion on the screen has another length: generate first, then the ruler seeks in it.");
    return stale;
  }

  seek(event) {
    const box = this.element.getBoundingClientRect();
    const at = Math.floor(((event.clientX - box.left) / box.width) * this.editor.extent);
    const frame = Math.max(0, Math.min(this.editor.total - 1, at));
    window.dispatchEvent(new CustomEvent("intersyn:seek", { detail: { viewer: VIEWER, frame } }));
  }

  place() {
    const { total, extent } = this.editor;
    this.head.hidden = this.shown !== total;
    if (!this.head.hidden) this.head.style.left = `${(100 * this.frame) / extent}%`;
  }

  update() {
    const { extent, total, rules } = this.editor;
    const width = this.element.clientWidth || 600;
    const drawn = `${extent} ${total} ${width}`;
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      const perSecond = (width * rules.fps) / extent;
      const step = STEPS.find((seconds) => seconds * perSecond >= WIDE) ?? STEPS.at(-1);
      const labels = [];
      for (let second = 0; second * rules.fps <= extent; second += step) labels.push(this.label(second, (WIDE * rules.fps) / perSecond));
      this.marks.replaceChildren(...labels);
      // Fine ticks: every 5 frames where there is room for them, else every second.
      const fine = perSecond / 4 >= 5 ? rules.fps / 4 : rules.fps * step;
      this.element.style.setProperty("--is-fine", `${(100 * fine) / extent}%`);
      this.element.style.setProperty("--is-total", `${(100 * total) / extent}%`);
    }
    this.place();
  }

  /** `cut`: frames before the end from which on a label has no room. */
  label(second, cut) {
    const { extent, total, rules } = this.editor;
    const frame = second * rules.fps;
    const mark = make("span", { class: "is-tick" }, make("b", {}, `${second} s`), make("span", {}, String(frame)));
    mark.style.left = `${(100 * frame) / extent}%`;
    mark.classList.toggle("is-beyond", frame > total);
    mark.classList.toggle("is-cut", frame > extent - cut);
    return mark;
  }
}
