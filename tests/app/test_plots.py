"""What is said of panels, the table of seams, the file of curves. No browser."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest
import torch

from app import plots
from app.assets import Assets
from app.figures import Panel
from app.plots import changes, curves_csv, phrase, plot_outputs, plots_card, seam_table, what_changed
from intersyn.metrics.curves import Curves
from intersyn.metrics.reference import bundled
from intersyn.metrics.seams import Seam
from intersyn.models.boundary_detector import BoundaryDetector, DetectorConfig
from intersyn.motion import Motion
from intersyn.settings import VARIANTS, Settings
from intersyn.timeline import MAX_FRAMES
from tests.motions import timeline

LINE = timeline("sis")


FULL = Settings(clean_up=True)
LABELS = ("Both", "Full model")


def statues(apart: float = 1.5, people: int = 2) -> Motion:
    trans = torch.zeros(people, 120, 3) + torch.tensor((0.0, 0.965, 0.0))
    trans[:, :, 2] += apart * torch.arange(people)[:, None]
    return Motion(torch.zeros(people, 120, 22, 3), trans, torch.zeros(people, 10), 20.0, LINE if people == 2 else None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"variant": "no_rec"}, ("Without the coordinator", "with it")),
        ({"seed": 7}, ("With seed 7", "with seed 0")),
        ({"steps": 8}, ("With 8 steps", "with 16 steps")),
        ({"guidance_scale": 4.0}, ("With text guidance 4", "with text guidance 2.5")),
        ({"guidance_scale": 1.0}, ("Without text guidance", "with it")),
        ({"clean_up": False}, ("Without the clean-up", "with it")),
        ({"contact_guidance": 1.0}, ("With contact guidance", "without it")),
        ({"variant": "no_rec", "seed": 7}, ("In “Both”", "in “Full model”")),
    ],
)
def test_a_panel_is_spoken_of_by_what_it_differs_in(change, words) -> None:
    assert phrase(replace(FULL, **change), FULL, LABELS) == words


def test_every_variant_has_words_and_one_against_another_its_label() -> None:
    for name in VARIANTS.keys() - {"full"}:
        assert phrase(replace(FULL, variant=name), FULL, LABELS)[0].startswith("With")
    assert phrase(FULL, replace(FULL, variant="no_rec"), LABELS) == ("In “Both”", "in “Full model”")


def test_sentences_of_panels() -> None:
    panels = (FULL, replace(FULL, variant="no_rec"))
    notes = what_changed([statues(), statues(0.2)], panels, ["Full model", "No coordinator"])
    assert notes[0] == ""
    assert re.fullmatch(r"Without the coordinator .* \(.* with it\).*; the motions differ by 65 cm .*\.", notes[1])
    said = changes(["Full", "<b>"], notes)
    assert "&lt;b&gt;" in said and "measured against “Full”" in said
    assert "<li>" not in changes(["Full"], [""])


def seam(late: int | None = None, area: float = 0.5) -> Seam:
    return Seam(40, (False, True), 0.067, area, 1.26, late)


def test_the_table_has_a_column_for_the_detector_only_where_it_judged() -> None:
    rows = [[seam(), seam()], [seam(area=float("nan")), seam()]]
    html = seam_table(rows, ["Full", "<i>"], 20.0, bundled())
    assert html.count('data-frame="40"') == 2 and 'rowspan="2"' in html
    assert "<td>67</td><td>500</td><td>1.3</td></tr>" in html and "<td>–</td>" in html
    assert "&lt;i&gt;" in html and "alone → together" in html and "Recordings" in html
    assert "Late" not in html
    judged = seam_table([[seam(3), seam(None)]], ["Full"], 20.0, bundled())
    assert "Panel" in html and "Panel" not in judged, "one panel needs no name"
    assert "Late" in judged and "<td>+3</td>" in judged and "<td></td></tr>" in judged
    assert "nothing joined" not in seam_table(rows, ["A", "B"], 30.0, bundled())
    assert "no seams" in seam_table([[]], ["A"], 20.0, bundled())


def test_the_detector_is_that_of_the_bundled_checkpoint_if_there_is_one(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("intersyn.checkpoint.BUNDLED", tmp_path)
    plots.detector.cache_clear()
    try:
        assert plots.detector() is None
        assert "Late" not in plot_outputs([statues()], ["A"], [""], tmp_path)[7]
        torch.manual_seed(0)
        BoundaryDetector(DetectorConfig(width=8)).save(tmp_path / "detector")
        plots.detector.cache_clear()
        assert "Late" in plot_outputs([statues()], ["A"], [""], tmp_path)[7]
    finally:
        plots.detector.cache_clear()


def test_the_file_has_a_line_for_each_panel_person_and_frame() -> None:
    motions = [statues(), statues(2.0)]
    lines = list(csv.DictReader(io.StringIO(curves_csv([Panel(name, Curves.of(m)) for name, m in zip("AB", motions)]))))
    assert len(lines) == 2 * 2 * 120
    line = lines[120 + 50]
    assert (line["panel"], line["person"], line["frame"], line["seconds"]) == ("A", "Person two", "50", "2.5")
    assert float(line["pelvis_distance_m"]) == pytest.approx(1.5)
    assert float(line["jerk_m_per_s3"]) == 0 and line["left_foot_planted"] == "1"
    assert lines[0]["jerk_m_per_s3"] == ""
    assert float(lines[-1]["pelvis_distance_m"]) == pytest.approx(2.0)


def test_there_is_a_value_for_every_component(tmp_path) -> None:
    with gr.Blocks():
        card = plots_card(Assets(tmp_path))
    for motions in ([statues()], [statues(), statues(2.0)], [statues(people=1)]):
        values = plot_outputs(motions, ["Full model", "Other"][: len(motions)], ["", "note"][: len(motions)], tmp_path)
        assert len(values) == len(card.outputs)
        drawn = [value["visible"] for value in values if isinstance(value, dict)]
        assert drawn == [True, motions[0].num_people > 1, True, True]
        for component, value in zip(card.outputs, values):
            component.postprocess(value["value"] if isinstance(value, dict) else value)
    assert Path(values[-1]["value"]).read_text().startswith("panel,person,frame")


@pytest.mark.slow
def test_the_longest_request_of_four_panels_is_not_too_much_for_the_browser(tmp_path) -> None:
    poses, trans = torch.zeros(2, MAX_FRAMES, 22, 3), torch.zeros(2, MAX_FRAMES, 3)
    motion = Motion(poses, trans + torch.rand(2, MAX_FRAMES, 3), torch.zeros(2, 10), 20.0)
    values = plot_outputs([motion] * 4, list("ABCD"), [""] * 4, tmp_path)
    assert all(len(value["value"].plot) < 1_000_000 for value in (values[1], values[3], values[5]))
