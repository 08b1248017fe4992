"""Figures of clips made so that each is known: people who stand, slide, turn, touch and enter each other."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from intersyn.body.points import POINTS
from intersyn.data.compose.figures import Figures, Hold, closing_speed, contact_error, hold_between, measure
from intersyn.data.store import Touch
from intersyn.rotations import axis_angle_to_quaternion
from intersyn.skeleton import JOINT, REST_FLOOR, REST_JOINTS, forward_kinematics

FRAMES = 30
STANDING = REST_JOINTS[0] - torch.tensor([0.0, REST_FLOOR, 0.0])


def people(count: int = 2, apart: float = 1.0, **turns: tuple[float, float, float]) -> tuple[Tensor, Tensor]:
    """People in T-pose but for the axis angles of these joints; the second faces the first from so far in front."""
    axis_angle = torch.zeros(count, FRAMES, 22, 3)
    for joint, turn in turns.items():
        axis_angle[:, :, JOINT[joint]] = torch.tensor(turn)
    axis_angle[1:, :, 0] += torch.tensor([0.0, torch.pi, 0.0])
    root = STANDING.repeat(count, FRAMES, 1)
    root[1:, :, 2] += apart
    return axis_angle_to_quaternion(axis_angle), root


def figures(local: Tensor, root: Tensor, holds: tuple[Hold, ...] = ()) -> Figures:
    """Of people whose base is themselves standing, with feet that the plan plants."""
    everywhere = torch.ones(*root.shape[:2], 4)
    base, _ = forward_kinematics(local[:, :1].expand_as(local), root[:, :1].expand_as(root))
    return measure(local, root, base, everywhere, everywhere, holds)


def test_people_who_stand_apart() -> None:
    f = figures(*people())
    assert (f.jerk, f.base_jerk, f.skating_mm, f.base_skating_mm, f.hand_speed, f.steps) == (0, 0, 0, 0, 0, 0)
    assert (f.penetration_mm, f.capsule_penetration_mm, f.own_capsule_penetration_mm) == (0, 0, 0)
    assert f.pelvis_distance_m == pytest.approx(1.0, abs=1e-5)
    assert f.closing_speed == 0 and f.contact_seconds == 0 and math.isnan(f.contact_error_mm)
    assert f.tilt_degrees < 5 and f.below_floor_mm < 1 and f.hinge_degrees < 1


def test_a_slide_is_skating_speed_and_approach() -> None:
    local, root = people()
    root[0, :, 2] += 0.01 * torch.arange(FRAMES)
    f = figures(local, root)
    assert f.skating_mm == pytest.approx(10.0, rel=1e-3)
    assert f.hand_speed == pytest.approx(0.2, rel=1e-3) == f.joint_speed
    assert f.closing_speed == pytest.approx(0.2, rel=1e-3)
    assert f.pelvis_distance_m == pytest.approx(1.0 - 0.01 * (FRAMES - 1), abs=1e-4)
    assert f.jerk == pytest.approx(0, abs=0.05)
    assert math.isnan(figures(local[:1], root[:1]).closing_speed)


def test_closing_speed_is_that_of_the_fastest_half_second() -> None:
    local, root = people(apart=2.0)
    root[1, 10:20, 2] -= 0.05 * torch.arange(1, 11)
    root[1, 20:, 2] -= 0.5
    joints, _ = forward_kinematics(local, root)
    assert closing_speed(joints, 20.0) == pytest.approx(1.0, rel=1e-3)  # half a metre in half a second
    assert closing_speed(joints.flip(1), 20.0) == pytest.approx(0.0, abs=1e-4)  # they part


def test_jerk_by_region() -> None:
    local, root = people(1)
    local[0, 15:, JOINT["left_elbow"]] = axis_angle_to_quaternion(torch.tensor([0.0, -0.5, 0.0]))
    f = figures(local, root)
    assert f.wrist_jerk > 10 * f.jerk > 0
    assert f.head_jerk == f.pelvis_jerk == 0
    assert f.turn_degrees == pytest.approx(math.degrees(0.5), abs=0.1)
    assert f.spike_m == pytest.approx(f.hand_speed / 20, rel=1e-3)


def test_joints_bent_the_wrong_way_and_trunks_that_lean() -> None:
    assert figures(*people(1, left_elbow=(0.0, -0.4, 0.0))).hinge_degrees < 2
    assert figures(*people(1, left_elbow=(0.0, 0.4, 0.0))).hinge_degrees == pytest.approx(22.9, abs=1.5)
    assert figures(*people(1, right_knee=(0.4, 0.0, 0.0))).hinge_degrees < 2
    assert figures(*people(1, right_knee=(-0.4, 0.0, 0.0))).hinge_degrees == pytest.approx(22.9, abs=5)
    still, leant = figures(*people(1)), figures(*people(1, spine1=(0.5, 0.0, 0.0)))
    assert 10 < leant.tilt_degrees - still.tilt_degrees < 29
    local, root = people(1)
    assert figures(local, root - torch.tensor([0.0, 0.05, 0.0])).below_floor_mm == pytest.approx(50, abs=1)


def test_touches_are_measured_at_their_points() -> None:
    touch = Touch(0, "left_palm", 1, "right_shoulder_top", 10, 20)
    local, root = people()
    joints, turned = forward_kinematics(local, root)
    shoulder = joints[1, 0, POINTS[touch.other_part].joint]
    palm = joints[0, 0, JOINT["left_wrist"]] + torch.tensor(POINTS[touch.part].offset)
    # the second person faces the first: the offset on their shoulder is turned by half a circle
    expected = palm - shoulder - torch.tensor(POINTS[touch.other_part].offset) * torch.tensor([-1.0, 1.0, -1.0])
    error = contact_error(hold_between(touch, FRAMES), joints, turned)
    torch.testing.assert_close(error, expected.norm().expand(10), atol=1e-4, rtol=0)

    root[0, 10:18] -= expected  # they touch in the first eight frames of ten
    joints, turned = forward_kinematics(local, root)
    assert contact_error(hold_between(touch, FRAMES), joints, turned)[:8].max() < 1e-5
    assert float(contact_error(hold_between(touch, FRAMES, 0.02), joints, turned)[0]) == pytest.approx(0.02, abs=1e-5)
    place = joints[0, :, JOINT["left_wrist"]] + torch.tensor(POINTS["left_palm"].offset) + torch.tensor([0, 0, 0.01])
    air = Hold(Touch(0, "left_palm", None, "parcel", 0, 5), None, place)
    f = figures(local, root, (hold_between(touch, FRAMES), air))
    assert f.contact_error_median_mm == pytest.approx(10.0, abs=0.1)  # of the parcel, which is held less well
    assert f.contact_error_mm == pytest.approx(1000 * float(expected.norm()), rel=1e-3)
    assert f.contact_seconds == pytest.approx(15 / 20)


def test_bodies_within_each_other_and_an_arm_within_the_trunk() -> None:
    f = figures(*people(apart=0.3), (hold_between(Touch(0, "chest", 1, "chest", 5, 25), FRAMES),))
    assert f.penetration_mm > 15 and f.penetration_max_mm == pytest.approx(f.penetration_mm)
    assert f.capsule_penetration_mm > 5
    # a collision in frames of which no touch says anything
    local, root = people(apart=2.0)
    root[1, 25:, 2] = STANDING[2] + 0.3
    f = figures(local, root, (hold_between(Touch(0, "chest", 1, "chest", 5, 15), FRAMES),))
    assert f.penetration_mm == 0 and f.penetration_max_mm > 15
    f = figures(*people(1, left_shoulder=(0.0, 0.0, -1.25), left_elbow=(0.0, 0.0, -1.2)))
    assert f.own_penetration_mm > 40 and f.own_capsule_penetration_mm > 40
    assert math.isnan(f.penetration_mm)


def test_numbers_that_are_not_finite_and_wrong_shapes() -> None:
    local, root = people()
    root[0, 3] = torch.nan
    joints, _ = forward_kinematics(*people())
    everywhere = torch.ones(2, FRAMES, 4)
    assert math.isnan(measure(local, root, joints, everywhere, everywhere).jerk)
    with pytest.raises(ValueError, match=r"planted must be \(2, 30, 4\), got \(1, 30, 4\)"):
        measure(*people(), joints, everywhere, everywhere[:1])
    with pytest.raises(ValueError, match="'parcel' of .* is no point"):
        hold_between(Touch(0, "left_palm", 1, "parcel", 0, 5), FRAMES)
    with pytest.raises(ValueError, match="does not fit 2 people and 30 frames"):
        figures(*people(), (hold_between(Touch(0, "left_palm", 1, "chest", 0, 31), FRAMES),))
    with pytest.raises(ValueError, match="nobody whose joint"):
        figures(*people(), (Hold(Touch(0, "left_palm", None, "floor", 0, 5), 3, torch.zeros(FRAMES, 3)),))
