// Skeletons: a capsule for every bone and a ball for every joint, all of a panel in one draw call.

import { HEATS } from "./difference.js";
import * as source from "./shaders.js";

const FLOATS = 11; // start, finish, radius, colour, heat
const SIDES = 10;
const RINGS = [[-1, 0], [-0.6, 0], [0, 0], [0, 1], [0.6, 1], [1, 1]]; // how far along, and at which end
const BONE = 0.013, BALL = 0.022, SKULL = 0.075; // metres
const HEAD = 15;
const FOREHEAD = [0, 0.07, 0.02]; // metres from the head's joint to the middle of the head, at rest

export class Rods {
  constructor(context) {
    this.context = context;
    this.program = context.program(source.ROD_VERTEX, source.ROD_FRAGMENT);
    this.depth = context.program(source.ROD_SHADOW_VERTEX, source.SHADOW_FRAGMENT);
    const surface = [], triangles = [];
    RINGS.forEach(([along, end], ring) => {
      const across = Math.sqrt(1 - along * along);
      for (let side = 0; side < SIDES; side++) {
        const angle = (side / SIDES) * 2 * Math.PI;
        surface.push(across * Math.cos(angle), across * Math.sin(angle), along, end);
        if (ring === 0) continue;
        const [a, b] = [(ring - 1) * SIDES + side, (ring - 1) * SIDES + ((side + 1) % SIDES)];
        triangles.push(a, b, a + SIDES, a + SIDES, b, b + SIDES);
      }
    });
    this.surface = context.buffer(new Float32Array(surface));
    this.triangles = context.buffer(new Uint16Array(triangles), context.gl.ELEMENT_ARRAY_BUFFER);
    this.count = triangles.length;
  }

  /** Room for the people of one panel. */
  make(poser) {
    const { context } = this;
    const count = poser.people * (2 * poser.joints);
    const data = new Float32Array(count * FLOATS);
    const buffer = context.buffer(data, context.gl.ARRAY_BUFFER, context.gl.DYNAMIC_DRAW);
    const own = { buffer, stride: FLOATS, divisor: 1 };
    const array = context.vertexArray(
      [
        { buffer: this.surface, size: 4 },
        { ...own, size: 3 },
        { ...own, size: 4, offset: 3 },
        { ...own, size: 4, offset: 7 },
      ],
      this.triangles,
    );
    return { array, buffer, data, count };
  }

  /** Put the bones where the people are now. */
  update(rods, { poser, heats }, look, scale) {
    const { world, joints, parents } = poser;
    for (let person = 0; person < poser.people; person++) {
      const colour = look.people[person % look.people.length];
      for (let joint = 0; joint < joints; joint++) {
        const at = (person * joints + joint) * 12;
        const heat = scale ? heats[person * HEATS + joint] : -1;
        const ball = (person * joints + joint) * 2 * FLOATS;
        this.put(rods.data, ball, world, at, at, BALL, colour, heat);
        if (joint === HEAD) {
          for (let axis = 0; axis < 3; axis++) {
            const row = at + axis * 4;
            rods.data[ball + axis] = rods.data[ball + 3 + axis] =
              world[row + 3] + world[row] * FOREHEAD[0] + world[row + 1] * FOREHEAD[1] + world[row + 2] * FOREHEAD[2];
          }
          rods.data[ball + 6] = SKULL;
        }
        const from = joint ? (person * joints + parents[joint]) * 12 : at;
        this.put(rods.data, ball + FLOATS, world, from, at, BONE, colour, heat);
      }
    }
    const { gl } = this.context;
    gl.bindBuffer(gl.ARRAY_BUFFER, rods.buffer);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, rods.data);
  }

  put(data, at, world, from, to, radius, colour, heat) {
    for (let axis = 0; axis < 3; axis++) {
      data[at + axis] = world[from + axis * 4 + 3];
      data[at + 3 + axis] = world[to + axis * 4 + 3];
      data[at + 7 + axis] = colour[axis];
    }
    data[at + 6] = radius;
    data[at + 10] = heat;
  }

  drawDepth(rods, matrix) {
    const { gl } = this.context;
    gl.useProgram(this.depth.made);
    gl.uniformMatrix4fv(this.depth.at.viewProjection, false, matrix);
    this.context.instances(rods.array, this.count, rods.count);
  }

  begin(look, matrix) {
    const { gl } = this.context;
    gl.useProgram(this.program.made);
    gl.uniformMatrix4fv(this.program.at.viewProjection, false, matrix);
    gl.uniform3fv(this.program.at.ramp, look.ramp);
  }

  draw(rods) {
    this.context.gl.useProgram(this.program.made);
    this.context.instances(rods.array, this.count, rods.count);
  }
}
