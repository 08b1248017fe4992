"""How well motions and texts find each other in an evaluator's space: R-precision and MM distance.

Rows of `texts` and `motions` (N, D) belong together: row k of one describes row k of the other. Distances are
Euclidean, as in T2M (CVPR 2022) and InterGen (IJCV 2024). Pure functions; `ValueError` for other shapes or NaN.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import torch
from torch import Tensor

from intersyn.metrics.embeddings import check_pair

WHAT = ("texts", "motions")


def ranks(texts: Tensor, motions: Tensor) -> Tensor:
    """(N,) place of each text's own motion among all N motions, 0 the nearest.

    A motion exactly as near as one's own counts half: an evaluator that maps everything to one point ranks everybody
    in the middle, and not first.
    """
    texts, motions = check_pair(texts, motions, WHAT)
    if len(texts) != len(motions):
        raise ValueError(f"every text needs its motion, got {len(texts)} texts and {len(motions)} motions")
    distance = torch.cdist(texts, motions, compute_mode="donot_use_mm_for_euclid_dist")
    own = distance.diagonal()[:, None]
    return (distance < own).sum(1) + 0.5 * ((distance == own).sum(1) - 1)


def r_precision(texts: Tensor, motions: Tensor, pools: Tensor, k: int = 3) -> Tensor:
    """R-precision@1..k, (k,): the share of texts whose own motion is among the nearest 1..k of its pool.

    pools (M, size) int64: each row names the members of one pool by their index. The size decides the figure (32 in
    HumanML3D, 96 in InterHuman), so it is never left to a last partial batch: see `disjoint_pools`.
    """
    place = pool_ranks(texts, motions, pools)
    if not 1 <= k <= pools.shape[1]:
        raise ValueError(f"k must be between 1 and the pool's {pools.shape[1]}, got {k}")
    return torch.stack([(place < best).double().mean() for best in range(1, k + 1)])


def pool_ranks(texts: Tensor, motions: Tensor, pools: Tensor) -> Tensor:
    """(M, size) `ranks` of every member within its pool; pools as in `r_precision`."""
    texts, motions = check_pair(texts, motions, WHAT)
    _check_pools(pools)
    return torch.stack([ranks(texts[pool], motions[pool]) for pool in pools])


def disjoint_pools(classes: Sequence[Hashable], size: int, generator: torch.Generator) -> Tensor:
    """Draw pools whose members are all of different classes: (M, size) int64, every index at most once.

    classes: of each item, for example (action, side, role); a frozenset where it may be of several, and then no two of
    a pool share one. Two clips of one class would be each other's rival though either answers the text. Pools are
    filled from the classes with most items left, so that few remain unused. `ValueError` if not even one pool fills.
    """
    if size < 1:
        raise ValueError(f"a pool has one member or more, got {size}")
    left: dict[Hashable, list[int]] = {}
    for index in torch.randperm(len(classes), generator=generator).tolist():
        left.setdefault(classes[index], []).append(index)
    pools = []
    while True:
        chosen: list[Hashable] = []
        taken: set[Hashable] = set()
        for name in sorted(left, key=lambda name: -len(left[name])):  # stable: ties stay in their random order
            own = name if isinstance(name, frozenset) else {name}
            if len(chosen) < size and not own & taken:
                chosen.append(name)
                taken |= own
        if len(chosen) < size:
            break
        pools.append([left[name].pop() for name in chosen])
        left = {name: items for name, items in left.items() if items}
    if not pools:
        raise ValueError(f"pools of {size} different classes need as many classes, got {len(chosen)}")
    return torch.tensor(pools)


def precision_among_texts(motions: Tensor, texts: Tensor, wrong: Tensor, pools: Tensor, k: int = 3) -> Tensor:
    """R-precision@1..k, (k,), where each motion looks for its text among those of its pool, true and wrong ones.

    motions, texts, wrong (N, D): row n of `wrong` is a hard negative, made from text n. pools (M, size): each names
    size sequences, so that a motion has 2 * size candidates, half of them hard negatives. Ties count half.
    """
    place = ranks_among_texts(motions, texts, wrong, pools)
    if not 1 <= k <= 2 * pools.shape[1]:
        raise ValueError(f"k must be between 1 and the pool's {2 * pools.shape[1]} texts, got {k}")
    return torch.stack([(place < best).double().mean() for best in range(1, k + 1)])


def ranks_among_texts(motions: Tensor, texts: Tensor, wrong: Tensor, pools: Tensor) -> Tensor:
    """(M, size) place of each motion's own text among the true and the wrong texts of its pool; ties count half."""
    motions, texts = check_pair(motions, texts, WHAT[::-1])
    motions, wrong = check_pair(motions, wrong, ("motions", "wrong texts"))
    if not len(motions) == len(texts) == len(wrong):
        raise ValueError(f"every motion needs two texts, got {len(motions)}, {len(texts)} and {len(wrong)}")
    _check_pools(pools)
    candidates = torch.cat((texts[pools], wrong[pools]), dim=1)  # (M, 2 size, D)
    distance = torch.cdist(motions[pools], candidates, compute_mode="donot_use_mm_for_euclid_dist")
    own = distance.diagonal(dim1=1, dim2=2)[..., None]
    return (distance < own).sum(-1) + 0.5 * ((distance == own).sum(-1) - 1)


def mm_distance(texts: Tensor, motions: Tensor) -> Tensor:
    """MM distance: mean Euclidean distance between each text and its own motion."""
    texts, motions = check_pair(texts, motions, WHAT)
    if len(texts) != len(motions):
        raise ValueError(f"every text needs its motion, got {len(texts)} texts and {len(motions)} motions")
    return (texts - motions).norm(dim=1).mean()


def _check_pools(pools: Tensor) -> None:
    if pools.ndim != 2 or not len(pools):
        raise ValueError(f"pools must be (M, size) with a pool or more, got {tuple(pools.shape)}")
