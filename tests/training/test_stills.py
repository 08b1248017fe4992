"""Sheets, grids and videos: their size, what they mark, and that nobody sees half of one."""

from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

from intersyn.data.store import ClipStore
from tests.motions import smooth_motion
from training import stills
from training.scenes import Scene

CELL = (48, 40)
RED = (179, 38, 30)


def scene(frames: int = 6, people: int = 2, marks: tuple[int, ...] = ()) -> Scene:
    rotations, root, _ = smooth_motion(1, people, frames=frames)
    return Scene(rotations, root, "a title", "a text that does not fit " * 20, marks)


def test_moments_are_spread_and_hold_the_middle_of_every_contact():
    assert stills.moments(scene(81), 5) == [0, 20, 40, 60, 80]
    assert stills.moments(scene(81, marks=(*range(20, 35), 50)), 5) == [0, 27, 50, 60, 80]
    assert stills.moments(scene(3), 5) == [0, 1, 2]
    crowded = stills.moments(scene(81, marks=tuple(range(0, 81, 4))), 3)
    assert crowded == [0, 40, 80]
    with pytest.raises(ValueError, match="got 1"):
        stills.moments(scene(), 1)


def test_a_sheet_has_a_row_per_scene_and_frames_what_is_marked(tmp_path: Path):
    path = stills.sheet([scene(marks=(5,)), scene(people=1)], tmp_path / "new" / "sheet.png", 3, CELL, closeup=True)
    with Image.open(path) as image:
        assert image.size == (4 * (CELL[0] + stills.GAP), 2 * (stills.HEADING + CELL[1] + stills.GAP))
        for column, red in enumerate((False, False, True, True)):
            corner = (column * (CELL[0] + stills.GAP), stills.HEADING)
            assert (image.getpixel(corner) == RED) is red
    assert [file.name for file in path.parent.iterdir()] == ["sheet.png"]
    with pytest.raises(ValueError, match="got none"):
        stills.sheet([], tmp_path / "none.png")


def test_a_grid_shows_every_nth_frame(tmp_path: Path):
    path = stills.stills(scene(7), 2, tmp_path / "grid.png", CELL, columns=3)
    with Image.open(path) as image:
        assert image.size == (3 * (CELL[0] + stills.GAP), stills.HEADING + 2 * (CELL[1] + stills.GAP))
        last = image.crop((0, image.height - CELL[1], CELL[0], image.height))
        assert len(last.getcolors(10_000)) > 50
        assert image.getpixel((image.width - 5, image.height - 5)) == (255, 255, 255)  # four cells, six places
    with pytest.raises(ValueError, match="got 0"):
        stills.stills(scene(), 0, path)


def test_a_video_has_every_frame(tmp_path: Path):
    path = stills.video(scene(7), tmp_path / "video.mp4", (64, 48))
    assert imageio_ffmpeg.count_frames_and_secs(str(path))[0] == 7
    reader = imageio_ffmpeg.read_frames(str(path))
    about = next(reader)
    reader.close()
    assert about["size"] == (64, 48) and about["fps"] == 20 and about["codec"] == "h264"
    assert about["pix_fmt"].startswith("yuv420p")
    assert [file.name for file in tmp_path.iterdir()] == ["video.mp4"]
    with pytest.raises(ValueError, match="even"):
        stills.video(scene(), path, (63, 48))


def test_a_failure_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "sheet.png"
    path.write_bytes(b"old")

    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", broken)
    with pytest.raises(OSError, match="disk full"):
        stills.sheet([scene()], path, 2, CELL)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_the_command_draws_clips_of_a_store(store_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    names = [clip.name for clip in ClipStore.load(store_folder).clips[:2]]
    stills.main(stills.Config(store_folder, tuple(names), tmp_path / "sheet.png", columns=2))
    assert (tmp_path / "sheet.png").exists() and "sheet.png" in capsys.readouterr().out
    stills.main(stills.Config(store_folder, (names[0],), tmp_path / "grid.png", every=60))
    assert (tmp_path / "grid.png").exists()
    with pytest.raises(ValueError, match="one clip, got 2"):
        stills.main(stills.Config(store_folder, tuple(names), tmp_path / "video.mp4"))
    with pytest.raises(ValueError, match="got 'sheet.gif'"):
        stills.main(stills.Config(store_folder, tuple(names), tmp_path / "sheet.gif"))
