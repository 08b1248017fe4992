// How far people of one panel are from the same people of the first one, joint by joint, at the same frame.

export const HEATS = 24; // numbers for a person: 22 joints, filled up to whole vectors
const SCALES = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6]; // metres that the last colour may stand for
const TYPICAL = 0.95; // of all distances are inside the scale

/** Distances at the instant last posed, in parts of `scale` metres, into `out` (people x HEATS). */
export function differences(out, poser, reference, scale) {
  for (let person = 0; person < poser.people; person++)
    for (let joint = 0; joint < poser.joints; joint++) {
      const at = (person * poser.joints + joint) * 12;
      const x = poser.world[at + 3] - reference.world[at + 3];
      const y = poser.world[at + 7] - reference.world[at + 7];
      const z = poser.world[at + 11] - reference.world[at + 11];
      out[person * HEATS + joint] = Math.sqrt(x * x + y * y + z * z) / scale;
    }
}

/** A round distance in metres that holds nearly all by which the other posers' people differ from the first's. */
export function scaleOf([reference, ...others]) {
  const typical = others.map(({ tracks }) => {
    const distances = new Float32Array(tracks.length / 3);
    for (let i = 0; i < distances.length; i++) {
      const [x, y, z] = [0, 1, 2].map((axis) => tracks[3 * i + axis] - reference.tracks[3 * i + axis]);
      distances[i] = Math.hypot(x, y, z);
    }
    return distances.sort()[Math.floor(TYPICAL * (distances.length - 1))];
  });
  const most = Math.max(0, ...typical);
  return SCALES.find((scale) => scale >= most) ?? SCALES.at(-1);
}
