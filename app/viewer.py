"""The viewer as a Gradio component, and what it is handed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.assets import Assets
from app.limits import MAX_PANELS
from intersyn.body.browser import pack_motion
from intersyn.files import atomic_write
from intersyn.timeline import Segment, Timeline

if TYPE_CHECKING:
    from intersyn.motion import Motion

PEOPLE = ("Person one", "Person two", "Person three", "Person four")

# Constant for each component: Gradio would diff a changed template over what the viewer put inside.
TEMPLATE = """
<section class="is-viewer is-empty" aria-label="3D view of the motion">
  <div class="is-stage">
    <div class="is-picture">
      <canvas class="is-canvas" tabindex="0" role="img" aria-label="3D view: an empty floor"></canvas>
      <div class="is-panels"></div>
      <div class="is-legend" hidden><span>Distance to the first panel</span><i></i><b></b><b></b><b></b></div>
      <p class="is-message" role="status" hidden></p>
      <p class="is-notice" role="status" hidden></p>
    </div>
    <div class="is-under">
      <div class="is-caption" aria-live="off"></div>
      <div class="is-view-buttons">
        SHOW
        <span class="is-views" role="group" aria-label="Look from">
          <button type="button" data-view="front" title="From the front (1)">Front</button>
          <button type="button" data-view="side" title="From the side (3)">Side</button>
          <button type="button" data-view="top" title="From above (7)">Top</button>
        </span>
        <button type="button" class="is-icon is-follow" aria-pressed="true" aria-label="Follow the people"
          title="Keep the people in the picture (F)">
          <svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="6.5"/><circle cx="12" cy="12" r="1.6"/>
          <path d="M12 2.5v4M12 17.5v4M2.5 12h4M17.5 12h4"/></svg>
        </button>
        <button type="button" class="is-icon is-home" aria-label="Reset the view"
          title="First view again (R, or double-click)">
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 12a7 7 0 1 0 2.2-5.1M7 3v4.2h4.2"/></svg>
        </button>
        HELP
      </div>
    </div>
  </div>
  <div class="is-transport">
    <button type="button" class="is-icon is-back" aria-label="One frame back" title="One frame back (, or ←)">
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 6v12M17 6.5v11L9.5 12z"/></svg>
    </button>
    <button type="button" class="is-play" aria-label="Play" title="Play or pause (space)">
      <svg viewBox="0 0 24 24" aria-hidden="true"><path class="is-icon-play" d="M8 5.5v13l11-6.5z"/>
      <path class="is-icon-pause" d="M7 5.5h3.6v13H7zM13.4 5.5H17v13h-3.6z"/></svg>
    </button>
    <button type="button" class="is-icon is-on" aria-label="One frame on" title="One frame on (. or →)">
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M17 6v12M7 6.5v11l7.5-5.5z"/></svg>
    </button>
    <div class="is-timeline" role="slider" tabindex="0" aria-label="Frame" aria-valuemin="0" aria-valuenow="0">
      <div class="is-segments"></div>
      <div class="is-playhead"></div>
    </div>
    <button type="button" class="is-icon is-loop" aria-pressed="true" aria-label="Loop"
      title="Start again at the end (L)">
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 12V9.5A2.5 2.5 0 0 1 6.5 7H19M16 4l3 3-3 3"/>
      <path d="M20 12v2.5a2.5 2.5 0 0 1-2.5 2.5H5M8 20l-3-3 3-3"/></svg>
    </button>
    <select class="is-speed" aria-label="Speed" title="Speed">
      <option value="0.25">¼×</option><option value="0.5">½×</option>
      <option value="1" selected>1×</option><option value="2">2×</option>
    </select>
    <span class="is-time"></span>
  </div>
</section>
"""
FIGURES = (("mesh", "Bodies"), ("skeleton", "Skeletons"), ("both", "Both"))
# What can be switched on and off: its name, what is written beside it, one line on it, and whether it is on at first.
SWITCHES = (
    ("names", "Names", "Who is who", True),
    ("metres", "Metres", "Numbers on the floor, counted from where they meet", True),
    ("ways", "Ways", "Where the hips go", True),
    ("trails", "Foot trails", "Broad where a foot stands: a smear is a foot that slides", False),
    ("contact", "Contact", "Where two people are within 15 cm, and how near", True),
    ("ghosts", "Ghosts at seams", "The pose at every boundary between segments", False),
    ("axes", "First-person frames", "The axes in which each sees an interaction; z points at the other", False),
    ("difference", "Difference", "Colours by how far every joint is from the first panel’s", False),
)
KEYS = (
    ("Space", "play or pause"),
    (", . or ← →", "one frame back, on"),
    ("Page up, down", "ten frames"),
    ("Home, End", "first, last frame"),
    ("L", "loop"),
    ("F", "follow the people"),
    ("R", "first view again"),
    ("1  3  7", "from the front, side, top"),
    ("Shift + arrows", "turn the view"),
    ("+ −", "nearer, further"),
    ("Drag", "turn; with the right button or shift: move"),
    ("Two fingers", "move and zoom"),
    ("Wheel", "zoom, once the picture was clicked"),
)


def template(name: str) -> str:
    """The HTML of the viewer called `name`."""
    figures = "".join(
        f'<label><input type="radio" name="figure-" value="{value}"{" checked" * (value == "mesh")}>{label}</label>'
        for value, label in FIGURES
    )
    switches = "".join(
        f'<label><input type="checkbox" value="{value}"{" checked" * on}>'
        f"<span>{label}<small>{about}</small></span></label>"
        for value, label, about, on in SWITCHES
    )
    keys = "".join(f"<dt>{key}</dt><dd>{what}</dd>" for key, what in KEYS)
    show = f"""<details class="is-show" data-viewer="{escape(name)}"><summary>Show</summary>
      <div class="is-popover" role="group" aria-label="What the picture shows">
        <div class="is-figure" role="radiogroup" aria-label="People as">{figures}</div>{switches}
      </div></details>"""
    help_ = f"""<details class="is-help"><summary aria-label="Keys and gestures" title="Keys and gestures">?</summary>
      <div class="is-popover"><dl>{keys}</dl></div></details>"""
    return TEMPLATE.replace("SHOW", show).replace("HELP", help_)


def module_loader(assets: Assets, module: Path, **facts: str) -> str:
    """The script that loads a module of ours and lets it mount itself, wherever the page itself is mounted.

    `facts` are handed to its `mount` beside what Gradio offers.
    """
    failed = "The viewer could not be loaded: "
    more = "".join(f", {name}: {json.dumps(value)}" for name, value in facts.items())
    return f"""
const base = (window.gradio_config?.root || '').replace(/\\/$/, '') + '/gradio_api/file=';
import(base + {json.dumps(str(module))})
  .then((m) => m.mount(element, {{ props, watch, trigger, body: base + {json.dumps(str(assets.body))}{more} }}))
  .catch((error) => {{
    console.error(error);
    const place = element.querySelector('.is-message');
    if (place) {{ place.hidden = false; place.textContent ||= {json.dumps(failed)} + error.message; }}
  }});
"""


def viewer(assets: Assets, name: str = "viewer") -> gr.HTML:
    """The component, by its element id `name`. Its value is None, {"message": ...} or what `manifest` makes.

    A page may have several. The one called "viewer" is the studio's: the sliders for bodies are for its people only.
    """
    return gr.HTML(
        value=None,
        html_template=template(name),
        js_on_load=module_loader(assets, assets.module("viewer"), viewer=name),
        apply_default_css=False,
        elem_id=name,
    )


@dataclass(frozen=True)
class Shown:
    """One panel: a motion, what it is called, and one sentence on it."""

    motion: Motion
    label: str = ""
    note: str = ""


def manifest(shown: Sequence[Shown], folder: Path, example: bool = False) -> dict[str, Any]:
    """What the viewer needs, small: the motions themselves are written into `folder` and travel as files.

    One to four panels that share one clock, the first of them the one that others are compared with. Segments are those
    of its timeline; a motion without one is one segment that says no more than how long it is. An example is not put in
    the place of something that the visitor asked for.

    Raises `ValueError` for no or too many panels, and for motions that differ in frames, frame rate or people.
    """
    if not 1 <= len(shown) <= MAX_PANELS:
        raise ValueError(f"the viewer shows 1 to {MAX_PANELS} motions, got {len(shown)}")
    motions = [panel.motion for panel in shown]
    sizes = {(motion.num_people, motion.frames, float(motion.fps)) for motion in motions}
    if len(sizes) > 1:
        raise ValueError(f"panels share people, frames and frame rate, got {sorted(sizes)}")
    packed = [(pack_motion(panel.motion), panel.label, panel.note) for panel in shown]
    timeline = motions[0].timeline
    if timeline is not None:
        segments = segments_of(timeline)
    else:
        label = f"{motions[0].duration:.1f} s"
        segments = [{"start": 0, "end": motions[0].frames, "kind": "alone", "label": label, "texts": []}]
    return packed_manifest(packed, motions[0].num_people, segments, folder, example)


def packed_manifest(
    panels: Sequence[tuple[bytes, str, str]],
    people: int,
    segments: list[dict[str, Any]],
    folder: Path,
    example: bool = False,
) -> dict[str, Any]:
    """As `manifest`, of panels that are packed already: what `pack_motion` gave, label and note of each."""
    listed = []
    for number, (data, label, note) in enumerate(panels):
        path = folder / f"motion-{number}.bin"
        with atomic_write(path) as file:
            file.write(data)
        address = {"path": str(path), "meta": {"_type": "gradio.FileData"}}
        listed.append({"motion": address, "label": label, "note": note})
    return {"panels": listed, "people": list(PEOPLE[:people]), "segments": segments, "example": example}


def segments_of(timeline: Timeline) -> list[dict[str, Any]]:
    """What the viewer is told of each segment."""
    return [_segment(segment, timeline) for segment in timeline.segments]


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
