// One orbit camera for all panels; it keeps the people of all of them in the picture.

import { clamp, lookAt, multiply, normalize, perspective, smoothed } from "./math.js";

const FOV = (34 * Math.PI) / 180;
const EYE_LEVEL = 0.92; // metres: the middle of a standing person
const HALF_HEIGHT = 1.22; // metres above and below it that should be seen
const FLESH = 0.22; // metres that hands, feet and heads reach beyond the last joint
const OBLIQUE = 0.32; // radians: the first view is from a little in front of the side
const LOWEST = -0.02, HIGHEST = 1.55; // radians of pitch
const WAYS = 16; // directions round the middle in which it is known how far people reach
const TURN = (2 * Math.PI) / WAYS;
const SINES = Float64Array.from({ length: WAYS }, (_, way) => Math.sin(way * TURN));
const COSINES = Float64Array.from({ length: WAYS }, (_, way) => Math.cos(way * TURN));

/**
 * Where to aim at each frame, smoothed: the middle of the people of all panels, how far their joints reach from it in each
 * of the `WAYS` over the floor, and how high.
 */
export function framing(posers) {
  const { frames, fps } = posers[0];
  const radius = Math.round(fps * 0.8);
  const middle = (axis) =>
    smoothed(
      Array.from({ length: frames }, (_, frame) => {
        const roots = posers.flatMap((poser) =>
          Array.from({ length: poser.people }, (_, person) => poser.rootAt(frame, person)[axis]),
        );
        return roots.reduce((sum, root) => sum + root, 0) / roots.length;
      }),
      radius,
    );
  const x = middle(0), z = middle(2);
  const reach = Array.from({ length: WAYS }, () => new Float64Array(frames));
  const height = new Float64Array(frames);
  for (const { tracks, people, joints } of posers) {
    const row = people * joints * 3;
    for (let frame = 0; frame < frames; frame++) {
      for (let at = frame * row; at < (frame + 1) * row; at += 3) {
        const dx = tracks[at] - x[frame], dz = tracks[at + 2] - z[frame];
        for (let way = 0; way < WAYS; way++) {
          const far = dx * SINES[way] + dz * COSINES[way];
          if (far > reach[way][frame]) reach[way][frame] = far;
        }
        if (tracks[at + 1] > height[frame]) height[frame] = tracks[at + 1];
      }
    }
  }
  // The furthest of the moments around, then smoothed over no more than that: nobody ever leaves the picture.
  const kept = (values) => {
    const furthest = values.map((_, frame) => Math.max(...values.slice(Math.max(0, frame - radius), frame + radius + 1)));
    return smoothed(furthest, Math.floor(radius / 2));
  };
  return { x, z, height: kept(height), reach: reach.map(kept) };
}

const between = (values, low, high, part) => values[low] + (values[high] - values[low]) * part;

/** The yaw from which two people are seen in profile, the first on the left. */
export function profile(poser, frame) {
  if (poser.people < 2) return 0.5 - OBLIQUE;
  const [ax, , az] = poser.rootAt(frame, 0);
  const [bx, , bz] = poser.rootAt(frame, 1);
  return Math.atan2(bx - ax, bz - az) - Math.PI / 2;
}

export class Camera {
  constructor() {
    this.side = 0; // yaw of the profile
    this.home = { yaw: OBLIQUE, pitch: 0.17, zoom: 1 };
    this.follow = true;
    this.track = null;
    this.aim = { x: 0, z: 0, height: 0, reach: new Float64Array(WAYS).fill(1.4) };
    this.pan = new Float64Array(3);
    // What `view` answers with, always the same objects.
    this.at = {
      matrix: new Float32Array(16), eye: new Float64Array(3), target: new Float64Array(3), distance: 1, yaw: 0,
    };
    this.lens = new Float32Array(16);
    this.gaze = new Float32Array(16);
    this.sun = new Float64Array(3);
    this.reset();
  }

  reset() {
    Object.assign(this, this.home);
    this.pan.fill(0);
  }

  /** From the front (facing person one, along the line between the people), the side or the top. */
  look(from) {
    this.yaw = from === "front" ? this.side + Math.PI / 2 : this.side;
    this.pitch = from === "top" ? HIGHEST : 0.06;
    this.pan.fill(0);
  }

  orbit(yaw, pitch) {
    this.yaw += yaw;
    this.pitch = clamp(this.pitch + pitch, LOWEST, HIGHEST);
  }

  zoomBy(factor) {
    this.zoom = clamp(this.zoom * factor, 0.2, 4);
  }

  /** Move the picture by so many pixels of a panel of this height, in the plane of the picture. */
  panBy(right, down, height) {
    const scale = (2 * this.at.distance * Math.tan(FOV / 2)) / Math.max(height, 1);
    for (let i = 0; i < 3; i++) this.pan[i] += (this.gaze[4 * i + 1] * down - this.gaze[4 * i] * right) * scale;
  }

  /** New motions: their track, and the profile to see them in (null: as before). The visitor's own pitch and zoom are kept. */
  setTrack(track, side) {
    this.track = track;
    if (side === null) return;
    this.side = side;
    this.yaw = this.home.yaw = side + OBLIQUE;
    this.pan.fill(0);
  }

  aimAt(frame) {
    const { track, aim } = this;
    if (!track || !this.follow) return;
    const low = Math.floor(frame);
    const high = Math.min(low + 1, track.x.length - 1);
    const part = frame - low;
    aim.x = between(track.x, low, high, part);
    aim.z = between(track.z, low, high, part);
    aim.height = between(track.height, low, high, part);
    for (let way = 0; way < WAYS; way++) aim.reach[way] = between(track.reach[way], low, high, part);
  }

  /** Metres that people reach from the middle in the direction of this yaw. */
  reachTo(yaw) {
    const turns = yaw / TURN;
    const low = Math.floor(turns);
    const way = low - WAYS * Math.floor(low / WAYS);
    return between(this.aim.reach, way, (way + 1) % WAYS, turns - low) + FLESH;
  }

  /** Metres that people reach from the middle in any direction. */
  get spread() {
    let most = 0;
    for (let way = 0; way < WAYS; way++) most = Math.max(most, this.aim.reach[way]);
    return most + FLESH;
  }

  /**
   * View-projection for a panel of the given aspect (width / height), with the eye and what it looks at. `header` is the
   * share of the height at the top that is written on.
   */
  view(aspect, header = 0) {
    const { at, aim, pan, yaw, pitch } = this;
    const near = this.reachTo(yaw);
    const wide = Math.max(this.reachTo(yaw + Math.PI / 2), this.reachTo(yaw - Math.PI / 2));
    const deep = Math.max(near, this.reachTo(yaw + Math.PI)); // from above the floor's depth needs the height
    const tall = Math.max(HALF_HEIGHT, aim.height + FLESH - EYE_LEVEL, deep * Math.sin(pitch));
    const vertical = Math.tan(FOV / 2);
    const fit = Math.max(tall / (vertical * (1 - header)), wide / (vertical * aspect));
    at.distance = (fit + 0.5 * near) * this.zoom; // somebody may stand nearer than the middle
    at.yaw = yaw;
    at.target[0] = aim.x + pan[0];
    at.target[1] = EYE_LEVEL + pan[1];
    at.target[2] = aim.z + pan[2];
    at.eye[0] = at.target[0] + at.distance * Math.sin(yaw) * Math.cos(pitch);
    at.eye[1] = at.target[1] + at.distance * Math.sin(pitch);
    at.eye[2] = at.target[2] + at.distance * Math.cos(yaw) * Math.cos(pitch);
    perspective(this.lens, FOV, aspect, 0.1, 80);
    this.lens[9] = header; // the middle of what is left free
    multiply(at.matrix, this.lens, lookAt(this.gaze, at.eye, at.target));
    return at;
  }

  /** The main light's direction: over the home view's left shoulder, fixed in the world so that orbiting shows form. */
  light() {
    const yaw = this.home.yaw - 0.65;
    const { sun } = this;
    sun[0] = Math.sin(yaw) * 0.62;
    sun[1] = 1;
    sun[2] = Math.cos(yaw) * 0.62;
    return normalize(sun);
  }
}
