"""Drawing clips at random, by the length that is needed, balanced over actions, with the key interval kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LONGEST = 400  # frames; no segment is longer


class LengthSampler:
    """Draws items that offer at least n frames, with given weights, for many n at once.

    longest (C,): the longest crop each item offers. shortest (C,): the shortest that still holds its key interval.
    groups (C,): items of one group share weight: a group of m usable items weighs boost * sqrt(m), shared evenly.
    """

    def __init__(self, longest: np.ndarray, shortest: np.ndarray, groups: np.ndarray, boost: np.ndarray):
        if not len(longest) == len(shortest) == len(groups) == len(boost):
            raise ValueError("longest, shortest, groups and boost must have one entry per item")
        # Sorted by group, so that a group is one stretch of the cumulative weights.
        self._order = np.argsort(groups, kind="stable")
        longest, shortest, groups, boost = (x[self._order] for x in (longest, shortest, groups, boost))
        self._place = np.argsort(self._order)
        edges = np.searchsorted(groups, np.stack([groups, groups + 1], 1))  # (C, 2) of its group
        top = int(min(longest.max(initial=0), LONGEST))
        tables = np.zeros((top + 1, len(longest)))
        for n in range(top + 1):
            usable = (longest >= n) & (shortest <= n)
            count = np.bincount(groups[usable], minlength=groups.max(initial=0) + 1)
            tables[n] = np.where(usable, boost / np.sqrt(np.maximum(count[groups], 1)), 0.0)
        total = tables.sum(1)
        self.usable = (tables > 0).sum(1)  # (top + 1,) how many items offer n frames
        self.longest = int(np.flatnonzero(total > 0).max(initial=0))
        cumulative = np.cumsum(tables, axis=1) / np.where(total > 0, total, 1.0)[:, None]
        padded = np.concatenate([np.zeros((top + 1, 1)), cumulative], 1)
        self._group_span = padded, edges
        # All rows one after another: row n ends at n + 1, so one search serves every length at once.
        self._flat = (cumulative + np.arange(top + 1)[:, None]).ravel()
        self._count = len(longest)

    def draw(self, rng: np.random.Generator, frames: np.ndarray) -> np.ndarray:
        """One item index per entry of `frames` (any shape). Raises `ValueError` where no item is long enough."""
        if frames.size and (frames.max() > self.longest or (self.usable[frames] == 0).any()):
            raise ValueError(f"no clip offers {int(frames.max())} frames; the longest offers {self.longest}")
        return self._find(frames, rng.random(frames.shape))

    def draw_alike(self, rng: np.random.Generator, frames: np.ndarray, items: np.ndarray) -> np.ndarray:
        """For every item, one of its group that offers `frames` too (maybe itself)."""
        padded, edges = self._group_span
        begin, end = (padded[frames, edges[self._place[items], side]] for side in (0, 1))
        return self._find(frames, begin + rng.random(frames.shape) * (end - begin))

    def _find(self, frames: np.ndarray, share: np.ndarray) -> np.ndarray:
        # Strictly inside the row, so that rounding never ends in the next one.
        u = frames + np.clip(share, 1e-9, 1 - 1e-9)
        found = np.searchsorted(self._flat, u, side="left") - frames * self._count
        return self._order[found.clip(0, self._count - 1)]


def draw_start(
    rng: np.random.Generator, frames: np.ndarray, low: np.ndarray, high: np.ndarray, key: np.ndarray
) -> np.ndarray:
    """First frame of a crop of `frames`, uniform among those inside [low, high) that contain key (..., 2)."""
    first = np.maximum(low, np.minimum(key[..., 1], high) - frames)
    last = np.minimum(high - frames, np.maximum(key[..., 0], low))
    if (last < first).any():
        raise ValueError("a crop is too short for its key interval or too long for its clip")
    return first + np.floor(rng.random(frames.shape) * (last - first + 1)).astype(np.int64)


def reachable(key: np.ndarray, frames: np.ndarray, spare: int) -> np.ndarray:
    """Key intervals (C, 2) of clips of `frames` (C,) without the first and last `spare` ones, which no crop shows."""
    return np.stack([np.maximum(key[:, 0], spare), np.minimum(key[:, 1], frames - spare)], 1)


def groups_of(names: Sequence[str]) -> np.ndarray:
    """Equal names to equal numbers, in order of the sorted names."""
    return np.unique(np.asarray(names), return_inverse=True)[1].reshape(-1)
