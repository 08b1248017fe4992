// The WebGL2 renderer: skinned bodies, one shadow map, a floor. It owns its context and gives it back.

import { lookAt, multiply, orthographic, smoothed } from "./math.js";
import * as source from "./shaders.js";

const SHADOW_SIZE = 1024;
const GROUND_REACH = 11; // metres round the people until the floor has faded out
const MAX_SPOTS = 32; // as in the ground shader
const PATH_WIDTH = 0.035; // metres, of the line that shows where somebody walks
const PATH_SMOOTHING = 8; // frames: hips sway, ways do not
const FEET = [7, 8, 10, 11]; // ankles and feet: where a body darkens the floor it stands on

function program(gl, vertex, fragment) {
  const made = gl.createProgram();
  for (const [type, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(made, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(made));
  const at = {};
  const count = gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS) ?? 0;
  for (let i = 0; i < count; i++) {
    const name = gl.getActiveUniform(made, i).name.replace("[0]", "");
    at[name] = gl.getUniformLocation(made, name);
  }
  return { made, at };
}

export class NoWebGL extends Error {}

export class GLRenderer {
  /** Raises `NoWebGL` where the browser has no WebGL2, and the compiler's message where a shader fails. */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { antialias: true, alpha: true, powerPreference: "low-power" });
    if (!gl) throw new NoWebGL("this browser offers no WebGL2");
    this.gl = gl;
    this.canvas = canvas;
    this.build();
  }

  /** Everything that lives in the context; called again after a lost context came back. */
  build() {
    const { gl } = this;
    this.bodyProgram = program(gl, source.BODY_VERTEX, source.BODY_FRAGMENT);
    this.shadowProgram = program(gl, source.SHADOW_VERTEX, source.SHADOW_FRAGMENT);
    this.groundProgram = program(gl, source.GROUND_VERTEX, source.GROUND_FRAGMENT);
    this.ground = gl.createVertexArray();
    gl.bindVertexArray(this.ground);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    this.shadowMap = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.shadowMap);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.DEPTH_COMPONENT24, SHADOW_SIZE, SHADOW_SIZE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_COMPARE_MODE, gl.COMPARE_REF_TO_TEXTURE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    this.shadowBuffer = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.shadowBuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.TEXTURE_2D, this.shadowMap, 0);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.CULL_FACE);
    this.paths = { program: program(gl, source.PATH_VERTEX, source.PATH_FRAGMENT), poser: null, strips: [] };
    if (this.body) this.setBody(this.body);
    if (this.shapes) this.setShapes(this.shapes);
  }

  /** What all bodies share: which joints hold a vertex, and the triangles. */
  setBody(body) {
    this.body = body;
    const { joints, weights, triangles } = body.arrays;
    this.skinning = [joints, weights].map((data) => this.upload(this.gl.ARRAY_BUFFER, data));
    this.triangles = this.upload(this.gl.ELEMENT_ARRAY_BUFFER, triangles);
    this.indices = triangles.length;
    this.meshes = [];
  }

  upload(target, data) {
    const { gl } = this;
    const buffer = gl.createBuffer();
    gl.bindVertexArray(null); // whose triangles would else be replaced
    gl.bindBuffer(target, buffer);
    gl.bufferData(target, data, gl.STATIC_DRAW);
    return buffer;
  }

  /** Everyone's own skin, as `shapeOf` makes it; those that stay the same objects are kept. */
  setShapes(shapes) {
    this.shapes = shapes;
    const kept = this.meshes.filter(({ shape }) => shapes.includes(shape));
    for (const mesh of this.meshes) if (!kept.includes(mesh)) this.drop(mesh);
    this.meshes = shapes.map((shape) => kept.find((mesh) => mesh.shape === shape) ?? this.makeMesh(shape));
  }

  makeMesh(shape) {
    const { gl } = this;
    const own = [shape.vertices, shape.normals].map((data) => this.upload(gl.ARRAY_BUFFER, data));
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    own.forEach((buffer, i) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.vertexAttribPointer(i, 3, gl.FLOAT, false, 0, 0);
    });
    const [joints, weights] = this.skinning;
    gl.bindBuffer(gl.ARRAY_BUFFER, joints);
    gl.vertexAttribIPointer(2, 4, gl.UNSIGNED_BYTE, 4, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, weights);
    gl.vertexAttribPointer(3, 4, gl.UNSIGNED_BYTE, true, 4, 0);
    for (let i = 0; i < 4; i++) gl.enableVertexAttribArray(i);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.triangles);
    return { shape, array, own };
  }

  drop({ array, own }) {
    this.gl.deleteVertexArray(array);
    for (const buffer of own) this.gl.deleteBuffer(buffer);
  }

  /** Ribbons on the floor along everyone's way, made once per motion. */
  setPaths(poser) {
    const { gl, paths } = this;
    for (const strip of paths.strips) {
      gl.deleteVertexArray(strip.array);
      gl.deleteBuffer(strip.buffer);
    }
    paths.poser = poser;
    paths.strips = Array.from({ length: poser.people }, (_, person) => {
      const roots = Array.from({ length: poser.frames }, (_, frame) => poser.rootAt(frame, person));
      const x = smoothed(roots.map((root) => root[0]), PATH_SMOOTHING);
      const z = smoothed(roots.map((root) => root[2]), PATH_SMOOTHING);
      const points = [];
      roots.forEach((_, frame) => {
        const before = Math.max(frame - 2, 0), after = Math.min(frame + 2, poser.frames - 1);
        const [dx, dz] = [x[after] - x[before], z[after] - z[before]];
        const scale = PATH_WIDTH / 2 / Math.max(Math.hypot(dx, dz), 1e-3);
        points.push(x[frame] - dz * scale, z[frame] + dx * scale, frame, x[frame] + dz * scale, z[frame] - dx * scale, frame);
      });
      const strip = { array: gl.createVertexArray(), buffer: gl.createBuffer(), count: poser.frames * 2 };
      gl.bindVertexArray(strip.array);
      gl.bindBuffer(gl.ARRAY_BUFFER, strip.buffer);
      gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(points), gl.STATIC_DRAW);
      gl.enableVertexAttribArray(0);
      gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
      return strip;
    });
  }

  /** One picture. `poser` may be null: then the empty stage. `look` holds linear colours; `view` comes from Camera. */
  render({ poser, view, light, look, spread }) {
    const { gl, canvas } = this;
    if (gl.isContextLost()) return;
    const half = Math.min(spread + 2.1, 9);
    const centre = [view.target[0], 0.8, view.target[2]];
    const from = [0, 1, 2].map((i) => centre[i] + light[i] * 12);
    const shadowMatrix = multiply(orthographic(half, 1, 26), lookAt(from, centre));
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.shadowBuffer);
    gl.viewport(0, 0, SHADOW_SIZE, SHADOW_SIZE);
    gl.clear(gl.DEPTH_BUFFER_BIT);
    if (poser) this.drawBodies(this.shadowProgram, poser, shadowMatrix);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    this.drawGround(poser, view, look, shadowMatrix, half * 1.3);
    if (!poser) return;
    const { made, at } = this.bodyProgram;
    gl.useProgram(made);
    gl.uniformMatrix4fv(at.shadowMatrix, false, shadowMatrix);
    gl.uniform3fv(at.eye, view.eye);
    gl.uniform3fv(at.light, light);
    gl.uniform3fv(at.sky, look.sky);
    gl.uniform3fv(at.bounce, look.bounce);
    this.drawBodies(this.bodyProgram, poser, view.matrix, look.people);
  }

  drawBodies({ made, at }, poser, matrix, colours) {
    const { gl } = this;
    gl.useProgram(made);
    gl.uniformMatrix4fv(at.viewProjection, false, matrix);
    const size = poser.joints * 12;
    for (let person = 0; person < poser.people; person++) {
      gl.bindVertexArray(this.meshes[person].array);
      gl.uniform4fv(at.bones, poser.skin, person * size, size);
      if (colours) gl.uniform3fv(at.colour, colours[person % colours.length]);
      gl.drawElements(gl.TRIANGLES, this.indices, gl.UNSIGNED_SHORT, 0);
    }
  }

  drawGround(poser, view, look, shadowMatrix, shaded) {
    const { gl } = this;
    const { made, at } = this.groundProgram;
    const spots = [];
    if (poser)
      for (let person = 0; person < poser.people; person++)
        for (const joint of FEET) {
          const [x, y, z] = poser.joint(person, joint);
          if (spots.length < MAX_SPOTS * 3) spots.push(x, z, Math.exp(-Math.max(0, y - 0.06) / 0.09));
        }
    gl.useProgram(made);
    gl.uniformMatrix4fv(at.viewProjection, false, view.matrix);
    gl.uniformMatrix4fv(at.shadowMatrix, false, shadowMatrix);
    gl.uniform2f(at.centre, view.target[0], view.target[2]);
    gl.uniform1f(at.reach, Math.max(GROUND_REACH, view.distance * 1.6));
    gl.uniform1f(at.shaded, shaded);
    gl.uniform3fv(at.floorColour, look.floor);
    gl.uniform3fv(at.lineColour, look.line);
    gl.uniform3fv(at.shadowColour, look.shadow);
    gl.uniform1i(at.spotCount, spots.length / 3);
    if (spots.length) gl.uniform3fv(at.spots, spots);
    gl.bindVertexArray(this.ground);
    gl.disable(gl.CULL_FACE);
    gl.depthMask(false);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    if (poser) this.drawPaths(poser, view, look);
    gl.disable(gl.BLEND);
    gl.depthMask(true);
    gl.enable(gl.CULL_FACE);
  }

  drawPaths(poser, view, look) {
    const { gl, paths } = this;
    if (paths.poser !== poser) this.setPaths(poser);
    const { made, at } = paths.program;
    gl.useProgram(made);
    gl.uniformMatrix4fv(at.viewProjection, false, view.matrix);
    gl.uniform1f(at.now, poser.frame);
    paths.strips.forEach(({ array, count }, person) => {
      gl.uniform3fv(at.colour, look.paint[person % look.paint.length]);
      gl.bindVertexArray(array);
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, count);
    });
  }

  /** Browsers allow about sixteen contexts: a viewer that leaves the page must not keep one. */
  dispose() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
