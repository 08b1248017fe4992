"""The boundary detector does not care where people stand, and has any number of people and frames."""

from __future__ import annotations

from pathlib import Path

import torch

from intersyn.models.boundary_detector import BoundaryDetector, DetectorConfig
from intersyn.rotations import rotate_xz
from intersyn.skeleton import forward_kinematics
from tests.motions import smooth_motion

TINY = DetectorConfig(width=16, dilations=(1, 2, 1))


def detector() -> BoundaryDetector:
    torch.manual_seed(0)
    return BoundaryDetector(TINY).eval().requires_grad_(False)


def joints(people: int, frames: int) -> torch.Tensor:
    rotations, root, _ = smooth_motion(0, people, frames=frames)
    return forward_kinematics(rotations, root)[0]


def test_place_and_order_of_people_do_not_matter() -> None:
    model, motion = detector(), joints(2, 40)
    moved = motion.clone()
    moved[..., ::2] = rotate_xz(motion[..., ::2], torch.tensor(-2.0)) + torch.tensor([3.0, 1.0])
    expected = model.probability(motion)
    assert expected.shape == (40,)
    torch.testing.assert_close(model.probability(moved), expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(model.probability(motion.flip(0)), expected, atol=1e-5, rtol=1e-4)


def test_what_is_far_away_in_time_is_not_seen() -> None:
    model, motion = detector(), joints(2, 60)
    changed = motion.clone()
    changed[:, 40:, :, 1] += 0.3
    before, after = model.probability(motion), model.probability(changed)
    torch.testing.assert_close(after[:34], before[:34])
    assert (after[40:] - before[40:]).abs().max() > 1e-4


def test_one_or_three_people_and_one_frame(tmp_path: Path) -> None:
    model = detector()
    for people, frames in ((1, 30), (3, 30), (2, 1)):
        assert torch.isfinite(model.probability(joints(people, frames))).all()
    model.save(tmp_path / "detector")
    motion = joints(2, 30)
    torch.testing.assert_close(
        BoundaryDetector.load(tmp_path / "detector").probability(motion), model.probability(motion), atol=2e-3, rtol=0
    )
