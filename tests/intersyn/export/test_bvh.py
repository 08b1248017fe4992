"""BVH: what a reader finds in the file is the motion, through gimbal lock, in both units, on bones of any length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from intersyn.body.model import load_body_model
from intersyn.data.bvh import Bvh, read_bvh
from intersyn.export import bvh as writer
from intersyn.export.bvh import ENDS, euler_curves, write_bvh
from intersyn.export.options import UNITS, ExportOptions
from intersyn.motion import Motion
from intersyn.rotations import axis_angle_to_quaternion, quaternion_conjugate, quaternion_multiply
from intersyn.skeleton import JOINT, JOINT_NAMES, OFFSETS, PARENTS, global_rotations
from tests.clients import in_blender
from tests.motions import smooth_motion
from tests.smpl_files import body_fields, write_npz

OPTIONS = ExportOptions()


def dance(frames: int = 40, people: int = 2) -> Motion:
    local, root, _ = smooth_motion(5, people, frames=frames)
    return Motion.from_quaternions(local, root, 20.0)


def read(path: Path) -> tuple[Bvh, list[int]]:
    """The file, and where our joints stand in it."""
    bvh = read_bvh(path)
    return bvh, [bvh.hierarchy.index(name) for name in JOINT_NAMES]


def angle_between(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Radians, from the sine of half the angle: the cosine is blunt near zero."""
    return 2 * torch.asin(quaternion_multiply(quaternion_conjugate(a), b)[..., 1:].norm(dim=-1).clamp(max=1))


def turned(joint: int, axis: int, degrees: torch.Tensor) -> Motion:
    """Somebody at rest but for one joint that turns about one axis."""
    poses = torch.zeros(1, len(degrees), 22, 3)
    poses[0, :, joint, axis] = torch.deg2rad(degrees)
    return Motion(poses, torch.zeros(1, len(degrees), 3), torch.zeros(1, 10), 20.0)


def test_positions_and_rotations_there_and_back(tmp_path: Path) -> None:
    motion = dance()
    paths = write_bvh(motion, tmp_path / "dance.bvh", OPTIONS)
    assert [path.name for path in paths] == ["dance_0.bvh", "dance_1.bvh"]
    for person, path in enumerate(paths):
        bvh, ours = read(path)
        rotations, joints = bvh.world()
        assert bvh.fps == pytest.approx(20)
        assert (joints[:, ours] - motion.joints()[person]).norm(dim=-1).max() < 1e-4  # metres
        expected = global_rotations(motion.quaternions().double())[person]
        assert angle_between(rotations[:, ours], expected).max() < 1e-4  # radians
        parents = [-1 if parent < 0 else JOINT_NAMES.index(bvh.hierarchy.names[parent])
                   for parent in (bvh.hierarchy.parents[j] for j in ours)]  # fmt: skip
        assert tuple(parents) == PARENTS


def test_rest_is_the_t_pose_of_the_body(tmp_path: Path) -> None:
    (path,) = write_bvh(turned(0, 0, torch.zeros(1)), tmp_path / "rest.bvh", OPTIONS)
    bvh, ours = read(path)
    assert (bvh.rotations - torch.tensor((1.0, 0, 0, 0))).abs().max() == 0
    np.testing.assert_allclose(bvh.hierarchy.offsets[ours], OFFSETS.numpy(), atol=1e-5)
    text = path.read_text()
    assert text.count("End Site") == len(ENDS) == 5
    assert text.count(f"CHANNELS 3 {writer.ROTATIONS}") == 21


def test_bones_are_those_of_the_betas(tmp_path: Path) -> None:
    motion = dance(people=1)
    betas = torch.zeros(1, 10)
    betas[0, 0] = 2.0
    tall = Motion(motion.poses, motion.trans, betas, 20.0)
    (path,) = write_bvh(tall, tmp_path / "tall.bvh", OPTIONS)
    bvh, ours = read(path)
    expected = load_body_model().joints(tall, 0)
    assert np.abs(bvh.world()[1][:, ours].numpy() - expected).max() < 1e-4
    assert np.abs(expected - motion.joints()[0].numpy()).max() > 0.01


@pytest.mark.parametrize("kind", ["smpl", "smplh", "smplx"])
def test_bones_are_those_of_the_users_own_body(kind: str, tmp_path: Path) -> None:
    motion = dance()
    model = load_body_model(write_npz(tmp_path / "body.npz", body_fields(kind)))
    for person, path in enumerate(write_bvh(motion, tmp_path / "dance.bvh", ExportOptions(body=model))):
        bvh, ours = read(path)
        assert np.abs(bvh.world()[1][:, ours].numpy() - model.joints(motion, person)).max() < 1e-4


def test_centimetres_and_frame_rate(tmp_path: Path) -> None:
    motion = dance(people=1)
    (metres,) = write_bvh(motion, tmp_path / "m.bvh", ExportOptions(fps=60))
    (centimetres,) = write_bvh(motion, tmp_path / "cm.bvh", ExportOptions(fps=60, units="cm"))
    one, hundred = read_bvh(metres), read_bvh(centimetres)
    assert one.fps == pytest.approx(60) and one.frames == 118
    torch.testing.assert_close(hundred.world()[1], 100 * one.world()[1], atol=0.02, rtol=0)
    torch.testing.assert_close(hundred.rotations, one.rotations, atol=1e-9, rtol=0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_gimbal_lock(sign: float, tmp_path: Path) -> None:
    """The middle axis at exactly 90 degrees, with turns about the two others that then coincide."""
    pitch = axis_angle_to_quaternion(torch.tensor((sign * torch.pi / 2, 0.0, 0.0), dtype=torch.float64))
    before = axis_angle_to_quaternion(torch.tensor((0.0, 0.0, 0.7), dtype=torch.float64))
    after = axis_angle_to_quaternion(torch.tensor((0.0, -0.4, 0.0), dtype=torch.float64))
    local = torch.tensor((1.0, 0, 0, 0), dtype=torch.float64).repeat(1, 3, 22, 1)
    local[0, 0] = pitch
    local[0, 1] = quaternion_multiply(before, pitch)
    local[0, 2] = quaternion_multiply(quaternion_multiply(before, pitch), after)
    motion = Motion.from_quaternions(local, torch.zeros(1, 3, 3, dtype=torch.float64), 20.0)
    (path,) = write_bvh(motion, tmp_path / "locked.bvh", OPTIONS)
    bvh, ours = read(path)
    assert angle_between(bvh.rotations[:, ours], local[0]).max() < 1e-4


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_curves_run_on_past_quarter_and_half_turns(axis: int) -> None:
    """Two whole turns and a half about one axis: one curve rises evenly, the others stay at zero."""
    degrees = torch.arange(0, 900, 7.0)
    curves = euler_curves(turned(0, axis, degrees).quaternions()[0].double().numpy())[:, 0]
    expected = np.zeros((len(degrees), 3))
    expected[:, writer.ORDER.index("XYZ"[axis])] = degrees
    np.testing.assert_allclose(curves, expected, atol=1e-3)


def test_one_frame(tmp_path: Path) -> None:
    (path,) = write_bvh(dance(1, 1), tmp_path / "one.bvh", ExportOptions(fps=60))
    assert read_bvh(path).frames == 1


@pytest.mark.slow
@pytest.mark.parametrize(("fps", "units", "tall"), [(20, "m", False), (30, "cm", True), (60, "m", True)])
def test_blender_agrees_to_a_millimetre(fps: int, units: str, tall: bool, tmp_path: Path) -> None:
    motion = dance(61)
    betas = torch.zeros(2, 10)
    betas[1, 0] = 2.0 if tall else 0.0
    motion = Motion(motion.poses, motion.trans, betas, 20.0)
    moved = motion.resample(fps)
    paths = write_bvh(motion, tmp_path / "dance.bvh", ExportOptions(fps=fps, units=units))
    for person, path in enumerate(paths):
        seen = in_blender(path, fps, tmp_path / "seen.npz", scale=1 / UNITS[units])
        order = [JOINT[name] for name in seen["names_0"]]
        assert sorted(order) == list(range(22))
        away = np.linalg.norm(seen["joints_0"] - load_body_model().joints(moved, person)[:, order], axis=-1).max()
        print(f"person {person}, {fps} fps, {units}: {1e3 * away:.4f} mm")
        assert away < 1e-3
