// A drag by mouse, pen or finger. Escape, or a gesture that the browser takes over, puts everything back.

const STILL = 4; // pixels sideways: a pointer that moved less has clicked

/**
 * Let `element` be dragged. `take(event)` is called when a pointer goes down, and may refuse by returning false;
 * `move(event)` for every movement that is more than a click's, `end(keep)` once after them, `tap(event)` if there
 * were none. The click at the end of a drag reaches no listener that is added later.
 */
export function draggable(element, { take, move, end, tap }) {
  let start = null;
  let dragged = false;
  const escape = (event) => event.key === "Escape" && finish(false);
  function finish(keep) {
    if (start === null) return;
    start = null;
    window.removeEventListener("keydown", escape, true);
    if (dragged) end(keep);
  }
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || start !== null) return;
    dragged = false;
    if (take(event) === false) return;
    start = event.clientX;
    element.setPointerCapture(event.pointerId);
    window.addEventListener("keydown", escape, true);
  });
  element.addEventListener("pointermove", (event) => {
    if (start === null || (!dragged && Math.abs(event.clientX - start) < STILL)) return;
    dragged = true;
    move(event);
  });
  element.addEventListener("pointerup", (event) => {
    if (start !== null && !dragged) tap?.(event);
    finish(true);
  });
  element.addEventListener("pointercancel", () => finish(false));
  element.addEventListener("click", (event) => {
    if (dragged) event.stopImmediatePropagation();
    dragged = false;
  }, true);
}
