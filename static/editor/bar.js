// The bar: segments to choose, and a grip at the end of each.

import { make } from "./dom.js";
import { edges } from "./model.js";

const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -4, PageUp: 4 };
const GRID = 5; // frames
const STILL = 4; // pixels: a pointer that moved less has clicked
const SCENE_KEYS = "Arrow keys go to the next segment, Shift and arrow keys move it, Delete removes it.";
const GRIP_KEYS = "Drag, or use the arrow keys: 5 frames at a time, with Shift (or Alt) one. Home and End go as far as possible.";

export class Bar {
  constructor(editor) {
    this.editor = editor;
    this.scenes = [];
    this.grips = [];
    this.element = make("div", { class: "is-bar", role: "group", "aria-label": "Segments" });
  }

  update() {
    const { segments, selected, extent, rules } = this.editor;
    while (this.scenes.length < segments.length) this.grow(this.scenes.length);
    while (this.scenes.length > segments.length) for (const list of [this.scenes, this.grips]) list.pop().remove();
    const ends = edges(segments);
    segments.forEach(({ kind, frames }, k) => {
      const [scene, grip] = [this.scenes[k], this.grips[k]];
      const seconds = rules.seconds(frames);
      scene.style.left = `${(100 * ends[k]) / extent}%`;
      scene.style.width = `${(100 * frames) / extent}%`;
      scene.dataset.kind = kind;
      scene.tabIndex = k === selected ? 0 : -1;
      scene.setAttribute("aria-pressed", k === selected);
      const name = `Segment ${k + 1} of ${segments.length}, ${kind}, ${seconds}, frames ${ends[k]} to ${ends[k + 1]}`;
      scene.setAttribute("aria-label", name);
      scene.title = `${name}. ${SCENE_KEYS}`;
      scene.firstChild.replaceChildren(make("b", {}, kind), make("span", {}, seconds));
      const [low, high] = rules.limits(segments, k);
      const last = k === segments.length - 1;
      grip.style.left = `${(100 * ends[k + 1]) / extent}%`;
      grip.dataset.at = `${rules.seconds(ends[k + 1])} · ${ends[k + 1]}`;
      grip.setAttribute("aria-label", last ? "End of the last segment" : `Boundary of segments ${k + 1} and ${k + 2}`);
      grip.setAttribute("aria-valuemin", low);
      grip.setAttribute("aria-valuemax", high);
      grip.setAttribute("aria-valuenow", ends[k + 1]);
      grip.setAttribute("aria-valuetext", `frame ${ends[k + 1]}, ${rules.seconds(ends[k + 1])}`);
    });
  }

  focus(at) {
    this.scenes[at].focus({ preventScroll: true });
  }

  grow(k) {
    const scene = make("button", {
      type: "button",
      class: "is-scene",
      click: () => this.editor.select(k),
      keydown: (event) => this.press(event, k),
    }, make("span"));
    const grip = make("div", { class: "is-grip", role: "slider", tabindex: "0", title: GRIP_KEYS });
    this.scenes.push(scene);
    this.grips.push(grip);
    this.element.append(scene, grip);
    this.drag(grip, k);
    grip.addEventListener("keydown", (event) => this.nudge(event, k));
  }

  press(event, k) {
    const { editor } = this;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (by && event.shiftKey) editor.attempt(editor.rules.shift(editor.segments, k, by), "moved");
    else if (by) editor.select(Math.max(0, Math.min(editor.segments.length - 1, k + by)));
    else if (event.key === "Delete" || event.key === "Backspace")
      editor.attempt(editor.rules.remove(editor.segments, k), "removed");
    else return;
    event.preventDefault();
    this.focus(editor.selected);
  }

  nudge(event, k) {
    const { editor } = this;
    const { rules, segments } = editor;
    const now = edges(segments)[k + 1];
    if (event.ctrlKey || event.metaKey) return;
    let frame;
    if (event.key === "Home") frame = -Infinity;
    else if (event.key === "End") frame = Infinity;
    else if (event.key in STEPS) {
      const step = STEPS[event.key];
      // From off the grid, the first step goes to the grid.
      const grid = step > 0 ? Math.floor(now / GRID) : Math.ceil(now / GRID);
      frame = event.shiftKey || event.altKey ? now + Math.sign(step) : (grid + step) * GRID;
    } else return;
    event.preventDefault();
    editor.change(rules.move(segments, k, frame), { key: `end ${k}`, soon: true });
  }

  /** Mouse, pen and finger alike. Escape, or a gesture that the browser takes over, puts everything back. */
  drag(grip, k) {
    const { editor } = this;
    let from = null;
    let pulling = null;
    const preview = (frame) => editor.preview(editor.rules.move(from.segments, k, Math.min(frame, editor.extent)));
    // Held beyond the right edge, the end of the last segment pulls more time into the bar.
    const pull = () => {
      editor.stretch();
      preview(editor.extent);
      pulling = requestAnimationFrame(pull);
    };
    const finish = (keep) => {
      if (!from) return;
      const { segments } = from;
      from = null;
      cancelAnimationFrame(pulling);
      pulling = null;
      grip.classList.remove("is-dragged");
      editor.release(keep ? editor.segments : segments, segments);
    };
    grip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      grip.setPointerCapture(event.pointerId);
      const box = grip.getBoundingClientRect();
      from = { x: event.clientX, off: event.clientX - (box.left + box.right) / 2, segments: editor.segments };
    });
    grip.addEventListener("pointermove", (event) => {
      if (!from || (!grip.classList.contains("is-dragged") && Math.abs(event.clientX - from.x) < STILL)) return;
      grip.classList.add("is-dragged");
      const grid = event.altKey || event.shiftKey ? 1 : GRID;
      const box = this.element.getBoundingClientRect();
      const beyond = event.clientX - from.off > box.right + STILL && k === from.segments.length - 1;
      if (beyond && pulling === null) pull();
      if (beyond) return;
      cancelAnimationFrame(pulling);
      pulling = null;
      preview(Math.round((((event.clientX - from.off - box.left) / box.width) * editor.extent) / grid) * grid);
    });
    grip.addEventListener("pointerup", (event) => {
      // A touch that goes nowhere chooses the segment under it: grips are wide for fingers.
      if (from && !grip.classList.contains("is-dragged") && event.pointerType === "touch") {
        const right = event.clientX > grip.getBoundingClientRect().left + grip.clientWidth / 2;
        editor.select(Math.min(editor.segments.length - 1, right ? k + 1 : k));
      }
      finish(true);
    });
    grip.addEventListener("pointercancel", () => finish(false));
    grip.addEventListener("keydown", (event) => event.key === "Escape" && finish(false));
  }
}
