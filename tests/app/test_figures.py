"""The plots: what is drawn of motions made by hand, in which colours and styles, and what is said of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from app.figures import STYLES, Panel, distance_plot, feet_plot, inks, jerk_plot
from intersyn.metrics.curves import Curves
from intersyn.metrics.reference import bundled
from intersyn.motion import Motion
from tests.motions import timeline

LINE = timeline("sis")


def statues(people: int = 2, leap: float = 0.0, fps: float = 20.0) -> Motion:
    """People 1.5 m apart who stand still for 6 s, but for a leap of the first at the first seam, frame 40."""
    trans = torch.zeros(people, 120, 3) + torch.tensor((0.0, 0.965, 0.0))
    trans[:, :, 2] += 1.5 * torch.arange(people)[:, None]
    trans[0, 40:, 0] += leap
    return Motion(torch.zeros(people, 120, 22, 3), trans, torch.zeros(people, 10), fps, LINE if people == 2 else None)


def panels(*leaps: float, **kind) -> list[Panel]:
    return [Panel(f"Panel {k}", Curves.of(statues(leap=leap, **kind))) for k, leap in enumerate(leaps)]


def curves(figure):
    return [trace for trace in figure.data if trace.x[0] is not None and trace.hoverinfo != "skip"]


def test_people_by_row_and_colour_and_panels_by_style() -> None:
    figure = jerk_plot(panels(0.0, 0.1), LINE, bundled()).figure
    lines = curves(figure)
    assert [(line.yaxis, line.meta["ink"], line.line.dash) for line in lines] == [
        ("y", "one", STYLES[0]), ("y", "one", STYLES[1]), ("y2", "two", STYLES[0]), ("y2", "two", STYLES[1]),
    ]  # fmt: skip
    assert all(line.line.color == inks()[line.meta["ink"]] for line in lines)
    assert [trace.name for trace in figure.data if trace.showlegend] == ["Panel 0", "Panel 1"]
    leap = lines[1]
    assert leap.y[:2] == (None, None) and leap.y[-1] is None
    assert leap.x[max(range(2, 119), key=lambda k: leap.y[k])] == 2.0
    assert max(leap.y[2:-1]) == pytest.approx(1600, rel=1e-3)


def test_one_panel_needs_no_legend_and_no_label() -> None:
    plot = jerk_plot(panels(0.1), LINE, bundled())
    assert not plot.figure.layout.showlegend
    assert [trace.name for trace in plot.figure.data] == ["Person one", "Person two"]
    (line,) = plot.numbers
    assert line.startswith("person one 0 to 1600 m/s³ (27 on average, most at 2.0 s); person two 0 to 0 m/s³ (0 on")


def test_interactions_and_seams_are_marked_where_they_are() -> None:
    figure = distance_plot(panels(0.0), LINE).figure
    spans = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.name == "together"]
    assert spans == [(2.0, 4.0), (1.75, 2.3), (3.75, 4.3)]
    assert [note.text for note in figure.layout.annotations] == ["alone", "together", "alone"]
    assert not distance_plot(panels(0.0), None).figure.layout.shapes


def test_recordings_are_a_band_at_their_own_frame_rate_only() -> None:
    reference = bundled()
    plot = jerk_plot(panels(0.0), None, reference)
    bands = [shape for shape in plot.figure.layout.shapes if shape.type == "rect"]
    assert [(band.y0, band.y1) for band in bands] == [(reference.jerk.low, reference.jerk.high)] * 2
    assert f"their mean, {reference.jerk.mean:.0f}" in plot.about
    other = jerk_plot(panels(0.0), None, replace(reference, fps=30.0))
    assert not other.figure.layout.shapes
    assert "not compared" in other.about


def test_distances_of_two_are_one_line_and_of_more_one_for_each() -> None:
    plot = distance_plot(panels(0.0), LINE)
    assert [trace.meta["ink"] for trace in plot.figure.data] == ["text", "text", "one", "two"]
    assert plot.figure.data[0].y[60] == pytest.approx(1.5)
    assert plot.numbers[0].startswith("pelvises 1.50 to 1.50 m apart (1.50 on average); hands come within ")
    three = distance_plot([Panel("", Curves.of(statues(3)))], None)
    assert [trace.meta["ink"] for trace in three.figure.data] == ["one", "two", "three"] * 3
    assert "touch the other’s hands" in distance_plot([Panel("", close())], None).numbers[0]


def close() -> Curves:
    return replace(Curves.of(statues()), hand_to_hand=torch.full((2, 120), -0.01))


def test_one_person_has_no_distances() -> None:
    plot = distance_plot([Panel("", Curves.of(statues(1)))], None)
    assert plot.figure is None and "One person" in plot.about


def test_feet_are_tracks_of_when_they_stand() -> None:
    motion = statues()
    lifted = replace(motion, trans=motion.trans.clone())
    lifted.trans[1, 30:50, 1] += 0.3
    figure = feet_plot([Panel("A", Curves.of(motion)), Panel("B", Curves.of(lifted))], LINE).figure
    tracks = [trace for trace in figure.data if trace.hoverinfo == "skip" and trace.x[0] is not None]
    assert len(tracks) == 8, "people x feet x panels"
    assert [track.meta["ink"] for track in tracks] == ["one"] * 4 + ["two"] * 4
    assert tracks[4].x == (0.0, 6.0, None)
    assert tracks[5].x == (0.0, 1.5, None, 2.5, 6.0, None), "of the second panel"
    assert figure.layout.yaxis.ticktext == ("one, left", "one, right", "two, left", "two, right")
    assert feet_plot([Panel("", Curves.of(lifted))], LINE).numbers[0].count("left foot planted 83% of the time") == 1


def test_a_motion_too_short_to_have_jerk_has_plots_still() -> None:
    short = [Panel("", Curves.of(statues().slice(0, 2)))]
    assert "not measurable" in jerk_plot(short, None, bundled()).numbers[0]
    assert feet_plot(short, None).figure.data and distance_plot(short, None).figure.data


def test_every_colour_has_the_name_by_which_the_browser_paints_it() -> None:
    for plot in (jerk_plot(panels(0.0, 0.1), LINE, bundled()), feet_plot(panels(0.0), LINE)):
        data = json.loads(plot.to_json("name"))
        assert data["config"]["toImageButtonOptions"]["filename"] == "intersyn_name"
        layout = data["layout"]
        for name in [trace["meta"]["ink"] for trace in data["data"]] + [
            item["name"] for item in (*layout["shapes"], *layout["annotations"])
        ]:
            assert name in inks()
        assert layout["meta"]["rows"] < layout["height"]
