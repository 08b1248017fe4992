// Chapter 2: the same meeting in the world and in each person's own frame, with the numbers that the networks read.

import { choice, examples, make, person, row } from "./controls.js";

const VIEWS = [["world", "In the world"], ["one", "As person one sees it"], ["two", "As person two sees it"]];
const BEHIND = Math.PI + 0.3; // the camera's yaw behind somebody who stands at -z
const BESIDE = 0.1; // its yaw in the world, whose origin then lies in the picture
const ABOVE = 0.5; // radians above the floor

export function frames(data, { stage, number, count, open }) {
  let view = "world";
  const cells = {};
  const body = [0, 1].map((who) => {
    const row = make("tr", {}, make("th", { scope: "row" }, person(who)));
    for (const [name] of VIEWS) {
      const cell = make("td", { data: { view: name } });
      if (name === ["one", "two"][who]) cell.className = "is-mine";
      cells[`${name}${who}`] = cell;
      row.append(cell);
    }
    return row;
  });
  const head = make("tr", {}, make("th"), ...VIEWS.map(([name, label]) => make("th", { scope: "col", data: { view: name } }, label)));
  const numbers = make("table", {}, make("caption", {}, "Place (x, z) in metres and heading, at this frame"), make("thead", {}, head), make("tbody", {}, ...body));
  const box = make("div", { className: "is-table", tabIndex: 0, role: "group", aria: { label: "Places and headings" } }, numbers);

  async function look(name, stay) {
    view = name;
    for (const cell of numbers.querySelectorAll("[data-view]")) cell.classList.toggle("is-current", cell.dataset.view === name);
    await stage.show(data.views[name], stay);
    if (name === "world") stage.look(BESIDE, ABOVE);
    else stage.look(BEHIND, ABOVE);
    stage.marks(name === "world" ? "world" : null);
  }

  const written = (value, unit, digits) => `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(digits)}${unit}`;
  look("world", false);
  stage.option("axes", true);
  return {
    nodes: [
      row(choice("Seen from", VIEWS, view, (name) => look(name, true))),
      box,
      make(
        "p",
        { className: "is-aside" },
        "Framed numbers are what the network is given of each person. The columns of one and two differ by their signs and by 180°.",
      ),
      examples("Pair", count, number, open, data.pairs),
    ],
    frame(frame) {
      const at = Math.round(frame);
      for (const [name] of VIEWS)
        for (const who of [0, 1]) {
          const place = data.numbers[name].place[who][at];
          const degrees = data.numbers[name].degrees[who][at];
          if (!place) continue;
          cells[`${name}${who}`].textContent = `(${place.map((x) => written(x, "", 2)).join(", ")})  ${written(degrees, "°", 0)}`;
        }
    },
    close() {
      stage.option("axes", false);
      stage.marks(null);
      stage.home();
    },
  };
}
