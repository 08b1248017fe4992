"""Plans: what two must share to be solved together, and how short ones join long ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from intersyn.data.compose.plan import Carrier, Gaze, stack
from tests.plans import hold, reach, standing_plan, target


def shake(frames: int, height: float = 1.05):
    reaches = tuple(reach(who, "right_palm", target((0.0, height, 0.0), frames, weight=hold(frames))) for who in (0, 1))
    gazes = (Gaze(0, target((0.0, 0.1, 0.0), frames, Carrier(1, 15))),)
    return standing_plan(frames, reaches=reaches, gazes=gazes)


def test_numbers_make_no_signature() -> None:
    assert shake(30).signature() == shake(50, 1.2).signature()


@pytest.mark.parametrize(
    "other",
    [
        standing_plan(),
        replace(shake(40), reaches=shake(40).reaches[:1]),
        replace(shake(40), reaches=shake(40).reaches[::-1]),
        replace(shake(40), gazes=(Gaze(1, shake(40).gazes[0].target),)),
        replace(shake(40), gazes=(Gaze(0, target((0.0, 0.0, 0.0), 40, Carrier(1, 12))),)),
        replace(shake(40), reaches=(reach(0, "left_palm", shake(40).reaches[0].targets[0]), shake(40).reaches[1])),
        replace(shake(40), reaches=(reach(0, "right_palm", *shake(40).reaches[0].targets * 2), shake(40).reaches[1])),
        replace(shake(40), things=torch.zeros(1, 1, 40, 7)),
        standing_plan(people=1),
    ],
)
def test_plans_of_other_signatures_are_refused(other) -> None:
    with pytest.raises(ValueError, match="2 plans cannot be solved together"):
        stack([shake(40), other])


def test_nothing_is_no_batch() -> None:
    with pytest.raises(ValueError, match="0 plans"):
        stack([])


def test_short_plans_hold_their_last_frame_behind_a_mask() -> None:
    short, long = shake(30), shake(44)
    short = replace(short, root=short.root + torch.linspace(0, 1, 30)[:, None])
    both = stack([short, long])
    assert both.frames == 44 and both.root.shape == (2, 2, 44, 3)
    assert both.mask.sum(1).tolist() == [30, 44]
    assert both.mask[0, :30].min() == 1
    assert torch.equal(both.root[0, :, :30], short.root[0])
    assert torch.equal(both.root[0, :, 30:], short.root[0, :, -1:].expand(-1, 14, -1))
    assert torch.equal(both.root[1], long.root[0])
    assert both.reaches[1].targets[0].weight[0, 30:].tolist() == [float(hold(30)[-1])] * 14
    assert both.gazes[0].target.carrier == Carrier(1, 15)
    assert both.offsets.shape == (2, 2, 22, 3) and both.yields.shape == (2, 2)


def test_stacks_can_be_stacked() -> None:
    both = stack([stack([shake(20), shake(30)]), shake(40)])
    assert both.mask.sum(1).tolist() == [20, 30, 40]


@pytest.mark.parametrize("rows", [torch.tensor([2, 0]), torch.tensor([True, False, True])])
def test_some_clips_of_a_batch(rows: torch.Tensor) -> None:
    plans = [shake(40, height) for height in (1.0, 1.1, 1.2)]
    some = stack(plans).clips(rows)
    order = [2, 0] if rows.dtype == torch.long else [0, 2]
    assert some.signature() == plans[0].signature()
    for row, k in enumerate(order):
        assert torch.equal(some.root[row], plans[k].root[0])
        assert torch.equal(some.reaches[0].targets[0].position[row], plans[k].reaches[0].targets[0].position[0])
        assert torch.equal(some.gazes[0].target.weight[row], plans[k].gazes[0].target.weight[0])


def test_a_plan_can_start_elsewhere() -> None:
    plan = shake(20)
    moved = plan.restarted(plan.rotations, plan.root + 1)
    assert torch.equal(moved.root, plan.root + 1) and moved.reaches is plan.reaches
