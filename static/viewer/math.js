// Column-major 4 x 4 matrices, as WebGL takes them. What runs for every picture writes into an `out` that is kept.

export function multiply(out, a, b) {
  for (let column = 0; column < 16; column += 4) {
    const x = b[column], y = b[column + 1], z = b[column + 2], w = b[column + 3];
    for (let row = 0; row < 4; row++) out[column + row] = a[row] * x + a[4 + row] * y + a[8 + row] * z + a[12 + row] * w;
  }
  return out;
}

export function perspective(out, fovY, aspect, near, far) {
  const f = 1 / Math.tan(fovY / 2);
  out.fill(0);
  out[0] = f / aspect;
  out[5] = f;
  out[10] = (far + near) / (near - far);
  out[11] = -1;
  out[14] = (2 * far * near) / (near - far);
  return out;
}

export function orthographic(out, half, near, far) {
  out.fill(0);
  out[0] = out[5] = 1 / half;
  out[10] = 2 / (near - far);
  out[14] = (far + near) / (near - far);
  out[15] = 1;
  return out;
}

export function normalize(v) {
  const length = Math.hypot(v[0], v[1], v[2]) || 1;
  v[0] /= length;
  v[1] /= length;
  v[2] /= length;
  return v;
}

/** The view matrix of an eye that looks at a target, y up (never exactly along y). Its rows are right, up, back. */
export function lookAt(out, eye, target) {
  let zx = eye[0] - target[0], zy = eye[1] - target[1], zz = eye[2] - target[2];
  const depth = Math.hypot(zx, zy, zz) || 1;
  zx /= depth; zy /= depth; zz /= depth;
  const flat = Math.hypot(zx, zz) || 1;
  const xx = zz / flat, xz = -zx / flat; // up crossed with back
  const yx = zy * xz, yy = zz * xx - zx * xz, yz = -zy * xx;
  out[0] = xx; out[4] = 0; out[8] = xz; out[12] = -(xx * eye[0] + xz * eye[2]);
  out[1] = yx; out[5] = yy; out[9] = yz; out[13] = -(yx * eye[0] + yy * eye[1] + yz * eye[2]);
  out[2] = zx; out[6] = zy; out[10] = zz; out[14] = -(zx * eye[0] + zy * eye[1] + zz * eye[2]);
  out[3] = out[7] = out[11] = 0;
  out[15] = 1;
  return out;
}

/** A point in pixels (origin top left) and its clip w, into `out`; w <= 0 is behind the eye. */
export function project(out, matrix, x, y, z, width, height) {
  const w = matrix[3] * x + matrix[7] * y + matrix[11] * z + matrix[15];
  const u = matrix[0] * x + matrix[4] * y + matrix[8] * z + matrix[12];
  const v = matrix[1] * x + matrix[5] * y + matrix[9] * z + matrix[13];
  out[0] = ((u / w) * 0.5 + 0.5) * width;
  out[1] = (0.5 - (v / w) * 0.5) * height;
  out[2] = w;
  return out;
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
