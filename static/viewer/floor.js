// The floor and what lies on it: lines and numbers to read distances by, ways, foot trails, axes.

import * as source from "./floor-shaders.js";
import { axesOf, footStrip, GLYPHS, metres, wayStrip } from "./trails.js";

const REACH = 11; // metres round the people until the floor has faded out
const MAX_SPOTS = 32; // as in the ground shader
const FEET = [7, 8, 10, 11]; // ankles and feet: where a body darkens the floor it stands on
const GLYPH = { width: 128, height: 64 }; // pixels of one in the texture
const GLYPH_SIZE = new Float32Array([0.36, 0.18]); // metres
const CORNERS = new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]);
const WAY = { ahead: 0.16, after: 30 }; // how much is seen of what is still to come, and frames until what was pales
const FOOT = { ahead: 0.1, after: 80 };

export class Floor {
  constructor(context) {
    this.context = context;
    this.ground = context.program(source.GROUND_VERTEX, source.GROUND_FRAGMENT);
    this.trail = context.program(source.TRAIL_VERTEX, source.TRAIL_FRAGMENT);
    this.flat = context.program(source.FLAT_VERTEX, source.FLAT_FRAGMENT);
    this.letter = context.program(source.GLYPH_VERTEX, source.GLYPH_FRAGMENT);
    this.corners = { array: context.vertexArray([{ buffer: context.buffer(CORNERS), size: 2 }]), count: 4 };
    this.spots = new Float32Array(MAX_SPOTS * 3);
    this.right = new Float32Array(2);
    this.makeGlyphs();
  }

  makeGlyphs() {
    const { gl } = this.context;
    const paper = document.createElement("canvas");
    Object.assign(paper, { width: GLYPH.width * GLYPHS.length, height: GLYPH.height });
    const pen = paper.getContext("2d");
    Object.assign(pen, { font: "600 46px system-ui, sans-serif", textAlign: "center", textBaseline: "middle", fillStyle: "#fff" });
    GLYPHS.forEach((text, i) => pen.fillText(text, (i + 0.5) * GLYPH.width, GLYPH.height / 2 + 2));
    this.glyphs = this.context.texture();
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.glyphs);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, paper);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.generateMipmap(gl.TEXTURE_2D);
    const sharp = gl.getExtension("EXT_texture_filter_anisotropic");
    if (sharp) gl.texParameterf(gl.TEXTURE_2D, sharp.TEXTURE_MAX_ANISOTROPY_EXT, 8);
    gl.activeTexture(gl.TEXTURE0);
  }

  /** Numbers that count the metres from `origin`. */
  setOrigin(origin) {
    this.context.drop(this.numbers);
    this.origin = origin;
    this.numbers = this.context.interleaved(metres(origin), [2, 2, 2]);
  }

  /** What lies on the floor of one panel. */
  make({ poser, encounters }) {
    const { context } = this;
    const { triangles, letters } = axesOf(encounters);
    return {
      ways: context.interleaved(wayStrip(poser), [3, 2]),
      axes: context.interleaved(triangles, [2, 2, 2]),
      letters: context.interleaved(letters, [2, 2, 2]),
      feet: null, // made when they are first seen
    };
  }

  drop(things) {
    for (const made of Object.values(things)) this.context.drop(made);
  }

  /** What is the same for all panels of a picture. `near`: metres round the people that may be in the shade. */
  begin(look, view, near) {
    const { gl } = this.context;
    for (const { made, at } of [this.ground, this.trail, this.flat, this.letter]) {
      gl.useProgram(made);
      gl.uniformMatrix4fv(at.viewProjection, false, view.matrix);
      if (at.colours) gl.uniform3fv(at.colours, look.paint);
    }
    const reach = Math.max(REACH, view.distance * 1.6);
    gl.uniform3fv(this.letter.at.plain, look.number);
    gl.uniform2fv(this.letter.at.size, GLYPH_SIZE);
    gl.uniform1f(this.letter.at.count, GLYPHS.length);
    gl.uniform1f(this.letter.at.reach, reach);
    gl.uniform2f(this.letter.at.middle, view.target[0], view.target[2]);
    gl.uniform1i(this.letter.at.glyphs, 1);
    const turned = Math.round(view.yaw / (Math.PI / 2)) * (Math.PI / 2);
    gl.uniform2f(this.letter.at.right, Math.cos(turned), -Math.sin(turned));
    const { made, at } = this.ground;
    gl.useProgram(made);
    gl.uniform2f(at.centre, view.target[0], view.target[2]);
    gl.uniform2f(at.origin, this.origin[0], this.origin[1]);
    gl.uniform1f(at.reach, reach);
    gl.uniform1f(at.near, near);
    gl.uniform3fv(at.floorColour, look.floor);
    gl.uniform3fv(at.lineColour, look.line);
    gl.uniform3fv(at.shadowColour, look.shadow);
  }

  /** The floor of one panel; null is the empty stage's. */
  draw(panel, show) {
    const { gl } = this.context;
    gl.disable(gl.CULL_FACE);
    gl.depthMask(false);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.useProgram(this.ground.made);
    gl.uniform1i(this.ground.at.spotCount, panel ? this.findSpots(panel.poser) : 0);
    gl.uniform3fv(this.ground.at.spots, this.spots);
    this.context.strip(this.corners);
    if (show.metres) this.write(this.numbers);
    if (panel) this.drawThings(panel, show);
    gl.disable(gl.BLEND);
    gl.depthMask(true);
    gl.enable(gl.CULL_FACE);
  }

  drawThings({ poser, things }, show) {
    if (show.ways) this.ribbons(things.ways, poser.frame, WAY);
    if (show.trails) this.ribbons((things.feet ??= this.context.interleaved(footStrip(poser), [3, 2])), poser.frame, FOOT);
    if (!show.axes) return;
    const { gl } = this.context;
    gl.useProgram(this.flat.made);
    gl.uniform1f(this.flat.at.now, poser.frame);
    this.context.list(things.axes);
    this.write(things.letters);
  }

  ribbons(strip, now, { ahead, after }) {
    const { gl } = this.context;
    gl.useProgram(this.trail.made);
    gl.uniform1f(this.trail.at.now, now);
    gl.uniform1f(this.trail.at.ahead, ahead);
    gl.uniform1f(this.trail.at.after, after);
    this.context.strip(strip);
  }

  write(glyphs) {
    this.context.gl.useProgram(this.letter.made);
    this.context.list(glyphs);
  }

  /** Where feet are near the floor, into `spots`; returns how many. */
  findSpots(poser) {
    let count = 0;
    for (let person = 0; person < poser.people; person++)
      for (let k = 0; k < FEET.length && count < MAX_SPOTS; k++) {
        const at = (person * poser.joints + FEET[k]) * 12;
        this.spots[3 * count] = poser.world[at + 3];
        this.spots[3 * count + 1] = poser.world[at + 11];
        this.spots[3 * count + 2] = Math.exp(-Math.max(0, poser.world[at + 7] - 0.06) / 0.09);
        count++;
      }
    return count;
  }
}
