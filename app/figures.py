"""The plots: curves of one or several motions over time, as plotly figures, each with a caption that says it in words.

People are told apart by colour and by rows of their own, panels by the style of their lines. Colours are the light ones
of page.css, by name: every trace, shape and annotation also carries its ink's name, by which static/plots/index.js
paints it anew for the dark page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from app.assets import STATIC
from app.viewer import PEOPLE

if TYPE_CHECKING:  # both take seconds to import; the page opens without them
    import plotly.graph_objects as go
    from torch import Tensor

    from intersyn.metrics.curves import Curves
    from intersyn.metrics.reference import Reference
    from intersyn.timeline import Timeline

INKS = ("one", "two", "three", "four")  # of people, as page.css names them
STYLES = ("solid", "dash", "dot", "dashdot")  # of panels
ROW, TRACK, TOP, BOTTOM = 132, 13, 44, 50  # pixels: a row of curves, a track of a foot, the margins
LEGEND = 29  # pixels more at the bottom; static/plots/index.js gives it what it takes on a narrow screen
LEAST_LABEL = 0.13  # of the width: a shorter segment's name would run into the next
INK = re.compile(r"--is-([\w-]+):\s*(#[0-9a-fA-F]{6})")
Rows = list[tuple[str, float]]  # what each row is called, and its height in pixels


@dataclass(frozen=True)
class Panel:
    """One motion's curves and what it is called."""

    label: str
    curves: Curves


@dataclass(frozen=True)
class Plot:
    """A figure, or None where there is nothing to draw; what it shows, and the same in numbers, a line per panel."""

    figure: go.Figure | None
    about: str
    numbers: tuple[str, ...] = ()

    def to_json(self, name: str) -> str:
        """For the browser: the figure, and a button that saves it as a picture of this name, made there."""
        data = json.loads(self.figure.to_json())
        data["config"] = {
            "displaylogo": False,
            "displayModeBar": True,
            "modeBarButtons": [["zoom2d", "resetScale2d", "toImage"]],
            "toImageButtonOptions": {"format": "png", "scale": 2, "filename": f"intersyn_{name}"},
        }
        return json.dumps(data)


@cache
def inks() -> dict[str, str]:
    """The light palette: name without its prefix -> #rrggbb. What plots.css has of its own goes before page.css."""
    found: dict[str, str] = {}
    for sheet in ("page.css", "plots.css"):
        root = re.search(r":root \{(.*?)\}", (STATIC / sheet).read_text(encoding="utf-8"), re.DOTALL)
        found |= {name.removeprefix("line-"): colour for name, colour in INK.findall(root[1])}
    return found


def jerk_plot(panels: Sequence[Panel], timeline: Timeline | None, reference: Reference) -> Plot:
    """Jerk of each person over time, with the band in which recordings lie."""
    people = panels[0].curves.people
    figure = _figure([(f"{PEOPLE[p]}, m/s³", ROW) for p in range(people)], panels, timeline)
    comparable = panels[0].curves.fps == reference.fps
    extents = [found.most for panel in panels if (found := _extents(panel.curves.jerk))]
    top = 1.08 * max([*extents, 1.2 * reference.jerk.mean])  # the band may go on beyond the picture
    figure.update_yaxes(range=[0, top])
    for p in range(people):
        if comparable:
            band = {"row": p + 1, "col": 1, "exclude_empty_subplots": False}
            figure.add_hrect(reference.jerk.low, reference.jerk.high, name="quiet", fillcolor=inks()["quiet"],
                             opacity=0.1, line_width=0, layer="below", **band)  # fmt: skip
            figure.add_hline(reference.jerk.mean, name="quiet", line={"color": inks()["quiet"], "width": 1},
                             opacity=0.8, layer="below", **band)  # fmt: skip
        for k, panel in enumerate(panels):
            _line(figure, p + 1, panel, k, panel.curves.jerk[p], INKS[p], f"{PEOPLE[p]}", "m/s³", 0)
    usual = "Recordings are not compared, since theirs are at another frame rate."
    if comparable:
        r = reference.jerk
        usual = (
            f"Grey: 90% of the frames of recordings, {r.low:.0f} to {r.high:.0f} m/s³, and their mean, {r.mean:.0f}."
        )
    about = f"Jerk is the third derivative of position, here its mean length over a person’s joints. {usual}"
    return Plot(figure, about, _each(panels, lambda panel, p: _extent(panel, panel.curves.jerk[p], "m/s³", 0)))


def distance_plot(panels: Sequence[Panel], timeline: Timeline | None) -> Plot:
    """How far people are apart: pelvises over the floor, hands from hands, hands from bodies."""
    people = panels[0].curves.people
    if people < 2:
        return Plot(None, "One person has nobody to be near to.")
    rows = [("pelvises, m", ROW), ("hand to hand, m", ROW), ("hand to body, m", ROW)]
    figure = _figure(rows, panels, timeline)
    shared = people == 2  # of two people both are as far from the other
    for row, what in ((1, "pelvis_distance"), (2, "hand_to_hand"), (3, "hand_to_body")):
        for k, panel in enumerate(panels):
            values = getattr(panel.curves, what)
            if shared and what != "hand_to_body":
                _line(figure, row, panel, k, values[0], "text", "Both", "m", 2)
                continue
            for p in range(people):
                _line(figure, row, panel, k, values[p], INKS[p], PEOPLE[p], "m", 2)

    def of_panel(panel: Panel) -> str:
        near, hands = (_extents(getattr(panel.curves, what)) for what in ("pelvis_distance", "hand_to_hand"))
        bodies = _extents(panel.curves.hand_to_body)
        return (
            f"{_of(panel, panels)}pelvises {near.least:.2f} to {near.most:.2f} m apart ({near.mean:.2f} on average); "
            f"hands {_near(hands.least)} the other’s hands and {_near(bodies.least)} the rest of the other’s body."
        )

    about = "Distances to the nearest other person: of the pelvises over the floor, of hands from skin to skin."
    return Plot(figure, about, tuple(map(of_panel, panels)))


def feet_plot(panels: Sequence[Panel], timeline: Timeline | None) -> Plot:
    """Which feet stand on the floor, and how fast those slide."""
    from intersyn.metrics.curves import spells

    people = panels[0].curves.people
    tracks = [(k, p, side) for p in range(people) for side in (0, 1) for k in range(len(panels))]
    rows = [("feet on the floor", TRACK * len(tracks) + 24)]
    figure = _figure([*rows, *((f"{_who(p)} slides, cm/s", ROW) for p in range(people))], panels, timeline)
    fps = panels[0].curves.fps
    for place, (k, p, side) in enumerate(tracks):
        x: list[float | None] = []
        for start, end in spells(panels[k].curves.planted[p, :, side]):
            x += [start / fps, end / fps, None]
        y = [-place if value is not None else None for value in x]
        _trace(figure, 1, x, y, INKS[p], k, width=5, style="solid", legendgroup=str(k), hoverinfo="skip",
               opacity=1 - 0.14 * k)  # fmt: skip
    middle = (len(panels) - 1) / 2
    names = [
        f"{PEOPLE[p].removeprefix('Person ')}, {('left', 'right')[side]}" for p in range(people) for side in (0, 1)
    ]
    figure.update_yaxes(
        row=1, col=1, tickvals=[-(i * len(panels) + middle) for i in range(2 * people)], ticktext=names,
        range=[0.8 - len(tracks), 0.8], showgrid=False, title=None, tickfont={"size": 11},
    )  # fmt: skip
    for p in range(people):
        for k, panel in enumerate(panels):
            _line(figure, 2 + p, panel, k, panel.curves.slide[p] * 100, INKS[p], PEOPLE[p], "cm/s", 1)

    def of_person(panel: Panel, p: int) -> str:
        feet = panel.curves.planted[p].double().mean(0).tolist()
        sliding = _extent(panel, panel.curves.slide[p] * 100, "cm/s", 1)
        return f"left foot planted {feet[0]:.0%} of the time, right foot {feet[1]:.0%}, sliding {sliding}"

    several = " The tracks of one foot are the panels, from top to bottom." if len(panels) > 1 else ""
    about = f"Bars: a foot stands, its ankle and toe being low. Curves: how fast standing feet slide.{several}"
    return Plot(figure, about, _each(panels, of_person))


def _figure(rows: Rows, panels: Sequence[Panel], timeline: Timeline | None) -> go.Figure:
    """Rows above each other over one axis of seconds, segments and seams marked, and a legend of the panels."""
    from plotly.subplots import make_subplots

    heights = [height for _, height in rows]
    bottom = BOTTOM + LEGEND * (len(panels) > 1)
    gap = 16 / sum(heights)
    figure = make_subplots(len(rows), 1, shared_xaxes=True, vertical_spacing=gap, row_heights=heights)
    fps, frames = panels[0].curves.fps, panels[0].curves.frames
    axis = {"gridcolor": inks()["edge"], "zeroline": False, "linecolor": inks()["edge"], "fixedrange": False}
    figure.update_xaxes(
        range=[0, frames / fps],
        ticks="outside",
        tickcolor=inks()["edge"],
        unifiedhovertitle={"text": "%{x:.2f} s"},
        **axis,
    )
    figure.update_xaxes(row=len(rows), col=1, title={"text": "seconds", "standoff": 6})
    for k, (name, _) in enumerate(rows, start=1):
        figure.update_yaxes(
            row=k, col=1, title={"text": name, "standoff": 8, "font": {"size": 11}}, rangemode="tozero", nticks=5,
            **axis | {"fixedrange": True},
        )  # fmt: skip
    _segments(figure, timeline, frames)
    if len(panels) > 1:  # each panel's line, in nobody's colour
        for k, panel in enumerate(panels):
            _trace(figure, 1, [None], [None], "text", k, name=panel.label, legendgroup=str(k), showlegend=True)
    figure.update_layout(
        meta={"rows": sum(heights), "axis": BOTTOM}, height=sum(heights) + TOP + bottom,
        margin={"l": 66, "r": 14, "t": TOP, "b": bottom},
        paper_bgcolor=inks()["card"], plot_bgcolor=inks()["card"], template="none",
        font={"family": "system-ui, sans-serif", "size": 12, "color": inks()["text"]},
        hovermode="x unified", hoverdistance=-1, dragmode=False, showlegend=len(panels) > 1,
        hoverlabel={"bgcolor": inks()["card"], "bordercolor": inks()["edge"], "font": {"color": inks()["text"]}},
        legend={"orientation": "h", "itemwidth": 42, "xref": "container", "x": 0, "xanchor": "left",
                "yref": "container", "y": 0, "yanchor": "bottom"},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": inks()["quiet"], "activecolor": inks()["text"]},
    )  # fmt: skip
    return figure


def _segments(figure: go.Figure, timeline: Timeline | None, frames: int) -> None:
    """Tint the interactions and the frames about each seam; write above what is what."""
    from intersyn.metrics.curves import seam_frames, spells, together_frames

    fps = timeline.fps if timeline else 1.0
    for found, opacity in ((together_frames(timeline, frames), 0.16), (seam_frames(timeline, frames), 0.3)):
        for start, end in spells(found):
            figure.add_shape(
                type="rect", xref="x", yref="paper", x0=start / fps, x1=end / fps, y0=0, y1=1, name="together",
                fillcolor=inks()["together"], opacity=opacity, line={"width": 0}, layer="below",
            )  # fmt: skip
    for segment in timeline.segments if timeline else ():
        if segment.frames < LEAST_LABEL * frames:
            continue
        together = any(part.is_interaction for part in segment.parts)
        figure.add_annotation(
            x=(segment.start + segment.end) / 2 / fps, y=1, xref="x", yref="paper", yanchor="bottom", showarrow=False,
            text="together" if together else "alone", name="quiet", font={"size": 11, "color": inks()["quiet"]},
        )  # fmt: skip


def _line(
    figure: go.Figure, row: int, panel: Panel, k: int, values: Tensor, ink: str, who: str, unit: str, digits: int
) -> None:
    """A curve (T,) over time; a gap where it is NaN."""
    x = [round(frame / panel.curves.fps, 4) for frame in range(len(values))]
    y = [None if value != value else round(value, 4) for value in values.tolist()]
    name = f"{who}, {panel.label}" if figure.layout.showlegend else who
    _trace(figure, row, x, y, ink, k, name=name, legendgroup=str(k),
           hovertemplate=f"%{{y:.{digits}f}} {unit}")  # fmt: skip


def _trace(
    figure: go.Figure, row: int, x: list, y: list, ink: str, k: int, width: float = 1.8, style: str | None = None,
    **more: Any,
) -> None:  # fmt: skip
    line = {"color": inks()[ink], "width": width, "dash": style or STYLES[k]}
    options = {"showlegend": False, **more}
    figure.add_scatter(x=x, y=y, mode="lines", line=line, meta={"ink": ink}, connectgaps=False, row=row, col=1,
                       **options)  # fmt: skip


def _extents(values: Tensor) -> Any:
    """Over everybody's curves at once."""
    from intersyn.metrics.curves import Extent

    return Extent.of(values.flatten())


def _extent(panel: Panel, curve: Tensor, unit: str, digits: int) -> str:
    from intersyn.metrics.curves import Extent

    found = Extent.of(curve)
    if found is None:
        return "not measurable"
    return (
        f"{found.least:.{digits}f} to {found.most:.{digits}f} {unit} ({found.mean:.{digits}f} on average, most at "
        f"{found.at / panel.curves.fps:.1f} s)"
    )


def _who(person: int) -> str:
    """As axes have room for: "one"."""
    return PEOPLE[person].removeprefix("Person ")


def _near(metres: float) -> str:
    return "touch" if metres <= 0 else f"come within {100 * metres:.0f} cm of"


def _each(panels: Sequence[Panel], says: Callable[[Panel, int], str]) -> tuple[str, ...]:
    """What is said of each panel's people."""
    people = range(panels[0].curves.people)
    return tuple(
        f"{_of(panel, panels)}{'; '.join(f'{PEOPLE[p].lower()} {says(panel, p)}' for p in people)}." for panel in panels
    )


def _of(panel: Panel, panels: Sequence[Panel]) -> str:
    return f"{panel.label}: " if len(panels) > 1 else ""
