// What is drawn flat on the floor, as numbers for the graphics card: ways, foot trails, axes, numbers.

import { smoothed } from "./math.js";

const WAY_WIDTH = 0.035; // metres, of the line that shows where somebody walks
const WAY_SMOOTHING = 8; // frames: hips sway, ways do not
const FEET = [[7, 10], [8, 11]]; // ankle and ball of each foot
const TRAIL_WIDTH = 0.014; // metres
const PRINT = { width: 0.085, heel: 0.05, toe: 0.075, apart: 0.05 }; // metres; one that slid so far leaves another
const STANDS_BELOW = 0.07, STANDS_SLOWER = 0.25; // metres and metres per second
export const TRAIL_FLOATS = 5; // x, z, frame, strength, person
export const FLAT_FLOATS = 6; // x, z, first and last frame, person, strength
export const GLYPH_FLOATS = 6; // x, z, corner, glyph, person
export const METRES = 8; // numbered on the floor in each direction
export const GLYPHS = ["z", "x", ...Array.from({ length: METRES }, (_, i) => `${i + 1} m`)];

/** Ribbons along everyone's way: one triangle strip of TRAIL_FLOATS for each vertex. */
export function wayStrip(poser) {
  const strip = [];
  for (let person = 0; person < poser.people; person++) {
    const roots = Array.from({ length: poser.frames }, (_, frame) => poser.rootAt(frame, person));
    const x = smoothed(roots.map((root) => root[0]), WAY_SMOOTHING);
    const z = smoothed(roots.map((root) => root[2]), WAY_SMOOTHING);
    ribbon(strip, x, z, person, WAY_WIDTH, 1);
  }
  return new Float32Array(strip);
}

/** The same for feet: a thin line for each, and a print wherever it stands. A foot that slides leaves several. */
export function footStrip(poser) {
  const { tracks, frames, people, joints, fps } = poser;
  const strip = [];
  for (let person = 0; person < people; person++)
    for (const [ankle, ball] of FEET) {
      const at = (frame, joint, axis) => tracks[((frame * people + person) * joints + joint) * 3 + axis];
      const x = Float64Array.from({ length: frames }, (_, frame) => at(frame, ball, 0));
      const z = Float64Array.from({ length: frames }, (_, frame) => at(frame, ball, 2));
      ribbon(strip, x, z, person, TRAIL_WIDTH, 0.9);
      let last = null;
      for (let frame = 0; frame < frames; frame++) {
        const next = Math.min(frame + 1, frames - 1), before = Math.max(frame - 1, 0);
        const speed = (Math.hypot(x[next] - x[before], z[next] - z[before]) * fps) / Math.max(next - before, 1);
        if (at(frame, ball, 1) > STANDS_BELOW || speed > STANDS_SLOWER) continue;
        if (last !== null && Math.hypot(x[frame] - x[last], z[frame] - z[last]) < PRINT.apart) continue;
        last = frame;
        print(strip, [at(frame, ankle, 0), at(frame, ankle, 2)], [x[frame], z[frame]], frame, person);
      }
    }
  return new Float32Array(strip);
}

function print(strip, [ax, az], [bx, bz], frame, person) {
  const length = Math.hypot(bx - ax, bz - az);
  if (length < 0.03) return; // a foot on its tip has no direction on the floor
  const [fx, fz] = [(bx - ax) / length, (bz - az) / length];
  const corner = (x, z, along, aside) => [x + fx * along + fz * aside, z + fz * along - fx * aside, frame, 1.3, person];
  const [heel, toe] = [PRINT.heel, PRINT.toe];
  const corners = [
    corner(ax, az, -heel, -PRINT.width / 3), corner(ax, az, -heel, PRINT.width / 3),
    corner(bx, bz, 0, -PRINT.width / 2), corner(bx, bz, 0, PRINT.width / 2),
    corner(bx, bz, toe, -PRINT.width / 4), corner(bx, bz, toe, PRINT.width / 4),
  ];
  strip.push(...strip.slice(-TRAIL_FLOATS), ...corners[0], ...corners.flat());
}

function ribbon(strip, x, z, person, width, strength) {
  let [sideX, sideZ] = [0, 1];
  for (let frame = 0; frame < x.length; frame++) {
    const before = Math.max(frame - 2, 0), after = Math.min(frame + 2, x.length - 1);
    const [dx, dz] = [x[after] - x[before], z[after] - z[before]];
    const moved = Math.hypot(dx, dz);
    if (moved > 2e-3) [sideX, sideZ] = [-dz / moved, dx / moved]; // who stands keeps the direction
    const left = [x[frame] + (sideX * width) / 2, z[frame] + (sideZ * width) / 2, frame, strength, person];
    const right = [x[frame] - (sideX * width) / 2, z[frame] - (sideZ * width) / 2, frame, strength, person];
    // Strips of several feet and people are joined by triangles without area.
    if (frame === 0 && strip.length) strip.push(...strip.slice(-TRAIL_FLOATS), ...left);
    strip.push(...left, ...right);
  }
}

const ARROW = { length: 0.62, width: 0.034, head: 0.16, spread: 0.07 };

/** Arrows for the axes of first-person frames: triangles of FLAT_FLOATS, and their letters as glyphs. */
export function axesOf(encounters) {
  const triangles = [], letters = [];
  for (const { start, end, origin, axes } of encounters)
    for (const { person, yaw } of axes) {
      // x is to the left of z, as a person's left is +x. Two frames share a line: each keeps to its own side of it.
      arrow(triangles, origin, yaw, ARROW.length, [start, end, person, 1]);
      arrow(triangles, origin, yaw + Math.PI / 2, ARROW.length * 0.6, [start, end, person, 0.55]);
      const at = (angle, away) => [origin[0] + Math.sin(angle) * away, origin[1] + Math.cos(angle) * away];
      glyph(letters, at(yaw, ARROW.length + 0.12), GLYPHS.indexOf("z"), person);
      glyph(letters, at(yaw + Math.PI / 2, ARROW.length * 0.6 + 0.12), GLYPHS.indexOf("x"), person);
    }
  return { triangles: new Float32Array(triangles), letters: new Float32Array(letters) };
}

function arrow(triangles, [x, z], yaw, length, facts) {
  const [fx, fz] = [Math.sin(yaw), Math.cos(yaw)];
  const point = (along, aside) => [x + fx * along + fz * aside, z + fz * along - fx * aside, ...facts];
  const half = ARROW.width / 2, neck = length - ARROW.head;
  const [a, b, c, d] = [point(0, -half), point(0, half), point(neck, -half), point(neck, half)];
  triangles.push(...a, ...b, ...c, ...c, ...b, ...d);
  triangles.push(...point(neck, -ARROW.spread), ...point(neck, ARROW.spread), ...point(length, 0));
}

/** Numbers along two lines through `origin`: every metre says how far it is from there. */
export function metres([x, z]) {
  const numbers = [];
  for (let m = 1; m <= METRES; m++)
    for (const [dx, dz] of [[1, 0], [-1, 0], [0, 1], [0, -1]])
      glyph(numbers, [x + dx * m, z + dz * m], GLYPHS.indexOf(`${m} m`), -1);
  return new Float32Array(numbers);
}

/** Two triangles; the shader moves their corners. */
function glyph(quads, [x, z], which, person) {
  for (const [u, v] of [[0, 0], [1, 0], [0, 1], [0, 1], [1, 0], [1, 1]]) quads.push(x, z, u, v, which, person);
}
