// Under the picture: what is asked of whom at this moment.

export class Captions {
  constructor(element) {
    this.element = element;
    this.load([]);
  }

  load(segments) {
    this.segments = segments;
    this.shown = null;
  }

  /** Touches the page only when another segment begins. */
  update(frame) {
    const { segments } = this;
    let i = 0;
    while (i < segments.length - 1 && frame >= segments[i].end) i++;
    const segment = segments[i];
    if (!segment || segment === this.shown) return;
    this.shown = segment;
    this.element.replaceChildren(
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
}
