"""Evaluation on made-up data: what is drawn, measured, summed up and written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from intersyn.data.store import FILE_NAME, ClipStore
from intersyn.pipeline import VARIANTS, InterSynPipeline
from tests.synthetic import make_store
from training import contact_sheet
from training.common import make_dataset
from training.evaluate import Config, cleaned, draw_samples, figures, generate, main
from training.evaluation_report import interval, seam_figures, summary
from training.text_checks import CHECKS, draw_requests, reference_clips


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic store that is all test split, but for the walks backward, which are all for training."""
    store = make_store(3)
    clips = tuple(replace(clip, split="train" if clip.action == "walk-back" else "test") for clip in store.clips)
    folder = tmp_path_factory.mktemp("data")
    replace(store, clips=clips).save(folder / FILE_NAME)
    return folder


@pytest.fixture(scope="module")
def samples(data: Path):
    return draw_samples(make_dataset([data], "test", 0, "cpu", "test", 60), 10)


def test_samples_are_whole_and_told_in_reserved_words(samples, data: Path) -> None:
    store = ClipStore.load(data, ("test",))
    training = {text for clip in store.clips for text in clip.texts}
    assert len(samples) == 10
    for sample in samples:
        assert sample.motion.frames == sample.timeline.frames
        texts = {part.text for segment in sample.timeline.segments for part in segment.parts}
        assert not texts & training
        told = any("salsa" in text for text in texts)
        assert told == ("recorded pairs" in sample.pairs)
        alone = all(len(part.people) == 1 for segment in sample.timeline.segments for part in segment.parts)
        assert alone == (sample.pairs == "no interaction")
    again = draw_samples(make_dataset([data], "test", 0, "cpu", "test", 60), 10)
    assert all(torch.equal(a.motion.trans, b.motion.trans) for a, b in zip(samples, again, strict=True))


def test_generation_with_shared_stages_is_the_pipelines(tiny_checkpoint: Path, samples) -> None:
    pipe = InterSynPipeline.from_pretrained(tiny_checkpoint)
    timeline = samples[0].timeline
    made = generate(pipe, timeline, 5, VARIANTS, 2, 1.5)
    assert list(made) == list(VARIANTS)
    for name, (motion, _) in made.items():
        alone = pipe(timeline, seed=5, variant=name, steps=2, guidance_scale=1.5)
        torch.testing.assert_close(motion.poses, alone.poses, atol=1e-5, rtol=0)
        torch.testing.assert_close(motion.trans, alone.trans, atol=1e-5, rtol=0)
    motion, contacts = made["full"]
    assert cleaned(motion, contacts)["cleaned jerk m/s^3"] < figures(motion)["jerk m/s^3"]


def test_figures_of_a_real_sequence(samples) -> None:
    found = figures(samples[0].motion)
    joints = samples[0].motion.joints()
    together = [s for s in samples[0].timeline.segments if s.parts[0].is_interaction]
    gaps = [(joints[0, s.start : s.end, 0] - joints[1, s.start : s.end, 0])[:, ::2].norm(dim=-1) for s in together]
    assert found["pelvis distance m"] == pytest.approx(float(torch.cat(gaps).mean()), abs=1e-5)
    assert found["nearest joints m"] <= found["pelvis distance m"]


def test_intervals_and_pairing() -> None:
    assert interval([float("nan")]) is None
    found = interval([1.0, 3.0, float("nan")])
    assert found["mean"] == 2.0 and found["n"] == 2 and found["plus_minus"] == pytest.approx(1.0)

    def row(k: int, variant: str, value: float) -> dict:
        return {"sequence": k, "variant": variant, "pairs": "paired solos", "windows": [], "jerk m/s^3": value}

    # Sequences differ much, but `no_rec` is always a little more, and `uncoupled` now more and now less.
    rows = [row(k, "full", 10.0 * k) for k in range(12)]
    rows += [row(k, "no_rec", 10.0 * k + 1 + 0.1 * (k % 3)) for k in range(12)]
    rows += [row(k, "uncoupled", 10.0 * k + (-1) ** k) for k in range(12)]
    found = summary(rows, [], 0.1)
    assert found["base"] == "full"
    jerk = {name: values["jerk m/s^3"] for name, values in found["figures"].items()}
    assert jerk["no_rec"]["differs"] and not jerk["uncoupled"]["differs"] and "differs" not in jerk["full"]


def test_seam_figures_are_of_the_mean_curve() -> None:
    """Two sequences, the first with two windows of three: the mean weighs windows alike."""
    found = seam_figures([[[0.0, 0.3, 0.0], [0.0, 0.3, 0.0]], [], [[0.0, 0.0, 0.6]]], reference=0.1)
    assert found["PeakJerk mm"]["mean"] == pytest.approx(200)
    assert found["AUJ mm"]["mean"] == pytest.approx(100 + 100 + 100)
    assert found["AUJ mm"]["n"] == 3


def test_requests_take_all_clips_before_any_twice(data: Path) -> None:
    store = ClipStore.load(data, ("test",))
    check = next(check for check in CHECKS if check.name == "walks")
    clips = reference_clips(store, check)
    assert {clip.action for clip in clips} == {"walk"}
    requests = draw_requests(clips, check, 8, seed=1)
    assert len({request.clip.name for request in requests[:6]}) == 6 and len(requests) == 8
    assert all(request.text in request.clip.test_texts for request in requests)
    assert all(request.timeline.frames == request.clip.frames for request in requests)
    assert draw_requests([], check, 8, seed=1) == []


def test_main_writes_a_page_and_its_figures(tiny_checkpoint: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.md"
    main(
        Config(
            (data,), out, str(tiny_checkpoint), sequences=3, per_check=1, steps=1, guidance_scale=1.0, paired_solos=60
        )
    )
    report = json.loads(out.with_suffix(".json").read_text())
    assert set(report["figures"]) == {"real", *VARIANTS}
    assert report["figures"]["real"]["jerk m/s^3"]["n"] == 3
    assert report["texts"]["walks"]["real"]["forward speed m/s"]["mean"] == pytest.approx(1.2, abs=0.1)
    assert report["text_clips"]["walks"] == "test"
    assert report["texts"]["walks backward"]["real"]["forward speed m/s"]["mean"] == pytest.approx(-1.0, abs=0.1)
    assert report["text_clips"]["walks backward"] == "all splits"
    page = out.read_text()
    assert "training.evaluate" in page and "| uncoupled_no_rec |" in page and "†" in page


def test_stills_show_people(samples, tmp_path: Path) -> None:
    path = contact_sheet.draw(samples[0].motion, tmp_path / "still.png", "a title", stills=3)
    with Image.open(path) as image:
        assert image.size == (3 * contact_sheet.CELL[0], contact_sheet.TITLE + 2 * contact_sheet.CELL[1])
        colours = {colour for _, colour in image.getcolors(1 << 20)}
    wanted = {tuple(bytes.fromhex(c[1:])) for person in contact_sheet.COLOURS for c in person}
    assert wanted <= colours
