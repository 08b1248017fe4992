// An orbit camera that keeps the people in the picture.

import { clamp, lookAt, multiply, normalize, perspective, smoothed } from "./math.js";

const FOV = (34 * Math.PI) / 180;
const EYE_LEVEL = 0.92; // metres: the middle of a standing person
const HALF_HEIGHT = 1.22; // metres above and below it that should be seen
const ARM = 0.75; // metres kept free on either side of a pelvis

/** Where the camera should aim at each frame: the people's middle, and how far they are from it, both smoothed. */
export function framing(poser, fps) {
  const everyone = Array.from({ length: poser.frames }, (_, frame) =>
    Array.from({ length: poser.people }, (_, person) => poser.rootAt(frame, person)),
  );
  const radius = Math.round(fps * 0.8);
  const mean = (axis) => everyone.map((roots) => roots.reduce((sum, root) => sum + root[axis], 0) / poser.people);
  const x = smoothed(mean(0), radius), z = smoothed(mean(2), radius);
  const spread = everyone.map((roots, frame) =>
    Math.max(...roots.map((root) => Math.hypot(root[0] - x[frame], root[2] - z[frame]))),
  );
  // The widest of the moments around, then smoothed over no more than that: nobody ever leaves the picture.
  const widest = spread.map((_, frame) => Math.max(...spread.slice(Math.max(0, frame - radius), frame + radius + 1)));
  return { x, z, spread: smoothed(widest, Math.floor(radius / 2)) };
}

/** A yaw from which two people are seen side by side, the first on the left, slightly from the front. */
export function sideView(poser, frame) {
  if (poser.people < 2) return 0.5;
  const [ax, , az] = poser.rootAt(frame, 0);
  const [bx, , bz] = poser.rootAt(frame, 1);
  return Math.atan2(bx - ax, bz - az) - Math.PI / 2 + 0.32;
}

export class Camera {
  constructor() {
    this.home = { yaw: 0.5, pitch: 0.17, zoom: 1 };
    this.follow = true;
    this.track = null;
    this.aim = { x: 0, z: 0, spread: 0.9 };
    this.reset();
  }

  reset() {
    Object.assign(this, this.home);
  }

  orbit(yaw, pitch) {
    this.yaw += yaw;
    this.pitch = clamp(this.pitch + pitch, -0.02, 1.45);
  }

  zoomBy(factor) {
    this.zoom = clamp(this.zoom * factor, 0.3, 4);
  }

  /** A new motion: its track, and the side to see it from. The visitor's own pitch and zoom are kept. */
  setTrack(track, yaw) {
    this.track = track;
    this.home.yaw = yaw;
    this.yaw = yaw;
  }

  aimAt(frame) {
    if (!this.track) return;
    const { x, z, spread } = this.track;
    if (this.follow) {
      const low = Math.floor(frame);
      const high = Math.min(low + 1, x.length - 1);
      const mix = (values) => values[low] + (values[high] - values[low]) * (frame - low);
      this.aim = { x: mix(x), z: mix(z), spread: mix(spread) };
    }
  }

  /** View-projection for a picture of the given aspect (width / height), with the eye and what it looks at. */
  view(aspect) {
    const target = [this.aim.x, EYE_LEVEL, this.aim.z];
    const vertical = Math.tan(FOV / 2);
    const fit = Math.max(HALF_HEIGHT / vertical, (this.aim.spread + ARM) / (vertical * aspect));
    const distance = (fit + 0.5 * this.aim.spread) * this.zoom; // somebody may stand nearer than the middle
    const eye = [
      target[0] + distance * Math.sin(this.yaw) * Math.cos(this.pitch),
      target[1] + distance * Math.sin(this.pitch),
      target[2] + distance * Math.cos(this.yaw) * Math.cos(this.pitch),
    ];
    const matrix = multiply(perspective(FOV, aspect, 0.1, 80), lookAt(eye, target));
    return { matrix, eye, target, distance };
  }

  /** The main light's direction: over the home view's left shoulder, fixed in the world so that orbiting shows form. */
  light() {
    const yaw = this.home.yaw - 0.65;
    return normalize([Math.sin(yaw) * 0.62, 1, Math.cos(yaw) * 0.62]);
  }
}
