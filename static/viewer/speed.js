// What a picture costs, and fewer pixels where it costs too much.

const MAX_PIXEL_RATIO = 2;
const STEPS = [1, 0.75, 0.5]; // of the picture, for machines that cannot keep up
const SLOW = 70; // milliseconds between pictures
const PATIENCE = 12; // slow pictures in a row
const KEPT = 120; // pictures over which the mean is taken

/** Figures of the last picture, and the mean milliseconds of script of the last `KEPT`. */
export class Stats {
  constructor() {
    this.drawCalls = 0;
    this.triangles = 0;
    this.pictures = 0;
    this.times = new Float64Array(KEPT);
    this.started = 0;
  }

  begin() {
    this.started = performance.now();
  }

  /** `counted` is the renderer's context; the 2D fallback has none. */
  end(counted) {
    this.times[this.pictures++ % KEPT] = performance.now() - this.started;
    this.drawCalls = counted?.drawCalls ?? 0;
    this.triangles = counted?.triangles ?? 0;
  }

  get scriptMs() {
    const count = Math.min(this.pictures, KEPT);
    let sum = 0;
    for (let i = 0; i < count; i++) sum += this.times[i];
    return count ? sum / count : 0;
  }
}

/** A machine that draws in software gets fewer pixels rather than a slide show; what stands still is always sharp. */
export class Sharpness {
  constructor() {
    this.step = 0;
    this.slow = 0;
    this.drawn = 0;
  }

  /** Pixels of the canvas for each CSS pixel, for the picture that is about to be drawn. */
  ratio(playing) {
    const now = performance.now();
    this.slow = playing && now - this.drawn > SLOW ? this.slow + 1 : 0;
    this.drawn = now;
    if (this.slow >= PATIENCE && this.step < STEPS.length - 1) {
      this.step++;
      this.slow = 0;
    }
    return Math.min(window.devicePixelRatio || 1, MAX_PIXEL_RATIO) * (playing ? STEPS[this.step] : 1);
  }
}
