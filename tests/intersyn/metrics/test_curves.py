"""Curves of motion whose answer is known by hand."""

from __future__ import annotations

import pytest
import torch

from intersyn.metrics import curves as C
from intersyn.metrics import physics
from intersyn.motion import Motion
from intersyn.skeleton import JOINT, REST_FLOOR, REST_JOINTS
from tests.motions import smooth_motion, timeline

FPS = 20.0
UP = torch.tensor((0.0, 1.0, 0.0))
STANDING = (REST_JOINTS - UP * REST_FLOOR).double()  # soles on the floor
STILL = torch.tensor((1.0, 0, 0, 0))


def moving(path: torch.Tensor) -> torch.Tensor:
    """One person (1, T, 22, 3): the rest body carried along a path (T, 3)."""
    return (STANDING + path[:, None])[None]


def at(x: float, frames: int = 10) -> torch.Tensor:
    return moving(torch.tensor((x, 0.0, 0.0), dtype=torch.float64).expand(frames, 3))


def seconds(frames: int, fps: float = FPS) -> torch.Tensor:
    return torch.arange(frames, dtype=torch.float64) / fps


def gaps(joints: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return C.hand_gaps(joints, STILL.double().expand(*joints.shape[:-1], 4))


def test_jerk_of_constant_acceleration_is_none_and_of_a_cubic_is_six() -> None:
    for fps in (20.0, 60.0):
        t = seconds(30, fps)
        parabola, cubic = (torch.stack((t**power, 0 * t, 0 * t), -1) for power in (2, 3))
        curve = C.jerk(torch.cat((moving(parabola), moving(cubic))), fps)
        assert curve.shape == (2, 30)
        assert curve[0, 2:-1].abs().max() < 1e-6
        torch.testing.assert_close(curve[1, 2:-1], torch.full((27,), 6.0, dtype=torch.float64), rtol=1e-6, atol=0)


def test_jerk_at_a_seam_straddles_it() -> None:
    """A leap between frames 9 and 10 is felt in entries 9, 10 and 11, most in the middle."""
    path = torch.zeros(20, 3, dtype=torch.float64)
    path[10:, 0] = 0.1
    curve = C.jerk(moving(path), FPS)[0]
    assert curve[9:12].tolist() == pytest.approx([800.0, 1600.0, 800.0])
    assert curve[:2].isnan().all() and curve[-1].isnan()
    assert curve[2:9].sum() == curve[12:-1].sum() == 0
    assert C.jerk(moving(path[:3]), FPS).isnan().all()


def test_the_mean_of_the_jerk_is_the_jerk_of_the_tables() -> None:
    local, root, _ = smooth_motion(0, 2, frames=50)
    motion = Motion.from_quaternions(local, root, FPS)
    assert C.Curves.of(motion).jerk.nanmean(1).tolist() == pytest.approx(physics.jerk(motion.joints(), FPS).tolist())


def test_distances_of_people_side_by_side() -> None:
    """In the T-pose 3 m apart, fingertips point at each other; in the floor's plane height does not count."""
    raised = at(3.0) + UP * 0.2
    far = C.pelvis_distance(torch.cat((at(0.0), raised)))
    torch.testing.assert_close(far, torch.full((2, 10), 3.0, dtype=torch.float64))
    to_hand, to_body = gaps(torch.cat((at(0.0), at(3.0))))
    reach = 0.878  # of the left fingertips, by the template; capsules end a little inside the skin
    assert to_hand[0, 0] == pytest.approx(3.0 - 2 * reach, abs=0.03)
    torch.testing.assert_close(to_hand[0], to_hand[1])
    assert (to_body > to_hand).all(), "beyond the other's hand is their forearm"
    nearer = gaps(torch.cat((at(0.0), at(2.5))))[0]
    torch.testing.assert_close(to_hand - nearer, torch.full((2, 10), 0.5, dtype=torch.float64), atol=1e-6, rtol=0)


def test_hands_inside_another_are_nearer_than_nothing() -> None:
    to_body = gaps(torch.cat((at(0.0), at(0.8))))[1]
    assert (to_body < 0).all()


def test_the_nearest_of_several_counts() -> None:
    three = torch.cat((at(0.0), at(2.0), at(2.5)))
    assert C.pelvis_distance(three)[:, 0].tolist() == [2.0, 0.5, 0.5]
    deep = C.overlap(three)[:, 0]
    assert deep[1] == deep[2] > 0.01 and deep[0] < deep[1]


def test_overlap_is_that_of_the_tables_in_parts(monkeypatch) -> None:
    local, root, _ = smooth_motion(3, 2, frames=23)
    joints = Motion.from_quaternions(local, root * torch.tensor((0.1, 1, 0.1)), FPS).joints()
    monkeypatch.setattr(C, "PART", 7)
    depth = C.overlap(joints)
    assert torch.equal(depth[0], depth[1]) or torch.allclose(depth[0], depth[1], atol=1e-4)
    assert float(depth[0].mean() * 1000) == pytest.approx(
        float(physics.capsule_penetration(joints[0], joints[1])[0]), rel=1e-4
    )


def test_one_person_has_nobody_to_be_near() -> None:
    alone = at(0.0)
    for curve in (C.pelvis_distance(alone), *gaps(alone), C.overlap(alone)):
        assert curve.isnan().all()


def test_feet_stand_and_slide() -> None:
    """0.6, 0.8 m/s over the floor is 1 m/s; a body in the air has no foot to slide."""
    t = seconds(20)
    sliding = moving(torch.stack((0.6 * t, 0 * t, 0.8 * t), -1))
    assert C.planted(sliding).all() and C.planted(sliding).shape == (1, 20, 2)
    curve = C.slide(sliding, FPS)[0]
    assert curve[0].isnan()
    torch.testing.assert_close(curve[1:], torch.ones(19, dtype=torch.float64), rtol=1e-6, atol=0)
    assert C.slide(sliding + 0.3 * UP, FPS).isnan().all()
    lifted = sliding.clone()
    lifted[:, :, JOINT["right_ankle"], 1] += 0.2
    assert C.planted(lifted)[0, 0].tolist() == [True, False]


def test_frames_of_a_timeline() -> None:
    line = timeline("sis")
    assert C.spells(C.together_frames(line, 120)) == [(40, 80)]
    assert C.spells(C.seam_frames(line, 120)) == [(35, 46), (75, 86)]
    assert not C.together_frames(None, 9).any() and not C.seam_frames(None, 9).any()


def test_spells_and_extents() -> None:
    assert C.spells(torch.tensor([True, True, False, True])) == [(0, 2), (3, 4)]
    assert C.spells(torch.zeros(3, dtype=torch.bool)) == []
    assert C.Extent.of(torch.tensor([torch.nan, 1.0, 4.0, 1.0])) == C.Extent(1.0, 2.0, 4.0, 2)
    assert C.Extent.of(torch.tensor([torch.nan])) is None


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(P, T, 22, 3\)"):
        C.pelvis_distance(torch.zeros(10, 22, 3))
    with pytest.raises(ValueError, match="finite"):
        C.jerk(torch.full((1, 5, 22, 3), torch.nan), FPS)
    with pytest.raises(ValueError, match="fps"):
        C.slide(torch.zeros(1, 5, 22, 3), 0.0)
    with pytest.raises(ValueError, match="rotations"):
        C.hand_gaps(torch.zeros(2, 5, 22, 3), torch.zeros(2, 5, 4))
