// Chapter 4: where the coordinator moves every joint.

import { choice, examples, make, row } from "./controls.js";
import { Chart } from "./chart.js";

const LENGTHS = [[1, "True length"], [3, "3 times"], [6, "6 times"]];

export function rec(data, { stage, number, count, open }) {
  let shownFrame = -1;
  const [from, to] = data.together;
  const now = make("p", { className: "is-readout" });
  const chart = new Chart(
    {
      title: "Distance between before and after, mean over joints",
      x: "frame",
      y: "cm",
      first: 0,
      bands: [[from, to, "together"]],
      lines: [
        { name: "Person one", values: data.curves[0], kind: "one" },
        { name: "Person two", values: data.curves[1], kind: "two" },
      ],
    },
    (frame) => stage.seek(frame),
  );
  const seconds = (data.frame / 20).toFixed(1);
  const who = ["person one", "person two"][data.person];
  stage.show(data.views.both).then(() => {
    stage.arrows(LENGTHS[1][0]);
    stage.play(from);
  });
  return {
    nodes: [
      row(choice("Arrows", LENGTHS, LENGTHS[1][0], (times) => stage.arrows(times))),
      make(
        "p",
        { className: "is-result" },
        "While they are together REC moves a joint by ",
        make("b", {}, `${data.mean.toFixed(1)} cm`),
        " on average, and at most by ",
        make("b", {}, `${data.most.toFixed(1)} cm`),
        `: ${who}’s ${data.joint} at ${seconds} s.`,
      ),
      now,
      chart.element,
      make("p", { className: "is-aside" }, "REC changes the shaded frames; before and after them only people’s place is carried along."),
      examples("Seed", count, number, open, Array.from({ length: count }, (_, i) => String(i))),
    ],
    frame(frame) {
      chart.point(frame);
      const at = Math.round(frame);
      if (at === shownFrame) return;
      shownFrame = at;
      const [one, two] = data.curves.map((curve) => (curve[at] ?? 0).toFixed(1));
      now.textContent = `At frame ${at}: person one ${one} cm, person two ${two} cm.`;
    },
    close() {
      chart.dispose();
      stage.arrows(0);
    },
  };
}
