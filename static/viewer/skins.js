// Bodies with a skin: uploaded once for each shape, drawn into shadow maps, as people and as ghosts.

import * as source from "./shaders.js";

const CHEST = 9; // the joint that marks are placed by

export class Skins {
  constructor(context) {
    this.context = context;
    this.program = context.program(source.BODY_VERTEX, source.BODY_FRAGMENT);
    this.depth = context.program(source.SHADOW_VERTEX, source.SHADOW_FRAGMENT);
    this.meshes = new Map(); // by shape
    this.noTouch = new Float32Array(12);
    this.noHeat = new Float32Array(24);
  }

  /** What all bodies share: which joints hold a vertex, and the triangles. */
  setBody({ arrays: { joints, weights, triangles } }) {
    const { context } = this;
    this.skinning = [context.buffer(joints), context.buffer(weights)];
    this.triangles = context.buffer(triangles, context.gl.ELEMENT_ARRAY_BUFFER);
    this.count = triangles.length;
  }

  /** Everyone's own skin, as `shapeOf` makes it. Shapes that stay are kept, others go. */
  setShapes(shapes) {
    for (const [shape, mesh] of this.meshes) {
      if (shapes.includes(shape)) continue;
      this.context.dropArray(mesh.array);
      mesh.own.forEach((buffer) => this.context.dropBuffer(buffer));
      this.meshes.delete(shape);
    }
    for (const shape of shapes) if (!this.meshes.has(shape)) this.meshes.set(shape, this.meshOf(shape));
  }

  meshOf(shape) {
    const { context, skinning: [joints, weights], triangles } = this;
    const own = [shape.vertices, shape.normals].map((data) => context.buffer(data));
    const bytes = { size: 4, type: context.gl.UNSIGNED_BYTE };
    const array = context.vertexArray(
      [
        { buffer: own[0], size: 3 },
        { buffer: own[1], size: 3 },
        { buffer: joints, integer: true, ...bytes },
        { buffer: weights, normalised: true, ...bytes },
      ],
      triangles,
    );
    return { array, own, chest: shape.rest.slice(CHEST * 3, CHEST * 3 + 3) };
  }

  drawDepth(poser, matrix) {
    const { gl } = this.context;
    gl.useProgram(this.depth.made);
    gl.uniformMatrix4fv(this.depth.at.viewProjection, false, matrix);
    const size = poser.joints * 12;
    for (let person = 0; person < poser.people; person++) {
      gl.uniform4fv(this.depth.at.bones, poser.skin, person * size, size);
      this.context.elements(this.meshes.get(poser.shapes[person]).array, this.count);
    }
  }

  /** What is the same for all people of a picture. */
  begin(look, matrix) {
    const { gl } = this.context;
    const { made, at } = this.program;
    gl.useProgram(made);
    gl.uniformMatrix4fv(at.viewProjection, false, matrix);
    gl.uniform3fv(at.glow, look.glow);
    gl.uniform3fv(at.ramp, look.ramp);
  }

  /** People of a panel, solid or through a veil; `heats` (people x 24, metres) colours them by distance up to `scale`. */
  drawPeople({ poser, touches, heats }, look, alpha, scale) {
    const { gl } = this.context;
    const { made, at } = this.program;
    gl.useProgram(made);
    gl.uniform4fv(at.touches, touches ?? this.noTouch);
    gl.uniform1f(at.heated, scale ? 1 : 0);
    const size = poser.joints * 12;
    for (let person = 0; person < poser.people; person++) {
      if (scale) gl.uniform4fv(at.heats, heats, person * 24, 24);
      this.drawOne(poser.shapes[person], poser.skin, person * size, person, look, alpha);
    }
  }

  /** One pose (joints x 12 numbers from `first`), as a figure that one sees through. */
  drawGhost(shape, bones, person, look, alpha) {
    const { gl } = this.context;
    const { made, at } = this.program;
    gl.useProgram(made);
    gl.uniform4fv(at.touches, this.noTouch);
    gl.uniform1f(at.heated, 0);
    this.drawOne(shape, bones, 0, person, look, alpha);
  }

  drawOne(shape, bones, first, person, look, alpha) {
    const { gl } = this.context;
    const { at } = this.program;
    const mesh = this.meshes.get(shape);
    gl.uniform4fv(at.bones, bones, first, 264);
    gl.uniform3fv(at.chest, mesh.chest);
    gl.uniform3fv(at.colour, look.people[person % look.people.length]);
    gl.uniform1i(at.person, person);
    gl.uniform1f(at.alpha, alpha);
    if (alpha < 1) {
      // First how far away its front is, then only that: else one would see its inside as well.
      gl.colorMask(false, false, false, false);
      this.context.elements(mesh.array, this.count);
      gl.colorMask(true, true, true, true);
      gl.depthFunc(gl.EQUAL);
      gl.enable(gl.BLEND);
    }
    this.context.elements(mesh.array, this.count);
    if (alpha < 1) {
      gl.depthFunc(gl.LESS);
      gl.disable(gl.BLEND);
    }
  }
}
