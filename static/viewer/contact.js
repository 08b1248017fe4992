// Where and how near people touch: their capsules (intersyn/body/capsules.py), which travel with the motion.

export const NEAR = 0.15; // metres between two bodies below which a place is marked
export const MOST = 3; // places at once
const APART = 0.22; // metres between two places
const SIZE = 6; // numbers for a place: x, y, z, gap in metres, the two people

export class Contacts {
  constructor(motion, poser) {
    const { capsule_ends: weights, capsule_radii: radii, tips } = motion.arrays;
    Object.assign(this, { radii, tips, tipJoints: motion.tip_joints, poser });
    const points = poser.joints + this.tipJoints.length;
    this.capsules = radii.length / 2;
    // Each end is a weighted sum of few points: only those are kept.
    this.parts = Array.from({ length: 2 * this.capsules }, (_, end) => {
      const row = weights.subarray(end * points, (end + 1) * points);
      const used = [...row.keys()].filter((point) => row[point] !== 0);
      return { points: Uint8Array.from(used), weights: Float32Array.from(used, (point) => row[point]) };
    });
    this.points = new Float32Array(points * 3);
    this.ends = new Float32Array(poser.people * 2 * this.capsules * 3);
    const pairs = (poser.people * (poser.people - 1)) / 2;
    this.found = new Float32Array(Math.max(1, pairs) * this.capsules ** 2 * SIZE);
    this.places = new Float32Array(MOST * SIZE); // the nearest first
    this.count = 0;
    this.frame = -1;
    this.nearest = new Float32Array(4); // of one pair of capsules: gap, and the point halfway
  }

  /** The nearest places of the instant last posed, into `places` and `count`. */
  find() {
    const { poser } = this;
    if (this.frame === poser.frame && this.shapes === poser.shapes) return;
    this.frame = poser.frame;
    this.shapes = poser.shapes;
    for (let person = 0; person < poser.people; person++) this.place(person);
    let found = 0;
    for (let a = 0; a < poser.people; a++) for (let b = a + 1; b < poser.people; b++) found = this.between(a, b, found);
    this.choose(found);
  }

  /** The ends of one person's capsules. */
  place(person) {
    const { poser, points, tips, tipJoints, parts, ends } = this;
    const { world, joints } = poser;
    const first = person * joints * 12;
    for (let j = 0; j < joints; j++)
      for (let axis = 0; axis < 3; axis++) points[3 * j + axis] = world[first + j * 12 + axis * 4 + 3];
    for (let k = 0; k < tipJoints.length; k++)
      for (let axis = 0; axis < 3; axis++) {
        const row = first + tipJoints[k] * 12 + axis * 4;
        points[3 * (joints + k) + axis] =
          world[row + 3] + world[row] * tips[3 * k] + world[row + 1] * tips[3 * k + 1] + world[row + 2] * tips[3 * k + 2];
      }
    for (let end = 0; end < parts.length; end++) {
      const part = parts[end];
      const at = (person * parts.length + end) * 3;
      for (let axis = 0; axis < 3; axis++) {
        let sum = 0;
        for (let i = 0; i < part.points.length; i++) sum += part.weights[i] * points[3 * part.points[i] + axis];
        ends[at + axis] = sum;
      }
    }
  }

  between(a, b, found) {
    const { capsules, radii, nearest, found: list } = this;
    for (let first = 0; first < capsules; first++)
      for (let second = 0; second < capsules; second++) {
        if (!this.gap(a, first, b, second, radii)) continue;
        const at = found++ * SIZE;
        list[at] = nearest[1];
        list[at + 1] = nearest[2];
        list[at + 2] = nearest[3];
        list[at + 3] = nearest[0];
        list[at + 4] = a;
        list[at + 5] = b;
      }
    return found;
  }

  /** Gap and halfway point of two capsules into `nearest`; false where they are further apart than NEAR. */
  gap(a, first, b, second, radii) {
    const { ends, capsules, nearest } = this;
    const p = (a * 2 * capsules + first) * 3, q = p + capsules * 3;
    const r = (b * 2 * capsules + second) * 3, s = r + capsules * 3;
    const ux = ends[q] - ends[p], uy = ends[q + 1] - ends[p + 1], uz = ends[q + 2] - ends[p + 2];
    const vx = ends[s] - ends[r], vy = ends[s + 1] - ends[r + 1], vz = ends[s + 2] - ends[r + 2];
    const wx = ends[p] - ends[r], wy = ends[p + 1] - ends[r + 1], wz = ends[p + 2] - ends[r + 2];
    const uu = ux * ux + uy * uy + uz * uz, vv = vx * vx + vy * vy + vz * vz;
    // The spheres round both: most pairs are told apart by them.
    const mx = wx + (ux - vx) / 2, my = wy + (uy - vy) / 2, mz = wz + (uz - vz) / 2;
    const thick = Math.max(radii[2 * first], radii[2 * first + 1]) + Math.max(radii[2 * second], radii[2 * second + 1]);
    const reach = (Math.sqrt(uu) + Math.sqrt(vv)) / 2 + thick + NEAR;
    if (mx * mx + my * my + mz * mz > reach * reach) return false;
    const uv = ux * vx + uy * vy + uz * vz, uw = ux * wx + uy * wy + uz * wz, vw = vx * wx + vy * wy + vz * wz;
    const area = uu * vv - uv * uv;
    let along = area > 1e-6 * uu * vv ? (uv * vw - uw * vv) / area : 0;
    along = along < 0 ? 0 : along > 1 ? 1 : along;
    let other = (uv * along + vw) / vv;
    other = other < 0 ? 0 : other > 1 ? 1 : other;
    along = (uv * other - uw) / uu;
    along = along < 0 ? 0 : along > 1 ? 1 : along;
    const dx = wx + ux * along - vx * other, dy = wy + uy * along - vy * other, dz = wz + uz * along - vz * other;
    const apart = Math.sqrt(dx * dx + dy * dy + dz * dz) || 1e-6;
    const thickA = radii[2 * first] + (radii[2 * first + 1] - radii[2 * first]) * along;
    const thickB = radii[2 * second] + (radii[2 * second + 1] - radii[2 * second]) * other;
    const gap = apart - thickA - thickB;
    if (gap > NEAR) return false;
    const share = (thickA + gap / 2) / apart; // of the way from the first axis to the second: halfway between skins
    nearest[0] = gap;
    nearest[1] = ends[p] + ux * along - dx * share;
    nearest[2] = ends[p + 1] + uy * along - dy * share;
    nearest[3] = ends[p + 2] + uz * along - dz * share;
    return true;
  }

  /** The nearest place, then the nearest that is not beside one that was taken. */
  choose(found) {
    const { found: list, places } = this;
    this.count = 0;
    while (this.count < MOST) {
      let best = -1;
      for (let i = 0; i < found; i++) {
        const at = i * SIZE;
        if (best >= 0 && list[at + 3] >= list[best + 3]) continue;
        if (this.free(at)) best = at;
      }
      if (best < 0) return;
      for (let k = 0; k < SIZE; k++) places[this.count * SIZE + k] = list[best + k];
      this.count++;
    }
  }

  free(at) {
    const { found: list, places } = this;
    for (let i = 0; i < this.count * SIZE; i += SIZE) {
      const x = places[i] - list[at], y = places[i + 1] - list[at + 1], z = places[i + 2] - list[at + 2];
      if (x * x + y * y + z * z < APART * APART) return false;
    }
    return true;
  }
}

/** What is written beside a place: whole centimetres between the skins. */
export function said(gap) {
  const cm = Math.round(gap * 100);
  if (cm > 0) return `${cm} cm`;
  return cm > -2 ? "touch" : `${-cm} cm deep`;
}
