// Chapter 3: from noise to motion, step by step.

import { button, choice, examples, make, row } from "./controls.js";
import { Chart } from "./chart.js";

const VIEWS = [["predicted", "What the model predicts"], ["noisy", "What it is given"]];
const PACE = 900; // milliseconds for each step when played

export function denoising(data, { stage, number, count, open }) {
  const { steps } = data;
  let view = "predicted", step = steps.length - 1, playing = 0;
  const slider = make("input", { type: "range", min: 1, max: steps.length, value: steps.length, id: "lesson-step" });
  const about = make("output", { className: "is-readout", htmlFor: "lesson-step" });
  const noise = make("i"), bar = make("div", { className: "is-mix", aria: { hidden: "true" } }, noise);
  const chart = new Chart(
    {
      title: "Prediction’s distance from the last one, mean over joints",
      x: "step",
      y: "cm",
      first: 1,
      lines: [{ name: "x̂₀", values: steps.map(({ away }) => away), kind: "full" }],
    },
    (at) => go(at - 1),
  );

  function go(to, stay = true) {
    step = to;
    slider.value = step + 1;
    const { t, signal, away, views } = steps[step];
    const left = Math.round(100 * signal);
    slider.setAttribute("aria-valuetext", `step ${step + 1} of ${steps.length}, t = ${t}`);
    about.textContent =
      `Step ${step + 1} of ${steps.length}, t = ${t}: what the model is given is ${left}% motion and ${100 - left}% noise` +
      ` (of its variance); its prediction is ${away.toFixed(0)} cm from the last one.`;
    noise.style.width = `${100 - left}%`;
    chart.point(step + 1);
    return stage.show(views[view], stay);
  }

  function stop() {
    clearInterval(playing);
    playing = 0;
    play.textContent = "Play the steps";
  }

  const play = button("Play the steps", () => {
    if (playing) return stop();
    play.textContent = "Stop";
    go(0);
    playing = setInterval(() => (step + 1 < steps.length ? go(step + 1) : stop()), PACE);
  });
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value) - 1);
  });
  // Fixed to the motion that comes out: noise would make the camera run after it.
  go(step, false).then(() => stage.hold(true));
  return {
    nodes: [
      row(
        choice("Show", VIEWS, view, (name) => {
          view = name;
          go(step);
        }),
        play,
      ),
      make(
        "div",
        { className: "is-scrub" },
        make("label", { htmlFor: "lesson-step" }, "noise"),
        slider,
        make("span", { aria: { hidden: "true" } }, "motion"),
      ),
      bar,
      about,
      chart.element,
      examples("Seed", count, number, open, Array.from({ length: count }, (_, i) => String(i))),
    ],
    frame() {},
    close() {
      stop();
      chart.dispose();
      stage.hold(false);
    },
  };
}
