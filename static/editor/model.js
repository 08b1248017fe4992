// What can be done to a script: from segments to new segments, or to a reason why not. Nothing here knows the page.

export const TEXTS = { alone: ["one", "two"], together: ["together"] };
const NEW = 60; // frames of a segment that is added where there is room

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

/** Segments of whatever was handed over, or null. */
export function read(value) {
  if (!value?.segments?.length) return null;
  return value.segments.map(({ kind, frames, one = "", two = "", together = "" }) => ({
    kind, frames, one, two, together,
  }));
}

export const total = (segments) => segments.reduce((sum, { frames }) => sum + frames, 0);

/** The first frame of every segment, and the end of the last. */
export function edges(segments) {
  const out = [0];
  for (const { frames } of segments) out.push(out.at(-1) + frames);
  return out;
}

/** `segments` with some of one's properties changed. */
export const change = (segments, at, changes) =>
  segments.map((segment, k) => (k === at ? { ...segment, ...changes } : segment));

export class Rules {
  constructor({ fps, min_alone, min_together, max_frames, max_segments, max_characters }) {
    this.fps = fps;
    this.least = { alone: min_alone, together: min_together };
    this.maxFrames = max_frames;
    this.maxSegments = max_segments;
    this.maxCharacters = max_characters;
  }

  seconds(frames) {
    return `${(frames / this.fps).toFixed(2).replace(/0$/, "")} s`;
  }

  spare({ kind, frames }) {
    return frames - this.least[kind];
  }

  /** The earliest and latest frame of the end of segment `at`. The last end changes the total. */
  limits(segments, at) {
    const ends = edges(segments);
    const low = ends[at] + this.least[segments[at].kind];
    const next = segments[at + 1];
    const high = next ? ends[at + 2] - this.least[next.kind] : this.maxFrames;
    return [low, Math.max(low, high)];
  }

  /** The end of segment `at` goes to `frame`, or as near as the neighbours allow; they give and take the frames. */
  move(segments, at, frame) {
    const ends = edges(segments);
    const by = clamp(Math.round(frame), ...this.limits(segments, at)) - ends[at + 1];
    return segments.map((segment, k) => {
      if (k === at) return { ...segment, frames: segment.frames + by };
      return k === at + 1 ? { ...segment, frames: segment.frames - by } : segment;
    });
  }

  add(segments, at, kind) {
    if (segments.length >= this.maxSegments) return { reason: this.full };
    const room = this.maxFrames - total(segments);
    const empty = { kind, frames: Math.min(NEW, room), one: "", two: "", together: "" };
    let kept = segments;
    if (room < this.least[kind]) {
      // No room at the end: the chosen segment gives some of its own.
      const spare = this.spare(segments[at]);
      if (spare < this.least[kind]) return { reason: this.noRoom };
      empty.frames = clamp(Math.floor(segments[at].frames / 10) * 5, this.least[kind], spare);
      kept = change(segments, at, { frames: segments[at].frames - empty.frames });
    }
    return { segments: kept.toSpliced(at + 1, 0, empty), selected: at + 1 };
  }

  split(segments, at) {
    const { kind, frames } = segments[at];
    const least = this.least[kind];
    if (segments.length >= this.maxSegments) return { reason: this.full };
    if (frames < 2 * least) return { reason: `Too short to split: each half needs ${least} frames.` };
    const half = clamp(Math.round(frames / 10) * 5, least, frames - least);
    const halves = [half, frames - half].map((each) => ({ ...segments[at], frames: each }));
    return { segments: segments.toSpliced(at, 1, ...halves), selected: at };
  }

  remove(segments, at) {
    if (segments.length < 2) return { reason: "The only segment cannot be removed." };
    return { segments: segments.toSpliced(at, 1), selected: Math.min(at, segments.length - 2) };
  }

  /** Exchange a segment with its neighbour before (-1) or after (1). */
  shift(segments, at, by) {
    const to = at + by;
    if (to < 0) return { reason: "It is the first segment." };
    if (to >= segments.length) return { reason: "It is the last segment." };
    return { segments: segments.toSpliced(at, 1).toSpliced(to, 0, segments[at]), selected: to };
  }

  /** Switch between alone and together. What is too short then grows, or takes from a neighbour. */
  turn(segments, at, kind) {
    const missing = this.least[kind] - segments[at].frames;
    const turned = change(segments, at, { kind, frames: Math.max(segments[at].frames, this.least[kind]) });
    if (missing <= 0 || total(turned) <= this.maxFrames) return { segments: turned, selected: at };
    const from = [at + 1, at - 1].find((k) => segments[k] && this.spare(segments[k]) >= missing);
    if (from === undefined)
      return { reason: `Too short to be ${kind}: it needs ${this.least[kind]} frames, and there is no room.` };
    return { segments: change(turned, from, { frames: segments[from].frames - missing }), selected: at };
  }

  get full() {
    return `There are ${this.maxSegments} segments, as many as possible.`;
  }

  get noRoom() {
    return `No room: shorten a segment first (at most ${this.maxFrames} frames in all, ${this.seconds(this.maxFrames)}).`;
  }
}
