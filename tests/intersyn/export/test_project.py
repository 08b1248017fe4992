"""Project files: the same motion again, to the bit; a sentence for another checkpoint; every field checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch

import intersyn
from intersyn.digest import weights_digest
from intersyn.export.formats import export
from intersyn.export.options import ExportError, ExportOptions
from intersyn.export.project import MAX_BYTES, Project, ProjectError
from intersyn.pipeline import InterSynPipeline
from intersyn.settings import Settings
from intersyn.timeline import Timeline

TIMELINE = Timeline.solo_interact_solo(
    ("a person walks forward", "a person jumps – twice"), "two people salsa dance", "a person bows", 80, 25, 60
)
DIGEST = "0123456789abcdef" * 4
BESIDE = asdict(Settings())


def project(**changes: Any) -> Project:
    fields = {
        "timeline": TIMELINE, "seed": 7, "variant": "no_smooth", "steps": 2, "guidance_scale": 1.7, "clean_up": True,
        "checkpoint": "somebody's", "digest": DIGEST,
    }  # fmt: skip
    return Project(**{**fields, **changes})


@pytest.fixture(scope="module")
def tiny(tiny_checkpoint: Path) -> InterSynPipeline:
    return InterSynPipeline.from_pretrained(tiny_checkpoint)


def test_the_bundled_checkpoint_makes_the_same_motion_again(tmp_path: Path) -> None:
    """To the bit, on one machine with one number of threads, by a pipeline loaded anew."""
    settings = {"seed": 7, "variant": "no_smooth", "steps": 2, "guidance_scale": 1.7, "clean_up": True}
    pipeline = InterSynPipeline.from_pretrained()
    motion = pipeline(TIMELINE, **settings)
    made_from = Project.of(pipeline, TIMELINE, **settings)
    (path,) = export(motion, tmp_path / "dance.json", ExportOptions(project=made_from))
    fresh = InterSynPipeline.from_pretrained()
    loaded = Project.load(path)
    again = loaded.generate(fresh)
    assert loaded == made_from and loaded.difference(fresh) is None
    assert torch.equal(again.poses, motion.poses)
    assert torch.equal(again.trans, motion.trans)
    assert again.timeline == TIMELINE and again.fps == motion.fps


def test_defaults_are_the_checkpoints(tiny: InterSynPipeline) -> None:
    made_from = Project.of(tiny, TIMELINE)
    assert (made_from.steps, made_from.guidance_scale) == (tiny.config.steps, tiny.config.guidance_scale)
    assert (made_from.checkpoint, made_from.app_version) == ("tiny", intersyn.__version__)
    assert made_from.digest == weights_digest(tiny)


def test_shapes_of_the_bodies_come_back(tiny: InterSynPipeline, tmp_path: Path) -> None:
    motion = tiny(TIMELINE, steps=1)
    betas = torch.zeros(2, 10)
    betas[1, 0] = 0.3  # no round number in binary
    options = ExportOptions(project=Project.of(tiny, TIMELINE, steps=1))
    (path,) = export(replace(motion, betas=betas), tmp_path / "dance.json", options)
    assert torch.equal(Project.load(path).generate(tiny).betas, betas)
    with pytest.raises(ExportError, match="betas of person 0"):
        export(replace(motion, betas=betas + 11), path, options)


def test_another_checkpoint_is_told(tiny: InterSynPipeline, tiny_checkpoint: Path) -> None:
    other = InterSynPipeline.from_pretrained(tiny_checkpoint)
    assert weights_digest(other) == weights_digest(tiny)
    with torch.no_grad():
        next(other.rec.model.parameters())[0] += 1e-3
    said = Project.of(tiny, TIMELINE).difference(other)
    assert "made with the checkpoint tiny" in said and "will be another one" in said and said.count(".") == 1
    same_weights = InterSynPipeline(tiny.text_encoder, tiny.ins, tiny.rec, replace(tiny.config, window_frames=60))
    assert weights_digest(same_weights) != weights_digest(tiny)
    renamed = InterSynPipeline(tiny.text_encoder, tiny.ins, tiny.rec, replace(tiny.config, name="renamed"))
    assert Project.of(tiny, TIMELINE).difference(renamed) is None
    old = replace(Project.of(tiny, TIMELINE), app_version="0.0.1")
    assert "InterSyn 0.0.1" in old.difference(tiny)


def test_contact_guidance_is_kept_and_files_without_it_are_read(tiny: InterSynPipeline) -> None:
    plain = Project.of(tiny, TIMELINE, steps=1)
    assert "contact_guidance" not in plain.to_json()
    assert Project.from_json(plain.to_json()).contact_guidance == 0.0
    guided = Project.of(tiny, TIMELINE, steps=1, contact_guidance=0.5)
    assert Project.from_json(guided.to_json()) == guided
    motion = guided.generate(tiny)
    assert torch.equal(motion.trans, tiny(TIMELINE, steps=1, contact_guidance=0.5).trans)


def test_what_stood_beside_the_motion_is_kept_and_files_without_it_are_read(tiny: InterSynPipeline) -> None:
    plain = Project.of(tiny, TIMELINE, steps=1)
    assert "beside" not in plain.to_json()
    assert Project.from_json(plain.to_json()).beside == ()
    others = (Settings("no_rec", steps=1), Settings("full", 8, 2, 1.5, True, 0.5))
    several = Project.of(tiny, TIMELINE, steps=1, beside=others)
    again = Project.from_json(several.to_json())
    assert again == several and again.settings[1:] == others and again.settings[0].variant == "full"
    first, second, third = again.generate_all(tiny)
    assert torch.equal(first.trans, again.generate(tiny).trans)
    assert torch.equal(second.trans, tiny(TIMELINE, variant="no_rec", steps=1, guidance_scale=2.5).trans)
    assert not torch.equal(third.trans, first.trans)
    with pytest.raises(ProjectError, match="at most 7 motions beside the first, got 8"):
        Project.of(tiny, TIMELINE, beside=others * 4)


def test_a_file_of_the_first_version_of_the_format_is_read() -> None:
    """As written before there was contact guidance, or anything beside a motion."""
    text = json.dumps({
        "format": "intersyn-project", "version": 1, "app_version": "0.1.0",
        "checkpoint": {"name": "somebody's", "sha256": DIGEST},
        "seed": 7, "variant": "no_smooth", "steps": 2, "guidance_scale": 1.7, "clean_up": True, "betas": [],
        "timeline": TIMELINE.to_dict(),
    })  # fmt: skip
    assert Project.from_json(text) == project(app_version="0.1.0")


def changed(change: Callable[[dict], Any]) -> str:
    data = json.loads(project().to_json())
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(format="other"), '"format": "intersyn-project"'),
        (lambda d: d.update(version=2), "version must be 1, got 2"),
        (lambda d: d.update(version=True), "version must be 1, got True"),
        (lambda d: d.pop("version"), "version must be 1, got None"),
        (lambda d: d.update(colour=1), "no field 'colour'"),
        (lambda d: d.pop("seed"), "lacks the field seed"),
        (lambda d: d.update(seed=-1), "seed must be a whole number"),
        (lambda d: d.update(seed=1.5), "seed must be a whole number, got 1.5"),
        (lambda d: d.update(seed=10**300), "seed must be a whole number"),
        (lambda d: d.update(steps=100000), "steps must be a whole number from 1"),
        (lambda d: d.update(steps=True), "steps must be a whole number, got True"),
        (lambda d: d.update(variant="best"), "no variant 'best'"),
        (lambda d: d.update(variant="x" * 10_000), "variant must be at most 200"),
        (lambda d: d.update(variant=["full"]), "variant must be a text"),
        (lambda d: d.update(guidance_scale=float("nan")), "guidance_scale must be a finite number, got nan"),
        (lambda d: d.update(guidance_scale=float("inf")), "guidance_scale must be a finite number, got inf"),
        (lambda d: d.update(guidance_scale=10**400), "guidance_scale must be a finite number"),
        (lambda d: d.update(guidance_scale=50), "guidance scale must lie between"),
        (lambda d: d.update(contact_guidance=3), "Contact guidance must lie between 0 and 2, got 3"),
        (lambda d: d.update(contact_guidance="1"), "contact_guidance must be a finite number, got '1'"),
        (lambda d: d.update(clean_up=1), "clean_up must be true or false, got 1"),
        (lambda d: d.update(checkpoint="open-v0"), "checkpoint must be an object with name and sha256"),
        (lambda d: d["checkpoint"].update(sha256="12"), "sha256 must be 64 hexadecimal"),
        (lambda d: d["checkpoint"].update(name="a\nb"), "checkpoint name must be at most 200 printable"),
        (lambda d: d.update(app_version=1), "app_version must be a text"),
        (lambda d: d.update(betas=5), "betas must be a list"),
        (lambda d: d.update(betas=[[0] * 10]), "betas must be given for all 2 people"),
        (lambda d: d.update(betas=[[0] * 9] * 2), "betas of person 0 must be 10 numbers"),
        (lambda d: d.update(betas=[[0] * 10, [99] * 10]), "betas of person 1 must be 10 numbers from -10 to 10"),
        (lambda d: d.update(betas=[["a"] * 10] * 2), "betas must be a finite number, got 'a'"),
        (lambda d: d.update(beside=5), "beside must be a list of objects"),
        (lambda d: d.update(beside=[{"variant": "full"}]), "beside must be a list of objects with clean_up, contact"),
        (lambda d: d.update(beside=[{**BESIDE, "seed": "1"}]), "seed must be a whole number, got '1'"),
        (lambda d: d.update(beside=[{**BESIDE, "steps": 0}]), "beside cannot be used: The number of steps"),
        (lambda d: d.update(beside=[BESIDE] * 8), "at most 7 motions beside"),
        (lambda d: d.update(timeline=[]), "timeline cannot be used: A timeline is an object"),
        (lambda d: d["timeline"].update(fps=10**400), "timeline cannot be used: fps must be a number"),
        (lambda d: d["timeline"]["segments"].pop(0), "timeline cannot be used: Segment 1 starts at frame 25"),
        (lambda d: d["timeline"]["segments"][1]["parts"][0].update(text="\ud800"), "half a character"),
        (lambda d: d["timeline"]["segments"][1]["parts"][0].update(text="x" * 999), "999 characters"),
    ],
)
def test_every_field_is_checked(change: Callable[[dict], Any], words: str) -> None:
    with pytest.raises(ProjectError) as caught:
        Project.from_json(changed(change))
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400 and "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"seed": ' + "1" * 5000 + "}"])
def test_text_that_is_no_project(text: str) -> None:
    with pytest.raises(ProjectError, match="not valid JSON|no project file"):
        Project.from_json(text)


def test_files_that_are_no_projects(tmp_path: Path) -> None:
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "huge.json").write_text(" " * (MAX_BYTES + 10))
    (tmp_path / "wrong.json").write_text("{}")
    for name, words in (("binary", "no text file"), ("huge", "at most"), ("wrong", "no project"), ("none", "No such")):
        with pytest.raises(ProjectError, match=f"{name}.json.*{words}"):
            Project.load(tmp_path / f"{name}.json")


def test_a_full_disk_leaves_the_old_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project().save(tmp_path / "dance.json")

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space"):
        project(seed=8).save(path)
    assert Project.load(path).seed == 7
    assert list(tmp_path.iterdir()) == [path]
