// The lesson: one chapter is open; its exhibit is asked for when it is opened first, and kept.

import { denoising } from "./denoising.js";
import { frames } from "./frames.js";
import { fusion } from "./fusion.js";
import { rec } from "./rec.js";
import { smooth } from "./smooth.js";
import { make } from "./controls.js";
import { Stage } from "./stage.js";

const EXHIBITS = { fusion, frames, denoising, rec, smooth };
const mounted = new WeakSet();

export function mount(element, { props, watch, trigger, viewer }) {
  if (mounted.has(element)) return;
  mounted.add(element);
  const lesson = new Lesson(element, new Stage(viewer), props, trigger);
  watch("value", () => lesson.arrived(props.value));
  lesson.start(viewer);
}

class Lesson {
  constructor(element, stage, props, trigger) {
    Object.assign(this, { element, stage, props, trigger });
    this.buttons = [...element.querySelectorAll(".is-chapters button")];
    this.names = this.buttons.map(({ dataset }) => dataset.chapter);
    this.sections = [...element.querySelectorAll(".is-chapter")];
    this.next = element.querySelector(".is-next");
    this.place = null; // where exhibits are; another component of the page
    this.known = new Map(); // "chapter/number": exhibit
    this.asked = new Set();
    this.numbers = {}; // the example last looked at, by chapter
    this.chapter = null;
    this.exhibit = null;
  }

  start(viewer) {
    for (const button of this.buttons) button.addEventListener("click", () => this.open(button.dataset.chapter));
    this.next.addEventListener("click", () => this.open(this.names[this.names.indexOf(this.chapter) + 1], true));
    window.addEventListener("intersyn:frame", ({ detail }) => {
      if (detail.viewer === viewer) this.exhibit?.frame(detail.frame);
    });
    // Nothing is computed for a tab that nobody opens.
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      seen.disconnect();
      this.open(this.names[0]);
    });
    seen.observe(this.element);
  }

  /** `reading`: the visitor came from the end of the chapter before, so the page goes to this one's title. */
  open(chapter, reading = false) {
    if (chapter === this.chapter) return;
    this.chapter = chapter;
    const at = this.names.indexOf(chapter);
    this.buttons.forEach((button, i) => button.toggleAttribute("aria-current", i === at));
    this.buttons[at].setAttribute("aria-current", "step");
    this.sections.forEach((section, i) => (section.hidden = i !== at));
    this.next.hidden = at === this.names.length - 1;
    if (!this.next.hidden) this.next.replaceChildren("Next: ", ...[...this.buttons[at + 1].childNodes].slice(1).map((node) => node.cloneNode(true)));
    if (reading) {
      const title = this.sections[at].querySelector("h2");
      title.focus({ preventScroll: true });
      this.element.scrollIntoView({ block: "start", behavior: "smooth" });
    }
    this.choose(this.numbers[chapter] ?? 0);
  }

  /** Another example of the open chapter. */
  choose(number) {
    const { chapter } = this;
    this.numbers[chapter] = number;
    const key = `${chapter}/${number}`;
    if (this.known.has(key)) {
      this.present(this.known.get(key));
      return;
    }
    this.clear();
    this.tell("Loading…");
    if (this.asked.has(key)) return; // it is on its way
    this.asked.add(key);
    this.props.value = { chapter, number };
    this.trigger(this.buttons[this.names.indexOf(chapter)].dataset.event, this.props.value);
  }

  /** News from the server: an exhibit, a message, or how far it is. They may be of a chapter that was left. */
  arrived(value) {
    if (!value) return;
    const { chapter, number, exhibit, message, done, steps } = value;
    const key = `${chapter}/${number}`;
    if (exhibit) this.known.set(key, exhibit);
    if (exhibit || message) this.asked.delete(key);
    if (chapter !== this.chapter || number !== this.numbers[chapter]) return;
    if (exhibit) this.present(exhibit);
    else if (message) this.tell(message, "error");
    else if (steps) this.tell(`The networks are at work: step ${done} of ${steps}.`, "busy", done, steps);
    else if (done !== undefined) this.tell(this.words(chapter), "busy");
  }

  words(chapter) {
    const model = this.buttons[this.names.indexOf(chapter)].dataset.event === "submit";
    return model ? "Waiting for the networks (they are loaded at first use)…" : "Reading the clips…";
  }

  get box() {
    this.place ??= document.getElementById("lesson-exhibit");
    return this.place;
  }

  clear() {
    this.exhibit?.close?.();
    this.exhibit = null;
    this.box.replaceChildren();
  }

  tell(text, kind = "busy", done = 0, steps = 0) {
    const line = make("div", { className: `is-status is-${kind}`, role: kind === "error" ? "alert" : "status" }, make("span", {}, text));
    if (kind === "busy") {
      const bar = make("progress", { aria: { label: "Progress" } });
      if (steps) Object.assign(bar, { max: steps, value: done });
      line.append(bar);
    }
    if (kind === "error") {
      const again = make("button", { type: "button" }, "Try again");
      again.addEventListener("click", () => this.choose(this.numbers[this.chapter]));
      line.append(again);
    }
    this.box.replaceChildren(line);
  }

  async present(data) {
    const { chapter } = this;
    const number = this.numbers[chapter];
    await this.stage.ready();
    if (chapter !== this.chapter || number !== this.numbers[chapter]) return; // the visitor went on
    this.clear();
    const count = this.props.counts[chapter];
    this.exhibit = EXHIBITS[chapter](data, { stage: this.stage, number, count, open: (wanted) => this.choose(wanted) });
    this.box.replaceChildren(...this.exhibit.nodes);
    this.exhibit.frame(this.stage.viewer.clock.frame);
  }
}
