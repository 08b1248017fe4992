// How panels share the canvas: beside each other, stacked, or two by two, whichever shows people larger.

export const MOST = 4;
const PERSON_ASPECT = 0.8; // width over height of what has to be seen of two people, nearer together than apart
const GUTTER = 1; // CSS pixels between panels

/** Columns and rows for so many panels in a stage of this size. */
export function gridOf(count, width, height) {
  let best = { columns: 1, rows: count, size: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    if (columns * rows - count >= columns) continue;
    const spare = columns * rows - count;
    const size = Math.min(width / columns / PERSON_ASPECT, height / rows) * (spare ? 0.9 : 1); // no hole if it can be helped
    if (size > best.size) best = { columns, rows, size };
  }
  return best;
}

/** Where each panel is, in pixels of the canvas (y upwards, as WebGL counts) and in CSS pixels; reused between pictures. */
export class Cells {
  constructor() {
    this.x = new Int32Array(MOST);
    this.y = new Int32Array(MOST);
    this.count = 1;
    this.columns = 1;
    this.rows = 1;
  }

  /** True when the grid changed. `width` and `height` in CSS pixels, of a canvas that is so many by so many pixels. */
  fit(count, width, height, pixelsWide, pixelsHigh) {
    const same = this.count === count && this.cssWidth === width && this.cssHeight === height;
    if (same && this.pixelsWide === pixelsWide && this.pixelsHigh === pixelsHigh) return false;
    const before = this.columns * 10 + this.rows + this.count * 100;
    const { columns, rows } = gridOf(count, width, height);
    Object.assign(this, { count, columns, rows, cssWidth: width, cssHeight: height, pixelsWide, pixelsHigh });
    const gap = count > 1 ? Math.round((GUTTER * pixelsWide) / width) : 0;
    this.width = Math.floor((pixelsWide - gap * (columns - 1)) / columns);
    this.height = Math.floor((pixelsHigh - gap * (rows - 1)) / rows);
    for (let i = 0; i < count; i++) {
      this.x[i] = (i % columns) * (this.width + gap);
      this.y[i] = pixelsHigh - (Math.floor(i / columns) + 1) * this.height - Math.floor(i / columns) * gap;
    }
    return before !== columns * 10 + rows + count * 100;
  }

  /** Size of a panel in CSS pixels. */
  get panelWidth() {
    return this.cssWidth / this.columns;
  }

  get panelHeight() {
    return this.cssHeight / this.rows;
  }
}
