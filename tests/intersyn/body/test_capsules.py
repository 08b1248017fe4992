"""Capsule bodies: distances by hand and by brute force, depth of known overlaps, gradients that part two bodies."""

from __future__ import annotations

import pytest
import torch

from intersyn.body.capsules import (
    ARMS,
    CAPSULE,
    CAPSULES,
    EVERYTHING,
    HEAD,
    LEGS,
    RADII,
    TORSO,
    capsule_ends,
    capsule_gap,
    capsule_overlap,
    pairs_of,
    penetration_depth,
    segment_distance,
    self_pairs,
)
from intersyn.body.default import default_body
from intersyn.body.points import POINTS, point_position
from intersyn.body.skin import skin
from intersyn.rotations import axis_angle_to_quaternion
from intersyn.skeleton import JOINT, JOINT_NAMES, REST_JOINTS, global_rotations, joints_from_global
from tests.motions import smooth_motion


def test_distances_by_hand() -> None:
    def segment(*points: tuple[float, float, float]) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.tensor(points[0]), torch.tensor(points[1])

    x = segment((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    for other, distance in (
        (segment((0.5, 1.0, -1.0), (0.5, 1.0, 1.0)), 1.0),  # crossing above
        (segment((0.2, 0.3, 0.0), (0.8, 0.3, 0.0)), 0.3),  # parallel
        (segment((2.0, 0.0, 0.0), (3.0, 0.0, 0.0)), 1.0),  # in line
        (segment((1.3, 0.4, 0.0), (1.3, 0.9, 0.0)), 0.5),  # end to end, 3-4-5
    ):
        assert float(segment_distance(*x, *other)) == pytest.approx(distance, abs=1e-5)
        assert float(segment_distance(*other, *x)) == pytest.approx(distance, abs=1e-5)


def test_distances_by_brute_force() -> None:
    generator = torch.Generator().manual_seed(0)
    p1, q1, p2, q2 = torch.randn(4, 100, 3, generator=generator, dtype=torch.float64)
    along = torch.linspace(0, 1, 201, dtype=torch.float64)[:, None, None]
    first, second = p1 + along * (q1 - p1), p2 + along * (q2 - p2)
    brute = torch.cdist(first.transpose(0, 1), second.transpose(0, 1)).amin((-2, -1))
    found = segment_distance(p1, q1, p2, q2)
    assert (found <= brute + 1e-5).all()
    assert (brute - found).max() < 0.02


@pytest.mark.parametrize("apart", [0.1, 0.8])
def test_a_gap_is_the_depth_where_capsules_meet_and_grows_with_the_distance(apart: float) -> None:
    ends, pairs = capsule_ends(REST_JOINTS), pairs_of(ARMS, EVERYTHING)
    step = torch.tensor((0.0, 0.0, apart))
    moved = tuple(end + step for end in ends)
    gap = capsule_gap(ends, moved, pairs)
    torch.testing.assert_close((-gap).clamp_min(0), capsule_overlap(ends, moved, pairs), atol=1e-6, rtol=0)
    hand = (pairs == torch.tensor((CAPSULE["left_hand"], CAPSULE["left_hand"]))).all(-1)
    width = 2 * float(RADII[CAPSULE["left_hand"]].amax())
    assert apart - width - 1e-3 < float(gap[hand]) < apart


def test_bodies_apart_and_overlapping() -> None:
    step = torch.tensor((0.0, 0.0, 1.0))
    assert penetration_depth(REST_JOINTS, REST_JOINTS + step).max() == 0
    # one behind the other at 10 cm: the axes of one part are parallel, so their depth is known
    depth = penetration_depth(REST_JOINTS, REST_JOINTS + 0.1 * step)
    ribs = CAPSULE["ribs"]
    assert depth[ribs, ribs] == pytest.approx(2 * float(RADII[ribs, 0]) - 0.1, abs=2e-3)
    assert depth.shape == (len(CAPSULES), len(CAPSULES))


def test_symmetry_and_batching() -> None:
    local, root, _ = smooth_motion(1, 2, frames=20)
    a, b = joints_from_global(global_rotations(local), root * 0.1)
    depth = penetration_depth(a, b)
    assert depth.max() > 0.05
    torch.testing.assert_close(depth, penetration_depth(b, a).transpose(-1, -2), atol=1e-4, rtol=0)
    torch.testing.assert_close(depth[7], penetration_depth(a[7], b[7]))


def test_the_gradient_parts_two_bodies() -> None:
    shift = torch.tensor((0.02, 0.0, 0.15), requires_grad=True)
    before = penetration_depth(REST_JOINTS, REST_JOINTS + shift).square().sum()
    before.backward()
    assert torch.isfinite(shift.grad).all()
    assert shift.grad[2] < 0
    after = penetration_depth(REST_JOINTS, REST_JOINTS + shift.detach() - 0.02 * shift.grad).square().sum()
    assert after < before


def pose(**turns: tuple[float, float, float]) -> tuple[torch.Tensor, torch.Tensor]:
    """Local quaternions (1, 22, 4) of the T-pose but for these axis angles, and the pelvis (1, 3) at rest."""
    axis_angle = torch.zeros(1, 22, 3)
    for joint, turn in turns.items():
        axis_angle[0, JOINT[joint]] = torch.tensor(turn)
    return axis_angle_to_quaternion(axis_angle), REST_JOINTS[:1].clone()


ARMS_DOWN = {"left_shoulder": (0.0, 0.0, -1.25), "right_shoulder": (0.0, 0.0, 1.25)}
BENT = {"spine1": (0.3, 0.0, 0.0), "spine2": (0.3, 0.0, 0.0), "spine3": (0.2, 0.0, 0.0), "left_hip": (-0.3, 0.0, 0.0)}


@pytest.mark.parametrize("turns", [{}, ARMS_DOWN, ARMS_DOWN | BENT])
def test_capsules_of_the_trunk_end_just_inside_the_skin(turns: dict) -> None:
    body = default_body()
    local, root = pose(**turns)
    rotations = global_rotations(local)
    start, end = (e[0] for e in capsule_ends(joints_from_global(rotations, root), rotations))
    vertices = torch.from_numpy(skin(body, local, root))[0]
    axis = (end - start)[:, None]
    along = ((vertices - start[:, None]) * axis).sum(-1, keepdim=True) / axis.square().sum(-1, keepdim=True)
    along = along.clamp(0, 1)
    radius = torch.lerp(RADII[:, :1], RADII[:, 1:], along[..., 0])
    outside = ((vertices - start[:, None] - along * axis).norm(dim=-1) - radius)[list(TORSO + HEAD + LEGS)].amin(0)
    trunk = torch.from_numpy(body.weights).argmax(1)
    for names in (("pelvis",), ("spine1", "spine2"), ("spine3",)):
        margin = outside[torch.isin(trunk, torch.tensor([JOINT_NAMES.index(name) for name in names]))]
        assert margin.quantile(0.05) > -0.012
        assert margin.median() < 0.012
        assert margin.quantile(0.95) < 0.025


def test_points_that_touch_lie_on_their_capsules_or_just_outside() -> None:
    rotations = axis_angle_to_quaternion(torch.zeros(22, 3))
    start, end = capsule_ends(REST_JOINTS, rotations)
    for name in POINTS:
        point = point_position(name, REST_JOINTS, rotations)
        axis = end - start
        along = (((point - start) * axis).sum(-1) / axis.square().sum(-1)).clamp(0, 1)
        radius = torch.lerp(*RADII.unbind(-1), along)
        outside = float(((point - start - along[:, None] * axis).norm(dim=-1) - radius).min())
        assert -0.006 < outside < (0.06 if "thumb" in name else 0.02), (name, outside)


def test_head_and_hands_turn_with_their_joints() -> None:
    local, root = pose(left_wrist=(0.0, 0.0, -1.2), head=(0.5, 0.0, 0.0))
    rotations = global_rotations(local)
    joints = joints_from_global(rotations, root)
    hand, skull = CAPSULE["left_hand"], CAPSULE["skull"]
    straight, turned = capsule_ends(joints), capsule_ends(joints, rotations)
    assert straight[1][0, hand, 0] > joints[0, JOINT["left_wrist"], 0] + 0.14
    assert turned[1][0, hand, 1] < joints[0, JOINT["left_wrist"], 1] - 0.12  # the hand hangs down
    assert turned[1][0, skull, 2] > straight[1][0, skull, 2] + 0.03  # the crown has come forward
    others = [k for k in EVERYTHING if k not in (hand, CAPSULE["right_hand"], skull)]
    torch.testing.assert_close(turned[0][:, others], straight[0][:, others])
    rest = capsule_ends(REST_JOINTS, axis_angle_to_quaternion(torch.zeros(22, 3)))
    torch.testing.assert_close(capsule_ends(REST_JOINTS)[1], rest[1], atol=0.02, rtol=0)


def test_pairs_are_those_asked_for() -> None:
    shifted = REST_JOINTS + torch.tensor((0.1, 0.0, 0.15))
    every = penetration_depth(REST_JOINTS, shifted)
    pairs = pairs_of(ARMS, TORSO + HEAD)
    torch.testing.assert_close(penetration_depth(REST_JOINTS, shifted, pairs), every[pairs[:, 0], pairs[:, 1]])
    assert every.max() > 0.05
    assert sorted(ARMS + TORSO + HEAD + LEGS) == list(EVERYTHING)


def test_own_parts_apart_in_rest_and_entering_each_other() -> None:
    pairs = self_pairs()
    assert not any(CAPSULES[a].group == CAPSULES[b].group for a, b in pairs.tolist())

    def deepest(**turns: tuple[float, float, float]) -> tuple[float, tuple[str, str]]:
        local, root = pose(**turns)
        rotations = global_rotations(local)
        ends = capsule_ends(joints_from_global(rotations, root), rotations)
        depth = capsule_overlap(ends, ends, pairs)[0]
        a, b = pairs[depth.argmax()].tolist()
        return float(depth.max()), (CAPSULES[a].name, CAPSULES[b].name)

    assert deepest()[0] == 0
    assert deepest(**ARMS_DOWN)[0] == 0
    depth, parts = deepest(left_shoulder=(0.0, 0.0, -1.25), left_elbow=(0.0, 0.0, -1.2))  # an elbow bent the wrong way
    assert depth > 0.1 and parts == ("left_hand", "buttocks")


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(5, 21, 3\)"):
        capsule_ends(torch.zeros(5, 21, 3))
    with pytest.raises(ValueError, match=r"\(22, 4\), got \(22, 3\)"):
        capsule_ends(REST_JOINTS, REST_JOINTS)
    with pytest.raises(ValueError, match=r"\(4, 3\)"):
        penetration_depth(REST_JOINTS, REST_JOINTS, torch.zeros(4, 3, dtype=torch.long))


def test_nobody_has_no_capsules_and_no_depth():
    nobody = torch.zeros(0, 22, 3)
    assert capsule_ends(nobody)[0].shape == (0, len(CAPSULES), 3)
    assert penetration_depth(nobody, nobody).shape == (0, len(CAPSULES), len(CAPSULES))
