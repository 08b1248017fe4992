// What a browser without WebGL2 gets: the same motion as stick figures on a 2D canvas.

import { project } from "./math.js";

const HEAD = 15;
const REACH = 6; // metres of floor grid round the people

export class StickRenderer {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  setBody(body) {
    this.parents = body.parents;
  }

  /** Sticks have no skin; the poser knows everyone's bones. */
  setShapes() {}

  render({ poser, view, look }) {
    const { context, canvas } = this;
    const { width, height } = canvas;
    context.clearRect(0, 0, width, height);
    context.lineCap = "round";
    const line = (a, b, thickness, colour) => {
      const [ax, ay, aw] = project(view.matrix, ...a, width, height);
      const [bx, by, bw] = project(view.matrix, ...b, width, height);
      if (aw < 0.1 || bw < 0.1) return;
      context.strokeStyle = colour;
      context.lineWidth = thickness;
      context.beginPath();
      context.moveTo(ax, ay);
      context.lineTo(bx, by);
      context.stroke();
    };
    const x = Math.round(view.target[0]);
    const z = Math.round(view.target[2]);
    for (let i = -REACH; i <= REACH; i++) {
      line([x + i, 0, z - REACH], [x + i, 0, z + REACH], 1, look.css.line);
      line([x - REACH, 0, z + i], [x + REACH, 0, z + i], 1, look.css.line);
    }
    if (!poser) return;
    const scale = height / view.distance; // pixels per metre, near enough for line widths
    const farFirst = Array.from({ length: poser.people }, (_, person) => person).sort((a, b) => away(b) - away(a));
    function away(person) {
      const [px, py, pz] = poser.joint(person, 0);
      return Math.hypot(px - view.eye[0], py - view.eye[1], pz - view.eye[2]);
    }
    for (const person of farFirst) {
      const colour = look.css.people[person % look.css.people.length];
      for (let joint = 1; joint < poser.joints; joint++)
        line(poser.joint(person, this.parents[joint]), poser.joint(person, joint), scale * 0.11, colour);
      const [px, py, pz] = poser.joint(person, HEAD);
      const [hx, hy] = project(view.matrix, px, py + 0.08, pz, width, height);
      context.fillStyle = colour;
      context.beginPath();
      context.arc(hx, hy, scale * 0.19, 0, 2 * Math.PI);
      context.fill();
    }
  }

  dispose() {}
}
