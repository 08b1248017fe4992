// Words over a panel: names above heads, and distances where people nearly touch.

import { MOST, said } from "./contact.js";
import { project } from "./math.js";

const HEAD = 15;
const OVER = 0.3; // metres from the head's joint to its name
const TAG_WIDTH = 92, TAG_SMALL = 26; // pixels, with some air
const TAG_HEIGHT = 23;
const SHORT = ["1", "2", "3", "4"];

export class Labels {
  constructor(element, people) {
    const make = (name) => {
      const made = document.createElement("span");
      made.className = name;
      element.append(made);
      return made;
    };
    this.tags = people.map((name, person) => {
      const tag = make(`is-tag is-person-${person}`);
      tag.textContent = name;
      tag.dataset.short = SHORT[person];
      return { element: tag, person, left: 0, top: 0, depth: 0 };
    });
    this.marks = Array.from({ length: MOST }, (_, i) => {
      const mark = make(i % 2 ? "is-mark is-left" : "is-mark"); // the second distance is written on the other side
      mark.hidden = true;
      mark.append(document.createElement("b"));
      return { element: mark, gap: null };
    });
    this.spot = new Float64Array(3);
  }

  place({ poser, contacts }, show, matrix, width, height, small) {
    this.placeTags(poser, show, matrix, width, height, small ? TAG_SMALL : TAG_WIDTH);
    for (let i = 0; i < MOST; i++) this.placeMark(i, show.contact ? contacts : null, matrix, width, height);
  }

  /** Where two names would overlap, the one further up moves out of the way. */
  placeTags({ world, joints }, show, matrix, width, height, wide) {
    const { tags, spot } = this;
    for (const tag of tags) {
      const at = (tag.person * joints + HEAD) * 12;
      project(spot, matrix, world[at + 3], world[at + 7] + OVER, world[at + 11], width, height);
      tag.left = spot[0];
      tag.top = spot[1];
      tag.depth = spot[2];
    }
    tags.sort(lowerFirst);
    for (let i = 0; i < tags.length; i++) {
      const tag = tags[i];
      for (let k = 0; k < i; k++)
        if (Math.abs(tags[k].left - tag.left) < wide) tag.top = Math.min(tag.top, tags[k].top - TAG_HEIGHT);
      tag.element.hidden = !show.names || tag.depth <= 0;
      move(tag.element, "-100%", tag.left, tag.top);
    }
  }

  placeMark(i, contacts, matrix, width, height) {
    const mark = this.marks[i];
    mark.element.hidden = !contacts || i >= contacts.count;
    if (mark.element.hidden) return;
    const at = 6 * i;
    const { places } = contacts;
    project(this.spot, matrix, places[at], places[at + 1], places[at + 2], width, height);
    move(mark.element, "-50%", this.spot[0], this.spot[1]);
    const gap = Math.round(places[at + 3] * 100);
    if (gap === mark.gap) return;
    mark.gap = gap;
    mark.element.firstChild.textContent = said(places[at + 3]);
    mark.element.classList.toggle("is-touching", gap <= 0);
  }
}

const lowerFirst = (a, b) => b.top - a.top;

function move(element, up, left, top) {
  element.style.transform = `translate(-50%, ${up}) translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`;
}
