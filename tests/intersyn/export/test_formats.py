"""Choosing a format, names of files, refused motions, and disks that fail."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from intersyn.export.formats import FORMATS, export, export_paths, format_of
from intersyn.export.options import ExportError, ExportOptions
from intersyn.motion import Motion
from tests.motions import smooth_motion, timeline


def dance(frames: int = 12, people: int = 2) -> Motion:
    local, root, _ = smooth_motion(3, people, frames=frames)
    return Motion.from_quaternions(local, root, 20.0)


def test_every_format_has_a_writer() -> None:
    for suffix, entry in FORMATS.items():
        assert suffix == entry.suffix and suffix.startswith(".")
        assert callable(entry.load_writer())
        assert entry.label and len(entry.description) < 90


def test_the_longest_suffix_wins() -> None:
    assert format_of("folder.x/take.npz").suffix == ".npz"
    assert format_of("take.amass.npz").suffix == ".amass.npz"
    assert format_of("TAKE.NPZ").suffix == ".npz"


@pytest.mark.parametrize("name", ["take", "take.fbx", ".npz", "npz"])
def test_unknown_formats_name_the_known(name: str) -> None:
    with pytest.raises(ExportError, match=r"must end in one of .*\.npz"):
        format_of(name)


def test_one_file_each_or_one_for_all(tmp_path: Path) -> None:
    assert export(dance(), tmp_path / "take.npz") == [tmp_path / "take.npz"]
    several = export(dance(), tmp_path / "take.amass.npz")
    assert [path.name for path in several] == ["take_0.amass.npz", "take_1.amass.npz"]
    assert several == export_paths(tmp_path / "take.amass.npz", 2)
    assert [path.name for path in export_paths("TAKE.AMASS.NPZ", 2)] == ["TAKE_0.AMASS.NPZ", "TAKE_1.AMASS.NPZ"]
    alone = export(dance(people=1), tmp_path / "solo.amass.npz")
    assert [path.name for path in alone] == ["solo.amass.npz"]
    assert all(path.is_file() for path in (*several, *alone))


def test_frame_rate(tmp_path: Path) -> None:
    motion = dance(21).with_timeline(timeline("i"))
    export(motion, tmp_path / "fast.npz", ExportOptions(fps=60))
    fast = Motion.load(tmp_path / "fast.npz")
    assert (fast.fps, fast.frames) == (60, 61)
    torch.testing.assert_close(fast.trans[:, ::3], motion.trans, atol=1e-5, rtol=0)
    export(motion, tmp_path / "same.npz", ExportOptions(fps=20))
    assert Motion.load(tmp_path / "same.npz").timeline == motion.timeline


def test_a_motion_of_unknown_origin_has_no_project(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no project to write"):
        export(dance(), tmp_path / "take.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", FORMATS)
def test_motions_that_cannot_be_exported(suffix: str, tmp_path: Path) -> None:
    motion = dance()
    poses = motion.poses.clone()
    poses[1, 3, 4, 0] = float("nan")
    for bad, words in (
        (replace(motion, poses=poses), "poses of person 1 .* not finite"),
        (replace(motion, trans=motion.trans / 0), "trans of person 0 .* not finite"),
        (dance(people=9), "1 to 8 people .* got 9"),
    ):
        with pytest.raises(ExportError, match=words):
            export(bad, tmp_path / f"take{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fps": 0.0}, "frame rate"),
        ({"fps": float("nan")}, "frame rate"),
        ({"fps": 1000.0}, "got 1000"),
        ({"units": "inch"}, "m or cm, got 'inch'"),
        ({"frame": -1}, "frame must be a whole number"),
        ({"frame": True}, "frame must be a whole number"),
    ],
)
def test_options_out_of_range(change: dict, words: str) -> None:
    with pytest.raises(ExportError, match=words):
        ExportOptions(**change)


def test_paths_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.npz").mkdir()
    for path in (tmp_path / "file" / "take.npz", tmp_path / "folder.npz"):
        with pytest.raises(ExportError, match="Cannot write .*npz: "):
            export(dance(), path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder.npz"]


def test_a_full_disk_leaves_no_person_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second person's file fails: the first person's old file stays as it was."""
    old = tmp_path / "take_0.amass.npz"
    old.write_bytes(b"old")
    written = []

    def fill_up(file, **arrays) -> None:
        written.append(file)
        file.write(b"half")
        if len(written) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", fill_up)
    with pytest.raises(ExportError, match="No space left on device"):
        export(dance(), tmp_path / "take.amass.npz")
    assert old.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [old]


@contextmanager
def no_file_may_grow_beyond(size: int) -> Iterator[None]:
    """The operating system refuses to write more than `size` bytes to any file of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("suffix", [".npz", ".amass.npz", ".glb", ".bvh", ".obj"])
def test_a_disk_that_fills_up_while_writing(suffix: str, tmp_path: Path) -> None:
    """The first two kilobytes are written, no more: whatever had the name before is still there, and nothing else."""
    old = export_paths(tmp_path / f"take{suffix}", 2)
    for path in old:
        path.write_bytes(b"old")
    with no_file_may_grow_beyond(2000), pytest.raises(ExportError, match=r"Cannot write .*: File too large\.$"):
        export(dance(), tmp_path / f"take{suffix}")
    assert sorted(tmp_path.iterdir()) == sorted(old)
    assert {path.read_bytes() for path in old} == {b"old"}
