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

from intersyn import imports, pipeline
from intersyn.__main__ import UP, VARIANTS, main, parser
from intersyn.commands import read_timeline
from intersyn.data.bvh import read_bvh
from intersyn.motion import Motion
from intersyn.timeline import Part, Segment, Timeline
from tests.motions import smooth_motion

TEXTS = ["--solo-a", "a person walks", "--interaction", "two people dance", "--solo-b", "a person waves"]
TIMES = ["--frames", "100", "--interaction-start", "30", "--interaction-end", "70"]


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "motion.npz"


@pytest.fixture
def run(tiny_checkpoint, out, capsys):
    """Run `generate` in this process; returns exit code and stderr. Without --out it writes to `out`."""

    def call(*arguments: str, checkpoint: str | None = None) -> tuple[int, str]:
        outputs = [] if "--out" in arguments else ["--out", str(out)]
        try:
            code = main(["generate", "--checkpoint", checkpoint or str(tiny_checkpoint), *outputs, *arguments])
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


def test_choices_are_the_pipelines_and_the_importers():
    assert tuple(pipeline.VARIANTS) == VARIANTS
    assert imports.UP == UP


def test_every_format_at_once(run, out):
    names = ("a.npz", "a.amass.npz", "a.bvh", "a.glb", "a.obj", "a.json")
    outs = [word for name in names for word in ("--out", str(out.parent / name))]
    code, err = run(*TEXTS, *TIMES, "--steps", "1", "--fps", "30", "--units", "cm", "--frame", "99", *outs)
    assert (code, err) == (0, "")
    written = {"a.npz", "a.glb", "a.json"} | {f"a_{k}.{end}" for k in (0, 1) for end in ("amass.npz", "bvh", "obj")}
    assert {path.name for path in out.parent.iterdir()} == written
    assert Motion.load(out.parent / "a.npz").fps == 30
    bvh = read_bvh(out.parent / "a_1.bvh")
    assert bvh.fps == pytest.approx(30) and bvh.positions[:, 0, 1].max() > 50  # centimetres
    assert "frame 99" in (out.parent / "a_0.obj").read_text()[:100]


def test_variants_beside_each_other(run, out, gl):
    """A film of two variants is laid out in two panels: another picture than of one."""
    one, both = out.with_name("one.png"), out.with_name("both.png")
    assert run(*TEXTS, *TIMES, "--steps", "2", "--out", str(one))[0] == 0
    assert run(*TEXTS, *TIMES, "--steps", "2", "--beside", "uncoupled", "no_rec", "--out", str(both))[0] == 0
    assert one.read_bytes() != both.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--beside", "no_rec"], ["--beside", ".mp4 or .png"]),
        (["--beside", "no_music", "--out", "x.png"], ["no_music"]),
        (["--beside", "no_rec", "full", "uncoupled", "no_smooth", "--out", "x.png"], ["three", "3"]),
    ],
)
def test_beside_needs_a_film_and_room(run, out, gl, monkeypatch, arguments, words):
    monkeypatch.chdir(out.parent)
    code, err = run(*TEXTS, *TIMES, *arguments)
    assert code == 2
    assert any(word in err for word in words), err
    assert list(out.parent.iterdir()) == []


def test_a_project_makes_the_motion_again(run, out, tmp_path):
    project = tmp_path / "dance.json"
    settings = ("--steps", "2", "--seed", "5", "--variant", "no_rec", "--guidance-scale", "1.5", "--clean-up",
                "--contact-guidance", "0.5")  # fmt: skip
    assert run(*TEXTS, *TIMES, *settings, "--out", str(out), "--out", str(project))[0] == 0
    again = tmp_path / "again.npz"
    assert run("--project", str(project), "--out", str(again)) == (0, "")
    first, second = Motion.load(out), Motion.load(again)
    assert np.array_equal(first.poses, second.poses) and np.array_equal(first.trans, second.trans)
    assert first.timeline == second.timeline


def test_a_project_of_another_checkpoint_says_so(run, out, tmp_path):
    project = tmp_path / "dance.json"
    run(*TEXTS, *TIMES, "--steps", "1", "--out", str(project))
    data = json.loads(project.read_text())
    data["checkpoint"]["sha256"] = "0" * 64
    project.write_text(json.dumps(data))
    code, err = run("--project", str(project))
    assert code == 0 and out.is_file()
    assert err.startswith("note: This project was made with the checkpoint tiny (00000000), but tiny (")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seed", "1"], "--seed cannot be used together with --project"),
        (["--clean-up"], "--clean-up cannot be used together with --project"),
        (["--frames", "80"], "--frames cannot be used together with --project"),
    ],
)
def test_a_project_decides_alone(run, out, tmp_path, arguments, words):
    assert_refused(run("--project", "dance.json", *arguments), out, words)


def test_projects_that_cannot_be_used(run, out, tmp_path):
    assert_refused(run("--project", "no-such.json"), out, "Cannot read the project no-such.json")
    (tmp_path / "bad.json").write_text('{"format": "intersyn-project", "version": 9}')
    assert_refused(run("--project", str(tmp_path / "bad.json")), out, "bad.json: The project's version must be 1")


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


def test_output_of_an_unknown_format(run, out):
    result = run(*TEXTS, "--out", str(out.with_suffix(".txt")))
    assert_refused(result, out, "Cannot tell the format", "motion.txt", ".npz, .amass.npz, .glb, .bvh")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fps", "0"], "frame rate must be between 1 and 240"),
        (["--fps", "nan"], "frame rate must be between 1 and 240"),
        (["--units", "inch"], "inch"),
        (["--frame", "-1"], "frame must be a whole number"),
        (["--out", "{folder}/a.obj", "--frame", "100"], "no frame 100: the motion has frames 0 to 99"),
        (["--out", "{folder}/a.npz", "--out", "{folder}/a.npz"], "a.npz would be written twice"),
        (["--out", "{folder}/a.bvh", "--out", "{folder}/a_1.bvh"], "Cannot"),
        (["--body", "{folder}/none.npz"], "none.npz"),
    ],
)
def test_bad_outputs_are_refused_before_anything_is_made(run, out, monkeypatch, arguments, words):
    monkeypatch.setattr(pipeline.InterSynPipeline, "from_pretrained", None)  # would fail with a traceback
    arguments = [argument.replace("{folder}", str(out.parent)) for argument in arguments]
    if words == "Cannot":
        (out.parent / "a_1.bvh").mkdir()
        code, err = run(*TEXTS, *TIMES, *arguments)
        assert code == 2 and "a_1.bvh: it is a folder" in err
    else:
        assert_refused(run(*TEXTS, *TIMES, *arguments), out, words)


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
    example = re.search(r"```bash\n(python -m intersyn generate .*?[^\\])\n", readme, re.DOTALL).group(1)
    options = parser().parse_args(shlex.split(example.replace("\\\n", " "))[3:])
    assert read_timeline(options).boundaries == (70, 130)


@pytest.mark.parametrize("name", ["a.mp4", "a.png"])
def test_without_opengl_nothing_is_made_for_a_film(run, out, monkeypatch, name):
    monkeypatch.setattr("intersyn.render.gl._probe", lambda: (None, "Videos and pictures need OpenGL."))
    monkeypatch.setattr(pipeline.InterSynPipeline, "from_pretrained", None)  # would fail with a traceback
    outputs = ["--out", str(out), "--out", str(out.parent / name)]
    assert_refused(run(*TEXTS, *TIMES, *outputs), out, "error: Videos and pictures need OpenGL.")


@pytest.fixture
def convert(capsys):
    """Run `convert` in this process; returns exit code, stdout and stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main(["convert", *map(str, arguments)])
        except SystemExit as stop:  # argparse
            code = stop.code
        return code, *capsys.readouterr()

    return call


def dance(path: Path, people: int = 2, frames: int = 20) -> Path:
    local, root, _ = smooth_motion(2, people, frames=frames)
    return Motion.from_quaternions(local, root, 20.0).save(path)


def test_converting_there_and_back(convert, tmp_path):
    first = dance(tmp_path / "dance.npz")
    assert convert(first, "--out", tmp_path / "dance.bvh", "--units", "cm", "--out", tmp_path / "d.glb")[::2] == (0, "")
    code, said, err = convert(tmp_path / "dance_0.bvh", tmp_path / "dance_1.bvh", "--out", tmp_path / "back.npz")
    assert (code, err) == (0, "")
    assert said == f"{tmp_path / 'back.npz'}: 2 people, 20 frames, 1.0 s\n"
    back = Motion.load(tmp_path / "back.npz")
    assert (back.joints() - Motion.load(first).joints()).norm(dim=-1).max() < 1e-3


def test_converting_says_what_it_judged(convert, tmp_path):
    lying = tmp_path / "lying.npz"
    poses = np.zeros((30, 156))
    poses[:, 0] = np.pi / 2  # z is up, as AMASS has it
    np.savez(lying, poses=poses, trans=np.zeros((30, 3)), mocap_framerate=120)
    code, _, err = convert(lying, "--out", tmp_path / "out.npz")
    assert code == 0 and err.startswith("note: z is up in the file") and err.count("\n") == 1
    assert convert(lying, "--up", "y", "--out", tmp_path / "out.npz")[::2] == (0, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.npz", "--out", "out.glb"], "Cannot read none.npz: No such file"),
        (["dance.npz", "--out", "out.fbx"], "Cannot tell the format of out.fbx"),
        (["dance.npz", "--out", "out.json"], "only generate makes one"),
        (["dance.npz", "dance.fbx", "--out", "out.glb"], "Cannot read dance.fbx"),
        (["dance.npz", "long.npz", "--out", "out.glb"], "need the same length"),
        (["dance.npz", "--out", "out.obj", "--frame", "20"], "no frame 20"),
        (["dance.npz", "--out", "dance.npz/out.glb"], "not a folder that can be written to"),
        (["dance.npz", "--up", "x", "--out", "out.glb"], "invalid choice"),
        (["dance.npz", "--body", "none.npz", "--out", "out.glb"], "none.npz"),
    ],
)
def test_bad_conversions(convert, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    dance(tmp_path / "dance.npz")
    dance(tmp_path / "long.npz", frames=21)
    code, said, err = convert(*arguments)
    assert (code, said) == (2, "")
    assert words in err and "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dance.npz", "long.npz"]


@pytest.mark.parametrize("suffix", [".npz", ".amass.npz", ".bvh", ".glb", ".obj"])
def test_a_disk_that_fills_up_leaves_no_format_half_written(convert, tmp_path, monkeypatch, suffix):
    source, folder = dance(tmp_path / "dance.npz"), tmp_path / "out"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("intersyn.files.os.replace", full)
    code, said, err = convert(source, "--out", folder / f"a{suffix}")
    assert (code, said, err) == (2, "", f"error: Cannot write {folder / f'a{suffix}'}: No space left on device.\n")
    assert list(folder.iterdir()) == []
