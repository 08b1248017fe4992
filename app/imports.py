"""Files brought back in: motions to watch and to measure, and projects whose texts and settings fill the form."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.downloads import HIDDEN
from app.events import Events
from app.form import FIELDS, fields
from app.limits import MAX_UPLOAD_BYTES, MAX_UPLOAD_FRAMES, MAX_UPLOAD_PEOPLE
from app.parts import heading
from app.session import Session
from app.state import State
from app.viewer import status

if TYPE_CHECKING:
    from intersyn.motion import Motion


class OpenError(ValueError):
    """What was dropped cannot be shown; the message is one sentence for the person at the page."""


class Imports:
    """The handlers of the card."""

    def __init__(self, events: Events) -> None:
        self.events = events

    def open(self, files: list[str] | None, session: Session, *bodies: float | None) -> Iterator[tuple[Any, ...]]:
        """Show what was dropped. Outputs: line, figures, viewer, status, save, the form's fields, the sliders.

        A project fills the form and leaves the picture; anything else becomes the picture and leaves the form.
        """
        untouched = (gr.skip(),) * FIELDS
        if not files:
            yield (gr.skip(),) * (5 + FIELDS + len(bodies))
            return
        paths = [Path(file) for file in files]
        names = paths[0].name if len(paths) == 1 else f"{paths[0].name} with {len(paths) - 1} more"
        try:
            if any(path.suffix.lower() == ".json" for path in paths):
                filled, sliders, note = self._project(paths)
                line = f"{names} is in the form: press Generate. {note}".strip()
                said = status("The project’s texts, times and settings are in the form.")
                yield status(line, "done"), gr.skip(), gr.skip(), said, gr.skip(), *filled, *sliders
                return
            motion, notes = read_motion(paths)
        except ValueError as error:  # of the importers and of ours: all one sentence
            yield status(str(error), "error"), *(gr.skip(),) * (4 + FIELDS + len(bodies))
            return
        session.asked = True
        own = bool(motion.betas.any())
        name = paths[0].name.split(".")[0].removeprefix("intersyn_")
        self.events.stage.show(session, [motion], name)
        values = self.events.sliders.values(motion.betas.tolist()) if own else list(bodies)
        with self.events.stage.manifest(session, values) as view:
            line = status(" ".join([f"{names} is on the screen.", *notes]), "done")
            shown = status(f"{names}, {motion.duration:.1f} s: not made by this model.", "done")
            yield line, table(figures(motion)), view, shown, HIDDEN, *untouched, *values

    def measure(self, session: Session) -> tuple[str, Any]:
        """Figures of what is on the screen. Outputs: line, figures."""
        if session.motion is None:
            return status("There is no motion on the screen yet.", "error"), gr.skip()
        return status("Figures of what is on the screen.", "done"), table(figures(session.motion))

    def _project(self, paths: Sequence[Path]) -> tuple[tuple[Any, ...], Sequence[float], str]:
        """What goes into the form's fields, into the sliders, and a sentence where the motion may differ."""
        from intersyn.export.project import Project

        if len(paths) > 1:
            raise OpenError("A project is opened alone: drop one file.")
        project = Project.load(paths[0])
        state = State.of_project(project, self.events.sliders)
        generator = self.events.generator
        note = project.difference(generator.load()) if generator.is_loaded else None
        return fields(state), state.bodies, note or ""


def read_motion(paths: Sequence[Path]) -> tuple[Motion, list[str]]:
    """The motion of one file, or of one file for each person, and what was judged or changed on the way.

    Raises `ValueError` with one sentence.
    """
    from intersyn.imports import Limits, load_motion

    notes: list[str] = []
    limits = Limits(MAX_UPLOAD_BYTES, MAX_UPLOAD_FRAMES, MAX_UPLOAD_PEOPLE)
    return load_motion(paths, limits=limits, report=notes.append), notes


def figures(motion: Motion) -> list[tuple[str, str]]:
    """A few figures of a motion on the common skeleton: what it is called and its value."""
    from intersyn.metrics.physics import foot_skating, jerk

    joints, fps = motion.joints(), motion.fps
    out = [
        ("Length", f"{motion.duration:.1f} s, {motion.frames} frames at {fps:g} per second"),
        ("People", str(motion.num_people)),
    ]
    if motion.frames >= 4:
        slide, speed = foot_skating(joints, fps)
        skating = float(slide.nanmean())
        said = (
            "no foot stands"
            if math.isnan(skating)
            else f"{skating:.1f} mm per frame, {100 * float(speed.nanmean()):.1f} cm/s"
        )
        out += [("Feet slide", said), ("Jerk", f"{float(jerk(joints, fps).mean()):.0f} m/s³")]
    if motion.num_people > 1:
        depth, share = penetration(motion)
        out.append(("Bodies overlap", f"{depth:.1f} mm deep on average, over 2 cm in {100 * share:.0f}% of frames"))
    return out


def penetration(motion: Motion) -> tuple[float, float]:
    """Mean over frames and people of how deep each is in another, mm, and the share of them beyond 2 cm."""
    from intersyn.metrics.curves import overlap

    depth = 1000 * overlap(motion.joints())
    return float(depth.mean()), float((depth > 20).float().mean())


def table(rows: Sequence[tuple[str, str]]) -> str:
    """The figures as HTML."""
    cells = "".join(f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table class='is-figures'><caption>Measured on the common skeleton</caption>{cells}</table>"


def imports_card() -> tuple[gr.File, gr.Button, gr.HTML, gr.HTML]:
    """The card: where files are dropped, a button that measures, a line, the figures."""
    with gr.Column(elem_classes="is-card", elem_id="bring"):
        heading("Open a file", "watch and measure a motion, or go on with a project")
        files = gr.File(
            label="File to open", show_label=False, file_count="multiple", height=128, elem_id="open",
        )  # fmt: skip
        hint = (
            f"Our NPZ, BVH and project files, and AMASS NPZ, of up to {MAX_UPLOAD_BYTES / 1e6:g} MB. Several files are "
            "the people of one scene."
        )
        gr.HTML(f'<p class="is-aside">{hint}</p>', apply_default_css=False)
        with gr.Row(elem_id="bring-act"):
            line = gr.HTML(status(""), apply_default_css=False, elem_id="bring-status")
            measure = gr.Button("Measure what is shown", size="sm", elem_id="measure", scale=0, min_width=180)
        shown = gr.HTML("", apply_default_css=False, elem_id="figures")
    return files, measure, line, shown
