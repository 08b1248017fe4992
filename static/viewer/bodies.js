// The first betas of the people, as the page's sliders stand. The page writes them; every viewer reads them.

const EVENT = "intersyn-bodies"; // as in app/bodies.py

/** A list of betas for each person that has sliders; nothing before anybody touched one. */
export function readBodies() {
  return JSON.parse(document.body.dataset.intersynBodies ?? "[]");
}

/** Calls back when a slider was moved; returns the way to stop listening. */
export function onBodies(changed) {
  document.addEventListener(EVENT, changed);
  return () => document.removeEventListener(EVENT, changed);
}
