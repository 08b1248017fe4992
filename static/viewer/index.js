// The viewer: shows one motion at a time, handed over by the page as { panels, people, segments, ... }.

import { fetchArrays } from "./arrays.js";
import { onBodies, readBodies } from "./bodies.js";
import { Camera, framing, sideView } from "./camera.js";
import { Clock } from "./clock.js";
import { GLRenderer, NoWebGL } from "./gl.js";
import { onThemeChange, readLook } from "./look.js";
import { project } from "./math.js";
import { control } from "./pointer.js";
import { Poser } from "./poser.js";
import { shapeOf } from "./shape.js";
import { StickRenderer } from "./sticks.js";
import { Timeline } from "./timeline.js";

const HEAD = 15;
const TAG_WIDTH = 92; // pixels, with some air
const TAG_HEIGHT = 23;
const SPEEDS = [1, 0.5, 0.25];
const MAX_PIXEL_RATIO = 2;
const SHARPNESS = [1, 0.75, 0.5]; // of the picture, for machines that cannot keep up
const SLOW = 70; // milliseconds between pictures
const PATIENCE = 12; // slow pictures in a row
const mounted = new WeakMap();

/** Show the viewer in `element`. `watch('value', f)` and `props` are Gradio's; `body` is the mesh's address. */
export async function mount(element, { props, watch, body }) {
  if (mounted.has(element)) return;
  const viewer = new Viewer(element);
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
  constructor(element) {
    const find = (name) => element.querySelector(`.is-${name}`);
    Object.assign(this, { element, stage: find("stage"), canvas: find("canvas"), tags: find("tags") });
    Object.assign(this, { message: find("message"), notice: find("notice"), caption: find("caption"), time: find("time") });
    this.buttons = { play: find("play"), speed: find("speed"), follow: find("follow"), home: find("home") };
    this.camera = new Camera();
    this.clock = new Clock(() => this.changed());
    this.timeline = new Timeline(find("timeline"), this.clock);
    this.tags.replaceChildren();
    this.poser = null;
    this.shown = null;
    this.pictures = 0;
    this.sharpness = 0;
    this.slow = 0;
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
    const { buttons, camera, canvas, clock } = this;
    control(canvas, camera, () => this.draw());
    canvas.addEventListener("dblclick", () => this.goHome());
    buttons.play.addEventListener("click", () => clock.toggle());
    buttons.home.addEventListener("click", () => this.goHome());
    buttons.speed.addEventListener("click", () => {
      clock.speed = SPEEDS[(SPEEDS.indexOf(clock.speed) + 1) % SPEEDS.length];
      buttons.speed.textContent = { 1: "1×", 0.5: "½×", 0.25: "¼×" }[clock.speed];
    });
    buttons.follow.addEventListener("click", () => {
      camera.follow = !camera.follow;
      buttons.follow.setAttribute("aria-pressed", camera.follow);
      this.draw();
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== " " || event.target.tagName === "BUTTON") return;
      event.preventDefault();
      clock.toggle();
    });
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
    this.resizing.observe(this.stage);
    this.stopTheme = onThemeChange(() => {
      this.look = readLook(this.element);
      this.draw();
    });
    this.stopBodies = onBodies(() => {
      this.dress();
      this.draw();
    });
  }

  /** Show what the page handed over; null is the empty stage. Answers late are dropped. */
  async show(value) {
    if (!this.body) return;
    if (!value?.panels) {
      if (!this.poser) this.say(value?.message ?? "");
      return;
    }
    if (value.example && this.poser) return; // the visitor was faster
    const [{ motion: file }] = value.panels;
    const address = file.url ?? file.path;
    if (this.shown === address) {
      this.clock.seek(0); // the same request gives the same motion: show that something was done
      return;
    }
    this.shown = address;
    let motion;
    try {
      motion = await fetchArrays(address);
    } catch (error) {
      this.shown = null;
      this.say(`The motion did not arrive: ${error.message}.`);
      return;
    }
    if (this.shown !== address || this.gone) return;
    this.say("");
    this.value = value;
    this.motion = motion;
    this.poser = new Poser(this.body, motion);
    this.dress();
    this.camera.setTrack(framing(this.poser, motion.fps), sideView(this.poser, this.meeting(value.segments)));
    this.makeTags(value.people);
    this.element.dataset.loaded = "true";
    this.element.querySelector(".is-viewer").classList.remove("is-empty");
    this.clock.load(this.poser.frames, motion.fps);
    this.timeline.load(value.segments);
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.clock.play();
    if (!value.example) this.stage.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  /** Give everyone their body: the motion's, with the height and build that the page's sliders stand at. */
  dress() {
    if (!this.poser) return;
    const sliders = readBodies();
    const { betas } = this.motion.arrays;
    const size = betas.length / this.poser.people;
    this.shapes = Array.from({ length: this.poser.people }, (_, person) => {
      const own = [...betas.subarray(person * size, (person + 1) * size)];
      own.splice(0, sliders[person]?.length ?? 0, ...(sliders[person] ?? []));
      const before = this.shapes?.[person];
      if (before && own.every((beta, k) => beta === before.betas[k])) return before;
      return { betas: own, ...shapeOf(this.body, own) };
    });
    this.poser.setShapes(this.shapes);
    this.renderer.setShapes(this.shapes);
  }

  meeting(segments) {
    const together = segments.find(({ kind }) => kind === "together") ?? { start: 0, end: this.poser.frames };
    return Math.floor((together.start + together.end) / 2);
  }

  goHome() {
    this.camera.reset();
    this.draw();
  }

  say(text) {
    this.message.textContent = text;
    this.message.hidden = !text;
  }

  makeTags(people) {
    this.tags.replaceChildren(
      ...people.map((name, person) => {
        const tag = document.createElement("span");
        tag.className = `is-tag is-person-${person}`;
        tag.textContent = name;
        return tag;
      }),
    );
  }

  changed() {
    const { clock, buttons } = this;
    buttons.play.setAttribute("aria-label", clock.playing ? "Pause" : "Play");
    buttons.play.classList.toggle("is-playing", clock.playing);
    this.time.textContent = `${(clock.frame / clock.fps).toFixed(1)} s · frame ${Math.round(clock.frame)} of ${clock.last}`;
    this.timeline.update();
    this.captions();
    this.draw();
  }

  captions() {
    const segment = this.value?.segments.find(({ end }) => this.clock.frame < end) ?? this.value?.segments.at(-1);
    if (!segment || segment === this.captioned) return;
    this.captioned = segment;
    this.caption.replaceChildren(
      ...segment.texts.map(({ people, text }) => {
        const line = document.createElement("span");
        for (const person of people) {
          const dot = document.createElement("i");
          dot.className = `is-dot is-person-${person}`;
          line.append(dot);
        }
        line.append(text);
        return line;
      }),
    );
  }

  draw() {
    if (!this.element.isConnected) {
      this.dispose();
      return;
    }
    const { canvas, camera, clock, poser, renderer, look } = this;
    const width = this.stage.clientWidth, height = this.stage.clientHeight;
    if (!renderer || this.gone || !width || !height) return; // a hidden tab has no size: drawn when it is shown
    this.mindSpeed();
    const ratio = Math.min(window.devicePixelRatio || 1, MAX_PIXEL_RATIO) * SHARPNESS[this.sharpness];
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    poser?.poseAt(clock.frame);
    camera.aimAt(clock.frame);
    const view = camera.view(width / height);
    renderer.render({ poser, view, look, light: camera.light(), spread: camera.aim.spread });
    this.placeTags(view, width, height);
    this.pictures++;
  }

  /** A machine that draws in software gets fewer pixels rather than a slide show. */
  mindSpeed() {
    const now = performance.now();
    const elapsed = now - this.drawn;
    this.drawn = now;
    this.slow = this.clock.playing && elapsed > SLOW ? this.slow + 1 : 0;
    if (this.slow < PATIENCE || this.sharpness === SHARPNESS.length - 1) return;
    this.sharpness++;
    this.slow = 0;
  }

  /** Names float over heads; where two would overlap, the one further up moves out of the way. */
  placeTags(view, width, height) {
    const places = [...this.tags.children].map((tag, person) => {
      const [x, y, z] = this.poser.joint(person, HEAD);
      const [left, top, w] = project(view.matrix, x, y + 0.3, z, width, height);
      return { tag, left, top, w };
    });
    places.sort((a, b) => b.top - a.top);
    places.forEach((place, i) => {
      for (const below of places.slice(0, i))
        if (Math.abs(below.left - place.left) < TAG_WIDTH) place.top = Math.min(place.top, below.top - TAG_HEIGHT);
      place.tag.hidden = place.w <= 0;
      place.tag.style.transform = `translate(-50%, -100%) translate(${place.left.toFixed(1)}px, ${place.top.toFixed(1)}px)`;
    });
  }

  /** Leave the page: stop the clock, give the GL context back. */
  dispose() {
    if (this.gone) return;
    this.gone = true;
    this.clock.pause();
    this.resizing?.disconnect();
    this.stopTheme?.();
    this.stopBodies?.();
    this.renderer?.dispose();
  }
}
