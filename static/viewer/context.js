// A WebGL2 context that knows what lives in it and what was drawn.

export class NoWebGL extends Error {}

const SIZES = { 5121: 1, 5125: 4, 5126: 4 }; // bytes of UNSIGNED_BYTE, UNSIGNED_INT, FLOAT

export class Context {
  /** Raises `NoWebGL` where the browser has no WebGL2. */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { antialias: true, alpha: true, powerPreference: "low-power" });
    if (!gl) throw new NoWebGL("this browser offers no WebGL2");
    this.gl = gl;
    this.live = 0; // buffers, vertex arrays and textures that were made and not dropped
    this.drawCalls = 0;
    this.triangles = 0;
  }

  /** A linked program: { made, at: uniform locations by name }. Raises the compiler's message. */
  program(vertex, fragment) {
    const { gl } = this;
    const made = gl.createProgram();
    for (const [type, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost())
        throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(made, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(made);
    if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(made));
    const at = {};
    const count = gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS) ?? 0;
    for (let i = 0; i < count; i++) {
      const name = gl.getActiveUniform(made, i).name;
      at[name.replace("[0]", "")] = gl.getUniformLocation(made, name);
    }
    return { made, at };
  }

  buffer(data, target = this.gl.ARRAY_BUFFER, usage = this.gl.STATIC_DRAW) {
    const { gl } = this;
    const made = gl.createBuffer();
    gl.bindVertexArray(null); // whose triangles would else be replaced
    gl.bindBuffer(target, made);
    gl.bufferData(target, data, usage);
    this.live++;
    return made;
  }

  /** Attributes in the order of their locations: { buffer, size, type?, integer?, normalised?, stride?, offset?, divisor? }. */
  vertexArray(attributes, triangles = null) {
    const { gl } = this;
    const made = gl.createVertexArray();
    gl.bindVertexArray(made);
    attributes.forEach(({ buffer, size, type = gl.FLOAT, integer, normalised = false, stride = 0, offset = 0, divisor }, i) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      const bytes = SIZES[type];
      if (integer) gl.vertexAttribIPointer(i, size, type, stride * bytes, offset * bytes);
      else gl.vertexAttribPointer(i, size, type, normalised, stride * bytes, offset * bytes);
      gl.enableVertexAttribArray(i);
      if (divisor) gl.vertexAttribDivisor(i, divisor);
    });
    if (triangles) gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, triangles);
    gl.bindVertexArray(null);
    this.live++;
    return made;
  }

  /** One buffer of floats with attributes of these sizes, side by side: { array, buffer, count }. */
  interleaved(data, sizes) {
    const stride = sizes.reduce((sum, size) => sum + size, 0);
    const buffer = this.buffer(data);
    let offset = 0;
    const attributes = sizes.map((size) => {
      const attribute = { buffer, size, stride, offset };
      offset += size;
      return attribute;
    });
    return { array: this.vertexArray(attributes), buffer, count: data.length / stride };
  }

  texture() {
    this.live++;
    return this.gl.createTexture();
  }

  dropBuffer(buffer) {
    this.gl.deleteBuffer(buffer);
    this.live--;
  }

  dropArray(array) {
    this.gl.deleteVertexArray(array);
    this.live--;
  }

  dropTexture(texture) {
    this.gl.deleteTexture(texture);
    this.live--;
  }

  /** What `interleaved` made, if anything. */
  drop(made) {
    if (!made) return;
    this.dropArray(made.array);
    this.dropBuffer(made.buffer);
  }

  count(triangles) {
    this.drawCalls++;
    this.triangles += triangles;
  }

  strip({ array, count }) {
    if (count < 3) return;
    this.gl.bindVertexArray(array);
    this.gl.drawArrays(this.gl.TRIANGLE_STRIP, 0, count);
    this.count(count - 2);
  }

  list({ array, count }) {
    if (count < 3) return;
    this.gl.bindVertexArray(array);
    this.gl.drawArrays(this.gl.TRIANGLES, 0, count);
    this.count(count / 3);
  }

  elements(array, count) {
    this.gl.bindVertexArray(array);
    this.gl.drawElements(this.gl.TRIANGLES, count, this.gl.UNSIGNED_SHORT, 0);
    this.count(count / 3);
  }

  instances(array, count, times) {
    this.gl.bindVertexArray(array);
    this.gl.drawElementsInstanced(this.gl.TRIANGLES, count, this.gl.UNSIGNED_SHORT, 0, times);
    this.count((count / 3) * times);
  }

  /** Browsers allow about sixteen contexts: a viewer that leaves the page must not keep one. */
  dispose() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
