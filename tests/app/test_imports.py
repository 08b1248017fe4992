"""Files brought back in: what is shown of them, what goes into the form, and what is said of bad ones. No browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch

from app.bodies import measure
from app.events import Events
from app.form import FIELDS
from app.generation import Generator
from app.history import Histories
from app.imports import Imports, figures, penetration, table
from app.presets import PRESETS
from app.script import Scene, Script
from app.session import Session
from intersyn.body.browser import unpack_arrays
from intersyn.body.default import default_arrays
from intersyn.export.formats import export
from intersyn.export.project import Project
from intersyn.metrics.physics import physics
from intersyn.motion import Motion
from intersyn.settings import Settings
from intersyn.timeline import Part, Segment, Timeline

BODIES = (172, 0.0, 172, 0.0)


@pytest.fixture(scope="module")
def imports(tiny_checkpoint: Path) -> Imports:
    return Imports(Events(Generator(str(tiny_checkpoint)), measure(default_arrays(), ""), Histories()))


def motion(people: int = 2, frames: int = 30) -> Motion:
    torch.manual_seed(0)
    trans = torch.randn(people, frames, 3) * 0.01 + torch.tensor((0.0, 0.965, 0.0))
    return Motion(torch.randn(people, frames, 22, 3) * 0.05, trans, torch.zeros(people, 10), 20.0)


def project(timeline: Timeline | None = None, **changes) -> Project:
    settings = {"seed": 3, "variant": "no_rec", "steps": 20, "guidance_scale": 3.0, "clean_up": False}
    timeline = timeline or PRESETS[1].script.timeline()
    return Project(timeline, checkpoint="tiny", digest="0" * 64, **{**settings, **changes})


def opened(imports: Imports, *files: Path, session: Session | None = None) -> tuple:
    (answer,) = imports.open([str(file) for file in files], session or Session(), *BODIES)
    assert len(answer) == 5 + FIELDS + len(BODIES)
    return answer


def skipped(*updates) -> bool:
    return all(isinstance(update, dict) and update == gr.skip() for update in updates)


@pytest.mark.parametrize("suffix", [".npz", ".bvh"])
def test_a_motion_of_ours_is_shown_and_measured(imports, tmp_path, suffix):
    files = export(motion(), tmp_path / f"intersyn_walk{suffix}")
    session = Session()
    (answer,) = imports.open([str(file) for file in files], session, *BODIES)
    line, rows, view, report, save = answer[:5]
    assert "on the screen" in line and "is-done" in line
    assert "1.5 s, 30 frames at 20 per second" in rows and "mm per frame" in rows and "m/s³" in rows
    assert view["people"] == ["Person one", "Person two"]
    assert view["segments"] == [{"start": 0, "end": 30, "kind": "alone", "label": "1.5 s", "texts": []}]
    assert save["visible"] is False and session.asked
    assert session.name in ("intersyn_walk", "intersyn_walk_0")
    assert skipped(*answer[5 : 5 + FIELDS]), "the form keeps what was typed"
    assert answer[5 + FIELDS :] == BODIES
    assert session.motion.betas.any(), "people without a body of their own get the page's figures"


def test_bodies_of_a_file_move_the_sliders(imports, tmp_path):
    shaped = replace(motion(), betas=torch.tensor([[1.0] * 10, [-0.5] * 10]))
    session = Session()
    (answer,) = imports.open([str(shaped.save(tmp_path / "shaped.npz"))], session, *BODIES)
    sliders = imports.events.sliders
    assert list(answer[5 + FIELDS :]) == sliders.values(shaped.betas.tolist())
    assert answer[5 + FIELDS + 1] == 1.0
    assert torch.equal(session.motion.betas, shaped.betas)


def test_the_viewer_gets_the_bodies_of_the_file(imports, tmp_path):
    shaped = replace(motion(), betas=torch.full((2, 10), 0.8))
    for answer in imports.open([str(shaped.save(tmp_path / "shaped.npz"))], Session(), *BODIES):
        arrays, _ = unpack_arrays(Path(answer[2]["panels"][0]["motion"]["path"]).read_bytes())
        np.testing.assert_allclose(arrays["betas"], shaped.betas, atol=0.1)  # whole centimetres


def test_a_project_fills_the_form_and_leaves_the_picture(imports, tmp_path):
    betas = ((1.0,) + (0.0,) * 9, (0.0, -1.0) + (0.0,) * 8)
    session = Session((motion(),))
    scene = project(betas=betas, beside=(Settings("no_rec", 4, 20, 3.0),))
    answer = opened(imports, scene.save(tmp_path / "scene.json"), session=session)
    line, rows, view, report, save = answer[:5]
    assert "in the form: press Generate" in line
    assert skipped(rows, view, save)
    script, *settings = answer[5 : 5 + FIELDS]
    assert [Scene(**each).frames for each in script["segments"]] == [each.frames for each in PRESETS[1].script.scenes]
    assert Script.from_value(script).timeline() == PRESETS[1].script.timeline()
    assert settings == ["no_rec", 3, 20, 3.0, False, 0.0, ["seed"]]
    assert answer[5 + FIELDS :][1::2] == (0.0, -1.0)
    assert answer[5 + FIELDS] > answer[5 + FIELDS + 2]


def test_what_the_page_does_not_make_is_one_sentence(imports, tmp_path):
    three = Timeline((Segment(0, 196, (Part((0, 1, 2), "a"),)),))
    for asked, sentence in ((project(three), "scenes of two people, got 3"), (project(steps=90), "between 4 and 50")):
        line, *rest = opened(imports, asked.save(tmp_path / "scene.json"))
        assert "is-error" in line and sentence in line and skipped(*rest)


def test_bad_files_are_one_sentence_and_change_nothing(imports, tmp_path):
    broken, picture = tmp_path / "broken.npz", tmp_path / "cat.png"
    broken.write_bytes(b"PK\x03\x04 and no more")
    picture.write_bytes(b"\x89PNG")
    (tmp_path / "other.json").write_text('{"format": "something"}')
    good = motion().save(tmp_path / "good.npz")
    session = Session()
    for files in ([broken], [picture], [tmp_path / "other.json"], [good, tmp_path / "other.json"], [good] * 5):
        answer = opened(imports, *files, session=session)
        assert "is-error" in answer[0] and answer[0].count("<span>") == 1
        assert skipped(*answer[1:])
    assert session.motion is None and not session.asked
    assert skipped(*next(imports.open(None, session, *BODIES)))


def test_measuring_what_is_shown(imports):
    assert "no motion on the screen" in imports.measure(Session())[0]
    line, rows = imports.measure(Session((motion(3),)))
    assert "is-done" in line and "<td>3</td>" in rows


def test_figures_are_those_of_the_metrics():
    two = motion()
    two = replace(two, trans=two.trans + torch.tensor([[[0.0, 0, 0]], [[0.1, 0, 0]]]))
    asked = physics(two)
    assert penetration(two) == pytest.approx(
        (asked["capsule_penetration_mm"], asked["capsule_penetration_share"]), rel=1e-4
    )
    said = dict(figures(two))
    assert said["Feet slide"].startswith(f"{asked['skating_mm_per_frame']:.1f} mm")
    assert said["Jerk"].startswith(f"{asked['jerk_m_per_s3']:.0f} ")
    assert set(dict(figures(motion(1, 1)))) == {"Length", "People"}
    assert "&lt;b&gt;" in table([("<b>", "1")])
