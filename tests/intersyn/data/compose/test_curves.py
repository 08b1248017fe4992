"""Curves over time: ramps that start and stop softly, splines that reproduce lines, noise of unit variance."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from intersyn.data.compose.curves import bspline_basis, minimum_jerk, natural_noise, quintic, ramp


def test_minimum_jerk_starts_and_stops_softly() -> None:
    time = np.linspace(-1, 3, 4001)
    way = minimum_jerk(time, 0.5, 2.0)
    assert way[time <= 0.5].max() == 0 and way[time >= 2.0].min() == 1
    assert way[np.argmin(abs(time - 1.25))] == pytest.approx(0.5)
    np.testing.assert_allclose(way + minimum_jerk(2.5 - time, 0.5, 2.0), 1, atol=1e-9)
    speed = np.gradient(way, time)
    assert speed.min() >= 0 and speed.max() == pytest.approx(1.875 / 1.5, rel=1e-3)  # of the mean speed, as published
    assert abs(np.gradient(speed, time)).max() < 6 / 1.5**2  # acceleration has no jumps at the ends


def test_a_step_without_length_is_a_step() -> None:
    assert minimum_jerk(np.array([0.9, 1.1]), 1.0, 1.0).tolist() == [0, 1]


def test_a_quintic_meets_place_speed_and_acceleration_at_both_ends() -> None:
    time = np.linspace(1, 3, 20001)
    way = quintic(time, (1, 0.5, 2.0, -1.0), (3, -0.2, 0.0, 4.0))
    speed = np.gradient(way, time, edge_order=2)
    bend = np.gradient(speed, time, edge_order=2)
    assert way[[0, -1]] == pytest.approx([0.5, -0.2])
    assert speed[[0, -1]] == pytest.approx([2.0, 0.0], abs=1e-3)
    assert bend[[5, -5]] == pytest.approx([-1.0, 4.0], abs=0.05)
    np.testing.assert_allclose(quintic(time, (1, 0, 0, 0), (3, 1, 0, 0)), minimum_jerk(time, 1, 3), atol=1e-9)


def test_ramps_go_in_and_out_or_stay() -> None:
    time = np.linspace(0, 5, 501)
    both = ramp(time, (1, 2, 3, 4))
    assert both[[0, 100, 200, 250, 300, 400, 500]].tolist() == [0, 0, 1, 1, 1, 0, 0]
    stays = ramp(time, (1, 2, math.inf, math.inf))
    np.testing.assert_array_equal(stays, minimum_jerk(time, 1, 2))
    np.testing.assert_array_equal(ramp(time, (-math.inf, -math.inf, 3, 4)), 1 - minimum_jerk(time, 3, 4))
    assert ramp(time, (-math.inf, -math.inf, math.inf, math.inf)).min() == 1


@pytest.mark.parametrize(("frames", "step"), [(40, 2.0), (41, 2.0), (37, 3.0), (10, 1.0), (1, 2.0)])
def test_splines_reproduce_lines(frames: int, step: float) -> None:
    basis = bspline_basis(frames, step)
    assert basis.min() >= 0
    torch.testing.assert_close(basis.sum(1), torch.ones(frames))
    line = basis @ (torch.arange(basis.shape[1]) - 1.0)  # the first knot lies one step before the clip
    torch.testing.assert_close(line, torch.arange(frames) / step, atol=1e-5, rtol=1e-5)


def test_one_knot_moves_four_steps_of_frames() -> None:
    basis = bspline_basis(41, 4.0)
    hump = basis[:, 5]
    assert torch.equal(hump.nonzero()[:, 0], torch.arange(9, 24))
    assert hump.argmax() == 16 and hump.max() == pytest.approx(2 / 3)


def test_noise_has_unit_variance_and_is_slow() -> None:
    rng = np.random.default_rng(0)
    noise = np.stack([natural_noise(rng, 100, 20.0) for _ in range(400)])
    assert noise.shape == (400, 100)
    assert noise.var() == pytest.approx(1, abs=0.06)
    assert abs(noise.mean()) < 0.1
    # the same at both ends of a clip, which do not know of each other
    assert noise[:, :5].var() == pytest.approx(noise[:, -5:].var(), rel=0.25)
    assert abs((noise[:, 0] * noise[:, -1]).mean()) < 0.2
    power = abs(np.fft.rfft(noise * np.hanning(100))) ** 2
    frequency = np.fft.rfftfreq(100, 1 / 20)
    assert power[:, frequency > 2].sum() < 0.02 * power.sum()


def test_noise_repeats_with_its_seed() -> None:
    first, again, other = (natural_noise(np.random.default_rng(seed), 50, 20.0) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
