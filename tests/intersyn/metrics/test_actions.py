"""Checks of single actions on bodies moved by hand."""

from __future__ import annotations

import math

import pytest
import torch

from intersyn.metrics import actions as A
from intersyn.rotations import axis_angle_to_quaternion, yaw_matrix
from intersyn.skeleton import JOINT, REST_JOINTS, global_rotations, joints_from_global


def walker(yaw: torch.Tensor, speed: float) -> torch.Tensor:
    """The rest body, turned by yaw (T,), moving `speed` metres a frame to where it faces."""
    joints = REST_JOINTS @ yaw_matrix(yaw).transpose(-1, -2)
    step = speed * torch.stack((torch.sin(yaw), torch.zeros_like(yaw), torch.cos(yaw)), -1)
    place = torch.cat((torch.zeros(1, 3), step[:-1].cumsum(0)))
    return joints + place[:, None]


def test_speed_is_signed_along_the_heading() -> None:
    yaw = torch.linspace(0, 2.0, 30)
    joints = torch.stack((walker(yaw, 0.06), walker(yaw, -0.03)))
    # the pelvis is not quite on the axis the body turns about
    torch.testing.assert_close(A.forward_speed(joints, 20.0), torch.tensor((1.2, -0.6)), atol=0.02, rtol=0)


def test_turning_counts_whole_turns_and_left_is_positive() -> None:
    left, right = walker(torch.linspace(1.0, 1.0 + 7.0, 60), 0.0), walker(torch.linspace(0, -1.5, 60), 0.0)
    torch.testing.assert_close(
        A.turning(torch.stack((left, right))), torch.tensor((math.degrees(7.0), math.degrees(-1.5))), atol=0.01, rtol=0
    )
    # who turns to the left ends up facing where the left hand was
    quarter = walker(torch.tensor((0.0, math.pi / 2)), 0.0)
    assert float(A.turning(quarter)) == pytest.approx(90, abs=0.01)
    toes = quarter[1, JOINT["left_foot"]] - quarter[1, JOINT["left_ankle"]]
    assert float(toes[0]) > 0.1
    assert float(REST_JOINTS[JOINT["left_wrist"], 0]) > 0.5


def test_trunk_pitch_is_the_deepest_bow() -> None:
    angle = torch.zeros(3, 22, 3)
    angle[1, 0, 0] = math.radians(40)  # the whole body tips forward
    joints = joints_from_global(global_rotations(axis_angle_to_quaternion(angle)), torch.zeros(3, 3))
    # at rest the neck is 22 mm behind the pelvis on 503 mm of height
    lean = math.degrees(math.atan2(0.022, 0.503))
    assert float(A.trunk_pitch(joints[:1])) == pytest.approx(lean, abs=0.01)
    assert float(A.trunk_pitch(joints)) == pytest.approx(40 - lean, abs=0.01)


def test_wrist_speed_is_of_the_arm_alone() -> None:
    joints = walker(torch.zeros(20), 0.1)
    assert float(A.wrist_speed(joints, 20.0, "left")) == pytest.approx(0, abs=1e-5)
    joints[:, JOINT["left_wrist"], 1] += 0.05 * (torch.arange(20) % 2)
    assert float(A.wrist_speed(joints, 20.0, "left")) == pytest.approx(1.0, abs=1e-4)
    assert float(A.wrist_speed(joints, 20.0, "right")) == pytest.approx(0, abs=1e-5)
    with pytest.raises(ValueError, match="side"):
        A.wrist_speed(joints, 20.0, "both")
    with pytest.raises(ValueError, match=r"\(\.\.\., T, 22, 3\)"):
        A.turning(torch.zeros(3, 21, 3))
