// A motion at any instant: forward kinematics on everyone's own skeleton at rest.

/** Poses everyone of a motion; between two frames rotations and roots are interpolated. */
export class Poser {
  /** body and motion as `unpack` gives them. */
  constructor(body, motion) {
    [this.frames, this.people, this.joints] = motion.shapes.rotations;
    this.rotations = motion.arrays.rotations;
    this.root = motion.arrays.root;
    this.fps = motion.fps;
    this.stance = motion.stance;
    this.lifts = Array(this.people).fill(1);
    this.parents = body.parents;
    const count = this.people * this.joints;
    this.world = new Float32Array(count * 12); // rows of 3 x 4: rotation and joint position
    this.skin = new Float32Array(count * 12); // the same with the rest pose taken out, for vertices
    this.frame = -1;
  }

  /** Everyone's body, as `shapeOf` makes it. Longer legs carry the pelvis higher, so that feet stay on the floor. */
  setShapes(shapes) {
    this.shapes = shapes;
    this.lifts = shapes.map(({ stance }) => stance / this.stance);
    this.frame = -1;
    this.all = null;
  }

  /** Positions of all joints at all frames, (frames, people, joints, 3); computed when first asked for. */
  get tracks() {
    if (this.all) return this.all;
    const row = this.people * this.joints;
    this.all = new Float32Array(this.frames * row * 3);
    const now = this.frame;
    for (let frame = 0; frame < this.frames; frame++) {
      this.poseAt(frame);
      for (let i = 0; i < row; i++)
        for (let axis = 0; axis < 3; axis++) this.all[(frame * row + i) * 3 + axis] = this.world[i * 12 + axis * 4 + 3];
    }
    if (now >= 0) this.poseAt(now);
    return this.all;
  }

  /** Position of a joint as [x, y, z], at the instant last posed; for what is not done in every picture. */
  joint(person, joint) {
    const at = (person * this.joints + joint) * 12;
    return [this.world[at + 3], this.world[at + 7], this.world[at + 11]];
  }

  /** The pelvis at a frame, as [x, y, z]. */
  rootAt(frame, person) {
    const at = (frame * this.people + person) * 3;
    return [this.root[at], this.root[at + 1] * this.lifts[person], this.root[at + 2]];
  }

  poseAt(frame) {
    if (frame === this.frame) return;
    this.frame = frame;
    const first = Math.floor(frame);
    const next = Math.min(first + 1, this.frames - 1);
    const weight = frame - first;
    for (let person = 0; person < this.people; person++) this.posePerson(person, first, next, weight);
  }

  posePerson(person, first, next, weight) {
    const { joints, parents, rotations, root, world, skin } = this;
    const { rest } = this.shapes[person];
    const rowA = (first * this.people + person) * joints * 4;
    const rowB = (next * this.people + person) * joints * 4;
    const rootA = (first * this.people + person) * 3;
    const rootB = (next * this.people + person) * 3;
    const lift = this.lifts[person];
    for (let j = 0; j < joints; j++) {
      const a = rowA + j * 4;
      const b = rowB + j * 4;
      let cosine = 0;
      for (let k = 0; k < 4; k++) cosine += rotations[a + k] * rotations[b + k];
      const sign = cosine < 0 ? -weight : weight; // the shorter way round
      const stay = 1 - weight;
      let w = rotations[a] * stay + rotations[b] * sign, x = rotations[a + 1] * stay + rotations[b + 1] * sign;
      let y = rotations[a + 2] * stay + rotations[b + 2] * sign, z = rotations[a + 3] * stay + rotations[b + 3] * sign;
      const scale = 1 / Math.sqrt(w * w + x * x + y * y + z * z);
      w *= scale; x *= scale; y *= scale; z *= scale;
      const m00 = 1 - 2 * (y * y + z * z), m01 = 2 * (x * y - z * w), m02 = 2 * (x * z + y * w);
      const m10 = 2 * (x * y + z * w), m11 = 1 - 2 * (x * x + z * z), m12 = 2 * (y * z - x * w);
      const m20 = 2 * (x * z - y * w), m21 = 2 * (y * z + x * w), m22 = 1 - 2 * (x * x + y * y);
      const at = (person * joints + j) * 12;
      const parent = (person * joints + parents[j]) * 12;
      const r = j * 3;
      for (let row = 0; row < 3; row++) {
        const o = at + row * 4;
        if (j === 0) {
          world[o] = row === 0 ? m00 : row === 1 ? m10 : m20;
          world[o + 1] = row === 0 ? m01 : row === 1 ? m11 : m21;
          world[o + 2] = row === 0 ? m02 : row === 1 ? m12 : m22;
          world[o + 3] = (root[rootA + row] * (1 - weight) + root[rootB + row] * weight) * (row === 1 ? lift : 1);
        } else {
          const p = parent + row * 4;
          const q = parents[j] * 3;
          const p0 = world[p], p1 = world[p + 1], p2 = world[p + 2];
          world[o] = p0 * m00 + p1 * m10 + p2 * m20;
          world[o + 1] = p0 * m01 + p1 * m11 + p2 * m21;
          world[o + 2] = p0 * m02 + p1 * m12 + p2 * m22;
          world[o + 3] =
            world[p + 3] + p0 * (rest[r] - rest[q]) + p1 * (rest[r + 1] - rest[q + 1]) + p2 * (rest[r + 2] - rest[q + 2]);
        }
        skin[o] = world[o];
        skin[o + 1] = world[o + 1];
        skin[o + 2] = world[o + 2];
        skin[o + 3] = world[o + 3] - (world[o] * rest[r] + world[o + 1] * rest[r + 1] + world[o + 2] * rest[r + 2]);
      }
    }
  }
}
