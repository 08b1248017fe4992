// One orbit camera for all panels; it keeps the people of all of them in the picture.

import { clamp, lookAt, multiply, normalize, perspective, smoothed } from "./math.js";

const FOV = (34 * Math.PI) / 180;
const EYE_LEVEL = 0.92; // metres: the middle of a standing person
const HALF_HEIGHT = 1.22; // metres above and below it that should be seen
const ARM = 0.75; // metres kept free on either side of a pelvis
const OBLIQUE = 0.32; // radians: the first view is from a little in front of the side
const LOWEST = -0.02, HIGHEST = 1.55; // radians of pitch

/** Where to aim at each frame: the middle of the people of all panels, and how far they are from it, both smoothed. */
export function framing(posers) {
  const { frames, fps } = posers[0];
  const everyone = Array.from({ length: frames }, (_, frame) =>
    posers.flatMap((poser) => Array.from({ length: poser.people }, (_, person) => poser.rootAt(frame, person))),
  );
  const radius = Math.round(fps * 0.8);
  const mean = (axis) => everyone.map((roots) => roots.reduce((sum, root) => sum + root[axis], 0) / roots.length);
  const x = smoothed(mean(0), radius), z = smoothed(mean(2), radius);
  const spread = everyone.map((roots, frame) =>
    Math.max(...roots.map((root) => Math.hypot(root[0] - x[frame], root[2] - z[frame]))),
  );
  // The widest of the moments around, then smoothed over no more than that: nobody ever leaves the picture.
  const widest = spread.map((_, frame) => Math.max(...spread.slice(Math.max(0, frame - radius), frame + radius + 1)));
  return { x, z, spread: smoothed(widest, Math.floor(radius / 2)) };
}

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
    this.aim = { x: 0, z: 0, spread: 0.9 };
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
    aim.x = track.x[low] + (track.x[high] - track.x[low]) * part;
    aim.z = track.z[low] + (track.z[high] - track.z[low]) * part;
    aim.spread = track.spread[low] + (track.spread[high] - track.spread[low]) * part;
  }

  /**
   * View-projection for a panel of the given aspect (width / height), with the eye and what it looks at. `header` is the
   * share of the height at the top that is written on.
   */
  view(aspect, header = 0) {
    const { at, aim, pan, yaw, pitch } = this;
    const wide = aim.spread + ARM;
    const vertical = Math.tan(FOV / 2);
    const tall = Math.max(HALF_HEIGHT, wide * Math.sin(pitch)); // from above the floor's depth needs the height
    const fit = Math.max(tall / (vertical * (1 - header)), wide / (vertical * aspect));
    at.distance = (fit + 0.5 * aim.spread) * this.zoom; // somebody may stand nearer than the middle
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
