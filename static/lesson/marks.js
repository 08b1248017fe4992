// What the lesson draws over the picture: arrows between the joints of two panels, and the world's own axes.

const SHORTEST = 4; // pixels: a shorter arrow is only a dot
const HEAD = 5; // pixels
const SOON = 0.004; // metres below which a joint counts as left alone
const AXIS = 0.7; // metres
const MAX_PIXEL_RATIO = 2;

export class Marks {
  constructor(viewer) {
    this.viewer = viewer;
    this.times = 0;
    this.world = false;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "is-marks";
    this.canvas.setAttribute("aria-hidden", "true");
    this.paint = this.canvas.getContext("2d");
    this.a = new Float64Array(3);
    this.b = new Float64Array(3);
    viewer.overlay.before(this.canvas);
    viewer.overlays.add((project) => this.draw(project));
  }

  /** `project` is the viewer's: where a point of the world is on a panel. */
  draw(project) {
    this.project = project;
    const { canvas, paint, viewer } = this;
    const { cssWidth, cssHeight, panelWidth, panelHeight } = viewer.cells;
    const ratio = Math.min(window.devicePixelRatio || 1, MAX_PIXEL_RATIO);
    const on = this.world || (this.times && viewer.panels.length > 1);
    canvas.hidden = !on;
    if (!on) return;
    const [wide, high] = [Math.round(cssWidth * ratio), Math.round(cssHeight * ratio)];
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    paint.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint.clearRect(0, 0, cssWidth, cssHeight);
    const { matrix } = viewer.scene.view;
    const style = getComputedStyle(canvas);
    this.ink = style.getPropertyValue("--is-text");
    this.paper = style.getPropertyValue("--is-card");
    paint.font = `12px ${style.fontFamily}`;
    if (this.world) this.drawWorld(matrix, panelWidth, panelHeight);
    // In the last panel, which shows where the joints have been put.
    if (!this.times || viewer.panels.length < 2) return;
    const { columns } = viewer.cells;
    const last = viewer.panels.length - 1;
    paint.translate((last % columns) * panelWidth, Math.floor(last / columns) * panelHeight);
    this.drawArrows(viewer.panels[0].poser, viewer.panels[last].poser, matrix, panelWidth, panelHeight);
  }

  drawArrows(before, after, matrix, width, height) {
    const { a, b, times, project } = this;
    for (let k = 0; k < before.people * before.joints; k++) {
      const at = k * 12;
      const from = [3, 7, 11].map((row) => before.world[at + row]);
      const to = [3, 7, 11].map((row) => after.world[at + row]);
      if (Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]) < SOON) continue;
      // Enlarged, an arrow still ends at the joint as it is shown.
      const start = from.map((x, axis) => to[axis] + (x - to[axis]) * times);
      project(a, matrix, ...start, width, height);
      project(b, matrix, ...to, width, height);
      if (a[2] > 0 && b[2] > 0) this.arrow(a, b);
    }
  }

  arrow([ax, ay], [bx, by]) {
    const { paint } = this;
    const length = Math.hypot(bx - ax, by - ay);
    const trace = () => {
      paint.beginPath();
      if (length < SHORTEST) paint.arc(bx, by, 1.2, 0, 7);
      else {
        const [dx, dy] = [(HEAD * (bx - ax)) / length, (HEAD * (by - ay)) / length];
        paint.moveTo(ax, ay);
        paint.lineTo(bx, by);
        paint.moveTo(bx - dx - 0.6 * dy, by - dy + 0.6 * dx);
        paint.lineTo(bx, by);
        paint.lineTo(bx - dx + 0.6 * dy, by - dy - 0.6 * dx);
      }
      paint.stroke();
    };
    paint.lineCap = paint.lineJoin = "round";
    for (const [colour, width] of [[this.paper, 4], [this.ink, 1.8]]) {
      paint.strokeStyle = colour;
      paint.lineWidth = width;
      trace();
    }
  }

  drawWorld(matrix, width, height) {
    const { a, b, paint, project } = this;
    project(a, matrix, 0, 0, 0, width, height);
    if (a[2] <= 0) return;
    for (const [name, x, z] of [["x", AXIS, 0], ["z", 0, AXIS]]) {
      project(b, matrix, x, 0, z, width, height);
      this.arrow(a, b);
      this.write(name, b[0] + 6, b[1] + 4);
    }
    this.write("the world’s origin", a[0] + 6, a[1] + 16);
  }

  write(text, x, y) {
    const { paint } = this;
    paint.lineWidth = 3;
    paint.strokeStyle = this.paper;
    paint.strokeText(text, x, y);
    paint.fillStyle = this.ink;
    paint.fillText(text, x, y);
  }
}
