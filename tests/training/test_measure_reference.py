"""The reference of plots and sentences, measured on motion whose answer is known."""

from __future__ import annotations

import math

import pytest
import torch

from intersyn.metrics.differences import FIGURES
from intersyn.skeleton import REST_JOINTS
from training.common import InputError
from training.measure_reference import of_recordings, spread_of


def test_recordings_of_constant_jerk() -> None:
    """x = t^3 has 6 m/s^3 everywhere: 6 / 20^3 m a frame^3 in FlowMDM's curve, no area against itself."""
    t = torch.arange(60, dtype=torch.float64) / 20
    cubic = REST_JOINTS.double() + torch.stack((t**3, 0 * t, 0 * t), -1)[:, None]
    found = of_recordings([cubic, cubic[:40], cubic[:5]], 20.0)
    jerk = found["jerk"]
    assert (jerk.mean, jerk.low, jerk.high) == pytest.approx((6.0, 6.0, 6.0))
    assert found["jerk_curve"] == pytest.approx(6 / 20**3)
    assert found["peak_jerk"].mean == pytest.approx(6 / 20**3)
    assert found["area_under_jerk"].mean == pytest.approx(0, abs=1e-9)
    assert found["transition_distance"].mean == pytest.approx(0, abs=1e-9)
    with pytest.raises(InputError, match="33 frames"):
        of_recordings([cubic[:32]], 20.0)


def test_spread_is_over_seeds_and_not_over_requests() -> None:
    """Seeds 2 apart have a standard deviation of the root of 2, whatever the request's level is."""
    request = [[dict.fromkeys(FIGURES, level), dict.fromkeys(FIGURES, level + 2)] for level in (0.0, 100.0)]
    nothing = [dict.fromkeys(FIGURES, math.nan), dict.fromkeys(FIGURES, 1.0)]
    assert spread_of([*request, nothing]) == pytest.approx(dict.fromkeys(FIGURES, math.sqrt(2)))
    with pytest.raises(InputError, match="seam_jerk"):
        spread_of([nothing])
