// The plots under the viewer: a cursor that runs with the clock, clicks and drags that seek, colours of the page's theme.

import { fit } from "./fit.js";
import { paint } from "./paint.js";

const VIEWER = "viewer"; // the element id of the viewer whose motions are plotted
const ROOT = "plots";
const SWIPE = 8; // pixels sideways by which a finger means the plot

/** `element` holds the sentences; the plots come and go beside it, in the card that both are in. */
export function mount(element) {
  const card = element.closest(`#${ROOT}`);
  const cursors = new Map(); // plot -> its cursor
  let now = null; // the last that the clock said

  function onFrame({ detail }) {
    if (!card.isConnected) {
      stop();
      return;
    }
    if (detail.viewer !== VIEWER) return;
    now = detail;
    for (const [plot, cursor] of cursors) place(plot, cursor);
  }

  /** Where the frame is, from plotly's own axis: moving an element costs nothing, laying a plot out again would. */
  function place(plot, cursor) {
    const layout = plot._fullLayout;
    const axis = layout?.xaxis;
    if (!axis || !now) {
      cursor.hidden = true;
      return;
    }
    const { l, t, w, h } = layout._size;
    const x = axis._offset + axis.d2p(now.frame / now.fps);
    cursor.hidden = x < l - 1 || x > l + w + 1;
    cursor.style.transform = `translate(${x - 1}px, ${t}px)`;
    cursor.style.height = `${h}px`;
  }

  function seek(plot, event) {
    const { xaxis } = plot._fullLayout;
    const seconds = xaxis.p2d(event.clientX - plot.getBoundingClientRect().left - xaxis._offset);
    go(Math.round(seconds * (now?.fps ?? 20)));
  }

  function go(frame) {
    const last = (now?.frames ?? Infinity) - 1;
    const detail = { viewer: VIEWER, frame: Math.max(0, Math.min(last, frame)) };
    window.dispatchEvent(new CustomEvent("intersyn:seek", { detail }));
  }

  /** A press on the plot's ground seeks, and drags along, unless plotly has been told to zoom. */
  function listen(plot) {
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || plot._fullLayout?.dragmode !== false || !event.target.closest(".nsewdrag")) return;
      const finger = event.pointerType === "touch"; // may have come to scroll the page
      if (!finger) seek(plot, event);
      const held = new AbortController();
      const drag = (moved) => {
        if (!finger || Math.abs(moved.clientX - event.clientX) > SWIPE) seek(plot, moved);
      };
      const end = (ended) => {
        held.abort();
        if (finger && ended.type === "pointerup") seek(plot, ended);
      };
      // On the window, since plotly lays a cover over the page while a button is down.
      const { signal } = held;
      window.addEventListener("pointermove", drag, { signal });
      for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, end, { signal });
    });
  }

  function describe(plot) {
    const host = plot.closest("[id^=plot-]");
    const about = host && document.getElementById(host.id.replace("plot-", "about-"));
    plot.setAttribute("role", "figure");
    plot.setAttribute("aria-label", about?.querySelector("p")?.textContent ?? "Plot");
    for (const picture of plot.querySelectorAll("svg.main-svg")) picture.setAttribute("aria-hidden", "true");
    for (const button of plot.querySelectorAll(".modebar-btn")) {
      if (button.getAttribute("role") === "button") continue;
      button.setAttribute("role", "button");
      button.setAttribute("tabindex", "0");
      button.setAttribute("aria-label", button.dataset.title ?? "");
      button.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        button.click();
      });
    }
  }

  function attach(plot) {
    const cursor = document.createElement("div");
    cursor.className = "is-plot-cursor";
    cursors.set(plot, cursor);
    listen(plot);
    const drawn = () => {
      if (!cursor.isConnected) plot.append(cursor);
      describe(plot);
      place(plot, cursor);
      fit(plot);
    };
    plot.on("plotly_afterplot", drawn);
    sizes.observe(plot);
    drawn();
    paint(plot);
  }

  /** Gradio makes a plot anew for every new value: look for those that came, forget those that went. */
  function find() {
    for (const plot of cursors.keys()) {
      if (plot.isConnected) continue;
      cursors.delete(plot);
      sizes.unobserve(plot);
      window.Plotly.purge(plot); // or the window, whose size plotly listens to, would hold it for good
    }
    for (const plot of card.querySelectorAll(".js-plotly-plot"))
      if (!cursors.has(plot) && plot._fullLayout?.xaxis && plot.on) attach(plot);
  }

  let asked = 0;
  const comings = new MutationObserver(() => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      find();
    });
  });
  // A plot in a tab out of sight does not hear that the window has changed.
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => target._fullLayout && fit(target)));
  const theme = new MutationObserver(() => [...cursors.keys()].forEach(paint));
  const goTo = (event) => {
    const button = event.target.closest("[data-frame]");
    if (button) go(Number(button.dataset.frame));
  };

  function stop() {
    window.removeEventListener("intersyn:frame", onFrame);
    comings.disconnect();
    sizes.disconnect();
    theme.disconnect();
  }

  window.addEventListener("intersyn:frame", onFrame);
  comings.observe(card, { childList: true, subtree: true });
  theme.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  card.addEventListener("click", goTo);
  find();
}
