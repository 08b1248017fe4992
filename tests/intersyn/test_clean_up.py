"""Clean-up: takes tremor out, leaves even movement and stillness alone."""

from __future__ import annotations

import pytest
import torch

from intersyn.clean_up import clean_up, smooth
from intersyn.motion import Motion
from intersyn.rotations import quaternion_to_axis_angle, yaw_quaternion


def moving(frames: int = 60, tremor: float = 0.0) -> Motion:
    """Two people who drift and turn evenly, with noise in every joint and in the path."""
    generator = torch.Generator().manual_seed(0)
    at = torch.arange(frames).float()
    trans = torch.stack((0.02 * at, torch.full_like(at, 0.9), 0.01 * at), dim=-1).repeat(2, 1, 1)
    poses = torch.zeros(2, frames, 22, 3)
    poses[:, :, 0] = quaternion_to_axis_angle(yaw_quaternion(0.09 * at))  # past pi: quaternion signs must flip
    noise = torch.randn(poses.shape, generator=generator), torch.randn(trans.shape, generator=generator)
    return Motion(poses + tremor * noise[0], trans + tremor * noise[1], torch.zeros(2, 10), 20.0)


def jerk(motion: Motion) -> float:
    return float(motion.joints().diff(n=3, dim=1).norm(dim=-1).mean())


def test_even_movement_is_left_alone():
    motion = moving()
    assert motion.poses[:, :, 0, 1].max() - motion.poses[:, :, 0, 1].min() > 3, "the turn must pass pi"
    torch.testing.assert_close(smooth(motion).joints()[:, 3:-3], motion.joints()[:, 3:-3], atol=1e-3, rtol=0)


def test_tremor_is_taken_out():
    rough, smoothed = moving(tremor=0.02), smooth(moving(tremor=0.02))
    assert jerk(smoothed) < 0.4 * jerk(rough)
    assert (smoothed.joints() - moving().joints()).norm(dim=-1).mean() < 0.08


def test_strength_does_not_depend_on_the_frame_rate():
    at = torch.arange(0, 3, 1 / 60)
    poses = torch.zeros(1, len(at), 22, 3)
    poses[0, :, 18, 2] = torch.sin(2 * torch.pi * 3 * at)
    fine = Motion(poses, torch.zeros(1, len(at), 3), torch.zeros(1, 10), 60.0)
    kept = [smooth(m).poses[0, 10:-10, 18, 2].abs().max() / m.poses.abs().max() for m in (fine, fine.resample(30.0))]
    assert kept[0] < 0.95
    assert abs(kept[0] - kept[1]) < 0.05


def test_short_motion():
    assert torch.isfinite(smooth(moving(2, tremor=0.02)).poses).all()


def test_timeline_and_shape_are_kept():
    motion = moving()
    cleaned = clean_up(motion, torch.zeros(2, 60, 4))
    assert cleaned.poses.shape == motion.poses.shape
    assert (cleaned.fps, cleaned.timeline) == (motion.fps, motion.timeline)


def test_wrong_contacts_are_named():
    with pytest.raises(ValueError, match="59"):
        clean_up(moving(), torch.zeros(2, 59, 4))
