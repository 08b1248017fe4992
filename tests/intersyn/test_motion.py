"""Motion: shapes, files there and back, frame rates, files that hold no motion."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from intersyn.motion import Motion, MotionFileError
from intersyn.rotations import axis_angle_to_quaternion, yaw_quaternion
from tests.motions import smooth_motion, timeline


def walk(frames: int = 60, people: int = 2) -> Motion:
    local, root, _ = smooth_motion(1, people, frames=frames)
    return Motion.from_quaternions(local, root, 20.0)


def test_there_and_back(tmp_path: Path) -> None:
    motion = walk(120).with_timeline(timeline("sis"))
    loaded = Motion.load(motion.save(tmp_path / "motion.npz"))
    torch.testing.assert_close(loaded.poses, motion.poses)
    torch.testing.assert_close(loaded.trans, motion.trans)
    assert loaded.fps == motion.fps
    assert loaded.timeline == motion.timeline
    with np.load(tmp_path / "motion.npz", allow_pickle=False) as file:
        assert {"poses", "trans", "joints", "betas", "fps", "timeline"} <= set(file.files)
        assert file["joints"].shape == (2, 120, 22, 3)
        np.testing.assert_allclose(file["joints"], motion.joints().numpy(), atol=1e-6)


def test_quaternions_there_and_back() -> None:
    local, root, _ = smooth_motion(2, 2, frames=30)
    back = Motion.from_quaternions(local, root, 20.0).quaternions()
    torch.testing.assert_close((back * local).sum(-1).abs(), torch.ones(2, 30, 22), atol=1e-5, rtol=0)


def test_resampling_by_hand() -> None:
    """A body that turns 1 rad and walks 1 m per second says the same at any rate."""
    time = torch.arange(21) / 20.0
    local = torch.zeros(1, 21, 22, 4)
    local[..., 0] = 1.0
    local[0, :, 0] = yaw_quaternion(time)
    trans = torch.stack((torch.zeros(21), torch.full((21,), 0.9), time), dim=-1)[None]
    motion = Motion.from_quaternions(local, trans, 20.0)
    for fps, frames in ((30.0, 31), (60.0, 61), (10.0, 11), (7.0, 8)):
        other = motion.resample(fps)
        assert other.frames == frames
        assert other.fps == fps
        at = torch.arange(frames) / fps
        torch.testing.assert_close(other.trans[0, :, 2], at, atol=1e-5, rtol=0)
        torch.testing.assert_close(other.poses[0, :, 0, 1], at, atol=1e-4, rtol=0)
    assert motion.resample(20.0) is motion
    assert motion.slice(0, 1).resample(30.0).frames == 1


def test_slice() -> None:
    motion = walk()
    piece = motion.slice(10, 30)
    torch.testing.assert_close(piece.trans, motion.trans[:, 10:30])
    assert piece.duration == 1.0
    with pytest.raises(ValueError, match=r"\[30, 61\)"):
        motion.slice(30, 61)


def test_rest_pose_stands_upright() -> None:
    motion = Motion(torch.zeros(1, 1, 22, 3), torch.tensor([[[0.0, 0.965, 0.0]]]), torch.zeros(1, 10), 20.0)
    heights = motion.joints()[0, 0, :, 1]
    assert heights.argmax() == 15
    assert 1.5 < float(heights.max()) < 1.6
    turned = Motion(
        torch.tensor([0.0, math.pi, 0.0]).expand(1, 1, 22, 3) * (torch.arange(22) == 0)[:, None],
        motion.trans, motion.betas, 20.0,
    )  # fmt: skip
    torch.testing.assert_close(axis_angle_to_quaternion(turned.poses).shape, torch.Size((1, 1, 22, 4)))
    torch.testing.assert_close(turned.joints()[..., 0], -motion.joints()[..., 0], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"poses": torch.zeros(2, 60, 66)}, r"poses must be \(P, T, 22, 3\), got \(2, 60, 66\)"),
        ({"trans": torch.zeros(2, 59, 3)}, r"trans must be \(2, 60, 3\).* got \(2, 59, 3\)"),
        ({"betas": torch.zeros(1, 10)}, r"betas must be \(2, 10\), got \(1, 10\)"),
        ({"fps": 0.0}, "fps must be positive"),
        ({"fps": float("nan")}, "fps must be positive"),
        ({"fps": float("inf")}, "finite"),
        ({"poses": torch.zeros(2, 0, 22, 3), "trans": torch.zeros(2, 0, 3)}, "one frame or more"),
    ],
)
def test_wrong_shapes_are_named(change: dict, message: str) -> None:
    motion = walk()
    fields = {"poses": motion.poses, "trans": motion.trans, "betas": motion.betas, "fps": 20.0}
    with pytest.raises(ValueError, match=message):
        Motion(**{**fields, **change})


def save(path: Path, **arrays) -> Path:
    np.savez(path, **arrays)
    return path


def test_files_that_hold_no_motion(tmp_path: Path) -> None:
    good = {"poses": np.zeros((2, 5, 22, 3)), "trans": np.zeros((2, 5, 3)), "fps": np.float64(20)}
    text = tmp_path / "text.npz"
    text.write_text("hello")
    array = tmp_path / "array.npy"
    np.save(array, np.zeros(3))
    truncated = tmp_path / "truncated.npz"
    truncated.write_bytes(walk().save(tmp_path / "whole.npz").read_bytes()[:5000])
    damaged = tmp_path / "damaged.npz"
    content = bytearray((tmp_path / "whole.npz").read_bytes())
    content[200:400] = bytes(200)
    damaged.write_bytes(content)
    files = [
        tmp_path / "missing.npz",
        text,
        array,
        truncated,
        damaged,
        save(tmp_path / "a.npz", poses=good["poses"]),
        save(tmp_path / "b.npz", **{**good, "trans": np.zeros((2, 4, 3))}),
        save(tmp_path / "c.npz", **{**good, "trans": np.full((2, 5, 3), np.nan)}),
        save(tmp_path / "d.npz", **{**good, "fps": np.zeros(3)}),
        save(tmp_path / "e.npz", **{**good, "poses": np.array(["a"])}),
        save(tmp_path / "f.npz", **{**good, "timeline": np.array("{")}),
        save(tmp_path / "deep.npz", **{**good, "timeline": np.array("[" * 100_000)}),
        save(tmp_path / "g.npz", **{**good, "poses": np.zeros((5, 30)), "trans": np.zeros((5, 3))}),
        save(tmp_path / "h.npz", **{**good, "poses": np.array([{"a": 1}], dtype=object)}),  # a pickle
    ]
    for path in files:
        with pytest.raises(MotionFileError, match=path.name):
            Motion.load(path)


def test_betas_may_be_missing(tmp_path: Path) -> None:
    good = {"poses": np.zeros((2, 5, 22, 3)), "trans": np.zeros((2, 5, 3)), "fps": np.float64(20)}
    assert not Motion.load(save(tmp_path / "a.npz", **good)).betas.any()
    betas = np.arange(20.0).reshape(2, 10)
    assert Motion.load(save(tmp_path / "b.npz", **good, betas=betas)).betas.tolist() == betas.tolist()


def test_nothing_is_left_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = walk().save(tmp_path / "motion.npz")
    before = path.read_bytes()

    def fail(file, **_) -> None:
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="disk full"):
        walk(30).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
