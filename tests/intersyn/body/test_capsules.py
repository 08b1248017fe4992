"""Capsule bodies: distances by hand and by brute force, depth of known overlaps, gradients that part two bodies."""

from __future__ import annotations

import pytest
import torch

from intersyn.body.capsules import CAPSULES, RADII, capsule_ends, penetration_depth, segment_distance
from intersyn.skeleton import REST_JOINTS, global_rotations, joints_from_global
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


def test_bodies_apart_and_overlapping() -> None:
    step = torch.tensor((0.0, 0.0, 1.0))
    assert penetration_depth(REST_JOINTS, REST_JOINTS + step).max() == 0
    # one behind the other at 10 cm: the two trunks' axes are parallel, so their depth is known
    depth = penetration_depth(REST_JOINTS, REST_JOINTS + 0.1 * step)
    trunk = [k for k, (a, b, *_) in enumerate(CAPSULES) if (a, b) == ("pelvis", "spine3")][0]
    assert depth[trunk, trunk] == pytest.approx(2 * float(RADII[trunk]) - 0.1, abs=2e-3)
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


def test_head_and_hands_reach_beyond_their_joints() -> None:
    start, end = capsule_ends(REST_JOINTS)
    names = [(a, b, s) for a, b, s, *_ in CAPSULES]
    assert end[names.index(("neck", "head", 1.3)), 1] > REST_JOINTS[15, 1] + 0.05
    hand = names.index(("left_elbow", "left_wrist", 1.0))
    torch.testing.assert_close(start[hand], REST_JOINTS[20])
    assert end[hand, 0] > REST_JOINTS[20, 0] + 0.08


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(5, 21, 3\)"):
        capsule_ends(torch.zeros(5, 21, 3))
