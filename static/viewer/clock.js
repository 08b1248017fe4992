// Playback: one clock for everything that shows the same timeline.

import { clamp } from "./math.js";

export class Clock {
  /** `changed()` is called whenever the frame or the state of playing changes. */
  constructor(changed) {
    this.changed = changed;
    this.frame = 0;
    this.frames = 1;
    this.fps = 20;
    this.speed = 1;
    this.loop = true;
    this.playing = false;
    this.tick = this.tick.bind(this);
  }

  /** Another motion, from its start or (stay) from where the one before stands. */
  load(frames, fps, stay = false) {
    this.frames = frames;
    this.fps = fps;
    this.seek(stay ? this.frame : 0);
  }

  get last() {
    return this.frames - 1;
  }

  seek(frame) {
    this.frame = clamp(frame, 0, this.last);
    this.changed();
  }

  /** Whole frames on (or back), standing still. */
  step(count) {
    this.pause();
    this.seek(Math.round(this.frame) + count);
  }

  play() {
    if (this.playing || this.last < 1) return;
    if (!this.loop && this.frame >= this.last) this.frame = 0;
    this.playing = true;
    this.before = null;
    this.request = requestAnimationFrame(this.tick);
    this.changed();
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.request);
    this.changed();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Time decides the frame: a slow machine drops pictures, it does not slow the people down. */
  tick(now) {
    if (!this.playing) return;
    // A tab that was hidden gets no animation frames: carry on from where it stood.
    const elapsed = this.before === null ? 0 : Math.min((now - this.before) / 1000, 0.25);
    this.before = now;
    const frame = this.frame + elapsed * this.fps * this.speed;
    if (frame >= this.last && !this.loop) {
      this.frame = this.last;
      this.pause();
      return;
    }
    this.frame = frame >= this.last ? 0 : frame;
    this.changed();
    this.request = requestAnimationFrame(this.tick);
  }
}
