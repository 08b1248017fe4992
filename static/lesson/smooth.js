// Chapter 5: the same seam by two networks, one of which was trained without L_smooth.

import { button, choice, examples, make, row, table } from "./controls.js";
import { Chart } from "./chart.js";

export function smooth(data, { stage, number, count, open }) {
  let seam = 0, chart = null, last = 0;
  const place = make("div");
  const numbers = make("div");
  const show = () => {
    chart?.dispose();
    chart = new Chart(
      {
        title: "Second difference, RMS over people and joints",
        x: "frames from the seam",
        y: "cm/frame²",
        first: -data.reach,
        bands: [[-data.window, data.window, "the frames that L_smooth looks at"]],
        lines: [
          { name: "Full", values: data.curves.full[seam], kind: "full" },
          { name: "No L_smooth", values: data.curves.no_smooth[seam], kind: "without" },
          { name: "Seams of training data", values: data.data.curve, kind: "data" },
        ],
      },
      (at) => stage.seek(data.seams[seam] + at),
    );
    place.replaceChildren(chart.element);
    chart.point(last - data.seams[seam]);
    const { full, no_smooth: without } = data.inside;
    numbers.replaceChildren(
      table(
        `Within ${data.window} frames of the seam, cm/frame²`,
        ["", "Full", "No L_smooth", "Training data"],
        data.seams.map((at, i) => [`Seam ${i + 1} (frame ${at})`, full[i].toFixed(2), without[i].toFixed(2), data.data.inside.toFixed(2)]),
      ),
    );
  };
  const watch = () => stage.play(data.seams[seam] - data.reach, 0.25);
  show();
  stage.show(data.views.both).then(watch);
  return {
    nodes: [
      row(
        choice("Seam", data.seams.map((at, i) => [i, `Seam ${i + 1}`]), seam, (chosen) => {
          seam = chosen;
          show();
          watch();
        }),
        button("Watch it slowly", watch),
      ),
      place,
      numbers,
      examples("Seed", count, number, open, Array.from({ length: count }, (_, i) => String(i))),
    ],
    frame(frame) {
      last = frame;
      chart.point(frame - data.seams[seam]);
    },
    close() {
      chart.dispose();
      stage.speed(1);
    },
  };
}
