// The plan: three parts of a bar and two handles. The Python side checks; here too short a part is only marked.

const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
const NAMES = ["alone", "together", "alone"];

export function mount(element, { props, watch, trigger }) {
  const bar = element.querySelector(".is-plan");
  const parts = [...element.querySelectorAll(".is-plan-part")];
  const handles = [...element.querySelectorAll(".is-handle")];
  let plan = { ...props.value };

  function draw() {
    const { frames, start, end } = plan;
    const edges = [0, Math.min(start, end), Math.max(start, end), frames];
    parts.forEach((part, i) => {
      const length = edges[i + 1] - edges[i];
      part.style.left = `${(100 * edges[i]) / frames}%`;
      part.style.width = `${(100 * length) / frames}%`;
      part.textContent = length > 0 ? `${NAMES[i]} ${(length / props.fps).toFixed(1)} s` : "";
      const least = i === 1 ? props.min_interaction : props.min_solo;
      part.classList.toggle("is-too-short", length < least && !(i !== 1 && length === 0));
    });
    handles.forEach((handle, i) => {
      const at = [start, end][i];
      handle.style.left = `${(100 * at) / frames}%`;
      handle.setAttribute("aria-valuemin", 0);
      handle.setAttribute("aria-valuemax", frames);
      handle.setAttribute("aria-valuenow", at);
      handle.setAttribute("aria-valuetext", `frame ${at}, ${(at / props.fps).toFixed(1)} seconds`);
    });
  }

  /** Move a handle; it pushes the other ahead of it, and snaps to the ends where a solo would be too short. */
  function move(which, frame) {
    const { frames } = plan;
    let { start, end } = plan;
    const snap = (at) => {
      if (at < props.min_solo) return at < props.min_solo / 2 ? 0 : props.min_solo;
      if (at > frames - props.min_solo) return at > frames - props.min_solo / 2 ? frames : frames - props.min_solo;
      return at;
    };
    const at = snap(Math.round(frame));
    if (which === 0) {
      start = Math.min(at, frames - props.min_interaction);
      end = snap(Math.max(end, start + props.min_interaction));
      start = Math.min(start, end - props.min_interaction);
    } else {
      end = Math.max(at, props.min_interaction);
      start = snap(Math.min(start, end - props.min_interaction));
      end = Math.max(end, start + props.min_interaction);
    }
    plan = { frames, start, end };
    draw();
  }

  function commit() {
    props.value = { ...plan };
    trigger("input", { ...plan });
  }

  handles.forEach((handle, which) => {
    let dragging = false;
    handle.addEventListener("pointerdown", (event) => {
      dragging = true;
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (!dragging) return;
      const box = bar.getBoundingClientRect();
      move(which, ((event.clientX - box.left) / box.width) * plan.frames);
    });
    for (const name of ["pointerup", "pointercancel"])
      handle.addEventListener(name, () => {
        if (dragging) commit();
        dragging = false;
      });
    handle.addEventListener("keydown", (event) => {
      if (!(event.key in KEYS)) return;
      event.preventDefault();
      // From an end, where there is no solo, one step makes the shortest solo.
      const now = which === 0 ? plan.start : plan.end;
      const step = KEYS[event.key];
      if (now === 0 && step > 0) move(which, props.min_solo);
      else if (now === plan.frames && step < 0) move(which, plan.frames - props.min_solo);
      else if (now === props.min_solo && step < 0) move(which, 0);
      else if (now === plan.frames - props.min_solo && step > 0) move(which, plan.frames);
      else move(which, now + step);
      commit();
    });
  });

  watch("value", () => {
    plan = { ...props.value };
    draw();
  });
  draw();
}
