"""The lesson's exhibits and texts, with tiny networks: what each chapter hands to the browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app import gpu
from app.lesson import lesson_template, show
from app.lesson_exhibits import DRAWN, EXAMPLES, Exhibits, scene
from app.lesson_text import CHAPTERS, NAMES
from intersyn.body.browser import QUATERNION_SCALE, unpack_arrays
from intersyn.data.interleaved import sample_dataset
from intersyn.motion import Motion
from intersyn.pipeline import InterSynPipeline
from tests.test_repository import ROOT


@pytest.fixture(scope="module")
def exhibits(tiny_checkpoint: Path) -> Exhibits:
    return Exhibits(str(tiny_checkpoint))


def shown(view: dict, panel: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Quaternions (P, T, 22, 4) and roots (P, T, 3) of a panel's file."""
    arrays, _ = unpack_arrays(Path(view["panels"][panel]["motion"]["path"]).read_bytes())
    return arrays["rotations"].swapaxes(0, 1) / QUATERNION_SCALE, arrays["root"].swapaxes(0, 1)


def is_motion(view: dict, motion: Motion, panel: int = 0) -> None:
    rotations, root = shown(view, panel)
    np.testing.assert_allclose(root, motion.trans, atol=1e-6)
    likeness = np.abs((rotations * motion.quaternions().numpy()).sum(-1))
    assert likeness.min() > 0.999


def test_fusion_shows_what_training_draws(exhibits):
    got = exhibits.get("fusion", 0)
    dataset, store = sample_dataset()
    batch = dataset.batch(DRAWN[0], "interleaved", 1)
    is_motion(got["views"]["fused"], Motion.from_quaternions(batch.rotations[0], batch.root[0], store.fps))
    frames = len(got["blended"])
    assert got["seams"] == [clip["start"] for clip in got["clips"][0][1:]]
    assert got["clips"][1][-1]["end"] == frames
    assert [clip["together"] for clip in got["clips"][0]] == [False, True, False]
    assert np.max(got["leaps"]["fused"]) < 0.5 * np.max(got["leaps"]["placed"])
    assert got["views"]["fused"]["segments"] == got["views"]["placed"]["segments"]


def test_frames_are_each_others_mirror(exhibits):
    got = exhibits.get("frames", 0)["numbers"]
    one, two = (np.array(got[name]["place"]) for name in ("one", "two"))
    np.testing.assert_allclose(one, -two, atol=0.011)  # written to whole centimetres
    turn = np.array(got["one"]["degrees"]) - np.array(got["two"]["degrees"])
    assert np.all(np.abs(np.abs(turn) - 180) <= 1)
    assert one[0, 0, 1] < 0 < one[1, 0, 1], "at the start I stand at -z and my partner at +z"
    assert two[1, 0, 1] == one[0, 0, 1], "and so does my partner, in their own frame"
    assert not np.allclose(got["world"]["place"], one, atol=0.3)


def test_model_chapters_show_the_pipelines_motions(exhibits, tiny_checkpoint):
    pipe = InterSynPipeline.from_pretrained(tiny_checkpoint)
    made = {name: pipe(scene(), seed=1, variant=name) for name in ("full", "no_rec", "no_smooth")}
    denoising, rec, smooth = (exhibits.get(name, 1) for name in ("denoising", "rec", "smooth"))

    assert len(denoising["steps"]) == pipe.config.steps
    is_motion(denoising["steps"][-1]["views"]["predicted"], made["no_rec"])
    assert denoising["steps"][-1]["away"] == 0 < denoising["steps"][0]["away"]
    assert denoising["steps"][0]["signal"] < 0.01 and denoising["steps"][-1]["signal"] > 0.99

    for panel, name in enumerate(("no_rec", "full")):
        is_motion(rec["views"]["both"], made[name], panel)
    moved = (made["full"].joints() - made["no_rec"].joints()).norm(dim=-1) * 100
    assert rec["most"] == pytest.approx(float(moved[:, 40:100].max()), abs=0.06)
    assert rec["curves"][1][70] == pytest.approx(float(moved[1, 70].mean()), abs=0.006)
    assert rec["together"] == [40, 100]
    assert 40 <= rec["frame"] < 100

    for panel, name in enumerate(("full", "no_smooth")):
        is_motion(smooth["views"]["both"], made[name], panel)
    acceleration = made["no_smooth"].joints().diff(n=2, dim=1)[:, 39].square().sum(-1).mean().sqrt() * 100
    assert smooth["curves"]["no_smooth"][0][smooth["reach"]] == pytest.approx(float(acceleration), abs=6e-4)
    assert len(smooth["data"]["curve"]) == 2 * smooth["reach"] + 1


def test_everything_is_computed_once(exhibits, monkeypatch):
    first = exhibits.get("rec", 1)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(InterSynPipeline, "denoise", never)
    assert exhibits.get("rec", 1) == first
    first["views"].clear()  # whoever got it may change it
    assert exhibits.get("rec", 1)["views"]
    assert exhibits.get("denoising", 1)["steps"], "the same generation"


def test_two_visitors_wait_for_one_computation(tiny_checkpoint):
    fresh = Exhibits(str(tiny_checkpoint))
    steps: list[int] = []
    threads = [threading.Thread(target=fresh.get, args=("rec", 0, lambda done, _: steps.append(done))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert steps == [1, 2, 3]


def test_nothing_is_computed_before_it_is_asked_for(tiny_checkpoint, monkeypatch):
    monkeypatch.setattr(gpu, "_pipelines", {})
    fresh = Exhibits(str(tiny_checkpoint))
    assert not gpu.is_loaded(str(tiny_checkpoint))
    assert not any(fresh.is_ready(chapter, number) for chapter, count in EXAMPLES.items() for number in range(count))


@pytest.mark.parametrize(("chapter", "number"), [("rec", 4), ("rec", -1), ("none", 0)])
def test_what_there_is_not(exhibits, chapter, number):
    with pytest.raises(ValueError, match="There is no example"):
        exhibits.get(chapter, number)


def answers(*args: object) -> list[dict]:
    heard: Iterator[dict] = show(*args)
    return list(heard)


def test_opening_a_chapter_reports_and_ends_with_the_exhibit(tiny_checkpoint):
    fresh = Exhibits(str(tiny_checkpoint))
    heard = answers(fresh, {"chapter": "smooth", "number": 2})
    assert heard[0] == {"chapter": "smooth", "number": 2, "done": 0, "steps": 0}
    assert [(item["done"], item["steps"]) for item in heard[1:-1]] == [(k, 6) for k in range(1, 7)]
    assert heard[-1]["exhibit"] == fresh.get("smooth", 2)
    assert len(answers(fresh, {"chapter": "smooth", "number": 2})) == 1, "kept for the next visitor"


@pytest.mark.parametrize(
    "wanted", [{}, {"chapter": "rec"}, {"chapter": "rec", "number": "0"}, {"chapter": "x", "number": 0}]
)
def test_a_request_that_makes_no_sense_is_answered_in_words(exhibits, wanted):
    (answer,) = answers(exhibits, wanted)
    assert answer["message"] == "There is no such chapter."


def test_a_checkpoint_that_cannot_be_used_is_told_in_one_sentence(tmp_path):
    broken = Exhibits(str(tmp_path))
    *_, last = answers(broken, {"chapter": "denoising", "number": 0})
    assert last["message"].endswith(".") and "\n" not in last["message"]
    assert "exhibit" not in last


def test_chapters_name_files_that_exist_and_have_three_sentences() -> None:
    assert tuple(EXAMPLES) == NAMES
    for chapter in CHAPTERS:
        assert len(chapter.text.strip().split("\n\n")) == 3
        assert all((ROOT / file).is_file() for file in chapter.files)
    template = lesson_template()
    assert "$" not in template and "{" not in template, "Gradio would fill it in"


def test_the_scene_is_within_one_window() -> None:
    assert scene().frames == 140
    assert scene().boundaries == (40, 100)
