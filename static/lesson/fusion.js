// Chapter 1: which frames of a training sequence come from which clip, and where they are blended.

import { button, choice, examples, make, person, row, table } from "./controls.js";

const BEFORE = 8; // frames ahead of a seam from which one sees it
const VIEWS = [["fused", "Blended"], ["placed", "Seams left open"]];

/** Runs of 1 in a list of 0 and 1, as [from, to). */
function runs(flags) {
  const found = [];
  flags.forEach((flag, i) => {
    if (flag && !flags[i - 1]) found.push([i, i]);
    if (flag) found.at(-1)[1] = i + 1;
  });
  return found;
}

export function fusion(data, { stage, number, count, open }) {
  const frames = data.blended.length;
  const percent = (frame) => `${(100 * frame) / frames}%`;
  const head = make("div", { className: "is-playhead" });
  const lanes = data.clips.map((clips, who) => {
    const blocks = clips.map(({ start, end, name, from, to, of, mirrored, together }) => {
      const about = `frames ${from} to ${to} of ${of}${mirrored ? ", mirrored" : ""}`;
      const block = make(
        "div",
        { className: `is-clip${together ? " is-together" : ""}`, title: `${name}: ${about}` },
        make("b", {}, name),
        make("small", {}, about),
      );
      Object.assign(block.style, { left: percent(start), width: percent(end - start) });
      return block;
    });
    const blends = runs(data.blended).map(([from, to]) => {
      const blend = make("div", { className: "is-blend", title: `Blended: frames ${from} to ${to - 1}` });
      Object.assign(blend.style, { left: percent(from), width: percent(to - from) });
      return blend;
    });
    return make("div", { className: "is-reel" }, person(who), make("div", { className: "is-reel-clips" }, ...blocks, ...blends));
  });
  const strip = make("div", { className: "is-strip" }, ...lanes, make("div", { className: "is-heads" }, head));
  strip.addEventListener("click", (event) => {
    const box = strip.querySelector(".is-heads").getBoundingClientRect();
    stage.seek(Math.round(((event.clientX - box.left) / box.width) * frames));
  });
  const jump = (seam) => button(`Watch seam ${data.seams.indexOf(seam) + 1}`, () => stage.play(seam - BEFORE));
  const cell = (who, seam) => ["placed", "fused"].map((view) => data.leaps[view][who][seam].toFixed(1)).join(" → ") + " cm";
  const rows = [0, 1].map((who) => [person(who), ...data.seams.map((_, seam) => cell(who, seam))]);
  stage.show(data.views.fused);
  return {
    nodes: [
      row(
        choice("Seams", VIEWS, "fused", (view) => stage.show(data.views[view], true)),
        ...data.seams.map(jump),
      ),
      strip,
      make("p", { className: "is-aside" }, "Hatched frames are bent to meet the other clip; the rest is played as it is."),
      table(
        "How far the fastest joint goes in the one frame across a seam, open → blended",
        ["", ...data.seams.map((seam, i) => `Seam ${i + 1} (frame ${seam})`)],
        rows,
      ),
      examples("Sequence", count, number, open),
    ],
    frame(frame) {
      head.style.left = percent(frame + 0.5);
    },
  };
}
