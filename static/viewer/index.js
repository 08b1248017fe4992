// The viewer: shows the panels that the page hands over as { panels, people, segments, example }.

import { fetchArrays } from "./arrays.js";
import { onBodies, readBodies } from "./bodies.js";
import { Camera, framing, profile } from "./camera.js";
import { Captions } from "./captions.js";
import { Clock } from "./clock.js";
import { describe } from "./describe.js";
import { scaleOf } from "./difference.js";
import { GLRenderer, NoWebGL } from "./gl.js";
import { Cells } from "./layout.js";
import { onThemeChange, readLook } from "./look.js";
import { project } from "./math.js";
import { Panel } from "./panel.js";
import { control } from "./pointer.js";
import { Show } from "./show.js";
import { Sharpness, Stats } from "./speed.js";
import { StickRenderer } from "./sticks.js";
import { Timeline } from "./timeline.js";
import { Transport } from "./transport.js";
import { clothe } from "./wardrobe.js";

const STUDIO = "viewer"; // the one whose people wear what the page's sliders say
const MOST_HEADER = 0.3; // of a panel's height
const SMALL = 330; // CSS pixels of a panel's width below which names are numbers
const mounted = new WeakMap();

/** Show the viewer in `element`. `watch('value', f)` and `props` are Gradio's; `body` is the mesh's address. */
export async function mount(element, { props, watch, body, viewer: name = STUDIO }) {
  if (mounted.has(element)) return;
  const viewer = new Viewer(element, name);
  mounted.set(element, viewer);
  element.viewer = viewer; // for tests and the curious
  watch("value", () => viewer.show(props.value));
  try {
    await viewer.start(body);
    await viewer.show(props.value);
  } catch (error) {
    viewer.say(`The viewer could not start: ${error.message}.`);
    throw error;
  }
}

class Viewer {
  constructor(element, name) {
    const find = (part) => element.querySelector(`.is-${part}`);
    Object.assign(this, { element, name, section: find("viewer"), picture: find("picture"), canvas: find("canvas") });
    Object.assign(this, { overlay: find("panels"), message: find("message"), notice: find("notice") });
    this.legend = find("legend");
    this.captions = new Captions(find("caption"));
    this.overlay.replaceChildren();
    this.panels = [];
    this.shapes = [];
    this.shown = null; // the addresses of the motions
    this.overlays = new Set(); // what others draw over each picture: functions of `project`
    this.scale = 0; // metres of the last colour of a difference, 0 where none is asked for
    this.header = 0; // the share of a panel's height that its name and note take
    this.cells = new Cells();
    this.camera = new Camera();
    this.stats = new Stats();
    this.sharpness = new Sharpness();
    this.clock = new Clock(() => this.changed());
    this.timeline = new Timeline(find("timeline"), this.clock);
    this.options = new Show(find("show"), () => this.optionsChanged());
    this.transport = new Transport(this.section, this.clock, this.camera, () => this.draw());
    this.scene = { cells: this.cells, view: null, light: null, look: null, show: this.options, spread: 0, scale: 0, frame: 0 };
  }

  /** The first panel's poser and motion: what files are written of. */
  get poser() {
    return this.panels[0]?.poser ?? null;
  }

  get motion() {
    return this.panels[0]?.motion ?? null;
  }

  async start(body) {
    try {
      this.renderer = new GLRenderer(this.canvas);
    } catch (error) {
      const expected = error instanceof NoWebGL;
      (expected ? console.info : console.error)(`InterSyn draws stick figures: ${error.message}`);
      this.canvas = this.replaceCanvas();
      this.renderer = new StickRenderer(this.canvas);
      const reason = expected ? "This browser offers no WebGL2" : "The 3D renderer failed in this browser";
      this.notice.textContent = `${reason}, so the people are drawn as stick figures.`;
      this.notice.hidden = false;
    }
    this.look = readLook(this.element);
    this.connect();
    this.body = await fetchArrays(body);
    this.renderer.setBody(this.body);
    this.draw();
  }

  /** A canvas that once was asked for WebGL may refuse to give a 2D context. */
  replaceCanvas() {
    const fresh = this.canvas.cloneNode();
    this.canvas.replaceWith(fresh);
    return fresh;
  }

  connect() {
    const { camera, canvas, clock } = this;
    control(canvas, camera, () => this.cells.panelHeight, () => this.draw());
    canvas.addEventListener("dblclick", () => this.transport.home());
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      if (!this.gone) this.say("The graphics card took the picture away; waiting for it to come back.");
    });
    canvas.addEventListener("webglcontextrestored", () => {
      this.renderer.build();
      this.say("");
      this.draw();
    });
    this.resizing = new ResizeObserver(() => this.draw());
    this.resizing.observe(this.picture);
    this.stopTheme = onThemeChange(() => {
      this.look = readLook(this.element);
      this.draw();
    });
    this.stopBodies = onBodies(() => {
      this.dress();
      this.draw();
    });
    this.seek = ({ detail }) => {
      if (detail.viewer !== this.name) return;
      clock.pause();
      clock.seek(detail.frame);
    };
    window.addEventListener("intersyn:seek", this.seek);
  }

  /**
   * Show what the page handed over; null is the empty stage. Answers late are dropped. stay: the clock and the view stay
   * as they are; track: the camera goes after these people, and not after those before.
   */
  async show(value, { stay = false, track = true } = {}) {
    if (!this.body) return;
    if (!value?.panels) {
      if (!this.panels.length) this.say(value?.message ?? "");
      return;
    }
    if (value.example && this.panels.length) return; // the visitor was faster
    const addresses = value.panels.map(({ motion }) => motion.url ?? motion.path);
    const shown = addresses.join("\n");
    if (this.shown === shown) {
      this.tell(value); // the same request gives the same motion: show that something was done
      if (!stay) this.clock.seek(0);
      return;
    }
    this.shown = shown;
    let motions;
    try {
      const known = new Map(this.panels.map(({ address, motion }) => [address, motion]));
      motions = await Promise.all(addresses.map((address) => known.get(address) ?? fetchArrays(address)));
    } catch (error) {
      this.shown = null;
      this.say(`The motion did not arrive: ${error.message}.`);
      return;
    }
    if (this.shown !== shown || this.gone) return;
    this.say("");
    this.panels = motions.map((motion, i) => new Panel(this.body, addresses[i], motion, value));
    this.overlay.replaceChildren(...this.panels.map(({ element }) => element));
    this.section.classList.toggle("is-many", this.panels.length > 1);
    this.section.classList.remove("is-empty");
    this.picture.style.setProperty("--is-panels", this.panels.length);
    this.clothe();
    this.renderer.setPanels(this.panels, this.panels[0].encounters[0]?.origin ?? this.startOf(this.poser));
    const side = stay ? null : profile(this.poser, this.meeting(value.segments));
    if (track) this.camera.setTrack(framing(this.panels.map(({ poser }) => poser)), side);
    this.tell(value);
    this.options.offer(this.panels.length);
    this.measureDifference();
    this.element.dataset.loaded = "true";
    this.clock.load(this.poser.frames, this.motion.fps, stay);
    this.timeline.load(value.segments);
    if (!stay && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.clock.play();
    if (!value.example && this.name === STUDIO) this.picture.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  /** Labels, notes, captions, and the picture in words. */
  tell(value) {
    this.captions.load(value.segments);
    this.panels.forEach((panel, i) => panel.name(value.panels[i].label, value.panels[i].note));
    this.cells.count = 0; // to be arranged anew
    this.canvas.setAttribute("aria-label", describe(value, this.motion.fps));
  }

  /** Give everyone of all panels their body. */
  clothe() {
    const sliders = this.name === STUDIO ? readBodies() : [];
    this.shapes = clothe(this.panels, this.body, sliders, this.shapes);
  }

  dress() {
    if (!this.panels.length) return;
    this.clothe();
    this.renderer.setShapes();
    this.measureDifference();
  }

  startOf(poser) {
    const roots = Array.from({ length: poser.people }, (_, person) => poser.rootAt(0, person));
    return [0, 2].map((axis) => roots.reduce((sum, root) => sum + root[axis], 0) / roots.length);
  }

  meeting(segments) {
    const together = segments.find(({ kind }) => kind === "together") ?? { start: 0, end: this.poser.frames };
    return Math.floor((together.start + together.end) / 2);
  }

  optionsChanged() {
    this.measureDifference();
    this.draw();
  }

  /** How far the colours of a difference reach, and the legend that says so. */
  measureDifference() {
    const on = this.options.difference && this.panels.length > 1;
    this.scale = on ? scaleOf(this.panels.map(({ poser }) => poser)) : 0;
    this.legend.hidden = !on;
    if (!on) return;
    const cm = Math.round(this.scale * 100);
    this.legend.querySelectorAll("b").forEach((tick, i) => (tick.textContent = [`0`, `${cm / 2}`, `${cm} cm`][i]));
  }

  say(text) {
    this.message.textContent = text;
    this.message.hidden = !text;
  }

  changed() {
    this.transport.update();
    this.timeline.update();
    this.captions.update(this.clock.frame);
    this.draw();
    this.announce();
  }

  /** Tell the page where the clock stands, at most once for each picture of the browser. */
  announce() {
    if (this.announcing) return;
    this.announcing = requestAnimationFrame(() => {
      this.announcing = 0;
      const { frame, frames, fps, playing } = this.clock;
      const detail = { viewer: this.name, frame, frames, fps, playing };
      window.dispatchEvent(new CustomEvent("intersyn:frame", { detail }));
    });
  }

  draw() {
    if (!this.element.isConnected) {
      this.dispose();
      return;
    }
    const { canvas, camera, cells, clock, panels, renderer, scene, stats } = this;
    const width = this.picture.clientWidth, height = this.picture.clientHeight;
    if (!renderer || this.gone || !width || !height) return; // a hidden tab has no size: drawn when it is shown
    stats.begin();
    const ratio = this.sharpness.ratio(clock.playing);
    const wide = Math.round(width * ratio), high = Math.round(height * ratio);
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    if (cells.fit(Math.max(panels.length, 1), width, height, wide, high)) this.arrange();
    const reference = this.scale ? panels[0] : null;
    for (let i = 0; i < panels.length; i++) panels[i].update(clock.frame, this.options, reference, this.scale);
    camera.aimAt(clock.frame);
    scene.view = camera.view(cells.panelWidth / cells.panelHeight, this.header);
    scene.light = camera.light();
    scene.look = this.look;
    scene.spread = camera.spread;
    scene.scale = this.scale;
    scene.frame = clock.frame;
    renderer.render(scene);
    const small = cells.panelWidth < SMALL;
    for (let i = 0; i < panels.length; i++)
      panels[i].labels.place(panels[i], this.options, scene.view.matrix, cells.panelWidth, cells.panelHeight, small);
    for (const draw of this.overlays) draw(project);
    stats.end(renderer.context);
  }

  /** Put what is written over panels where the panels are. */
  arrange() {
    const { columns, rows, panelWidth } = this.cells;
    this.picture.style.setProperty("--is-rows", rows);
    this.overlay.classList.toggle("is-small", panelWidth < SMALL);
    this.panels.forEach(({ element }, i) => {
      const column = i % columns, row = Math.floor(i / columns);
      element.classList.toggle("is-beside", column > 0);
      element.classList.toggle("is-below", row > 0);
      Object.assign(element.style, { left: `${(100 * column) / columns}%`, top: `${(100 * row) / rows}%` });
      Object.assign(element.style, { width: `${100 / columns}%`, height: `${100 / rows}%` });
    });
    const heads = this.panels.map((panel) => panel.headHeight);
    this.header = Math.min(Math.max(0, ...heads) / this.cells.panelHeight, MOST_HEADER);
  }

  /** Leave the page: stop the clock, give the GL context back. */
  dispose() {
    if (this.gone) return;
    this.gone = true;
    this.clock.pause();
    cancelAnimationFrame(this.announcing);
    window.removeEventListener("intersyn:seek", this.seek);
    this.resizing?.disconnect();
    this.stopTheme?.();
    this.stopBodies?.();
    this.renderer?.dispose();
  }
}
