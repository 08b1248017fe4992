// The bar: segments to choose and to carry to another place, and a grip at the end of each.

import { draggable } from "./drag.js";
import { make } from "./dom.js";
import { edges } from "./model.js";

const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -4, PageUp: 4 };
const GRID = 5; // frames
const BEYOND = 4; // pixels past the right edge from which the last end pulls
const SCENE_KEYS =
  "Drag it to another place. Arrow keys go to the next segment, Shift and arrow keys move it, Delete removes it.";
const GRIP_KEYS = "Drag, or use the arrow keys: 5 frames at a time, with Shift (or Alt) one. Home and End go as far as possible.";

export class Bar {
  constructor(editor) {
    this.editor = editor;
    this.scenes = [];
    this.grips = [];
    this.slot = make("div", { class: "is-slot" }); // where the segment that is carried would go
    this.element = make("div", { class: "is-bar", role: "group", "aria-label": "Segments" }, this.slot);
  }

  update() {
    const { segments, selected, extent, rules } = this.editor;
    while (this.scenes.length < segments.length) this.grow(this.scenes.length);
    while (this.scenes.length > segments.length) for (const list of [this.scenes, this.grips]) list.pop().remove();
    const ends = edges(segments);
    this.element.classList.remove("is-carrying");
    segments.forEach(({ kind, frames }, k) => {
      const [scene, grip] = [this.scenes[k], this.grips[k]];
      const seconds = rules.seconds(frames);
      scene.style.left = `${(100 * ends[k]) / extent}%`;
      scene.style.width = `${(100 * frames) / extent}%`;
      scene.dataset.kind = kind;
      scene.classList.remove("is-carried");
      scene.tabIndex = k === selected ? 0 : -1;
      scene.setAttribute("aria-pressed", k === selected);
      const name = `Segment ${k + 1} of ${segments.length}, ${kind}, ${seconds}, frames ${ends[k]} to ${ends[k + 1]}`;
      scene.setAttribute("aria-label", name);
      scene.title = `${name}. ${SCENE_KEYS}`;
      scene.lastChild.replaceChildren(make("b", {}, kind), make("span", {}, seconds));
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
    const handle = make("i", { class: "is-handle", "aria-hidden": "true" });
    const scene = make("button", { type: "button", class: "is-scene" }, handle, make("span"));
    const grip = make("div", { class: "is-grip", role: "slider", tabindex: "0", title: GRIP_KEYS });
    this.scenes.push(scene);
    this.grips.push(grip);
    this.element.append(scene, grip);
    this.carry(scene, k);
    scene.addEventListener("click", () => this.editor.select(k));
    scene.addEventListener("keydown", (event) => this.press(event, k));
    this.stretch(grip, k);
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

  /** The end of segment `k` goes where the grip is dragged. */
  stretch(grip, k) {
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
    const rest = () => {
      cancelAnimationFrame(pulling);
      pulling = null;
    };
    draggable(grip, {
      take: ({ clientX }) => {
        const box = grip.getBoundingClientRect();
        from = { off: clientX - (box.left + box.right) / 2, segments: editor.segments };
      },
      move: (event) => {
        grip.classList.add("is-dragged");
        const grid = event.altKey || event.shiftKey ? 1 : GRID;
        const box = this.element.getBoundingClientRect();
        const x = event.clientX - from.off;
        const beyond = x > box.right + BEYOND && k === from.segments.length - 1;
        if (beyond && pulling === null) pull();
        if (beyond) return;
        rest();
        preview(Math.round((((x - box.left) / box.width) * editor.extent) / grid) * grid);
      },
      end: (keep) => {
        rest();
        grip.classList.remove("is-dragged");
        editor.release(keep ? editor.segments : from.segments, from.segments);
      },
      // A touch that goes nowhere chooses the segment under it: grips are wide for fingers.
      tap: (event) => {
        if (event.pointerType !== "touch") return;
        const right = event.clientX > grip.getBoundingClientRect().left + grip.clientWidth / 2;
        editor.select(Math.min(editor.segments.length - 1, right ? k + 1 : k));
      },
    });
  }

  /** Segment `k` is lifted, the others make room for it where it is nearest, and there it is dropped. */
  carry(scene, k) {
    const { editor } = this;
    let from = null;
    const at = (frame) => `${(100 * frame) / editor.extent}%`;
    draggable(scene, {
      take: (event) => {
        // A finger on the rest of the segment may scroll the page.
        if (event.pointerType === "touch" && !event.target.closest(".is-handle")) return false;
        const [box, own] = [this.element, scene].map((element) => element.getBoundingClientRect());
        from = { off: event.clientX - own.left, box, segments: editor.segments, to: k };
      },
      move: ({ clientX }) => {
        const { segments, off, box } = from;
        if (segments !== editor.segments) return; // something else has changed them: nothing to move any more
        const { frames } = segments[k];
        const left = ((clientX - off - box.left) / box.width) * editor.extent;
        const others = segments.map((_, n) => n).filter((n) => n !== k);
        const places = edges(others.map((n) => segments[n]));
        const far = (place) => Math.abs(place - left);
        const to = places.reduce((best, place, n) => (far(place) < far(places[best]) ? n : best), 0);
        from.to = to;
        this.element.classList.add("is-carrying");
        scene.classList.add("is-carried");
        scene.style.left = at(Math.max(0, Math.min(editor.extent - frames, left)));
        others.forEach((n, m) => (this.scenes[n].style.left = at(places[m] + (m >= to ? frames : 0))));
        this.slot.style.left = at(places[to]);
        this.slot.style.width = at(frames);
      },
      end: (keep) => {
        const { segments, to } = from;
        if (keep && to !== k && segments === editor.segments) {
          editor.attempt(editor.rules.shift(segments, k, to - k), "moved");
          this.focus(to);
          return;
        }
        if (keep) editor.select(k);
        this.update();
      },
    });
  }
}
