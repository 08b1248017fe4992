// The WebGL2 renderer: one to four panels in one context. It owns the context and gives it back.

import { Context, NoWebGL } from "./context.js";
import { Floor } from "./floor.js";
import { lookAt, multiply, orthographic } from "./math.js";
import { Rods } from "./rods.js";
import { Skins } from "./skins.js";

export { NoWebGL };

const SHADOW_SIZE = 1024; // of one panel
const SUN = 12; // metres from the people to where shadows are seen from
const VEIL = 0.42; // of a skin over a skeleton
const GHOST = 0.3;
const GHOST_FADE = 8; // frames before and after a seam during which its ghost gives way to the people

export class GLRenderer {
  /** Raises `NoWebGL` where the browser has no WebGL2, and the compiler's message where a shader fails. */
  constructor(canvas) {
    this.context = new Context(canvas);
    this.gl = this.context.gl;
    this.canvas = canvas;
    this.parts = []; // for each panel: its floor things and its rods
    this.panels = [];
    this.shadowMatrix = new Float32Array(16);
    this.lens = new Float32Array(16);
    this.gaze = new Float32Array(16);
    this.from = new Float64Array(3);
    this.middle = new Float64Array(3);
    this.tile = new Float32Array(4);
    this.build();
  }

  /** Everything that lives in the context; called again after a lost context came back. */
  build() {
    const { gl, context } = this;
    context.live = 0;
    this.skins = new Skins(context);
    this.rods = new Rods(context);
    this.floor = new Floor(context);
    this.floor.setOrigin(this.origin ?? [0, 0]);
    this.lit = [this.skins.program, this.rods.program, this.floor.ground];
    this.shadowMap = null;
    this.tiles = 0;
    this.shadowBuffer = gl.createFramebuffer();
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.CULL_FACE);
    gl.enable(gl.SCISSOR_TEST);
    if (this.body) this.setBody(this.body);
    this.parts = [];
    this.setPanels(this.panels, this.origin ?? [0, 0]);
  }

  setBody(body) {
    this.body = body;
    this.skins.setBody(body);
  }

  /** New motions. `origin`: where on the floor, [x, z], metres are counted from. */
  setPanels(panels, origin) {
    for (const { things, rods } of this.parts) {
      this.floor.drop(things);
      this.context.drop(rods);
    }
    this.panels = panels;
    this.origin = origin;
    this.floor.setOrigin(origin);
    this.skins.setShapes(panels.flatMap(({ poser }) => poser.shapes));
    this.parts = panels.map((panel) => ({ things: (panel.things = this.floor.make(panel)), rods: this.rods.make(panel.poser) }));
    this.makeShadowMap(Math.max(panels.length, 1));
  }

  /** Bodies of other shapes in the same motions. */
  setShapes() {
    this.skins.setShapes(this.panels.flatMap(({ poser }) => poser.shapes));
    for (const { things } of this.parts) {
      this.context.drop(things.feet);
      things.feet = null;
    }
  }

  /** Room for the shadows of so many panels, as tiles of one texture. */
  makeShadowMap(count) {
    const { gl, context } = this;
    const columns = count > 1 ? 2 : 1, rows = count > 2 ? 2 : 1;
    if (this.shadowMap && this.tiles === columns * rows) return;
    if (this.shadowMap) context.dropTexture(this.shadowMap);
    this.tiles = columns * rows;
    this.columns = columns;
    this.rows = rows;
    this.shadowMap = context.texture();
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.shadowMap);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.DEPTH_COMPONENT24, columns * SHADOW_SIZE, rows * SHADOW_SIZE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_COMPARE_MODE, gl.COMPARE_REF_TO_TEXTURE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.shadowBuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.TEXTURE_2D, this.shadowMap, 0);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  /**
   * One picture of all panels, posed before. `cells` (from layout.js) say where each is on the canvas; `view` comes from
   * the camera, `look` holds colours, `show` what is asked for, `scale` the metres of the last colour of a difference.
   */
  render({ cells, view, light, look, show, spread, scale, frame }) {
    const { gl, context, canvas, panels } = this;
    if (gl.isContextLost()) return;
    context.drawCalls = context.triangles = 0;
    const half = Math.min(spread + 1.6, 9);
    this.aimSun(view, light, half);
    const people = show.figure !== "skeleton", bones = show.figure !== "mesh";
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.shadowBuffer);
    gl.scissor(0, 0, this.columns * SHADOW_SIZE, this.rows * SHADOW_SIZE);
    gl.clear(gl.DEPTH_BUFFER_BIT);
    for (let i = 0; i < panels.length; i++) {
      const { poser } = panels[i];
      gl.viewport((i % this.columns) * SHADOW_SIZE, Math.floor(i / this.columns) * SHADOW_SIZE, SHADOW_SIZE, SHADOW_SIZE);
      if (bones) this.rods.update(this.parts[i].rods, panels[i], look, i > 0 ? scale : 0);
      if (people) this.skins.drawDepth(poser, this.shadowMatrix);
      else this.rods.drawDepth(this.parts[i].rods, this.shadowMatrix);
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.scissor(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    this.begin(view, light, look, half);
    for (let i = 0; i < cells.count; i++) {
      gl.viewport(cells.x[i], cells.y[i], cells.width, cells.height);
      gl.scissor(cells.x[i], cells.y[i], cells.width, cells.height);
      this.useTile(i);
      this.floor.draw(panels[i], show);
      if (panels[i]) this.drawPanel(i, look, show, i > 0 ? scale : 0, frame);
    }
  }

  drawPanel(i, look, show, scale, frame) {
    const panel = this.panels[i];
    if (show.figure !== "mesh") this.rods.draw(this.parts[i].rods);
    if (show.figure !== "skeleton") this.skins.drawPeople(panel, look, show.figure === "both" ? VEIL : 1, scale);
    if (!show.ghosts) return;
    for (let g = 0; g < panel.ghosts.length; g++) {
      const { frame: seam, bones } = panel.ghosts[g];
      const alpha = GHOST * Math.min(Math.abs(frame - seam) / GHOST_FADE, 1);
      if (alpha < 0.02) continue;
      for (let person = 0; person < bones.length; person++)
        this.skins.drawGhost(panel.poser.shapes[person], bones[person], person, look, alpha);
    }
  }

  aimSun(view, light, half) {
    const { middle, from } = this;
    middle[0] = view.target[0];
    middle[1] = 0.8;
    middle[2] = view.target[2];
    for (let i = 0; i < 3; i++) from[i] = middle[i] + light[i] * SUN;
    multiply(this.shadowMatrix, orthographic(this.lens, half, 1, 26), lookAt(this.gaze, from, middle));
  }

  /** What is the same for all panels. */
  begin(view, light, look, half) {
    const { gl } = this;
    this.floor.begin(look, view, half * 1.3);
    this.skins.begin(look, view.matrix);
    this.rods.begin(look, view.matrix);
    for (let k = 0; k < this.lit.length; k++) {
      const { made, at } = this.lit[k];
      gl.useProgram(made);
      gl.uniformMatrix4fv(at.shadowMatrix, false, this.shadowMatrix);
      gl.uniform2f(at.texel, 1 / (this.columns * SHADOW_SIZE), 1 / (this.rows * SHADOW_SIZE));
      if (!at.eye) continue;
      gl.uniform3f(at.eye, view.eye[0], view.eye[1], view.eye[2]);
      gl.uniform3f(at.light, light[0], light[1], light[2]);
      gl.uniform3fv(at.sky, look.sky);
      gl.uniform3fv(at.bounce, look.bounce);
    }
  }

  useTile(i) {
    const { gl, tile, columns, rows } = this;
    tile[0] = 1 / columns;
    tile[1] = 1 / rows;
    tile[2] = (i % columns) / columns;
    tile[3] = Math.floor(i / columns) / rows;
    for (let k = 0; k < this.lit.length; k++) {
      gl.useProgram(this.lit[k].made);
      gl.uniform4fv(this.lit[k].at.tile, tile);
    }
  }

  dispose() {
    this.context.dispose();
  }
}
