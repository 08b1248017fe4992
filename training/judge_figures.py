"""What examinations of the judges are made of: the evaluator's figures by level of corruption, the detector's rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from intersyn.metrics.adherence import NEAR, best_boundary
from intersyn.metrics.distribution import kid
from intersyn.metrics.replication import paired_change, proportion
from intersyn.metrics.retrieval import pool_ranks, ranks_among_texts
from intersyn.models.boundary_detector import BoundaryDetector
from intersyn.timeline import Timeline
from training.suite_judges import Embedded
from training.suite_tables import Asked, Reference, distances, segment_pools, sequence_pools

DRAWS = 5
DISPLACED = (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20)  # frames
BLOCKS = 12  # of sequences, for the intervals of distances between sets
REACH = 20  # frames either side of a boundary in which it is looked for, as in the suite
# What must not grow with corruption, and what must not shrink.
FALLING = ("segment R@1", "sequence R@1")
RISING = ("segment MM distance", "sequence MM distance", "KID x1000", "FID", "interior KID x1000", "interior FID")
FIGURES = (*FALLING, *RISING)


@dataclass(frozen=True)
class Level:
    """What the evaluator says at one level: figures, and the items (N,) of those that are means over items."""

    figures: dict[str, float]
    items: dict[str, Tensor]


@dataclass(frozen=True)
class Pools:
    """Pools of segments (M, 32), None where too few classes fill one, and of sequences (M, 16), of several draws."""

    segments: Tensor | None
    sequences: Tensor

    @staticmethod
    def draw(asked: Asked, seed: int) -> Pools:
        """Of `DRAWS` draws, over which R-precision is averaged."""
        draws = [segment_pools(asked.classes, seed + k) for k in range(DRAWS)]
        sequences = torch.cat([sequence_pools(len(asked.wholes), seed + k) for k in range(DRAWS)])
        return Pools(None if draws[0] is None else torch.cat(draws), sequences)


def judged(embedded: Sequence[Embedded], asked: Asked, reference: Reference, pools: Pools) -> Level:
    """Every figure of the evaluator of motions that were made for `asked`, in order."""
    wholes, parts = torch.stack([one.whole for one in embedded]), torch.cat([one.parts for one in embedded])
    inside = torch.cat([one.interiors for one in embedded])
    items = {
        "segment MM distance": (asked.parts - parts).norm(dim=1).double(),
        "sequence MM distance": (asked.wholes - wholes).norm(dim=1).double(),
    }
    if pools.segments is not None:
        place = pool_ranks(asked.parts, parts, pools.segments)
        items |= {f"segment R@{k}": by_item(place < k, pools.segments, len(parts)) for k in (1, 2, 3)}
    if len(pools.sequences):
        place = ranks_among_texts(wholes, asked.wholes, asked.wrong, pools.sequences)
        items |= {f"sequence R@{k}": by_item(place < k, pools.sequences, len(wholes)) for k in (1, 2, 3)}
    figures = {name: float(values.nanmean()) for name, values in items.items()}
    for label, ours, theirs in (("", wholes, reference.wholes), ("interior ", inside, reference.interiors)):
        figures |= distances(ours, theirs, label)
        items[f"{label}KID x1000"] = 1000 * in_blocks(kid, ours, theirs)
    return Level(figures, items)


def answers(
    name: str, unit: str, values: Sequence[float], levels: Sequence[Level], figures: Sequence[str] = FIGURES
) -> dict[str, Any]:
    """A row of the page: {"name", "unit", "levels", "figures": by level, "back": see `steps_back`}."""
    shown = [{figure: level.figures[figure] for figure in figures if figure in level.figures} for level in levels]
    back = [step for step in steps_back(levels, values) if step["figure"] in figures]
    return {"name": name, "unit": unit, "levels": list(values), "figures": shown, "back": back}


def steps_back(levels: Sequence[Level], values: Sequence[float]) -> list[dict[str, Any]]:
    """Of each figure the two levels between which it improves most though the motion gets worse.

    {"figure", "from", "to", "by", "plus_minus"}: half of the 95% interval over items, None for figures without items. A
    figure that improves between no two levels is not in the list.
    """
    found = []
    for name in (figure for figure in FIGURES if figure in levels[0].figures):
        sign = 1.0 if name in FALLING else -1.0
        gain = {(a, b): sign * (levels[b].figures[name] - levels[a].figures[name])
                for a, b in combinations(range(len(levels)), 2)}  # fmt: skip
        a, b = max(gain, key=gain.__getitem__)
        if gain[a, b] > 0:
            half = None
            if name in levels[0].items:
                half = paired_change(levels[a].items[name], levels[b].items[name]).half_width
            found.append({"figure": name, "from": values[a], "to": values[b], "by": gain[a, b], "plus_minus": half})
    return found


def in_blocks(distance: Callable[[Tensor, Tensor], Tensor], ours: Tensor, theirs: Tensor) -> Tensor:
    """(BLOCKS,) distance of each block of rows of `ours` (N, D) to all of `theirs`: items for an interval.

    Fewer blocks where they would have less than two rows. For a distance without bias by size, as KID's; blocks of two
    runs over the same sequences are paired.
    """
    return torch.stack([distance(theirs, block) for block in ours.tensor_split(min(BLOCKS, len(ours) // 2))])


def by_item(hits: Tensor, pools: Tensor, count: int) -> Tensor:
    """(count,) mean over the pools (M, size) that an item is in of hits (M, size); NaN where it is in none."""
    flat = pools.flatten()
    total = torch.zeros(count, dtype=torch.float64).index_add(0, flat, hits.flatten().double())
    return total / torch.bincount(flat, minlength=count)


def share(values: Tensor) -> dict[str, Any]:
    """{"mean", "low", "high", "n"} of items (N,) in 0..1, NaN left out, with Wilson's 95% interval."""
    values = values[~values.isnan()].double()
    low, high = proportion(float(values.mean()), len(values))
    return {"mean": float(values.mean()), "low": low, "high": high, "n": len(values)}


def detector_figures(
    detector: BoundaryDetector, motions: Sequence[Tensor], lines: Sequence[Timeline], kinds: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """The detector's rate on real boundaries, by kind, and on boundaries that the timeline puts so many frames off.

    motions: joints (P, T, 22, 3). kinds: where the clips of every segment are from, see `suite_meshes.kind_of`; "" of
    solos.
    """
    found: list[tuple[str, str, int]] = []  # begin or end, kind, frames late
    moved: dict[int, list[int]] = {frames: [] for frames in DISPLACED}
    for joints, line, kind in zip(motions, lines, kinds, strict=True):
        if len(line.segments) == 1:
            continue
        probability = detector.probability(joints, line.fps)
        for seam, before, after in zip(line.boundaries, kind, kind[1:], strict=False):
            if bool(before) == bool(after):
                continue
            rising = bool(after)
            late = best_boundary(probability, seam, rising, REACH) - seam
            found.append(("begin" if rising else "end", before or after, late))
            for frames in DISPLACED:
                for place in {seam - frames, seam + frames}:
                    if 0 < place < line.frames:
                        moved[frames].append(best_boundary(probability, place, rising, REACH) - place)
    groups = {"all": [late for *_, late in found]}
    for name in ("begin", "end", *sorted({kind for _, kind, _ in found})):
        groups[name] = [late for side, kind, late in found if name in (side, kind)]
    late = torch.tensor(groups["all"]).double()
    return {
        "rates": [{"name": name} | _rate(values) for name, values in groups.items()],
        "displaced": [{"frames": frames} | _rate(values) for frames, values in moved.items() if values],
        "median late": float(late.median()),
        "median off": float(late.abs().median()),
    }


def _rate(late: Sequence[int]) -> dict[str, Any]:
    return share((torch.tensor(late).abs() <= NEAR).double())
