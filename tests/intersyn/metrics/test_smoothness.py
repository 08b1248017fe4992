"""Second differences about seams, of bodies that leap by a known amount."""

from __future__ import annotations

import pytest
import torch

from intersyn.losses import SMOOTH_WINDOW
from intersyn.metrics.smoothness import mean_seam_acceleration, seam_accelerations, within_smooth_window
from intersyn.motion import Motion
from tests.motions import timeline

REACH = 8


def leaping(size: float, seam: int = 40) -> Motion:
    """Two people at rest; the first is shifted as a whole at the seam."""
    plan = timeline("si")
    trans = torch.zeros(2, plan.frames, 3)
    trans[0, seam:, 0] += size
    return Motion(torch.zeros(2, plan.frames, 22, 3), trans, torch.zeros(2, 10), 20.0, plan)


def test_a_leap_is_two_entries_at_the_seam() -> None:
    """One person of two moves, all joints alike: the RMS is the leap over sqrt 2, before the seam and at it."""
    curves = seam_accelerations(leaping(0.2), REACH)
    assert curves.shape == (1, 2 * REACH + 1)
    expected = torch.zeros(2 * REACH + 1)
    expected[REACH - 1 : REACH + 1] = 0.2 / 2**0.5
    torch.testing.assert_close(curves[0], expected, atol=1e-6, rtol=0)


def test_the_window_is_that_of_the_loss() -> None:
    near, far = (seam_accelerations(leaping(0.2, 40 + by), REACH) for by in (0, SMOOTH_WINDOW + 2))
    assert float(within_smooth_window(near)) == pytest.approx(0.2 / (2 * SMOOTH_WINDOW + 1) ** 0.5, abs=1e-6)
    assert float(within_smooth_window(far)) == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match="needs 11 entries, got 7"):
        within_smooth_window(torch.zeros(2, 7))


def test_the_mean_of_several_is_over_their_squares() -> None:
    curve = mean_seam_acceleration([leaping(0.3), leaping(0.4)], REACH)
    assert float(curve[REACH]) == pytest.approx(((0.09 + 0.16) / 2 / 2) ** 0.5, abs=1e-6)


def test_beyond_the_ends_there_is_nothing() -> None:
    curves = seam_accelerations(leaping(0.2), 60)
    assert curves[0, :21].isnan().all() and curves[0, -22:].isnan().all()
    assert not curves[0, 21:-22].isnan().any()
    with pytest.raises(ValueError, match="has none"):
        seam_accelerations(leaping(0.2).slice(0, 60), REACH)
