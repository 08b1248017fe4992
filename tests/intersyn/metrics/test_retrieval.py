"""R-precision and MM distance where the answer is known by hand."""

from __future__ import annotations

import pytest
import torch

from intersyn.metrics.retrieval import (
    disjoint_pools,
    mm_distance,
    pool_ranks,
    precision_among_texts,
    r_precision,
    ranks,
)

LINE = torch.tensor([[0.0, 0], [1, 0], [2, 0], [3, 0]])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_everybody_finds_their_own() -> None:
    assert ranks(LINE, LINE + 0.1).tolist() == [0, 0, 0, 0]
    assert r_precision(LINE, LINE, torch.tensor([[0, 1, 2, 3]]), k=2).tolist() == [1, 1]


def test_ranks_count_the_motions_that_are_nearer() -> None:
    """Motions lie on the line in reverse order: the inner texts have one nearer and one as near."""
    assert ranks(LINE, LINE.flip(0)).tolist() == [3, 1.5, 1.5, 3]


def test_a_motion_equally_near_counts_half() -> None:
    assert ranks(torch.zeros(5, 3), torch.ones(5, 3)).tolist() == [2.0] * 5


def test_a_space_without_information_is_at_chance() -> None:
    texts, motions = torch.randn(960, 8, generator=generator(1)), torch.randn(960, 8, generator=generator(2))
    pools = torch.randperm(960, generator=generator(3)).reshape(-1, 32)
    top = r_precision(texts, motions, pools, k=3)
    torch.testing.assert_close(top, torch.tensor([1, 2, 3]).double() / 32, atol=0.03, rtol=0)


def test_the_pool_decides_who_are_rivals() -> None:
    """Item 0 loses against 1 and wins against 2."""
    texts, motions = torch.tensor([[0.0], [0.5], [9]]), torch.tensor([[1.0], [0.5], [9]])
    assert r_precision(texts, motions, torch.tensor([[0, 2]]), k=1).tolist() == [1]
    assert r_precision(texts, motions, torch.tensor([[0, 1]]), k=2).tolist() == [0.5, 1]


def test_r_precision_does_not_depend_on_a_common_move() -> None:
    texts, motions = torch.randn(64, 4, generator=generator(1)), torch.randn(64, 4, generator=generator(2))
    pools = torch.arange(64).reshape(2, 32)
    turn = torch.linalg.qr(torch.randn(4, 4, generator=generator(3))).Q
    moved = r_precision(3 * texts @ turn + 5, 3 * motions @ turn + 5, pools)
    torch.testing.assert_close(moved, r_precision(texts, motions, pools))


def test_pools_hold_different_classes_and_nobody_twice() -> None:
    classes = [("walk", k % 40) for k in range(400)]
    pools = disjoint_pools(classes, 32, generator())
    assert pools.shape == (12, 32)  # 400 // 32
    assert pools.unique().numel() == pools.numel()
    for pool in pools.tolist():
        assert len({classes[k] for k in pool}) == 32


def test_pools_differ_by_seed_and_repeat_with_it() -> None:
    classes = [k % 40 for k in range(80)]
    assert torch.equal(disjoint_pools(classes, 32, generator(1)), disjoint_pools(classes, 32, generator(1)))
    assert not torch.equal(disjoint_pools(classes, 32, generator(1)), disjoint_pools(classes, 32, generator(2)))


def test_too_few_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="got 3"):
        disjoint_pools(["a", "b", "c", "a"], 4, generator())


def test_mm_distance_is_the_mean_of_the_distances() -> None:
    assert float(mm_distance(LINE, LINE + torch.tensor([3.0, 4.0]))) == pytest.approx(5)
    assert float(mm_distance(torch.zeros(2, 1), torch.tensor([[1.0], [3.0]]))) == pytest.approx(2)


@pytest.mark.parametrize("bad", [torch.zeros(3), torch.zeros(3, 4), torch.full((4, 2), torch.nan)])
def test_what_does_not_fit_is_refused(bad: torch.Tensor) -> None:
    for metric in (ranks, mm_distance):
        with pytest.raises(ValueError, match="motions"):
            metric(LINE, bad)


def test_who_may_be_of_two_classes_is_nobodys_rival() -> None:
    """A text that names no side is of both sides' classes: no pool holds it beside either."""
    left, right, either = frozenset({"left"}), frozenset({"right"}), frozenset({"left", "right"})
    others = [frozenset({k}) for k in range(10)]
    classes = [left, right, either, *others] * 6
    pools = disjoint_pools(classes, 8, generator())
    assert len(pools) >= 8
    for pool in pools.tolist():
        members = [name for k in pool for name in classes[k]]
        assert len(members) == len(set(members))


def test_a_motion_looks_for_its_text_among_wrong_ones() -> None:
    texts = torch.tensor([[0.0, 0.0], [10.0, 0.0]])
    wrong = texts + torch.tensor([1.0, 0.0])
    near, far = texts + torch.tensor([0.2, 0.0]), texts + torch.tensor([0.9, 0.0])
    pools = torch.tensor([[0, 1]])
    assert precision_among_texts(near, texts, wrong, pools).tolist() == [1, 1, 1]
    assert precision_among_texts(far, texts, wrong, pools).tolist() == [0, 1, 1]
    mixed = torch.stack((near[0], far[1]))
    assert precision_among_texts(mixed, texts, wrong, pools, k=1).tolist() == [0.5]
    alike = torch.zeros(2, 2)  # four candidates at one point: everybody in the middle, nobody first
    assert precision_among_texts(alike, alike, alike, pools).tolist() == [0, 1, 1]
    with pytest.raises(ValueError, match="4 texts, got 5"):
        precision_among_texts(near, texts, wrong, pools, k=5)
    with pytest.raises(ValueError, match="two texts"):
        precision_among_texts(near, texts, wrong[:1], pools)


def test_places_within_pools() -> None:
    pools = torch.tensor([[0, 1], [2, 3]])
    assert pool_ranks(LINE, LINE, pools).tolist() == [[0, 0], [0, 0]]
    assert pool_ranks(LINE, LINE.flip(0), torch.tensor([[0, 1, 2, 3]])).tolist() == [[3, 1.5, 1.5, 3]]
