"""A film has the size, rate and length asked for, shows everybody, and leaves nothing behind where it stops."""

from __future__ import annotations

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from intersyn.export.formats import export
from intersyn.export.options import ExportError, ExportOptions
from intersyn.export.picture import write_picture
from intersyn.export.video import write_video
from intersyn.motion import Motion
from intersyn.render import gl
from intersyn.render.colours import PEOPLE
from tests.motions import smooth_motion, timeline


def dance(frames: int = 5, people: int = 2) -> Motion:
    local, root, _ = smooth_motion(3, people, frames=40)
    return Motion.from_quaternions(local, root, 20.0, timeline("i", people)).slice(0, frames)


def coloured(picture: np.ndarray, person: int) -> np.ndarray:
    """Where the picture has a person's hue."""
    picture, colour = picture.astype(float), np.array(PEOPLE[person])
    away = np.abs(picture / np.maximum(picture.sum(-1, keepdims=True), 1) - colour / colour.sum()).max(-1)
    return (away < 0.07) & (np.ptp(picture, axis=-1) > 40)


@pytest.mark.usefixtures("gl")
@pytest.mark.parametrize(("fps", "frames"), [(None, 5), (60.0, 13)])
def test_a_film_has_the_size_rate_and_length(tmp_path: Path, fps: float | None, frames: int):
    said: list[tuple[int, int]] = []
    path = tmp_path / "new" / "dance.mp4"
    assert export(dance(), path, ExportOptions(fps=fps), lambda *done: said.append(done)) == [path]
    about = next(imageio_ffmpeg.read_frames(str(path)))
    assert (about["size"], about["fps"], about["codec"]) == ((1280, 720), fps or 20.0, "h264")
    assert imageio_ffmpeg.count_frames_and_secs(str(path))[0] == frames
    assert said == [(done, frames) for done in range(1, frames + 1)]
    assert [entry.name for entry in path.parent.iterdir()] == ["dance.mp4"]


@pytest.mark.usefixtures("gl")
def test_variants_stand_side_by_side_at_the_same_size(tmp_path: Path):
    write_video([("full", dance()), ("no_rec", dance())], tmp_path / "two.mp4")
    stream = imageio_ffmpeg.read_frames(str(tmp_path / "two.mp4"))
    next(stream)
    picture = np.frombuffer(next(stream), np.uint8).reshape(720, 1280, 3)[44:600]
    for person in (0, 1):
        left, right = coloured(picture[:, :638], person), coloured(picture[:, 642:], person)
        assert left.sum() > 2000 and (left != right).mean() < 0.01


@pytest.mark.usefixtures("gl")
@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_picture_shows_both_people_in_every_variant(tmp_path: Path, count: int):
    from PIL import Image

    write_picture([(f"variant {k}", dance()) for k in range(count)], tmp_path / "x.png", ExportOptions(frame=3))
    picture = np.asarray(Image.open(tmp_path / "x.png"))
    assert picture.shape == (720, 1280, 3)
    columns, rows = {1: (1, 1), 3: (3, 1), 4: (2, 2)}[count]
    for k in range(count):
        y, x = k // columns * 608 // rows, k % columns * 1280 // columns
        cell = picture[y : y + 608 // rows, x : x + 1280 // columns]
        assert all(coloured(cell, person).sum() > 500 for person in (0, 1))


@pytest.mark.usefixtures("gl")
def test_a_strip_has_a_row_per_variant(tmp_path: Path):
    from PIL import Image

    write_picture([("a", dance()), ("b", dance())], tmp_path / "x.png", moments=4)
    strip = np.asarray(Image.open(tmp_path / "x.png"))
    assert strip.shape[1] > strip.shape[0]
    for row in np.array_split(strip, 2):
        for moment in np.array_split(row, 4, axis=1):
            assert coloured(moment, 0).sum() > 200 and coloured(moment, 1).sum() > 200


@pytest.mark.usefixtures("gl")
def test_cancelled_films_leave_nothing(tmp_path: Path):
    old = tmp_path / "dance.mp4"
    old.write_bytes(b"old")
    said: list[tuple[int, int]] = []
    written = write_video(dance(), old, progress=lambda *done: said.append(done), cancelled=lambda: len(said) >= 2)
    assert written == [] and said == [(1, 5), (2, 5)]
    assert [entry.name for entry in tmp_path.iterdir()] == ["dance.mp4"] and old.read_bytes() == b"old"


@pytest.mark.usefixtures("gl")
def test_an_encoder_that_stops_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nhead -c 9000000 >/dev/null\necho 'No space left on device' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    with pytest.raises(ExportError, match="The disk is full"):
        write_video(dance(), tmp_path / "out" / "dance.mp4")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.usefixtures("gl")
@pytest.mark.parametrize("name", ["x.mp4", "x.png"])
def test_paths_that_cannot_be_written(tmp_path: Path, name: str):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match=f"Cannot write .*{name}: "):
        export(dance(1), tmp_path / "file" / name)


@pytest.mark.usefixtures("gl")
def test_one_frame_and_eight_people(tmp_path: Path):
    assert export(dance(1, 8), tmp_path / "crowd.mp4")
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "crowd.mp4"))[0] == 1


@pytest.mark.parametrize("name", ["x.mp4", "x.png"])
def test_without_opengl_the_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setattr(gl, "_probe", lambda: (None, "There is no OpenGL."))
    with pytest.raises(ExportError, match=r"^There is no OpenGL\.$"):
        export(dance(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_shown_together(tmp_path: Path):
    with pytest.raises(ExportError, match="1 to 4 variants side by side, got 5"):
        write_video([("", dance())] * 5, tmp_path / "x.mp4")
    with pytest.raises(ExportError, match="got 0"):
        write_picture([], tmp_path / "x.png")
    with pytest.raises(ExportError, match=r"There is no frame 7: the motion has frames 0 to 4\."):
        write_picture(dance(), tmp_path / "x.png", ExportOptions(frame=7))
