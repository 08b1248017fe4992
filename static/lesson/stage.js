// The lesson's viewer, as exhibits use it.

import { Marks } from "./marks.js";

const PATIENCE = 100; // milliseconds between two looks for a viewer that is still loading

export class Stage {
  constructor(name) {
    this.name = name;
    this.viewer = null;
    this.held = false;
  }

  /** The viewer, once its module and body have arrived; modules of a page load in any order. */
  async ready() {
    while (!this.viewer) {
      const root = document.getElementById(this.name);
      const found = root && [root, ...root.querySelectorAll("*")].find((element) => element.viewer?.body)?.viewer;
      if (found) {
        this.viewer = found;
        this.overlay = new Marks(found);
      } else await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    }
    return this.viewer;
  }

  /** Show a manifest. `stay`: the clock, the view and the page's scroll position stay as they are. */
  async show(manifest, stay = false) {
    await (await this.ready()).show(manifest, { stay, track: !this.held });
  }

  seek(frame) {
    window.dispatchEvent(new CustomEvent("intersyn:seek", { detail: { viewer: this.name, frame } }));
  }

  /** Play from a frame on, unless the visitor asked for less motion: then only go there. */
  play(frame, speed = null) {
    this.seek(frame);
    if (speed !== null) this.speed(speed);
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.viewer?.clock.play();
  }

  speed(speed) {
    const select = this.viewer?.element.querySelector(".is-speed");
    if (!select) return;
    select.value = String(speed);
    select.dispatchEvent(new Event("change"));
  }

  /** Look from a direction: radians about the vertical and above the floor. */
  look(yaw, pitch) {
    const { camera } = this.viewer;
    Object.assign(camera, { yaw, pitch });
    this.viewer.draw();
  }

  /** The first view again. */
  home() {
    this.viewer.camera.reset();
  }

  /** Whether the camera stays where it is, instead of following the people of each new motion. */
  hold(on) {
    this.held = on;
  }

  option(name, on) {
    this.ready().then(({ options }) => options.set(name, on));
  }

  /** Arrows from the first panel's joints to the second one's, so many times as long; 0 for none. */
  arrows(times) {
    if (!this.overlay) return;
    this.overlay.times = times;
    this.viewer.draw();
  }

  /** "world": the world's own axes; null: none. */
  marks(what) {
    if (!this.overlay) return;
    this.overlay.world = what === "world";
    this.viewer.draw();
  }
}
