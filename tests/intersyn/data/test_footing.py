"""Feet of fused motion: labels anew, no slides, no feet in the floor, interactions untouched."""

from __future__ import annotations

import torch

from intersyn.data.footing import SINK, plant_feet
from intersyn.foot_lock import below_floor, leg_joints
from intersyn.rotations import axis_angle_to_quaternion
from intersyn.skeleton import JOINT, REST_FLOOR

FRAMES = 80


def standing() -> tuple[torch.Tensor, torch.Tensor]:
    angle = torch.zeros(1, 1, FRAMES, 22, 3)
    for hip, knee, ankle in (("left_hip", "left_knee", "left_ankle"), ("right_hip", "right_knee", "right_ankle")):
        angle[..., JOINT[hip], 0], angle[..., JOINT[knee], 0], angle[..., JOINT[ankle], 0] = -0.3, 0.6, -0.3
    root = torch.zeros(1, 1, FRAMES, 3)
    root[..., 1] = -0.223 - REST_FLOOR - 0.035
    return axis_angle_to_quaternion(angle), root


def masks() -> tuple[torch.Tensor, torch.Tensor]:
    at = torch.arange(FRAMES)[None]
    return (at >= 30) & (at < 42), at >= 42


def eased(metres: float) -> torch.Tensor:
    phase = ((torch.arange(FRAMES) - 30) / 12).clamp(0, 1)
    return metres * phase * phase * (3 - 2 * phase)


def test_a_short_slide_becomes_a_stand():
    local, root = standing()
    bent, fixed = masks()
    root[..., 0] += eased(0.06)
    planted, place, contacts = plant_feet(local, root, torch.ones(1, 1, FRAMES, 4), bent, fixed)
    ankles = leg_joints(planted, place)[0][..., 2, :]
    assert contacts.min() == 1
    assert ankles[:, :, 10:].diff(dim=2).norm(dim=-1).max() < 1e-3
    assert torch.equal(planted[:, :, 42:], local[:, :, 42:]) and torch.equal(place[:, :, 42:], root[:, :, 42:])


def test_a_long_slide_becomes_a_step():
    local, root = standing()
    bent, fixed = masks()
    root[..., 0] += eased(0.3)
    planted, place, contacts = plant_feet(local, root, torch.ones(1, 1, FRAMES, 4), bent, fixed)
    places = leg_joints(planted, place)[0]
    ankles = places[..., 2, :]
    step = ankles.diff(dim=2).norm(dim=-1)
    held = contacts.reshape(1, 1, FRAMES, 2, 2).amax(-2) > 0.5
    assert not held.all()  # the foot is let go of on its way
    assert step[held[:, :, 1:] & held[:, :, :-1]].max() < 1e-3
    assert ankles[:, :, 32:40, :, 1].amax() > ankles[:, :, 5, :, 1].amax() + 0.015  # and lifted
    assert ankles.diff(n=3, dim=2).norm(dim=-1).max() < 0.06


def test_feet_come_out_of_the_floor():
    local, root = standing()
    bent, fixed = masks()
    hump = torch.exp(-0.5 * ((torch.arange(FRAMES) - 36) / 2.0) ** 2)
    root[..., 1] -= 0.06 * hump
    before = below_floor(leg_joints(local, root)[0])[:, :, 30:42].max()
    planted, place, _ = plant_feet(local, root, torch.zeros(1, 1, FRAMES, 4), bent, fixed)
    after = below_floor(leg_joints(planted, place)[0])[:, :, 30:40].max()
    assert before > 0.045 and after < SINK + 0.01


def test_frames_that_were_not_bent_keep_their_labels():
    local, root = standing()
    bent, fixed = masks()
    contacts = torch.zeros(1, 1, FRAMES, 4)
    contacts[:, :, ::2] = 1.0
    _, _, got = plant_feet(local, root, contacts, bent, fixed)
    assert torch.equal(got[:, :, :29], contacts[:, :, :29]) and torch.equal(got[:, :, 42:], contacts[:, :, 42:])
    assert got[:, :, 30:42].min() == 1  # standing still is contact
