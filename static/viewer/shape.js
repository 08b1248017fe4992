// A body of given betas: its skin and joints at rest, and how high it stands.

/** What `fetchArrays` read of a body, morphed. `betas` may be fewer than the body has directions. */
export function shapeOf(body, betas) {
  const { positions, shapes, rest, joint_shapes: jointShapes, triangles } = body.arrays;
  const count = positions.length / 3;
  const vertices = new Float32Array(3 * count);
  for (let axis = 0; axis < 3; axis++) {
    const { origin, step } = body;
    for (let v = 0; v < count; v++) vertices[3 * v + axis] = origin[axis] + step[axis] * positions[axis * count + v];
  }
  const joints = Float32Array.from(rest);
  betas.forEach((beta, k) => {
    if (!beta) return;
    const amount = beta * body.shape_step;
    for (let axis = 0; axis < 3; axis++) {
      const plane = (3 * k + axis) * count;
      for (let v = 0; v < count; v++) vertices[3 * v + axis] += amount * shapes[plane + v];
    }
    for (let i = 0; i < joints.length; i++) joints[i] += beta * jointShapes[k * joints.length + i];
  });
  let sole = Infinity;
  for (let i = 1; i < vertices.length; i += 3) sole = Math.min(sole, vertices[i]);
  return { vertices, normals: normalsOf(vertices, triangles), rest: joints, stance: joints[1] - sole };
}

/** Each vertex's normal is the area-weighted mean of its faces', as a unit vector. */
function normalsOf(vertices, triangles) {
  const normals = new Float32Array(vertices.length);
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t], b = 3 * triangles[t + 1], c = 3 * triangles[t + 2];
    const ux = vertices[b] - vertices[a], uy = vertices[b + 1] - vertices[a + 1], uz = vertices[b + 2] - vertices[a + 2];
    const vx = vertices[c] - vertices[a], vy = vertices[c + 1] - vertices[a + 1], vz = vertices[c + 2] - vertices[a + 2];
    const nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx; // its length is twice the area
    for (const i of [a, b, c]) {
      normals[i] += nx;
      normals[i + 1] += ny;
      normals[i + 2] += nz;
    }
  }
  for (let i = 0; i < normals.length; i += 3) {
    const scale = 1 / (Math.hypot(normals[i], normals[i + 1], normals[i + 2]) || 1);
    normals[i] *= scale;
    normals[i + 1] *= scale;
    normals[i + 2] *= scale;
  }
  return normals;
}
