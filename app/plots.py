"""Under the viewer: what changed from panel to panel, and the measurements behind it as plots, a table and a file."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.components.plot import PlotData

from app.assets import Assets
from app.figures import Panel, Plot, distance_plot, feet_plot, jerk_plot
from app.viewer import PEOPLE, module_loader
from intersyn.files import atomic_write

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from torch import Tensor

    from intersyn.metrics.curves import Curves
    from intersyn.metrics.reference import Range, Reference
    from intersyn.metrics.seams import Seam
    from intersyn.models.boundary_detector import BoundaryDetector
    from intersyn.motion import Motion
    from intersyn.settings import Settings

NAMES = ("jerk", "distance", "feet")  # of the plots' elements and of the pictures that are saved of them
TABS = ("Jerk", "Distances", "Feet", "Seams")
NOTHING = "Generate a motion to measure it."
COLUMNS = (
    "panel", "person", "frame", "seconds", "jerk_m_per_s3", "pelvis_distance_m", "hand_to_hand_m", "hand_to_body_m",
    "overlap_m", "left_foot_planted", "right_foot_planted", "slide_m_per_s",
)  # fmt: skip


@dataclass(frozen=True)
class PlotsCard:
    """The components, in the order in which `plot_outputs` gives their values; `section` is what folds them away."""

    changed: gr.HTML
    jerk: gr.Plot
    about_jerk: gr.HTML
    distance: gr.Plot
    about_distance: gr.HTML
    feet: gr.Plot
    about_feet: gr.HTML
    seams: gr.HTML
    save: gr.DownloadButton
    section: gr.Accordion

    @property
    def outputs(self) -> list[gr.Component]:
        return [getattr(self, field.name) for field in fields(self)[:-1]]


def plots_card(assets: Assets) -> PlotsCard:
    """The sentences, always in sight, and below them the section Measure, which opens on demand."""
    made: list[Any] = []
    with gr.Column(elem_classes="is-card", elem_id="plots"):
        loader = module_loader(assets, assets.module("plots"))
        changed = gr.HTML(changes([], []), js_on_load=loader, apply_default_css=False, elem_id="changed")
        with gr.Accordion("Measure", open=False, elem_id="plots-section") as section:
            with gr.Tabs(elem_id="plots-tabs"):
                for name, title in zip(NAMES, TABS, strict=False):
                    with gr.Tab(title, elem_id=f"tab-{name}"):
                        figure = gr.Plot(
                            show_label=False, container=False, elem_id=f"plot-{name}", buttons=[], visible=False
                        )
                        about = gr.HTML(caption(Plot(None, NOTHING)), apply_default_css=False, elem_id=f"about-{name}")
                        made += [figure, about]
                with gr.Tab(TABS[-1], elem_id="tab-seams"):
                    seams = gr.HTML(caption(Plot(None, NOTHING)), apply_default_css=False, elem_id="seams")
            with gr.Row(elem_id="plots-act"):
                save = gr.DownloadButton("Curves as CSV", size="sm", visible=False, elem_id="save-curves", scale=0)
                note = "The camera over a plot saves it as PNG. Click or drag in a plot to go there."
                gr.HTML(f'<p class="is-aside">{note}</p>', apply_default_css=False)
    return PlotsCard(changed, *made, seams, save, section)


def plot_outputs(motions: Sequence[Motion], labels: Sequence[str], notes: Sequence[str], folder: Path) -> tuple:
    """Values for `PlotsCard.outputs`.

    motions: of one request, the first is what the others are compared with. labels, notes: of each panel; the first
    note is empty (see `what_changed`). folder: for the file, which Gradio copies.
    """
    from intersyn.metrics.curves import Curves
    from intersyn.metrics.reference import bundled

    panels = [Panel(label, Curves.of(motion)) for label, motion in zip(labels, motions, strict=True)]
    timeline, reference = motions[0].timeline, bundled()
    plots = (jerk_plot(panels, timeline, reference), distance_plot(panels, timeline), feet_plot(panels, timeline))
    values: list[Any] = [changes(labels, notes)]
    for name, plot in zip(NAMES, plots, strict=True):
        data = PlotData(type="plotly", plot=plot.to_json(name)) if plot.figure else None
        values += [gr.update(value=data, visible=data is not None), caption(plot)]
    path = folder / "intersyn_curves.csv"
    with atomic_write(path) as file:
        file.write(curves_csv(panels).encode())
    save = gr.update(value=str(path), visible=True)
    return (*values, seam_table(_seams(motions, reference), labels, motions[0].fps, reference), save)


def what_changed(motions: Sequence[Motion], panels: Sequence[Settings], labels: Sequence[str]) -> list[str]:
    """A measured sentence for each panel, empty for the first, which the others are compared with."""
    from intersyn.metrics.differences import difference, sentence

    notes = [""]
    for motion, panel, label in zip(motions[1:], panels[1:], labels[1:], strict=True):
        notes.append(sentence(difference(motions[0], motion), *phrase(panel, panels[0], (label, labels[0]))))
    return notes


def phrase(panel: Settings, reference: Settings, labels: tuple[str, str]) -> tuple[str, str]:
    """How a sentence speaks of a panel and of the one it is compared with: ("Without the coordinator", "with it").

    Where they differ in more than one setting only their labels tell them apart.
    """
    differ = [name for name, value in vars(panel).items() if value != getattr(reference, name)]
    if len(differ) == 1:
        (name,) = differ
        ours, theirs = getattr(panel, name), getattr(reference, name)
        if name == "variant" and theirs == "full":
            return _WITHOUT[ours]
        if name in _SWITCHES and _OFF[name] in (ours, theirs):
            what = _SWITCHES[name]
            return (f"Without {what}", "with it") if ours == _OFF[name] else (f"With {what}", "without it")
        if name in _AMOUNTS:
            said = _AMOUNTS[name]
            return f"With {said.format(f'{ours:g}')}", f"with {said.format(f'{theirs:g}')}"
    return f"In “{labels[0]}”", f"in “{labels[1]}”"


_WITHOUT = {
    "no_rec": ("Without the coordinator", "with it"),
    "no_smooth": ("Without the seam loss", "with it"),
    "uncoupled": ("With nobody seeing the other", "when they do"),
    "uncoupled_no_rec": ("With nobody seeing the other and no coordinator", "with both"),
}
_SWITCHES = {"clean_up": "the clean-up", "contact_guidance": "contact guidance", "guidance_scale": "text guidance"}
_OFF = {"clean_up": False, "contact_guidance": 0.0, "guidance_scale": 1.0}
_AMOUNTS = {"seed": "seed {}", "steps": "{} steps", "guidance_scale": "text guidance {}"}


def changes(labels: Sequence[str], notes: Sequence[str]) -> str:
    """HTML of the sentences, a line for each panel but the first; empty where there is one panel or none."""
    rows = "".join(
        f"<li><b>{escape(label)}</b> <span>{escape(note)}</span></li>"
        for label, note in zip(labels[1:], notes[1:], strict=True)
    )
    heading = f"<h2>What changed<small>measured against “{escape(labels[0])}”</small></h2>" if rows else ""
    return f'<div class="is-changed">{heading}{f"<ul>{rows}</ul>" if rows else ""}</div>'


def caption(plot: Plot) -> str:
    """HTML of what a plot shows, and its numbers to unfold: the figure's text alternative."""
    lines = "".join(f"<li>{escape(line)}</li>" for line in plot.numbers)
    numbers = f"<details><summary>In numbers</summary><ul>{lines}</ul></details>" if lines else ""
    return f'<div class="is-plot-caption"><p>{escape(plot.about)}</p>{numbers}</div>'


def seam_table(rows: Sequence[Sequence[Seam]], labels: Sequence[str], fps: float, reference: Reference) -> str:
    """HTML of each panel's seams, by seam, with those of recordings; rows: [panel][seam]."""
    if not rows[0]:
        return caption(Plot(None, "There are no seams: one segment, or a motion that says nothing of segments."))
    several = len(labels) > 1
    judged = any(seam.late is not None for panel in rows for seam in panel)
    heads = [
        "Seam",
        *["Panel"] * several,
        "PeakJerk<small>mm/frame³</small>",
        "AUJ<small>mm/frame³</small>",
        "Leap<small>cm</small>",
        *["Late<small>frames</small>"] * judged,
    ]
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        _seam_row(panel[k], label, fps, first=i == 0, count=len(labels), judged=judged)
        for k in range(len(rows[0]))
        for i, (panel, label) in enumerate(zip(rows, labels, strict=True))
    )
    usual = ""
    if fps == reference.fps:
        bands = ((reference.peak_jerk, 1000), (reference.area_under_jerk, 1000), (reference.transition_distance, 1))
        cells = "".join(f"<td>{_range(band, scale)}</td>" for band, scale in bands)
        name = f'<th scope="row" colspan="{1 + several}">Recordings, nothing joined</th>'
        usual = f'<tr class="is-usual">{name}{cells}{"<td></td>" * judged}</tr>'
    about = (
        "PeakJerk and AUJ are FlowMDM’s, of the mean over people in the 1.5 s about a seam; AUJ is the area between "
        "their jerk and that of recordings. Leap: how far joints jump across the seam, place and heading aside. "
        "Recordings: the mean, and between which values 90% lie."
    )
    about += " Late: by how many frames people meet or part after the seam, as a trained detector sees it." * judged
    return (
        '<div class="is-seams" tabindex="0" role="region" aria-label="Transitions at the seams"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot>{usual}</tfoot></table></div>"
        f"{caption(Plot(None, about))}"
    )


def _seam_row(seam: Seam, label: str, fps: float, first: bool, count: int, judged: bool) -> str:
    kinds = " → ".join("together" if together else "alone" for together in seam.together)
    name = (
        f'<th scope="rowgroup" rowspan="{count}"><button type="button" data-frame="{seam.frame}" '
        f'title="Go to frame {seam.frame}">{seam.frame / fps:.1f} s</button><small>{kinds}</small></th>'
    )
    late = ("" if seam.late is None else f"{seam.late:+d}") if judged else None
    cells = [f"{1000 * seam.peak_jerk:.0f}", _number(1000 * seam.area_under_jerk), f"{seam.distance:.1f}", late]
    written = "".join(f"<td>{cell}</td>" for cell in cells if cell is not None)
    panel = f'<th scope="row">{escape(label)}</th>' if count > 1 else ""
    return f"<tr>{name if first else ''}{panel}{written}</tr>"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f}"


def _range(band: Range, scale: float) -> str:
    mean, low, high = (scale * value for value in astuple(band))
    digits = 1 if scale == 1 else 0
    return f"{mean:.{digits}f}<small>{low:.{digits}f}–{high:.{digits}f}</small>"


def _seams(motions: Sequence[Motion], reference: Reference) -> list[list[Seam]]:
    from intersyn.metrics.seams import seams

    judge = detector()

    def probability(motion: Motion) -> Tensor | None:
        return judge.probability(motion.joints(), motion.fps) if judge else None

    return [seams(motion, reference, probability(motion)) for motion in motions]


@cache
def detector() -> BoundaryDetector | None:
    """The trained boundary detector of the bundled checkpoint; None where none is bundled."""
    from intersyn.checkpoint import BUNDLED
    from intersyn.models.boundary_detector import BoundaryDetector

    folder = BUNDLED / "detector"
    return BoundaryDetector.load(folder) if folder.is_dir() else None


def curves_csv(panels: Sequence[Panel]) -> str:
    """All curves in SI units, a line for each panel, person and frame; empty where there is nothing to measure."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for panel in panels:
        for p in range(panel.curves.people):
            writer.writerows((panel.label, PEOPLE[p], *row) for row in _csv_rows(panel.curves, p))
    return out.getvalue()


def _csv_rows(curves: Curves, person: int) -> list[list[Any]]:
    series = (curves.jerk, curves.pelvis_distance, curves.hand_to_hand, curves.hand_to_body, curves.overlap)
    columns = [values[person].tolist() for values in series]
    columns += [curves.planted[person, :, side].int().tolist() for side in (0, 1)]
    columns.append(curves.slide[person].tolist())
    rows = []
    for frame, values in enumerate(zip(*columns, strict=True)):
        written = ["" if value != value else round(value, 6) for value in values]
        rows.append([frame, round(frame / curves.fps, 6), *written])
    return rows
