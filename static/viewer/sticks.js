// What a browser without WebGL2 gets: the same motions as stick figures on a 2D canvas.

import { project } from "./math.js";

const HEAD = 15;
const REACH = 6; // metres of floor grid round the people
const GHOST = 0.25;

export class StickRenderer {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.panels = [];
    this.from = new Float64Array(3);
    this.to = new Float64Array(3);
  }

  setBody(body) {
    this.parents = body.parents;
  }

  setPanels(panels) {
    this.panels = panels;
  }

  /** Sticks have no skin; the posers know everyone's bones. */
  setShapes() {}

  render({ cells, view, look, show }) {
    const { context, canvas } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.lineCap = "round";
    for (let i = 0; i < cells.count; i++) {
      const top = canvas.height - cells.y[i] - cells.height;
      context.save();
      context.beginPath();
      context.rect(cells.x[i], top, cells.width, cells.height);
      context.clip();
      context.translate(cells.x[i], top);
      this.size = cells;
      this.drawPanel(this.panels[i], view, look, show);
      context.restore();
    }
  }

  drawPanel(panel, view, look, show) {
    this.matrix = view.matrix;
    const x = Math.round(view.target[0]), z = Math.round(view.target[2]);
    this.context.strokeStyle = look.css.line;
    this.context.lineWidth = 1;
    for (let i = -REACH; i <= REACH; i++) {
      this.line(x + i, 0, z - REACH, x + i, 0, z + REACH);
      this.line(x - REACH, 0, z + i, x + REACH, 0, z + i);
    }
    if (!panel) return;
    const scale = this.size.height / view.distance; // pixels per metre, near enough for line widths
    const { poser } = panel;
    if (show.ghosts) {
      this.context.globalAlpha = GHOST;
      for (const { world } of panel.ghosts) this.people(world, poser, scale, look, view);
      this.context.globalAlpha = 1;
    }
    this.people(poser.world, poser, scale, look, view);
  }

  people(world, { people, joints }, scale, look, view) {
    const away = (person) => Math.hypot(...[0, 1, 2].map((axis) => world[person * joints * 12 + axis * 4 + 3] - view.eye[axis]));
    const farFirst = Array.from({ length: people }, (_, person) => person).sort((a, b) => away(b) - away(a));
    const { context, parents } = this;
    for (const person of farFirst) {
      context.strokeStyle = context.fillStyle = look.css.people[person];
      context.lineWidth = scale * 0.11;
      for (let joint = 1; joint < joints; joint++) {
        const a = (person * joints + parents[joint]) * 12, b = (person * joints + joint) * 12;
        this.line(world[a + 3], world[a + 7], world[a + 11], world[b + 3], world[b + 7], world[b + 11]);
      }
      const head = (person * joints + HEAD) * 12;
      this.put(this.to, world[head + 3], world[head + 7] + 0.08, world[head + 11]);
      context.beginPath();
      context.arc(this.to[0], this.to[1], scale * 0.19, 0, 2 * Math.PI);
      context.fill();
    }
  }

  put(out, x, y, z) {
    return project(out, this.matrix, x, y, z, this.size.width, this.size.height);
  }

  line(ax, ay, az, bx, by, bz) {
    const { context, from, to } = this;
    if (this.put(from, ax, ay, az)[2] < 0.1 || this.put(to, bx, by, bz)[2] < 0.1) return;
    context.beginPath();
    context.moveTo(from[0], from[1]);
    context.lineTo(to[0], to[1]);
    context.stroke();
  }

  dispose() {}
}
