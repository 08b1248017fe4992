from __future__ import annotations

import pytest
import torch

from intersyn.data.from_joints import rotations_from_joints
from intersyn.data.retarget import joints_of
from intersyn.rotations import axis_angle_to_quaternion, quaternion_conjugate, quaternion_multiply, yaw_quaternion
from intersyn.skeleton import JOINT, JOINT_NAMES, global_rotations, joints_from_global


def _pose(**angles):
    """Local quaternions (22, 4) of a standing person with some joints turned (axis-angle)."""
    pose = torch.zeros(22, 3).double()
    for name, angle in angles.items():
        pose[JOINT[name]] = torch.tensor(angle).double()
    return axis_angle_to_quaternion(pose)


def _clip(pose, frames=30, turn=2.0):
    """Rest pose for the first half, the pose for the second, turning on the spot all the while."""
    local = _pose().repeat(frames, 1, 1)
    local[frames // 2 :] = pose
    yaw = torch.linspace(0, turn, frames).double()
    local[:, 0] = quaternion_multiply(yaw_quaternion(yaw), local[:, 0])
    root = torch.tensor([0.5, 0.96, -1.0]).double().expand(frames, 3)
    return local, root, joints_of(local, root)


def _degrees(a, b):
    difference = quaternion_multiply(quaternion_conjugate(a), b)
    return torch.rad2deg(2 * torch.asin(difference[..., 1:].norm(dim=-1).clamp(max=1)))


def test_limbs_point_exactly_and_hinges_give_the_twist():
    # A squat with arms bent: knees and elbows far from straight, thighs and upper arms twisted about themselves.
    pose = _pose(
        left_hip=(-1.2, 0.3, 0.1), left_knee=(1.5, 0, 0), right_hip=(-1.2, -0.3, -0.1), right_knee=(1.5, 0, 0),
        left_shoulder=(0.6, 0, -0.9), left_elbow=(0, -1.3, 0), right_shoulder=(-0.4, 0, 0.7), right_elbow=(0, 1.1, 0),
    )  # fmt: skip
    local, root, joints = _clip(pose)
    found = rotations_from_joints(joints)
    again = joints_from_global(found, root)
    for name in ("left_knee", "right_ankle", "left_elbow", "right_wrist"):
        assert float((again - joints)[:, JOINT[name]].norm(dim=-1).max()) < 0.03
    error = _degrees(found, global_rotations(local))[22:]  # away from the change, where twist is smoothed
    for name in ("pelvis", "spine3", "left_hip", "right_knee", "left_shoulder", "right_elbow"):
        assert float(error[:, JOINT[name]].max()) < 6, name


def test_standing_people_are_near_rest_whichever_way_they_face():
    local, _, joints = _clip(_pose(), turn=5.0)
    error = _degrees(rotations_from_joints(joints), global_rotations(local))
    worst = dict(zip(JOINT_NAMES, error.amax(0).tolist(), strict=True))
    assert max(worst.values()) < 8, worst


def test_a_flat_foot_is_flat_and_a_raised_toe_is_not():
    local, _, joints = _clip(_pose(left_ankle=(-0.5, 0, 0)))
    found = rotations_from_joints(joints)
    error = _degrees(found, global_rotations(local))[:, JOINT["left_ankle"]]
    assert float(error.max()) < 10


def test_nothing_flips_from_frame_to_frame():
    """An elbow that goes through straight leaves its twist undecided for a while."""
    frames = 60
    local = _pose().repeat(frames, 1, 1)
    bend = 1.2 * torch.cos(torch.linspace(0, 3 * torch.pi, frames)).double()
    zero = torch.zeros_like(bend)
    local[:, JOINT["left_elbow"]] = axis_angle_to_quaternion(torch.stack((zero, -bend.abs(), zero), -1))
    root = torch.tensor([0.0, 0.96, 0.0]).double().expand(frames, 3)
    found = rotations_from_joints(joints_of(local, root))
    steps = _degrees(found[1:], found[:-1])[:, JOINT["left_shoulder"]]
    assert float(steps.max()) < 5


def test_shape_is_checked():
    with pytest.raises(ValueError, match=r"\(T, 22, 3\), got \(5, 24, 3\)"):
        rotations_from_joints(torch.zeros(5, 24, 3))
