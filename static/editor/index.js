// The timeline editor: who does what, when. Python hands over a script and gets it back after every edit.

import { Bar } from "./bar.js";
import { allow, icon, make, tool } from "./dom.js";
import { History } from "./history.js";
import { Inspector } from "./inspector.js";
import { Lanes } from "./lanes.js";
import { Rules, change, read, total } from "./model.js";
import { Ruler } from "./ruler.js";

const FINGERS = matchMedia("(pointer: coarse)");
const SOON = 300; // milliseconds without another key before Python hears of it

class Editor {
  constructor(root, { props, watch, trigger }) {
    Object.assign(this, { root, props, trigger, timer: null, selected: 0, dragging: false });
    this.rules = new Rules(props);
    this.segments = read(props.value);
    this.history = new History({ segments: this.segments, selected: 0 });
    this.build();
    this.update();
    watch("value", () => this.receive());
    new ResizeObserver(() => this.keepFocus(() => this.arrange())).observe(root);
    root.addEventListener("keydown", (event) => this.shortcut(event));
  }

  get total() {
    return total(this.segments);
  }

  /** Frames that the bar spans: a little more than there are, for the last end to go to. */
  get extent() {
    if (this.dragging) return this.span;
    const roomy = Math.max(this.total + this.rules.fps, Math.round(this.total * 1.12));
    return Math.max(this.total, Math.min(this.rules.maxFrames, roomy));
  }

  build() {
    this.ruler = new Ruler(this);
    this.bar = new Bar(this);
    this.lanes = new Lanes(this);
    this.inspector = new Inspector(this);
    this.sum = make("small");
    this.status = make("p", { class: "is-said", role: "status" });
    this.adds = Object.keys(this.rules.least).map((kind) => {
      const act = () => this.attempt(this.rules.add(this.segments, this.selected, kind), "is new");
      return [kind, tool({ click: act, "data-add": kind }, icon("add"), make("span", {}, kind === "alone" ? "Alone" : "Together"))];
    });
    this.undoing = tool({ click: () => this.step("undo"), "aria-label": "Undo", "data-do": "undo" }, icon("undo"));
    this.redoing = tool({ click: () => this.step("redo"), "aria-label": "Redo", "data-do": "redo" }, icon("redo"));
    const units = make("div", { class: "is-units", "aria-hidden": "true" }, make("b", {}, "seconds"), make("span", {}, "frames"));
    const scale = make("div", { class: "is-scale" }, this.ruler.element, this.bar.element, this.ruler.head);
    this.track = make("div", { class: "is-track" }, units, scale);
    this.root.replaceChildren(
      make(
        "div",
        { class: "is-top" },
        make("h2", {}, "Timeline", this.sum),
        make("div", { class: "is-tools" }, ...this.adds.map(([, button]) => button), this.undoing, this.redoing),
      ),
      this.track, this.lanes.fan, this.lanes.element, this.inspector.element, this.status,
    );
  }

  update() {
    this.keepFocus(() => this.show());
  }

  show() {
    const { rules, segments } = this;
    this.sum.textContent = `${rules.seconds(this.total)}, ${this.total} frames; up to ${rules.seconds(rules.maxFrames)}`;
    for (const [kind, button] of this.adds)
      allow(button, `Add a segment ${kind} after the chosen one.`, rules.add(segments, this.selected, kind).reason);
    allow(this.undoing, "Undo (Ctrl+Z)", this.history.past.length ? undefined : "There is nothing to undo.");
    allow(this.redoing, "Redo (Ctrl+Shift+Z)", this.history.future.length ? undefined : "There is nothing to redo.");
    this.bar.update();
    this.lanes.update();
    this.inspector.update();
    this.arrange();
  }

  /** What depends on how wide everything is. */
  arrange() {
    const wide = Lanes.wide(this.track.clientWidth, this.segments.length);
    this.root.classList.toggle("is-wide", wide);
    // Reading order is what is seen: in a list the fields stand below the texts that are open.
    const home = wide ? this.root : this.lanes.cells[this.selected].element;
    if (this.inspector.element.parentNode !== home)
      if (wide) this.lanes.element.after(this.inspector.element);
      else home.append(this.inspector.element);
    this.root.classList.toggle("is-touch", !wide || FINGERS.matches);
    this.ruler.update();
    if (wide) this.lanes.join();
  }

  /** What holds the focus keeps it where `action` moves it to another place in the page. */
  keepFocus(action) {
    const held = document.activeElement;
    action();
    if (held !== document.activeElement && this.root.contains(held)) held.focus({ preventScroll: true });
  }

  select(at) {
    if (at === this.selected) return;
    this.selected = at;
    this.update();
  }

  say(text) {
    this.status.textContent = text;
  }

  /** What an operation of the rules came to: do it, or say why it cannot be done. */
  attempt({ segments, selected, reason }, done) {
    if (reason) return this.say(reason);
    const of = done === "removed" ? this.selected : selected;
    this.change(segments, { selected });
    this.say(`Segment ${of + 1} ${done}.`);
  }

  /** An edit: shown, remembered and told. `soon`: more of the kind may follow at once, so Python hears a little later. */
  change(segments, { selected = this.selected, key = null, soon = false } = {}) {
    if (JSON.stringify(segments) === JSON.stringify(this.segments)) return this.update();
    this.segments = segments;
    this.selected = selected;
    this.history.record({ segments, selected }, key);
    this.say("");
    this.update();
    this.tell(soon);
  }

  write(at, name, text) {
    this.change(change(this.segments, at, { [name]: text }), { key: `${name} ${at}`, soon: true });
  }

  /** While a boundary is dragged: shown, no more. The bar keeps its scale. */
  preview(segments) {
    if (!this.dragging) this.span = this.extent;
    this.dragging = true;
    this.segments = segments;
    this.update();
  }

  /** While the last end is dragged beyond the bar: more time on it. */
  stretch() {
    this.span = Math.max(this.total, Math.min(this.rules.maxFrames, Math.ceil(this.extent * 1.01)));
  }

  /** A drag from `before` has ended. */
  release(segments, before) {
    this.dragging = false;
    this.segments = before;
    this.change(segments);
  }

  step(which) {
    this.flush();
    const state = this.history[which]();
    if (!state) return this.say(`There is nothing to ${which}.`);
    Object.assign(this, state);
    this.say("");
    this.update();
    this.tell();
  }

  shortcut(event) {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y")) return;
    event.preventDefault(); // a text field's own undo knows nothing of ours
    this.step(key === "y" || event.shiftKey ? "redo" : "undo");
  }

  /** The page's value is always up to date; who listens is told now, or when the keys have paused. */
  tell(soon = false) {
    clearTimeout(this.timer);
    this.props.value = { segments: this.segments };
    this.timer = setTimeout(() => this.flush(), SOON);
    if (!soon) this.flush();
  }

  flush() {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.trigger("input", this.props.value);
  }

  submit() {
    this.flush();
    this.trigger("submit", this.props.value);
  }

  /** Python has set a new value: one step, so that undo brings back what was there. */
  receive() {
    const segments = read(this.props.value);
    if (!segments || JSON.stringify(segments) === JSON.stringify(this.segments)) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.segments = segments;
    this.selected = Math.min(this.selected, segments.length - 1);
    this.history.record({ segments, selected: this.selected });
    this.say("");
    this.update();
  }
}

export function mount(element, context) {
  new Editor(element.querySelector(".is-editor"), context);
}
