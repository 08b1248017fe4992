// The chosen segment in plain fields: its kind, start and length, and what can be done with it.

import { allow, icon, make, shapes, tool } from "./dom.js";
import { edges } from "./model.js";

const KINDS = { alone: "Alone", together: "Together" };
const DO = {
  earlier: ["Move left", "Exchange it with the segment before.", (rules, ...at) => rules.shift(...at, -1)],
  later: ["Move right", "Exchange it with the segment after.", (rules, ...at) => rules.shift(...at, 1)],
  split: ["Split", "Cut it in two at its middle; both keep the texts.", (rules, ...at) => rules.split(...at)],
  remove: ["Remove", "Take it out; undo brings it back.", (rules, ...at) => rules.remove(...at)],
};
const DONE = { split: "split", earlier: "moved", later: "moved", remove: "removed" };

export class Inspector {
  constructor(editor) {
    this.editor = editor;
    this.title = make("h3");
    this.kinds = Object.keys(KINDS).map((kind) => this.kind(kind));
    this.start = this.field("Start", "Where it begins: the segment before gives or takes the frames.", -1);
    this.length = this.field("Length", "", 0);
    this.tools = Object.keys(DO).map((name) => this.tool(name));
    this.element = make(
      "div",
      { class: "is-inspector", role: "group", "aria-label": "The chosen segment" },
      this.title,
      make("div", { class: "is-kinds", role: "radiogroup", "aria-label": "Kind" }, ...this.kinds.map(({ label }) => label)),
      this.start.element,
      this.length.element,
      make("div", { class: "is-tools" }, ...this.tools.map(({ button }) => button)),
    );
  }

  update() {
    const { segments, selected, rules } = this.editor;
    const ends = edges(segments);
    const { kind, frames } = segments[selected];
    const last = selected === segments.length - 1;
    this.title.textContent = `Segment ${selected + 1}`;
    this.title.append(make("small", {}, ` of ${segments.length}`));
    for (const { name, radio, label } of this.kinds) {
      radio.checked = name === kind;
      const { reason } = rules.turn(segments, selected, name);
      label.title = reason ?? (name === "alone" ? "Each does something of their own." : "Both do one thing together.");
      radio.disabled = Boolean(reason);
    }
    if (selected) this.start.show(ends[selected], ...rules.limits(segments, selected - 1));
    else this.start.show(0, 0, 0, "The first segment begins at 0.");
    const [low, high] = rules.limits(segments, selected).map((end) => end - ends[selected]);
    const whose = last ? "the whole gets longer or shorter" : "the segment after gives or takes the frames";
    this.length.show(frames, low, high, low === high ? "No room: its neighbour is as short as possible." : undefined);
    this.length.element.title ||= `How long it lasts: ${whose}.`;
    for (const { name, button } of this.tools)
      allow(button, DO[name][1], DO[name][2](rules, segments, selected).reason);
  }

  kind(name) {
    const { editor } = this;
    const radio = make("input", {
      type: "radio",
      name: "scene-kind",
      value: name,
      change: () => editor.attempt(editor.rules.turn(editor.segments, editor.selected, name), `is now ${name}`),
    });
    return { name, radio, label: make("label", { "data-kind": name }, radio, ...shapesOf(name), KINDS[name]) };
  }

  tool(name) {
    const { editor } = this;
    const act = () => editor.attempt(DO[name][2](editor.rules, editor.segments, editor.selected), DONE[name]);
    return { name, button: tool({ click: act, "data-do": name }, icon(name), make("span", {}, DO[name][0])) };
  }

  /** A range and a number that both set an end: of the chosen segment (`by` 0), or of the one before (-1). */
  field(name, help, by) {
    const { editor } = this;
    const unit = make("span", { class: "is-seconds" });
    const set = (value, options) => {
      const { segments, selected, rules } = editor;
      const start = by ? 0 : edges(segments)[selected];
      editor.change(rules.move(segments, selected + by, start + value), options);
    };
    const range = make("input", {
      type: "range",
      "aria-label": `${name} in frames`,
      input: () => set(Number(range.value), { key: `${name} ${editor.selected}`, soon: true }),
      change: () => editor.flush(),
    });
    const number = make("input", {
      type: "number",
      inputmode: "numeric",
      "aria-label": `${name} in frames`,
      change: () => {
        const value = Math.round(Number(number.value));
        const [low, high] = [Number(number.min), Number(number.max)];
        if (number.value !== "") set(value);
        else editor.update();
        if (number.value === "" || value < low || value > high)
          editor.say(`${name}: ${low} to ${high} frames are possible here.`);
      },
    });
    const element = make("div", { class: "is-field" }, make("span", {}, name), range, number, unit);
    const show = (value, low, high, reason) => {
      for (const input of [range, number]) {
        Object.assign(input, { min: low, max: high, step: 1, disabled: Boolean(reason) });
        input.value = value;
      }
      range.style.setProperty("--is-filled", `${high > low ? (100 * (value - low)) / (high - low) : 0}%`);
      range.setAttribute("aria-valuetext", `${value} frames, ${editor.rules.seconds(value)}`);
      unit.textContent = editor.rules.seconds(value);
      element.title = reason ?? help;
    };
    return { element, show };
  }
}

const shapesOf = (kind) => (kind === "together" ? [shapes("together")] : [shapes("one"), shapes("two")]);
