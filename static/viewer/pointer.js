// Turning the view: drag to orbit, with the right button, shift or two fingers to move, pinch or wheel to zoom.

const TURN = 0.008; // radians per pixel

/** `panelHeight()` in pixels says how far a movement goes. */
export function control(canvas, camera, panelHeight, redraw) {
  const pointers = new Map();
  const gap = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y);
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, pan: event.button === 2 || event.shiftKey });
  });
  canvas.addEventListener("pointermove", (event) => {
    const held = pointers.get(event.pointerId);
    if (!held) return;
    const right = event.clientX - held.x, down = event.clientY - held.y;
    const wide = pointers.size === 2 ? gap([...pointers.values()]) : 0;
    held.x = event.clientX;
    held.y = event.clientY;
    if (pointers.size === 2) {
      camera.zoomBy(wide / Math.max(gap([...pointers.values()]), 1));
      camera.panBy(right / 2, down / 2, panelHeight()); // each finger is half of the hand
    } else if (held.pan) camera.panBy(right, down, panelHeight());
    else camera.orbit(-right * TURN, down * TURN);
    redraw();
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
    canvas.addEventListener(name, (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
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
}
