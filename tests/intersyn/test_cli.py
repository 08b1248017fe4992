"""The command line: what it writes, and one sentence with exit code 2 for every kind of bad input."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from intersyn import pipeline
from intersyn.__main__ import VARIANTS, main, parser, read_timeline
from intersyn.motion import Motion
from intersyn.timeline import Part, Segment, Timeline

TEXTS = ["--solo-a", "a person walks", "--interaction", "two people dance", "--solo-b", "a person waves"]
TIMES = ["--frames", "100", "--interaction-start", "30", "--interaction-end", "70"]


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "motion.npz"


@pytest.fixture
def run(tiny_checkpoint, out, capsys):
    """Run `generate` in this process; returns exit code and stderr."""

    def call(*arguments: str, checkpoint: str | None = None) -> tuple[int, str]:
        try:
            code = main(["generate", "--checkpoint", checkpoint or str(tiny_checkpoint), "--out", str(out), *arguments])
        except SystemExit as stop:  # argparse
            code = stop.code
        return code, capsys.readouterr().err

    return call


def assert_refused(result: tuple[int, str], out, *words: str) -> None:
    code, err = result
    assert code == 2
    assert "Traceback" not in err
    for word in words:
        assert word in err, err
    assert not out.is_file()
    assert not out.parent.exists() or list(out.parent.iterdir()) == []


def test_writes_the_motion(run, out):
    assert run(*TEXTS, *TIMES, "--steps", "2")[0] == 0
    with np.load(out, allow_pickle=False) as file:
        assert file["poses"].shape == (2, 100, 22, 3)
        assert file["trans"].shape == (2, 100, 3)
        assert file["joints"].shape == (2, 100, 22, 3)
        assert file["betas"].shape == (2, 10)
        assert file["fps"] == 20
    timeline = Motion.load(out).timeline
    assert timeline.boundaries == (30, 70)
    assert timeline.segments[1].parts[0].text == "two people dance"


def test_a_text_longer_than_the_encoder_reads(run, out):
    result = run("--solo-a", "7 " * 100, *TEXTS[2:], *TIMES)
    assert_refused(result, out, "error: The text beginning with '7 7 7", "102 tokens", "at most 77")


def test_default_times_are_the_papers(run, out):
    assert run(*TEXTS, "--steps", "1")[0] == 0
    timeline = Motion.load(out).timeline
    assert (timeline.frames, timeline.boundaries) == (196, (70, 130))


def test_a_text_for_each_person(run, out):
    texts = ["--solo-a", "a person walks", "a person jumps", *TEXTS[2:]]
    assert run(*texts, *TIMES, "--steps", "1")[0] == 0
    assert [part.text for part in Motion.load(out).timeline.segments[0].parts] == ["a person walks", "a person jumps"]


def test_same_seed_same_file(run, out):
    run(*TEXTS, *TIMES, "--steps", "2", "--seed", "5")
    first = Motion.load(out)
    run(*TEXTS, *TIMES, "--steps", "2", "--seed", "5")
    assert np.array_equal(first.poses, Motion.load(out).poses)
    run(*TEXTS, *TIMES, "--steps", "2", "--seed", "6")
    assert not np.array_equal(first.poses, Motion.load(out).poses)


def test_timeline_file(run, out, tmp_path):
    three = tuple(Part((p,), "a person walks") for p in range(3))
    timeline = Timeline((Segment(0, 40, (Part((0, 1, 2), "three people dance"),)), Segment(40, 80, three)))
    path = tmp_path / "timeline.json"
    path.write_text(timeline.to_json())
    assert run("--timeline", str(path), "--steps", "1")[0] == 0
    motion = Motion.load(out)
    assert motion.num_people == 3
    assert motion.timeline == timeline


def test_variants_are_the_pipelines():
    assert tuple(pipeline.VARIANTS) == VARIANTS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*TEXTS[:2], *TEXTS[4:]], ("--interaction is missing",)),
        (["--solo-a", " ", *TEXTS[2:]], ("empty",)),
        (["--solo-a", "x" * 400, *TEXTS[2:]], ("400 characters",)),
        (["--solo-a", "a", "b", "c", *TEXTS[2:]], ("one for each",)),
        ([*TEXTS, "--interaction-start", "90", "--interaction-end", "60"], ("90 to 60",)),
        ([*TEXTS, "--interaction-end", "300"], ("70 to 300",)),
        ([*TEXTS, "--interaction-start", "-5"], ("-5 to 130",)),
        ([*TEXTS, "--interaction-start", "10"], ("10 frames", "20 or more")),
        ([*TEXTS, "--interaction-start", "120"], ("10 frames", "30 or more")),
        ([*TEXTS, "--frames", "0"], ("0 frames",)),
        ([*TEXTS, "--frames", "100000"], ("at most",)),
        ([*TEXTS, "--frames", "many"], ("--frames",)),
        ([*TEXTS, "--variant", "best"], ("best",)),
        ([*TEXTS, "--steps", "0"], ("steps",)),
        ([*TEXTS, "--seed", "-1"], ("seed",)),
        ([*TEXTS, "--guidance-scale", "nan"], ("guidance scale",)),
        ([*TEXTS, "--timeline", "x.json"], ("--solo-a cannot be used together with --timeline",)),
        (["--timeline", "no-such-file.json"], ("no-such-file.json",)),
        ([], ("--solo-a is missing",)),
    ],
)
def test_bad_input(run, out, arguments, words):
    assert_refused(run(*arguments), out, *words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", 'a list "segments"'),
        ('{"segments": []}', "1 to 7 segments"),
        ('{"segments": [{"start": 0}]}', "start, end and parts"),
    ],
)
def test_file_that_is_no_timeline(run, out, tmp_path, text, words):
    path = tmp_path / "timeline.json"
    path.write_text(text)
    assert_refused(run("--timeline", str(path)), out, words)


def test_timeline_of_another_frame_rate(run, out, tmp_path):
    timeline = Timeline((Segment(0, 40, (Part((0,), "a person walks"),)),), fps=30)
    (tmp_path / "timeline.json").write_text(timeline.to_json())
    assert_refused(run("--timeline", str(tmp_path / "timeline.json")), out, "20 frames per second")


def test_missing_checkpoint(run, out):
    assert_refused(run(*TEXTS, checkpoint="/no/such/folder"), out, "/no/such/folder")


def test_truncated_checkpoint(run, out, tiny_checkpoint, tmp_path):
    copy = shutil.copytree(tiny_checkpoint, tmp_path / "copy")
    weights = copy / "ins" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert_refused(run(*TEXTS, checkpoint=str(copy)), out, "damaged or cut short")


def test_checkpoint_with_unknown_setting(run, out, tiny_checkpoint, tmp_path):
    copy = shutil.copytree(tiny_checkpoint, tmp_path / "copy")
    config = json.loads((copy / "rec" / "config.json").read_text())
    config["model"]["colour"] = 1
    (copy / "rec" / "config.json").write_text(json.dumps(config))
    assert_refused(run(*TEXTS, checkpoint=str(copy)), out, "colour")


def test_hub_id_without_network(run, out, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub._snapshot_download.constants.HF_HUB_OFFLINE", True)
    assert_refused(run(*TEXTS, checkpoint="nobody/nothing-of-the-kind"), out, "cannot be reached")


def test_output_must_be_npz(run, out):
    assert_refused(run(*TEXTS, "--out", str(out.with_suffix(".txt"))), out, ".npz")


def test_output_that_is_a_folder(run, out):
    folder = out.parent / "folder.npz"
    folder.mkdir()
    code, err = run(*TEXTS, "--out", str(folder))
    assert (code, "is a folder" in err) == (2, True)
    assert list(out.parent.rglob("*")) == [folder]


def test_output_below_a_file(run, out):
    (out.parent / "file").write_text("")
    code, err = run(*TEXTS, "--out", str(out.parent / "file" / "motion.npz"))
    assert (code, "Cannot write" in err) == (2, True)
    assert [path.name for path in out.parent.rglob("*")] == ["file"]


def test_disk_that_fills_up_leaves_nothing(run, out, monkeypatch):
    def full(*args, **kwargs) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    assert_refused(run(*TEXTS, *TIMES, "--steps", "1"), out, "No space left on device")


def test_as_a_command(tmp_path):
    """Exit codes through a real process, with an interpreter that has not imported anything yet."""

    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "intersyn", "generate", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    shown = run("--help")
    assert shown.returncode == 0
    assert "--interaction-start" in shown.stdout
    refused = run(*TEXTS, "--frames", "0", "--out", str(tmp_path / "motion.npz"))
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: ")
    assert refused.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_readmes_example_is_valid():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```bash\n(python -m intersyn generate .*?)```", readme, re.DOTALL).group(1)
    options = parser().parse_args(shlex.split(example.replace("\\\n", " "))[3:])
    assert read_timeline(options).boundaries == (70, 130)
