"""Boundaries found in probabilities whose answer is known."""

from __future__ import annotations

import pytest
import torch

from intersyn.metrics.adherence import adherence, best_boundary, delays, seam_delays
from tests.motions import timeline


def step(frames: int, start: int, end: int, sure: float = 0.9) -> torch.Tensor:
    p = torch.full((frames,), 1 - sure)
    p[start:end] = sure
    return p


@pytest.mark.parametrize("late", [-7, 0, 3, 12])
def test_a_shifted_step_is_found(late: int) -> None:
    p = step(100, 40 + late, 80)
    assert best_boundary(p, 40, rising=True, reach=20) == 40 + late
    assert best_boundary(1 - p, 40, rising=False, reach=20) == 40 + late


def test_one_doubtful_frame_moves_nothing() -> None:
    p = step(100, 40, 80)
    p[33], p[46] = 0.6, 0.4
    assert best_boundary(p, 40, rising=True, reach=20) == 40


def test_a_motion_in_which_nothing_changes_keeps_no_boundary() -> None:
    assert best_boundary(torch.full((100,), 0.5), 40, rising=True, reach=20) in (20, 60)
    assert best_boundary(torch.full((100,), 0.9), 40, rising=True, reach=20) == 20
    assert best_boundary(torch.full((100,), 0.1), 40, rising=True, reach=20) == 60


def test_delays_of_all_boundaries_inside() -> None:
    p = step(100, 33, 84)
    assert delays(p, [(30, 80)]).tolist() == [3, 4]
    assert delays(step(100, 0, 52), [(0, 50)]).tolist() == [2]
    assert delays(step(100, 0, 100), [(0, 100)]).tolist() == []


def test_delays_seam_by_seam() -> None:
    """Between two interactions that follow each other there is no boundary to see, nor between two solos."""
    assert seam_delays(step(200, 43, 121), timeline("siiss")) == [3, None, 1, None]
    assert seam_delays(step(40, 0, 40), timeline("i")) == []


def test_adherence_is_a_share() -> None:
    assert float(adherence(torch.tensor([0, 5, -5, 6]))) == 0.75
    assert adherence(torch.tensor([], dtype=torch.long)).isnan()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="probability"):
        best_boundary(torch.zeros(2, 5), 2, True, 3)
    with pytest.raises(ValueError, match="boundary 0"):
        best_boundary(torch.zeros(5), 0, True, 3)
