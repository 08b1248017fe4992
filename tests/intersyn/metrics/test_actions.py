"""Checks of single actions on bodies moved by hand."""

from __future__ import annotations

import math

import pytest
import torch

from intersyn.metrics import actions as A
from intersyn.rotations import axis_angle_to_quaternion, yaw_matrix
from intersyn.skeleton import JOINT, REST_FLOOR, REST_JOINTS, global_rotations, joints_from_global


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


def test_a_turn_that_is_taken_back_is_in_the_range() -> None:
    there_and_back = torch.cat((torch.linspace(0, 6.0, 40), torch.linspace(6.0, 0, 40)))
    joints = walker(there_and_back, 0.0)
    assert float(A.turning(joints)) == pytest.approx(0, abs=0.01)
    assert float(A.turn_range(joints)) == pytest.approx(math.degrees(6.0), abs=0.01)


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


def still(frames: int = 12) -> torch.Tensor:
    """The rest body on the floor, arms out to the sides, facing +z."""
    body = REST_JOINTS.clone()
    body[:, 1] -= REST_FLOOR
    return body.repeat(frames, 1, 1)


def test_what_is_held_lasts() -> None:
    values = torch.tensor([0.0, 9, 3, 4, 3, 5, 3, 0])
    assert float(A.held(values)) == 3 and float(A.held(values, 1)) == 9
    assert float(A.held(values[:3])) == 0  # shorter than a window: all of it


def test_longest_run_in_seconds() -> None:
    inside = torch.tensor([[1, 1, 0, 1, 1, 1], [0, 0, 0, 0, 0, 0]], dtype=torch.bool)
    torch.testing.assert_close(A.longest(inside, 20.0), torch.tensor([0.15, 0.0]))


def test_hands_meet_again_only_after_they_parted() -> None:
    distance = torch.tensor([0.5, 0.04, 0.06, 0.04, 0.5, 0.03, 0.2, 0.01])
    assert A.meetings(distance, 0.05, 0.1) == 3
    assert A.meetings(distance, 0.05, 0.3) == 2
    with pytest.raises(ValueError, match="near < apart"):
        A.meetings(distance, 0.2, 0.1)


def test_sideways_is_to_ones_own_left() -> None:
    yaw = torch.full((20,), 2.0)
    left = torch.stack((torch.cos(yaw), torch.zeros(20), -torch.sin(yaw)), -1)
    joints = walker(yaw, 0.0) + (0.03 * torch.arange(20)[:, None] * left)[:, None]
    assert float(A.sideways_speed(joints, 20.0)) == pytest.approx(0.6, abs=1e-4)
    assert float(A.forward_speed(joints, 20.0)) == pytest.approx(0, abs=1e-4)
    assert float(A.travel(joints)) == pytest.approx(0.57, abs=1e-4)


def test_wrists_up_down_ahead_and_crossed() -> None:
    joints = still()
    neck, wrist = REST_JOINTS[JOINT["neck"], 1], JOINT["left_wrist"]
    assert float(A.wrist_rise(joints, "left")) == pytest.approx(float(REST_JOINTS[wrist, 1] - neck), abs=1e-5)
    joints[3:8, wrist, 1] += 0.5  # five frames
    joints[9, wrist, 1] += 0.9  # a moment
    assert float(A.wrist_rise(joints, "left")) == pytest.approx(float(REST_JOINTS[wrist, 1] - neck) + 0.5, abs=1e-5)
    joints = still()
    joints[2:9, wrist] = torch.tensor((0.2, 0.3, 0.6))
    assert float(A.wrist_low(joints, "left")) == pytest.approx(0.3)
    assert float(A.wrist_low(joints, "right")) == pytest.approx(float(joints[0, JOINT["right_wrist"], 1]))
    shoulder = float(REST_JOINTS[JOINT["left_shoulder"], 2])
    assert float(A.arm_reach(joints, "left")) == pytest.approx(0.6 - shoulder, abs=1e-5)
    assert float(A.wrists_crossed(joints)) < 0
    joints[2:9, JOINT["right_wrist"]] = torch.tensor((0.3, 1.2, 0.3))
    assert float(A.wrists_crossed(joints)) == pytest.approx(0.1, abs=1e-5)
    # which way the room lies makes no difference
    turned = joints @ yaw_matrix(torch.tensor(1.0)).T
    assert float(A.arm_reach(turned, "left")) == pytest.approx(0.6 - shoulder, abs=1e-5)


def test_jumps_squats_cartwheels_and_shrugs() -> None:
    joints = still()
    assert float(A.jump_height(joints)) == pytest.approx(0, abs=1e-4)
    joints[4, :, 1] += 0.2
    assert float(A.jump_height(joints)) == pytest.approx(0.2, abs=1e-4)
    joints = still()
    joints[5, JOINT["pelvis"], 1] -= 0.35
    assert float(A.squat_depth(joints)) == pytest.approx(0.35, abs=1e-5)
    joints[6, JOINT["left_ankle"], 1] += 0.25
    assert float(A.foot_lift(joints, "left")) == pytest.approx(0.25, abs=1e-4)
    assert float(A.foot_lift(joints, "right")) == pytest.approx(0, abs=1e-4)
    assert float(A.head_below_pelvis(joints)) < 0
    joints[7, JOINT["head"], 1] = joints[7, JOINT["pelvis"], 1] - 0.4
    assert float(A.head_below_pelvis(joints)) == pytest.approx(0.4, abs=1e-5)
    joints[8, [JOINT["left_shoulder"], JOINT["right_shoulder"]], 1] += 0.03
    assert float(A.shoulder_rise(joints)) == pytest.approx(0.03, abs=1e-5)
    joints = still()
    joints[9, JOINT["right_wrist"], 0] += 0.1
    assert float(A.peak_speed(joints, 20.0, "right_wrist")) == pytest.approx(2.0, abs=1e-4)


def test_head_turns_against_the_chest() -> None:
    angle = torch.zeros(2, 22, 3)
    angle[:, 0, 1] = 1.0  # the whole body turned: no matter
    angle[1, JOINT["head"], 1] = math.radians(30)
    yaw, pitch = A.head_angles(global_rotations(axis_angle_to_quaternion(angle)))
    torch.testing.assert_close(yaw, torch.tensor((0.0, 30.0)), atol=1e-3, rtol=0)
    angle[1, JOINT["head"]] = torch.tensor((math.radians(20), 0, 0))  # about the left-right axis: chin to chest
    yaw, pitch = A.head_angles(global_rotations(axis_angle_to_quaternion(angle)))
    torch.testing.assert_close(pitch, torch.tensor((0.0, 20.0)), atol=1e-3, rtol=0)
    assert float(A.spread(pitch)) == pytest.approx(20, abs=1e-3)
    with pytest.raises(ValueError, match="22, 4"):
        A.head_angles(torch.zeros(2, 22, 3))
