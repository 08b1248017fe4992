"""Intervals of means, by hand."""

from __future__ import annotations

import pytest
import torch

from intersyn.metrics.replication import over_replications, paired_change, proportion


def test_interval_of_replications() -> None:
    estimate = over_replications(torch.tensor([1.0, 3.0, 1.0, 3.0]))
    assert estimate.mean == 2
    assert estimate.half_width == pytest.approx(1.959964 * (4 / 3) ** 0.5 / 2)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    draws = torch.randn(2000, 20, generator=torch.Generator().manual_seed(0))
    held = [abs(e.mean) <= e.half_width for e in map(over_replications, draws)]
    assert sum(held) / len(held) == pytest.approx(0.935, abs=0.02)  # 95% by the normal, a little less by Student's t


def test_a_paired_change_is_sharper_than_two_means() -> None:
    """Sequences spread over 100, the change is 1 in each."""
    before = torch.arange(10.0) * 10
    change = paired_change(before, before - 1)
    assert change.mean == -1
    assert change.half_width == pytest.approx(0, abs=1e-12)


def test_sequences_with_nothing_to_measure_are_left_out() -> None:
    change = paired_change(torch.tensor([1.0, torch.nan, 2]), torch.tensor([2.0, 5, 4]))
    assert change.mean == pytest.approx(1.5)


@pytest.mark.parametrize("values", [torch.zeros(1), torch.zeros(2, 2), torch.tensor([1.0, torch.nan])])
def test_too_little_is_refused(values: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="values"):
        over_replications(values)


def test_a_proportion_has_wilsons_interval() -> None:
    assert proportion(0.8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-3)  # as tabulated
    low, high = proportion(1.0, 20)
    assert high == pytest.approx(1.0) and low == pytest.approx(0.8389, abs=1e-3)
    for share, count in ((1.1, 4), (0.5, 0)):
        with pytest.raises(ValueError, match="a share lies in 0..1"):
            proportion(share, count)
