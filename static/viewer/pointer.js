// Turning the view: drag to orbit, pinch or wheel to zoom, arrow keys when the picture has the focus.

const TURN = 0.008; // radians per pixel
const KEY_TURN = 0.12; // radians per key press
const KEYS = {
  ArrowLeft: [-KEY_TURN, 0], ArrowRight: [KEY_TURN, 0], ArrowUp: [0, KEY_TURN], ArrowDown: [0, -KEY_TURN],
};

export function control(canvas, camera, redraw) {
  const pointers = new Map();
  const gap = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const wide = pointers.size === 2 ? gap() : 0;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 1) camera.orbit((before.x - event.clientX) * TURN, (event.clientY - before.y) * TURN);
    else if (pointers.size === 2) camera.zoomBy(wide / Math.max(gap(), 1));
    redraw();
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
    canvas.addEventListener(name, (event) => pointers.delete(event.pointerId));
  canvas.addEventListener(
    "wheel",
    (event) => {
      // The page scrolls under a passing wheel; a picture that was clicked, or a pinch on a touchpad, zooms.
      if (document.activeElement !== canvas && !event.ctrlKey) return;
      event.preventDefault();
      camera.zoomBy(Math.exp(event.deltaY * (event.ctrlKey ? 0.01 : 0.0012)));
      redraw();
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", (event) => {
    if (event.key in KEYS) camera.orbit(...KEYS[event.key]);
    else if (event.key === "+" || event.key === "=") camera.zoomBy(0.9);
    else if (event.key === "-") camera.zoomBy(1.1);
    else return;
    event.preventDefault();
    redraw();
  });
}
