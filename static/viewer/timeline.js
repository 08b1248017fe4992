// The bar under the picture: what happens when, where we are, and a handle on both. Its keys are the viewer's.

export class Timeline {
  constructor(element, clock) {
    this.element = element;
    this.clock = clock;
    this.segments = element.querySelector(".is-segments");
    this.head = element.querySelector(".is-playhead");
    let dragging = false;
    const seek = (event) => {
      const box = element.getBoundingClientRect();
      clock.pause();
      clock.seek(Math.round(((event.clientX - box.left) / box.width) * clock.last));
    };
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      dragging = true;
      element.setPointerCapture(event.pointerId);
      seek(event);
    });
    element.addEventListener("pointermove", (event) => dragging && seek(event));
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, () => (dragging = false));
  }

  load(segments) {
    this.segments.replaceChildren(
      ...segments.map(({ start, end, kind, label }) => {
        const part = document.createElement("span");
        part.className = `is-segment is-${kind}`;
        part.style.flexGrow = end - start;
        part.textContent = label;
        part.title = `${label}: frames ${start} to ${end - 1}`;
        return part;
      }),
    );
    this.element.setAttribute("aria-valuemax", this.clock.last);
    this.shown = -1;
  }

  update() {
    const { frame, last, fps } = this.clock;
    this.head.style.left = `${last ? (100 * frame) / last : 0}%`;
    const whole = Math.round(frame);
    if (whole === this.shown) return;
    this.shown = whole;
    this.element.setAttribute("aria-valuenow", whole);
    this.element.setAttribute("aria-valuetext", `frame ${whole}, ${(whole / fps).toFixed(1)} seconds`);
  }
}
