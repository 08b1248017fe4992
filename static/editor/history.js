// Undo and redo. A state is never changed, so that keeping it costs a reference.

const PAUSE = 1000; // milliseconds: edits of one thing, sooner after each other than this, are one step

export class History {
  constructor(state, most = 100) {
    this.state = state;
    this.most = most;
    this.past = [];
    this.future = [];
    this.seal();
  }

  /** A new state. Edits with the same `key` in quick succession become one step. */
  record(state, key = null) {
    const now = performance.now();
    if (key === null || key !== this.key || now - this.at > PAUSE) this.past.push(this.state);
    if (this.past.length > this.most) this.past.shift();
    Object.assign(this, { state, key, at: now, future: [] });
  }

  /** The next edit begins a step of its own. */
  seal() {
    this.key = null;
    this.at = -Infinity;
  }

  undo() {
    return this.step(this.past, this.future);
  }

  redo() {
    return this.step(this.future, this.past);
  }

  step(from, to) {
    if (!from.length) return null;
    to.push(this.state);
    this.state = from.pop();
    this.seal();
    return this.state;
  }
}
