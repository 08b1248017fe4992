// First-person frames of the interactions, read off the people as intersyn/frames.py does.

const NEAR = 0.2; // metres between two pelvises below which the facing decides

/** For each interaction: { start, end, origin: [x, z], axes: [{ person, yaw }] }, yaw being the direction of +z. */
export function encounters(poser, segments) {
  return segments.flatMap(({ start, end, texts }) =>
    texts.filter(({ people }) => people.length > 1).map(({ people }) => ({ start, end, ...frameOf(poser, start, people) })),
  );
}

function frameOf(poser, frame, people) {
  const places = people.map((person) => {
    const [x, , z] = poser.rootAt(frame, person);
    return [x, z];
  });
  const origin = [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / places.length);
  const away = places.map(([x, z]) => [origin[0] - x, origin[1] - z]);
  const farthest = Math.max(...away.map(([x, z]) => Math.hypot(x, z)));
  if (people.length > 2)
    return { origin, axes: people.map((person, i) => ({ person, yaw: Math.atan2(away[i][0], away[i][1]) })) };
  let x, z;
  if (farthest >= NEAR / 2) [x, z] = [away[0][0] - away[1][0], away[0][1] - away[1][1]];
  else {
    // Facings, the second turned by half a circle; the first counts double, so that they cannot cancel out.
    const [first, second] = people.map((person) => heading(poser, frame, person));
    [x, z] = [2 * Math.sin(first) - Math.sin(second), 2 * Math.cos(first) - Math.cos(second)];
  }
  const yaw = Math.atan2(x, z);
  return { origin, axes: [{ person: people[0], yaw }, { person: people[1], yaw: yaw + Math.PI }] };
}

/** The yaw of the pelvis's lateral axis at a frame. */
function heading(poser, frame, person) {
  const at = (frame * poser.people + person) * poser.joints * 4;
  const [w, x, y, z] = poser.rotations.subarray(at, at + 4);
  return Math.atan2(-2 * (x * z - y * w), w * w + x * x - y * y - z * z);
}
