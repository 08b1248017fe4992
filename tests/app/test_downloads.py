"""Files of what is on the screen: every format, what is refused, and stopping. No browser."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from app.bodies import measure
from app.downloads import DRAWN, Downloads, check_size, together
from app.form import DEFAULT
from app.generation import Generator
from app.limits import MAX_FILE_FRAMES, MAX_PICTURES
from app.presets import PRESETS
from app.session import Session
from app.state import State
from intersyn.body.default import default_arrays
from intersyn.export.formats import FORMATS
from intersyn.export.options import ExportError
from intersyn.export.project import Project
from intersyn.imports import load_motion
from intersyn.motion import Motion

BODIES = (180, 1.0, 165, -0.5)


@pytest.fixture(scope="module")
def downloads(tiny_checkpoint: Path) -> Downloads:
    generator = Generator(str(tiny_checkpoint))
    generator.load()
    return Downloads(generator, measure(default_arrays(), ""))


@pytest.fixture
def session() -> Session:
    torch.manual_seed(0)
    state = State(PRESETS[0].script, (DEFAULT,), BODIES)
    trans = torch.randn(2, 196, 3) * 0.1 + torch.tensor((0.0, 0.965, 0.0))
    motion = Motion(torch.randn(2, 196, 22, 3) * 0.1, trans, torch.zeros(2, 10), 20.0, state.script.timeline())
    session = Session()
    session.show([motion], "full_seed0", state=state)
    return session


def prepared(answers: Iterator, keep: Path) -> tuple[list[str], Path | None]:
    """The lines that were shown, and a copy of the file that was offered."""
    lines, file = [], None
    for line, save, *_ in answers:
        lines.append(line)
        if save.get("value"):
            file = keep / Path(save["value"]).name
            file.write_bytes(Path(save["value"]).read_bytes())
    return lines, file


@pytest.mark.parametrize("suffix", [".npz", ".amass.npz", ".glb", ".bvh", ".obj", ".json"])
def test_every_format_that_needs_no_opengl_becomes_a_file(downloads, session, tmp_path, suffix):
    lines, file = prepared(downloads.prepare(session, suffix, 0, "m", 7, *BODIES), tmp_path)
    several = FORMATS[suffix].per_person
    assert file.name == f"intersyn_full_seed0{suffix}{'.zip' if several else ''}"
    assert f"{file.name} is ready" in lines[-1] and "is-done" in lines[-1]
    if several:
        assert zipfile.ZipFile(file).namelist() == [f"intersyn_full_seed0_{k}{suffix}" for k in (0, 1)]


def test_files_have_the_bodies_of_the_sliders_and_the_rate_asked_for(downloads, session, tmp_path):
    _, file = prepared(downloads.prepare(session, ".npz", 60, "m", 0, *BODIES), tmp_path)
    motion = Motion.load(file)
    assert motion.fps == 60
    np.testing.assert_allclose(motion.betas[:, :2], downloads.sliders.betas(BODIES), atol=1e-5)


def test_bvh_in_centimetres(downloads, session, tmp_path):
    files = []
    for units in ("m", "cm"):
        _, file = prepared(downloads.prepare(session, ".bvh", 0, units, 0, *BODIES), tmp_path)
        text = zipfile.ZipFile(file).read("intersyn_full_seed0_0.bvh").decode()
        files.append(float(text[text.index("MOTION") :].splitlines()[3].split()[1]))
    assert files[1] == pytest.approx(100 * files[0], rel=1e-3)


def test_a_project_makes_the_same_request(downloads, session, tmp_path):
    _, file = prepared(downloads.prepare(session, ".json", 0, "m", 0, *BODIES), tmp_path)
    project, state = Project.load(file), session.state
    assert (project.timeline, project.settings) == (state.script.timeline(), state.panels)
    assert project.betas[0][1] == 1.0


def test_one_sentence_where_nothing_can_be_made(downloads, session, tmp_path):
    ((line, *_),) = downloads.prepare(Session(), ".glb", 0, "m", 0, *BODIES)
    assert "no motion on the screen" in line
    session.state = None  # as of an imported motion
    lines, file = prepared(downloads.prepare(session, ".json", 0, "m", 0, *BODIES), tmp_path)
    assert file is None and "is-error" in lines[-1] and "only a motion that was generated here" in lines[-1]
    assert session.motion is not None


def test_failures_nobody_foresaw_are_told_and_printed(downloads, session, tmp_path, monkeypatch, capsys):
    def broken(*_):
        raise KeyError("what")

    monkeypatch.setattr("app.downloads.export", broken)
    lines, _ = prepared(downloads.prepare(session, ".glb", 0, "m", 0, *BODIES), tmp_path)
    assert "could not be made (KeyError); the motion is still there." in lines[-1]
    assert "KeyError: 'what'" in capsys.readouterr().err


def test_what_the_server_has_no_time_for_is_refused():
    long = Motion(torch.zeros(2, 8000, 22, 3), torch.zeros(2, 8000, 3), torch.zeros(2, 10), 20.0)
    with pytest.raises(ExportError, match=f"8000 pictures, and the page makes up to {MAX_PICTURES}"):
        check_size(long, FORMATS[".mp4"], 0)
    with pytest.raises(ExportError, match=f"24000 frames of 2 people, and the page writes up to {MAX_FILE_FRAMES}"):
        check_size(long, FORMATS[".bvh"], 60)
    check_size(long, FORMATS[".png"], 60)
    check_size(long, FORMATS[".bvh"], 20)


def film(frames: int, started: threading.Event):
    """An export of films that draws nothing."""

    def export(motion, path, options, progress, cancelled):
        for done in range(1, frames + 1):
            started.set()
            if cancelled():
                return []
            progress(done, frames)
            threading.Event().wait(0.002)
        path.write_bytes(b"film")
        return [path]

    return export


def test_films_report_pictures_and_can_be_stopped(downloads, session, tmp_path, monkeypatch):
    monkeypatch.setattr("app.downloads.export", film(5, threading.Event()))
    lines, file = prepared(downloads.prepare(session, ".mp4", 0, "m", 0, *BODIES), tmp_path)
    assert file.read_bytes() == b"film"
    assert any("of 5" in line and "<progress" in line for line in lines)

    monkeypatch.setattr("app.downloads.export", film(100_000, threading.Event()))
    lines = []
    for answer in downloads.prepare(session, ".mp4", 0, "m", 0, *BODIES):
        lines.append(answer[0])
        if "Drawing" in answer[0]:
            downloads.cancel(session)
    assert "Cancelled; no file was made." in lines[-1]
    assert [update["visible"] for update in answer[1:]] == [False, True, False]


def test_one_film_at_a_time_and_who_leaves_makes_room(downloads, session, monkeypatch):
    started = threading.Event()
    monkeypatch.setattr("app.downloads.export", film(100_000, started))
    first = downloads.prepare(session, ".mp4", 0, "m", 0, *BODIES)
    while "Drawing" not in next(first)[0]:
        pass
    other = Session()
    other.show([session.motion], "other")
    second = downloads.prepare(other, ".mp4", 0, "m", 0, *BODIES)
    next(second)
    assert "Waiting for another film" in next(second)[0]
    first.close()  # the visitor closed the tab
    assert "Drawing" in next(second)[0]
    second.close()


def test_formats_that_cannot_be_drawn_here_say_why(downloads, monkeypatch):
    monkeypatch.setattr("intersyn.render.gl._probe", lambda: (None, "There is no OpenGL: install something."))
    labels = {suffix: label for label, suffix in downloads.choices()["choices"]}
    assert all(("not here" in label) == (suffix in DRAWN) for suffix, label in labels.items())
    line, rate, units = downloads.describe(".mp4")
    assert "There is no OpenGL: install something." in line and "is-error" in line
    assert downloads.describe(".glb")[0].startswith('<p class="is-status is-idle"')


def test_what_is_asked_depends_on_the_format(downloads):
    asked = {suffix: tuple(u["visible"] for u in downloads.describe(suffix)[1:]) for suffix in (".bvh", ".glb", ".obj")}
    assert asked == {".bvh": (True, True), ".glb": (True, False), ".obj": (False, False)}


def test_several_files_come_in_a_zip(tmp_path):
    files = [tmp_path / f"walk_{k}.bvh" for k in (0, 1)]
    for file in files:
        file.write_text("HIERARCHY")
    archive = together(files, tmp_path / "walk.bvh")
    assert archive.name == "walk.bvh.zip"
    assert zipfile.ZipFile(archive).namelist() == ["walk_0.bvh", "walk_1.bvh"]
    assert together(files[:1], tmp_path / "walk.bvh") == files[0]


def test_exports_come_back_as_they_went(downloads, session, tmp_path):
    _, file = prepared(downloads.prepare(session, ".bvh", 0, "m", 0, *BODIES), tmp_path)
    zipfile.ZipFile(file).extractall(tmp_path)
    back = load_motion(sorted(tmp_path.glob("*.bvh")), report=lambda _: None)
    assert (back.num_people, back.frames) == (2, 196)
