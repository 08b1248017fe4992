// One panel: a motion, what is known of it, and what is written over it.

import { Contacts } from "./contact.js";
import { differences, HEATS } from "./difference.js";
import { encounters } from "./encounters.js";
import { Labels } from "./labels.js";
import { Poser } from "./poser.js";

export class Panel {
  /** `address` and `motion` are a file and what `fetchArrays` read of it; `value` is the manifest. */
  constructor(body, address, motion, { people, segments }) {
    this.address = address;
    this.motion = motion;
    this.segments = segments;
    this.poser = new Poser(body, motion);
    this.encounters = encounters(this.poser, segments);
    this.contacts = new Contacts(motion, this.poser);
    this.touches = new Float32Array(12); // places of contact and how strong they are, as the shader takes them
    this.heats = new Float32Array(this.poser.people * HEATS);
    this.ghosts = [];
    this.element = document.createElement("div");
    this.element.className = "is-panel";
    this.element.innerHTML = '<p class="is-panel-head"><b></b> <span></span></p><div class="is-tags" aria-hidden="true"></div>';
    this.labels = new Labels(this.element.querySelector(".is-tags"), people);
  }

  /** What stands over the picture. */
  name(label, note) {
    const head = this.element.querySelector(".is-panel-head");
    head.hidden = !label && !note;
    head.querySelector("b").textContent = label;
    head.querySelector("span").textContent = note;
    Object.assign(this, { label, note });
  }

  /** CSS pixels from the top that its name and note take. */
  get headHeight() {
    const head = this.element.querySelector(".is-panel-head");
    return head.hidden ? 0 : head.offsetTop + head.offsetHeight;
  }

  dress(shapes) {
    this.poser.setShapes(shapes);
    this.contacts.frame = -1;
    const { poser } = this;
    const size = poser.joints * 12;
    this.ghosts = this.segments.slice(1).map(({ start }) => {
      poser.poseAt(start);
      return {
        frame: start,
        bones: Array.from({ length: poser.people }, (_, person) => poser.skin.slice(person * size, (person + 1) * size)),
        world: poser.world.slice(),
      };
    });
  }

  /** Everything that belongs to this instant. `reference` is the first panel, or null where nobody asks. */
  update(frame, show, reference, scale) {
    this.poser.poseAt(frame);
    if (reference && reference !== this) differences(this.heats, this.poser, reference.poser, scale);
    this.touches.fill(0);
    if (!show.contact) return;
    const { contacts, touches } = this;
    contacts.find();
    for (let i = 0; i < contacts.count; i++) {
      for (let axis = 0; axis < 3; axis++) touches[4 * i + axis] = contacts.places[6 * i + axis];
      touches[4 * i + 3] = Math.min(1, Math.max(0, 1 - contacts.places[6 * i + 3] / 0.08)); // nothing from 8 cm on
    }
  }
}
