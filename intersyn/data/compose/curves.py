"""Curves over time: minimum-jerk ramps, cubic B-splines, and noise that wanders as people do."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor


def minimum_jerk(time: np.ndarray, start: float, end: float) -> np.ndarray:
    """0 before `start`, 1 after `end`, between them the smoothest way (Flash and Hogan, 1985)."""
    u = np.clip((time - start) / max(end - start, 1e-6), 0.0, 1.0)
    return u**3 * (10 - 15 * u + 6 * u * u)


def quintic(time: np.ndarray, first: tuple, second: tuple) -> np.ndarray:
    """The curve of fifth degree between two knots, each of time, place, speed and acceleration (numbers or arrays)."""
    span = second[0] - first[0]
    u = (time - first[0]) / span
    p0, v0, a0 = first[1], first[2] * span, first[3] * span**2
    p1, v1, a1 = second[1], second[2] * span, second[3] * span**2
    gap, turn, bend = p1 - p0 - v0 - a0 / 2, v1 - v0 - a0, a1 - a0
    return (
        p0 + v0 * u + a0 / 2 * u**2
        + (10 * gap - 4 * turn + bend / 2) * u**3
        + (-15 * gap + 7 * turn - bend) * u**4
        + (6 * gap - 3 * turn + bend / 2) * u**5
    )  # fmt: skip


def ramp(time: np.ndarray, when: tuple[float, float, float, float]) -> np.ndarray:
    """In from the first to the second moment, out from the third to the fourth; infinite moments never come."""
    into = minimum_jerk(time, when[0], when[1]) if math.isfinite(when[0]) else np.ones_like(time)
    return into * (1 - minimum_jerk(time, when[2], when[3])) if math.isfinite(when[2]) else into


def bspline_basis(frames: int, step: float) -> Tensor:
    """Uniform cubic B-spline basis (frames, knots) with a knot every `step` frames; rows sum to 1."""
    knots = math.ceil((frames - 1) / step) + 4
    time = torch.arange(frames) / step
    first = time.long()
    u = time - first
    weights = torch.stack(((1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3), 1) / 6
    basis = torch.zeros(frames, knots)
    for k in range(4):
        basis[torch.arange(frames), first + k] = weights[:, k]
    return basis


def natural_noise(rng: np.random.Generator, frames: int, fps: float, corner: float = 0.6) -> np.ndarray:
    """(frames,) noise of unit variance on average: flat below `corner` Hz, falling above with the square, like sway."""
    padded = frames + int(4 * fps / corner)  # a longer series, cut: no end knows of the other
    frequency = np.fft.rfftfreq(padded, 1 / fps)
    amplitude = 1 / (1 + (frequency / corner) ** 2)
    amplitude[0] = 0.0
    spectrum = amplitude * (rng.standard_normal(len(frequency)) + 1j * rng.standard_normal(len(frequency)))
    # Parseval: each frequency but the first counts twice, with variance 2 for real and imaginary part together
    scale = math.sqrt(4 * float((amplitude**2).sum())) / padded
    return (np.fft.irfft(spectrum, padded) / scale)[:frames]
