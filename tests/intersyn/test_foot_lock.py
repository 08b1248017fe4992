"""Feet that are planted stay planted, legs keep their bones, and nothing else moves."""

from __future__ import annotations

import pytest
import torch

from intersyn.foot_lock import bend_legs, clean_up, leg_joints, lock_feet, run_lengths, smooth
from intersyn.rotations import axis_angle_to_quaternion
from intersyn.skeleton import FOOT_JOINTS, JOINT, OFFSETS, PARENTS, REST_FLOOR, global_rotations, joints_from_global

FRAMES = 60


def drifting(speed: float = 0.004) -> tuple[torch.Tensor, torch.Tensor]:
    """Someone standing with slightly bent knees, whose whole body glides along x and sways a little."""
    t = torch.arange(FRAMES, dtype=torch.float32)
    angle = torch.zeros(1, FRAMES, 22, 3)
    for hip, knee, ankle in (("left_hip", "left_knee", "left_ankle"), ("right_hip", "right_knee", "right_ankle")):
        angle[..., JOINT[hip], 0], angle[..., JOINT[knee], 0], angle[..., JOINT[ankle], 0] = -0.3, 0.6, -0.3
    angle[..., JOINT["spine1"], 2] = 0.05 * torch.sin(0.2 * t)
    local = axis_angle_to_quaternion(angle)
    root = torch.stack((speed * t, torch.full_like(t, -0.223 - REST_FLOOR - 0.03), torch.zeros_like(t)), -1)[None]
    return local, root


def feet(local: torch.Tensor, root: torch.Tensor) -> torch.Tensor:
    return joints_from_global(global_rotations(local), root)[..., list(FOOT_JOINTS), :]


def test_leg_joints_are_those_of_the_skeleton():
    local, root = drifting()
    local = local + 0.1 * torch.randn(local.shape, generator=torch.Generator().manual_seed(0))
    local = local / local.norm(dim=-1, keepdim=True)
    places, turns = leg_joints(local, root)
    world = global_rotations(local)
    joints = joints_from_global(world, root)
    for leg, side in enumerate(("left", "right")):
        for k, name in enumerate(("hip", "knee", "ankle", "foot")):
            assert torch.allclose(places[..., leg, k, :], joints[..., JOINT[f"{side}_{name}"], :], atol=1e-5)
        for k, name in enumerate(("hip", "knee", "ankle")):
            assert torch.allclose(turns[..., leg, k, :], world[..., JOINT[f"{side}_{name}"], :], atol=1e-5)


def test_a_knee_stays_in_front_however_far_the_foot_goes():
    local, root = drifting()
    local, root = local[0, :1], root[0, :1]
    places, turns = leg_joints(local, root)
    for ahead in (-0.3, -0.15, 0.15, 0.3):
        offset = torch.tensor([0.0, 0.12, ahead]).expand(1, 2, 3)
        hip, knee, ankle, _ = leg_joints(bend_legs(local, places, turns, offset), root)[0].unbind(-2)
        leg, thigh = ankle - hip, knee - hip
        across = thigh - (thigh * leg).sum(-1, keepdim=True) / leg.square().sum(-1, keepdim=True) * leg
        assert torch.allclose(ankle, places[..., 2, :] + offset, atol=1e-4)
        assert (across[..., 2] > 0.02).all() and (across[..., 0].abs() < 0.02).all()


def test_feet_in_contact_move_less_than_a_millimetre():
    local, root = drifting()
    contacts = torch.zeros(1, FRAMES, 4)
    contacts[:, 10:50] = 1.0
    locked = lock_feet(local, root, contacts)
    before, after = feet(local, root), feet(locked, root)
    assert before[:, 10:50].diff(dim=1).norm(dim=-1).max() > 0.003
    assert after[:, 10:50].diff(dim=1).norm(dim=-1).max() < 0.001
    # and no foot snaps where the contact begins or ends
    assert after.diff(n=2, dim=1).norm(dim=-1).max() < 0.02


def test_bones_keep_their_length_and_the_upper_body_its_place():
    local, root = drifting()
    locked = lock_feet(local, root, torch.ones(1, FRAMES, 4))
    joints = joints_from_global(global_rotations(locked), root)
    for joint in range(1, 22):
        length = (joints[..., joint, :] - joints[..., PARENTS[joint], :]).norm(dim=-1)
        assert torch.allclose(length, OFFSETS[joint].norm().expand_as(length), atol=1e-5)
    legs = [j for j in range(22) if any(part in ("hip", "knee", "ankle") for part in _name(j).split("_"))]
    upper = [j for j in range(22) if j not in legs]
    assert torch.equal(locked[..., upper, :], local[..., upper, :])


def _name(joint: int) -> str:
    return next(name for name, index in JOINT.items() if index == joint)


def test_the_foot_keeps_its_orientation():
    local, root = drifting()
    locked = lock_feet(local, root, torch.ones(1, FRAMES, 4))
    before, after = global_rotations(local), global_rotations(locked)
    for name in ("left_ankle", "right_ankle"):
        dot = (before[..., JOINT[name], :] * after[..., JOINT[name], :]).sum(-1).abs()
        assert dot.min() > 1 - 1e-5


def test_fixed_frames_stay_and_hold_the_contact():
    local, root = drifting()
    contacts, fixed = torch.ones(1, FRAMES, 4), torch.zeros(1, FRAMES, dtype=torch.bool)
    fixed[:, 40:] = True
    locked = lock_feet(local, root, contacts, fixed=fixed)
    assert torch.equal(locked[:, 40:], local[:, 40:])
    after = feet(locked, root)
    assert (after[:, :40] - after[:, 40:41]).norm(dim=-1).max() < 0.05 * 4  # all the way back to where it stands later
    assert after[:, 20:41].diff(dim=1).norm(dim=-1).max() < 0.001


def test_a_contact_fixed_at_both_ends_spreads_its_drift_evenly():
    local, root = drifting()
    contacts, fixed = torch.ones(1, FRAMES, 4), torch.zeros(1, FRAMES, dtype=torch.bool)
    fixed[:, :20] = fixed[:, 40:] = True
    locked = lock_feet(local, root, contacts, fixed=fixed)
    step = feet(locked, root)[:, 19:41].diff(dim=1).norm(dim=-1)
    assert torch.allclose(step, torch.full_like(step, 0.004), atol=1e-3)


def test_without_contact_nothing_changes():
    local, root = drifting()
    assert torch.equal(lock_feet(local, root, torch.zeros(1, FRAMES, 4)), local)


def test_short_contacts_are_left_alone():
    local, root = drifting()
    contacts = torch.zeros(1, FRAMES, 4)
    contacts[:, 30:32] = 1.0
    assert torch.equal(lock_feet(local, root, contacts), local)


def test_run_lengths_counts_each_run():
    mask = torch.tensor([0, 1, 1, 0, 1, 1, 1, 0], dtype=torch.bool)[:, None]
    assert run_lengths(mask)[:, 0].tolist() == [0, 2, 2, 0, 3, 3, 3, 0]


def test_smoothing_keeps_a_steady_motion_and_calms_a_shaking_one():
    local, root = drifting()
    same, moved = smooth(local, root, 1.0)
    inner = slice(5, -5)
    assert torch.allclose(moved[:, inner], root[:, inner], atol=1e-5)
    generator = torch.Generator().manual_seed(1)
    noise = axis_angle_to_quaternion(0.05 * torch.randn(*local.shape[:-1], 3, generator=generator))
    calm, _ = smooth(noise, root, 1.0)
    assert calm.diff(dim=1).norm(dim=-1).mean() < 0.5 * noise.diff(dim=1).norm(dim=-1).mean()
    assert torch.allclose(same.norm(dim=-1), torch.ones_like(same[..., 0]), atol=1e-5)


def test_clean_up_locks_after_smoothing():
    local, root = drifting()
    contacts = torch.ones(1, FRAMES, 4)
    cleaned, place = clean_up(local, root, contacts)
    assert feet(cleaned, place).diff(dim=1).norm(dim=-1).max() < 0.001


def test_errors_name_the_shape():
    local, root = drifting()
    with pytest.raises(ValueError, match="root"):
        lock_feet(local, root[:, :10], torch.ones(1, FRAMES, 4))
    with pytest.raises(ValueError, match="contacts must be"):
        lock_feet(local, root, torch.ones(1, FRAMES, 3))
