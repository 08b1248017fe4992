"""Physics metrics on motion whose answer is known by hand."""

from __future__ import annotations

import math

import pytest
import torch

from intersyn.metrics import physics as P
from intersyn.motion import Motion
from intersyn.skeleton import FOOT_JOINTS, JOINT, REST_FLOOR, REST_JOINTS
from tests.motions import smooth_motion

FPS = 20.0
UP = torch.tensor((0.0, 1.0, 0.0))
STANDING = REST_JOINTS - UP * REST_FLOOR  # soles on the floor


def moving(path: torch.Tensor) -> torch.Tensor:
    """The rest body carried along a path (T, 3)."""
    return STANDING + path[:, None]


def line(frames: int, velocity: tuple[float, float, float]) -> torch.Tensor:
    return torch.arange(float(frames))[:, None] / FPS * torch.tensor(velocity)


def test_a_sliding_statue_skates() -> None:
    """At 0.6, 0.8 m/s over the floor: 1 m/s, which is 50 mm a frame at 20 fps."""
    per_frame, per_second = P.foot_skating(moving(line(40, (0.6, 0.0, 0.8))), FPS)
    assert float(per_frame) == pytest.approx(50.0, abs=0.1)
    assert float(per_second) == pytest.approx(1.0, abs=0.01)


def test_a_statue_does_not_skate_and_a_flying_one_has_no_contact() -> None:
    assert float(P.foot_skating(moving(line(10, (0.0, 0.0, 0.0))), FPS)[0]) == 0
    flying = moving(line(10, (1.0, 0.0, 0.0)) + 0.3 * UP)
    assert math.isnan(P.foot_skating(flying, FPS)[0])
    assert P.contact_share(flying) == 0
    assert P.contact_share(moving(line(10, (1.0, 0.0, 0.0)))) == 1


def test_skating_by_given_contacts() -> None:
    """Only the left toe is labelled, and only in the second half, where the body slides 20 mm a frame."""
    path = torch.cat((torch.zeros(10, 3), line(11, (0.4, 0.0, 0.0))))
    contacts = torch.zeros(21, 4)
    contacts[10:, FOOT_JOINTS.index(JOINT["left_foot"])] = 1.0
    assert float(P.foot_skating(moving(path), FPS, contacts)[0]) == pytest.approx(20.0, abs=0.1)


def test_a_lifted_heel_is_no_flat_foot() -> None:
    joints = moving(torch.zeros(5, 3)).clone()
    joints[:, JOINT["left_ankle"], 1] += 0.05
    assert P.flat_feet(joints)[0].tolist() == [False, True, False, True]


def test_floating_and_sinking() -> None:
    above, below = moving(torch.zeros(4, 3) + 0.03 * UP), moving(torch.zeros(4, 3) - 0.02 * UP)
    assert float(P.floating(above)) == pytest.approx(30, abs=0.1)
    assert float(P.sinking(above)) == 0
    assert float(P.sinking(below)) == pytest.approx(20, abs=0.1)
    assert float(P.floating(below)) == 0


def test_jerk_of_a_cubic() -> None:
    """x = t^3 has a third derivative of 6 m/s^3 at any frame rate."""
    for fps in (20.0, 60.0):
        time = torch.arange(40, dtype=torch.float64) / fps
        path = torch.stack((time**3, 0 * time, 0 * time), dim=-1)
        joints = STANDING.double() + path[:, None]
        assert float(P.jerk(joints, fps)) == pytest.approx(6.0, rel=1e-6)
        joints[:, JOINT["head"]] = joints[:1, JOINT["head"]]
        assert float(P.jerk(joints, fps, ["head"])) == 0
        assert float(P.jerk(joints, fps, ["head", "pelvis"])) == pytest.approx(3.0, rel=1e-6)


def test_walking_speed_ignores_height() -> None:
    assert float(P.walking_speed(moving(line(30, (0.9, 5.0, 1.2))), FPS)) == pytest.approx(1.5, abs=1e-3)


def test_wrist_above_neck() -> None:
    joints = moving(torch.zeros(10, 3)).clone()
    assert P.wrist_above_neck(joints) == 0
    joints[:4, JOINT["right_wrist"], 1] += 0.5
    assert P.wrist_above_neck(joints) == pytest.approx(0.4)
    assert P.wrist_above_neck(joints, "right") == pytest.approx(0.4)
    assert P.wrist_above_neck(joints, "left") == 0
    with pytest.raises(ValueError, match="'both'"):
        P.wrist_above_neck(joints, "both")


def test_capsule_penetration() -> None:
    """Two rest bodies, one 1 m behind the other for half the frames and in the same place for the other half."""
    path = torch.zeros(10, 3)
    path[:5, 2] = 1.0
    depth, share = P.capsule_penetration(moving(torch.zeros(10, 3)), moving(path))
    assert share == 0.5
    assert float(depth) == pytest.approx(107.0, abs=1.0)  # half of twice the chest's radius
    assert float(P.joint_penetration(moving(torch.zeros(10, 3)), moving(path))) == pytest.approx(60.0, abs=0.1)


def test_leading_axes_are_people() -> None:
    local, root, _ = smooth_motion(1, 3, frames=30)
    joints = Motion.from_quaternions(local, root, FPS).joints()
    assert P.jerk(joints, FPS).shape == (3,)
    torch.testing.assert_close(P.jerk(joints, FPS)[1], P.jerk(joints[1], FPS))


def test_everything_at_once() -> None:
    local, root, contacts = smooth_motion(2, 3, frames=30)
    motion = Motion.from_quaternions(local, root, FPS)
    figures = P.physics(motion, contacts)
    assert figures["jerk_m_per_s3"] == pytest.approx(float(P.jerk(motion.joints(), FPS).mean()))
    pairs = [P.capsule_penetration(motion.joints()[a], motion.joints()[b])[0] for a, b in ((0, 1), (0, 2), (1, 2))]
    assert figures["capsule_penetration_mm"] == pytest.approx(float(torch.stack(pairs).mean()), rel=1e-4, abs=1e-4)
    assert "capsule_penetration_mm" not in P.physics(motion.slice(0, 30).__class__(
        motion.poses[:1], motion.trans[:1], motion.betas[:1], FPS))  # fmt: skip


@pytest.mark.parametrize("name", ["foot_skating", "jerk", "walking_speed"])
def test_bad_input_is_named(name: str) -> None:
    metric = getattr(P, name)
    with pytest.raises(ValueError, match="frames or more, got 1"):
        metric(STANDING[None], FPS)
    with pytest.raises(ValueError, match="not finite"):
        metric(torch.full((10, 22, 3), torch.nan), FPS)
    with pytest.raises(ValueError, match=r"\(10, 21, 3\)"):
        metric(torch.zeros(10, 21, 3), FPS)
    with pytest.raises(ValueError, match="fps"):
        metric(torch.zeros(10, 22, 3), 0)
