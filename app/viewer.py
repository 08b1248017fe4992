"""The viewer as a Gradio component, and what it is handed."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.assets import Assets
from intersyn.body.browser import pack_motion
from intersyn.files import atomic_write
from intersyn.timeline import Segment, Timeline

if TYPE_CHECKING:
    from intersyn.motion import Motion

PEOPLE = ("Person one", "Person two", "Person three", "Person four")

# Constant: Gradio would diff a changed template over what the viewer put inside.
TEMPLATE = """
<section class="is-viewer is-empty" aria-label="3D view of the motion">
  <div class="is-stage">
    <canvas class="is-canvas" tabindex="0" role="img"
      aria-label="Two figures on a floor. Arrow keys turn the view, plus and minus zoom."></canvas>
    <div class="is-tags" aria-hidden="true"></div>
    <p class="is-message" role="status" hidden></p>
    <p class="is-notice" role="status" hidden></p>
    <div class="is-view-buttons">
      <button type="button" class="is-follow" aria-pressed="true" aria-label="Follow the people"
        title="Keep the people in the picture">
        <svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="6.5"/><circle cx="12" cy="12" r="1.6"/>
        <path d="M12 2.5v4M12 17.5v4M2.5 12h4M17.5 12h4"/></svg>
      </button>
      <button type="button" class="is-home" aria-label="Reset the view" title="First view again (or double-click)">
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 12a7 7 0 1 0 2.2-5.1M7 3v4.2h4.2"/></svg>
      </button>
    </div>
    <div class="is-caption" aria-live="off"></div>
  </div>
  <div class="is-transport">
    <button type="button" class="is-play" aria-label="Play" title="Play or pause (space)">
      <svg viewBox="0 0 24 24" aria-hidden="true"><path class="is-icon-play" d="M8 5.5v13l11-6.5z"/>
      <path class="is-icon-pause" d="M7 5.5h3.6v13H7zM13.4 5.5H17v13h-3.6z"/></svg>
    </button>
    <div class="is-timeline" role="slider" tabindex="0" aria-label="Frame" aria-valuemin="0" aria-valuenow="0">
      <div class="is-segments"></div>
      <div class="is-playhead"></div>
    </div>
    <button type="button" class="is-speed" title="Playback speed">1×</button>
    <span class="is-time"></span>
  </div>
</section>
"""


def module_loader(assets: Assets, module: Path) -> str:
    """The script that loads a module of ours and lets it mount itself, wherever the page itself is mounted."""
    failed = "The viewer could not be loaded: "
    return f"""
const base = (window.gradio_config?.root || '').replace(/\\/$/, '') + '/gradio_api/file=';
import(base + {json.dumps(str(module))})
  .then((m) => m.mount(element, {{ props, watch, trigger, body: base + {json.dumps(str(assets.body))} }}))
  .catch((error) => {{
    console.error(error);
    const place = element.querySelector('.is-message');
    if (place) {{ place.hidden = false; place.textContent ||= {json.dumps(failed)} + error.message; }}
  }});
"""


def viewer(assets: Assets) -> gr.HTML:
    """The component. Its value is None, {"message": ...} or what `manifest` makes."""
    return gr.HTML(
        value=None,
        html_template=TEMPLATE,
        js_on_load=module_loader(assets, assets.module("viewer")),
        apply_default_css=False,
        elem_id="viewer",
    )


def manifest(motion: Motion, folder: Path, example: bool = False) -> dict[str, Any]:
    """What the viewer needs, small: the motion itself is written into `folder` and travels as a file.

    A motion without a timeline is one segment that says no more than how long it is. An example is not put in the place
    of something that the visitor asked for.
    """
    path = folder / "motion.bin"
    with atomic_write(path) as file:
        file.write(pack_motion(motion))
    return {
        "motion": {"path": str(path), "meta": {"_type": "gradio.FileData"}},
        "people": list(PEOPLE[: motion.num_people]),
        "segments": _segments(motion),
        "example": example,
    }


def _segments(motion: Motion) -> list[dict[str, Any]]:
    if motion.timeline is not None:
        return [_segment(segment, motion.timeline) for segment in motion.timeline.segments]
    return [{"start": 0, "end": motion.frames, "kind": "alone", "label": f"{motion.duration:.1f} s", "texts": []}]


def _segment(segment: Segment, timeline: Timeline) -> dict[str, Any]:
    together = any(part.is_interaction for part in segment.parts)
    seconds = segment.frames / timeline.fps
    return {
        "start": segment.start,
        "end": segment.end,
        "kind": "together" if together else "alone",
        "label": f"{'together' if together else 'alone'} · {seconds:.1f} s",
        "texts": [{"people": list(part.people), "text": part.text} for part in segment.parts],
    }


def status_line(assets: Assets, text: str, name: str = "status") -> gr.HTML:
    """A line that tells what goes on, beside a button. Its value comes from `status`; `name` is its element id."""
    return gr.HTML(
        status(text), js_on_load=module_loader(assets, assets.module("status")), apply_default_css=False, elem_id=name
    )


def status(text: str, kind: str = "idle", done: int = 0, steps: int = 0, field: str = "") -> str:
    """HTML of such a line. `kind`: idle, busy, done or error; `field`: the one to point at."""
    bar = ""
    if kind == "busy":
        amount = f'value="{done}" max="{steps}"' if steps else ""
        bar = f"<progress {amount} aria-label='Progress'></progress>"
    role = "alert" if kind == "error" else "status"
    mark = f' data-field="{escape(field)}"' if field else ""
    return f'<div class="is-status is-{kind}" role="{role}"{mark}><span>{escape(text)}</span>{bar}</div>'
