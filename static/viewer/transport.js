// Buttons and keys of the viewer: playing, stepping, and where to look from.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, ",": -1, ".": 1, PageDown: -10, PageUp: 10 };
const TURN = 0.12; // radians per key press
const TURNS = { ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, TURN], ArrowDown: [0, -TURN] };
const VIEWS = { 1: "front", 3: "side", 7: "top" };

export class Transport {
  /** `redraw()` after the view changed. */
  constructor(element, clock, camera, redraw) {
    const find = (name) => element.querySelector(`.is-${name}`);
    Object.assign(this, { clock, camera, redraw, play: find("play"), time: find("time") });
    this.loop = find("loop");
    this.followed = find("follow");
    this.play.addEventListener("click", () => clock.toggle());
    find("back").addEventListener("click", () => clock.step(-1));
    find("on").addEventListener("click", () => clock.step(1));
    this.loop.addEventListener("click", () => this.toggleLoop());
    this.followed.addEventListener("click", () => this.toggleFollow());
    find("speed").addEventListener("change", (event) => (clock.speed = Number(event.target.value)));
    find("home").addEventListener("click", () => this.home());
    for (const button of element.querySelectorAll("[data-view]"))
      button.addEventListener("click", () => this.look(button.dataset.view));
    element.addEventListener("keydown", (event) => this.key(event));
    const popovers = element.querySelectorAll("details");
    for (const details of popovers)
      details.addEventListener("toggle", () => {
        if (details.open) for (const other of popovers) if (other !== details) other.open = false;
      });
    element.addEventListener("pointerdown", ({ target }) => {
      for (const details of popovers) if (!details.contains(target)) details.open = false;
    });
    this.shown = { frame: -1, playing: null };
  }

  key(event) {
    const { clock, camera } = this;
    const { key, target } = event;
    if (key === "Escape") {
      const open = target.closest("details[open]");
      if (!open) return;
      open.open = false;
      open.querySelector("summary").focus();
    } else if (event.ctrlKey || event.metaKey || event.altKey || target.closest(".is-popover")) return;
    else if (key === " ") {
      if (target.closest("button, summary, select")) return;
      clock.toggle();
    } else if (target.tagName === "SELECT") return;
    else if (event.shiftKey && key in TURNS) camera.orbit(...TURNS[key]);
    else if (key in STEPS) clock.step(STEPS[key]);
    else if (key === "Home") clock.step(-clock.frames);
    else if (key === "End") clock.step(clock.frames);
    else if (key in VIEWS) camera.look(VIEWS[key]);
    else if (key === "+" || key === "=") camera.zoomBy(0.9);
    else if (key === "-") camera.zoomBy(1.1);
    else if (key === "l" || key === "L") this.toggleLoop();
    else if (key === "f" || key === "F") this.toggleFollow();
    else if (key === "r" || key === "R") camera.reset();
    else return;
    event.preventDefault();
    this.redraw();
  }

  toggleLoop() {
    this.clock.loop = !this.clock.loop;
    this.loop.setAttribute("aria-pressed", this.clock.loop);
  }

  toggleFollow() {
    this.camera.follow = !this.camera.follow;
    this.followed.setAttribute("aria-pressed", this.camera.follow);
    this.redraw();
  }

  look(from) {
    this.camera.look(from);
    this.redraw();
  }

  home() {
    this.camera.reset();
    this.redraw();
  }

  /** Show what the clock says; touches the page only where that changed. */
  update() {
    const { clock, shown } = this;
    if (shown.playing !== clock.playing) {
      shown.playing = clock.playing;
      this.play.setAttribute("aria-label", clock.playing ? "Pause" : "Play");
      this.play.classList.toggle("is-playing", clock.playing);
    }
    const frame = Math.round(clock.frame);
    if (shown.frame === frame && shown.last === clock.last) return;
    shown.frame = frame;
    shown.last = clock.last;
    this.time.textContent = `${(frame / clock.fps).toFixed(1)} s · frame ${frame} of ${clock.last}`;
  }
}
