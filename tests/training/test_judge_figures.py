"""Examinations of the judges, on numbers made up for the purpose."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from intersyn.metrics.distribution import kid
from intersyn.timeline import Part, Segment, Timeline
from training.judge_figures import Level, answers, by_item, detector_figures, in_blocks, share
from training.validation_page import verdict


def level(hits: list[float], distance: float) -> Level:
    values = torch.tensor(hits, dtype=torch.float64)
    return Level({"segment R@1": float(values.mean()), "FID": distance}, {"segment R@1": values})


def test_a_figure_that_falls_as_it_should_has_no_step_back() -> None:
    row = answers("noise", "cm", (0, 1, 2), [level([1, 1, 1, 1], 1), level([1, 1, 1, 0], 2), level([0, 0, 1, 0], 3)])
    assert row["back"] == [] and verdict("segment R@1", row) == "yes" and verdict("FID", row) == "yes"
    assert row["figures"][1] == {"segment R@1": 0.75, "FID": 2} and verdict("KID x1000", row) == ""


def test_a_step_back_is_told_with_its_interval() -> None:
    levels = [level([0, 1, 0, 1], 3), level([1, 1, 1, 1], 2), level([1, 1, 1, 0], 4)]
    row = answers("noise", "cm", (0, 5, 9), levels)
    steps = {step["figure"]: step for step in row["back"]}
    half = 1.959964 * torch.tensor([1.0, 0, 1, 0]).std() / 2
    assert steps["segment R@1"] == {
        "figure": "segment R@1", "from": 0, "to": 5, "by": 0.5, "plus_minus": pytest.approx(float(half), rel=1e-4),
    }  # fmt: skip
    assert steps["FID"]["by"] == 1 and steps["FID"]["plus_minus"] is None
    assert verdict("segment R@1", row) == "~"  # 0.5 against 0.57
    sure = answers("noise", "cm", (0, 5), [level([0, 0, 0, 1], 3), level([1, 1, 1, 1], 3)])
    assert verdict("segment R@1", sure) == "**no**"


def test_hits_of_several_pools_are_averaged_by_item() -> None:
    hits = torch.tensor([[True, False], [False, False]])
    assert by_item(hits, torch.tensor([[0, 1], [0, 3]]), 4).nan_to_num(-1).tolist() == [0.5, 0, -1, 0]


def test_shares_have_wilsons_interval() -> None:
    found = share(torch.tensor([1.0] * 8 + [0.0] * 2 + [float("nan")]))
    assert (found["mean"], found["n"]) == (0.8, 10)
    assert (found["low"], found["high"]) == pytest.approx((0.4902, 0.9433), abs=1e-3)  # as tabulated


def test_blocks_of_one_distribution_have_no_distance_on_average() -> None:
    generator = torch.Generator().manual_seed(0)
    ours, theirs = (torch.randn(240, 8, generator=generator, dtype=torch.float64) for _ in range(2))
    values = in_blocks(kid, ours, theirs)
    assert len(values) == 12 and abs(float(values.mean())) < 2 * float(values.std()) / 12**0.5
    assert len(in_blocks(kid, ours[:5], theirs)) == 2


class Perfect:
    """A detector that knows: people interact in frames 40 to 80."""

    def probability(self, joints: Tensor, fps: float) -> Tensor:
        p = torch.full((joints.shape[1],), 0.01)
        p[40:80] = 0.99
        return p


def test_a_perfect_detector_keeps_boundaries_up_to_five_frames_off() -> None:
    alone = tuple(Part((p,), "a person waits") for p in (0, 1))
    line = Timeline((Segment(0, 40, alone), Segment(40, 80, (Part((0, 1), "two hug"),)), Segment(80, 120, alone)))
    found = detector_figures(Perfect(), [torch.zeros(2, 120, 22, 3)], [line], [["", "composed", ""]])
    assert {row["name"]: (row["mean"], row["n"]) for row in found["rates"]} == {
        "all": (1, 2), "begin": (1, 1), "end": (1, 1), "composed": (1, 2)
    }  # fmt: skip
    rates = {row["frames"]: row["mean"] for row in found["displaced"]}
    assert all(rates[frames] == (1 if frames <= 5 else 0) for frames in rates) and 20 in rates
    assert found["median off"] == found["median late"] == 0
