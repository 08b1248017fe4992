// Column-major 4 x 4 matrices, as WebGL takes them.

export function multiply(a, b) {
  const out = new Float32Array(16);
  for (let column = 0; column < 4; column++)
    for (let row = 0; row < 4; row++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += a[k * 4 + row] * b[column * 4 + k];
      out[column * 4 + row] = sum;
    }
  return out;
}

export function perspective(fovY, aspect, near, far) {
  const f = 1 / Math.tan(fovY / 2);
  const depth = near - far;
  return new Float32Array([f / aspect, 0, 0, 0, 0, f, 0, 0, 0, 0, (far + near) / depth, -1, 0, 0, (2 * far * near) / depth, 0]);
}

export function orthographic(half, near, far) {
  const depth = near - far;
  return new Float32Array([1 / half, 0, 0, 0, 0, 1 / half, 0, 0, 0, 0, 2 / depth, 0, 0, 0, (far + near) / depth, 1]);
}

const subtract = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

export function normalize(v) {
  const length = Math.hypot(...v) || 1;
  return v.map((x) => x / length);
}

/** The view matrix of an eye that looks at a target, y up (never exactly along y). */
export function lookAt(eye, target) {
  const z = normalize(subtract(eye, target));
  const x = normalize(cross([0, 1, 0], z));
  const y = cross(z, x);
  return new Float32Array([x[0], y[0], z[0], 0, x[1], y[1], z[1], 0, x[2], y[2], z[2], 0, -dot(x, eye), -dot(y, eye), -dot(z, eye), 1]);
}

/** A point in pixels (origin top left) and its clip w; w <= 0 is behind the eye. */
export function project(matrix, x, y, z, width, height) {
  const w = matrix[3] * x + matrix[7] * y + matrix[11] * z + matrix[15];
  const u = matrix[0] * x + matrix[4] * y + matrix[8] * z + matrix[12];
  const v = matrix[1] * x + matrix[5] * y + matrix[9] * z + matrix[13];
  return [((u / w) * 0.5 + 0.5) * width, (0.5 - (v / w) * 0.5) * height, w];
}

export const clamp = (x, low, high) => Math.max(low, Math.min(high, x));

/** Mean over a window of `radius` values on both sides, twice: smooth enough for a camera to follow. */
export function smoothed(values, radius) {
  let current = Float64Array.from(values);
  for (let pass = 0; pass < 2; pass++) {
    const sums = new Float64Array(current.length + 1);
    for (let i = 0; i < current.length; i++) sums[i + 1] = sums[i] + current[i];
    current = current.map((_, i) => {
      const low = Math.max(0, i - radius);
      const high = Math.min(values.length, i + radius + 1);
      return (sums[high] - sums[low]) / (high - low);
    });
  }
  return current;
}
