"""Contact figures on bodies whose hands are known."""

from __future__ import annotations

import pytest
import torch

from intersyn.metrics.contact import best_contact_error, contact_error, contact_ratio, point_distance
from intersyn.motion import Motion


def standing(distance: torch.Tensor) -> Motion:
    """Two people in T-pose facing +z, the second `distance` (T,) metres to the left of where right would meet left."""
    frames = len(distance)
    trans = torch.zeros(2, frames, 3)
    trans[1, :, 0] = 2 * 0.878 + distance  # fingertips are 0.878 m from the middle
    return Motion(torch.zeros(2, frames, 22, 3), trans, torch.zeros(2, 10), 20.0)


PAIR = (0, "left_fingertips", 1, "right_fingertips")


def test_distance_of_fingertips() -> None:
    distance = torch.tensor([0.5, 0.2, 0.0, 0.1])
    torch.testing.assert_close(point_distance(standing(distance), PAIR), distance, atol=1e-5, rtol=0)


def test_error_is_the_best_moment() -> None:
    distance = torch.tensor([9.0, 1, 1, 1, 1, 1, 9, 0, 9])
    assert float(contact_error(distance)) == 1
    assert float(contact_error(distance, window=1)) == 0
    torch.testing.assert_close(contact_error(torch.stack((distance, distance * 2))), torch.tensor([1.0, 2.0]))


def test_error_of_an_action_is_the_mean_of_its_pairs() -> None:
    motion = standing(torch.full((12,), 0.1))
    other = (0, "left_palm", 1, "right_palm")  # palms lie 0.103 m further in, on both sides
    assert float(best_contact_error(motion, (PAIR, other), 2, 10)) == pytest.approx(0.1 + 0.103, abs=1e-4)


def test_ratio_counts_expected_frames_only() -> None:
    distance = torch.tensor([0.01, 0.2, 0.04, 0.3])
    expected = torch.tensor([False, True, True, True])
    assert float(contact_ratio(distance, expected)) == pytest.approx(1 / 3)
    assert contact_ratio(distance, torch.zeros(4, dtype=torch.bool)).isnan()


def test_what_does_not_fit_is_refused() -> None:
    motion = standing(torch.zeros(8))
    with pytest.raises(ValueError, match="person 2"):
        point_distance(motion, (0, "left_palm", 2, "left_palm"))
    with pytest.raises(ValueError, match="no point"):
        point_distance(motion, (0, "left_paw", 1, "left_palm"))
    with pytest.raises(ValueError, match="5 frames"):
        contact_error(torch.zeros(4))
    with pytest.raises(ValueError, match="outside"):
        best_contact_error(motion, (PAIR,), 2, 9)
    with pytest.raises(ValueError, match="one shape"):
        contact_ratio(torch.zeros(4), torch.zeros(3, dtype=torch.bool))
