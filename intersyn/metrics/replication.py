"""Means with their uncertainty: over replications with other seeds, and over the sequences of one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NORMAL_95 = 1.959964  # of the standard normal distribution, two-sided


@dataclass(frozen=True)
class Estimate:
    """A mean, and half the width of its 95% interval."""

    mean: float
    half_width: float

    def __str__(self) -> str:
        return f"{self.mean:.3g} ± {self.half_width:.2g}"


def over_replications(values: Tensor) -> Estimate:
    """mean ± 1.96 s / sqrt(n) of one figure (n,) from n replications, as the field reports it (n = 20).

    s is the standard deviation with n - 1. `ValueError` for fewer than two replications or NaN.
    """
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"values must be (n,) with two replications or more, got {tuple(values.shape)}")
    if not torch.isfinite(values).all():
        raise ValueError("values hold numbers that are not finite")
    values = values.double()
    return Estimate(float(values.mean()), float(NORMAL_95 * values.std() / len(values) ** 0.5))


def paired_change(before: Tensor, after: Tensor) -> Estimate:
    """What a part of the method changes, after - before, of the same n sequences (n,) with the same noise.

    Sequences differ among each other far more than variants do, so the interval is that of the differences. Sequences
    in which either figure is NaN (nothing to measure) are left out; `ValueError` if fewer than two are left.
    """
    if before.ndim != 1 or before.shape != after.shape:
        raise ValueError(f"both need one shape (n,), got {tuple(before.shape)} and {tuple(after.shape)}")
    change = after.double() - before.double()
    return over_replications(change[~change.isnan()])


def proportion(share: float, count: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share of `count` independent items. `ValueError` outside 0..1, or without an item."""
    if not 0 <= share <= 1 or count < 1:
        raise ValueError(f"a share lies in 0..1 and has an item or more, got {share} of {count}")
    z = NORMAL_95**2 / count
    middle = (share + z / 2) / (1 + z)
    half = (z * share * (1 - share) + z * z / 4) ** 0.5 / (1 + z)
    return middle - half, middle + half
