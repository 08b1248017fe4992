"""Where two-person interactions come from: an interface, and its two sources.

`SyncedPairs` are takes of two people recorded (or composed) together; `PairedSolos` (in `paired_solos`) are real solo
clips placed face to face. Both draw two clip crops with their relative placement; fusion never changes that placement.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np

from intersyn.data.fusion import SPARE_FRAMES
from intersyn.data.sampling import LengthSampler, draw_start, groups_of, reachable
from intersyn.data.store import COMPOSED, Clip, ClipStore
from intersyn.timeline import mirror_text, swap_roles


@dataclass(frozen=True)
class PairDraw:
    """N interactions. Columns are people 0 and 1: "the first person" and "the second person" of the text.

    row: (N, 2) row of the store that plays at the interaction's first frame. mirror: (N, 2) reflect that clip.
    yaw (N, 2), shift (N, 2, 2): floor transform of each (reflected) clip into the pair's common frame.
    text: (N,) index into the source's `texts`.
    key: (N, 2) frames any crop must contain, counted from the interaction's first frame; empty where there are none.
    """

    row: np.ndarray
    mirror: np.ndarray
    yaw: np.ndarray
    shift: np.ndarray
    text: np.ndarray
    key: np.ndarray

    @staticmethod
    def empty(count: int) -> PairDraw:
        return PairDraw(
            np.zeros((count, 2), np.int64), np.zeros((count, 2), bool), np.zeros((count, 2)), np.zeros((count, 2, 2)),
            np.zeros(count, np.int64), np.zeros((count, 2), np.int64),
        )  # fmt: skip

    def put(self, where: np.ndarray, other: PairDraw) -> None:
        """Write another draw's rows at the places `where` (indices or mask)."""
        for field in fields(self):
            getattr(self, field.name)[where] = getattr(other, field.name)


class PairSource(Protocol):
    """What the dataset needs of a source of interactions."""

    name: str  # what its interactions are, for example "recorded pairs"
    texts: tuple[str, ...]  # every sentence the source may name
    longest: int  # frames of the longest interaction it can draw
    shortest: int  # frames below which it has nothing to offer

    def draw(self, rng: np.random.Generator, frames: np.ndarray) -> PairDraw:
        """One interaction of `frames` (N,) frames each, with SPARE_FRAMES more of both clips at either end."""
        ...


class TextPool:
    """Sentences that exist plain, mirrored, with the roles swapped, and both; index() is vectorised over draws."""

    def __init__(self, groups: list[tuple[str, ...]]):
        table: dict[str, int] = {}
        most = max((len(group) for group in groups), default=0)
        self._rows = np.zeros((len(groups), 2, 2, most), np.int64)  # group, mirrored, swapped, phrasing
        self._count = np.array([len(group) for group in groups], np.int64)
        for g, group in enumerate(groups):
            if not group:
                raise ValueError("every clip or pairing needs at least one text")
            for k, text in enumerate(group):
                for mirrored in (0, 1):
                    for swapped in (0, 1):
                        told = mirror_text(text) if mirrored else text
                        told = swap_roles(told) if swapped else told
                        self._rows[g, mirrored, swapped, k] = table.setdefault(told, len(table))
        self.texts = tuple(table)

    def draw(
        self, rng: np.random.Generator, group: np.ndarray, mirrored: np.ndarray, swapped: np.ndarray | int = 0
    ) -> np.ndarray:
        """A random phrasing of each group, told as mirrored and swapped: indices into `texts`."""
        pick = np.floor(rng.random(group.shape) * self._count[group]).astype(np.int64)
        return self._rows[group, mirrored.astype(np.int64), np.asarray(swapped).astype(np.int64), pick]


class SyncedPairs:
    """Takes of two people recorded or composed together: same frames, one world. The placement is the take's own."""

    def __init__(self, store: ClipStore, split: str = "train", phrasing: str = "train", sources: tuple[str, ...] = ()):
        """Every clip with a partner in `split`; `sources` restricts to some. Raises `ValueError` if there is none."""
        by_name = {clip.name: clip for clip in store.clips}
        leaders = [
            clip
            for clip in store.clips
            if clip.partner and clip.role == 0 and clip.split == split and (not sources or clip.source in sources)
        ]
        for clip in leaders:
            partner = by_name.get(clip.partner)
            if partner is None or partner.frames != clip.frames:
                raise ValueError(f"{clip.name} names a partner that is missing or of another length")
        if not leaders:
            raise ValueError(f"the store has no pairs in split {split!r}")
        start = [(clip.start, by_name[clip.partner].start) for clip in leaders]
        self._start = np.array(start, np.int64)
        self._frames = np.array([clip.frames for clip in leaders], np.int64)
        key = np.array([_shared_key(clip, by_name[clip.partner]) for clip in leaders], np.int64)
        self._key = reachable(key, self._frames, SPARE_FRAMES)
        self.name = "composed pairs" if {clip.source for clip in leaders} == {COMPOSED} else "recorded pairs"
        self._pool = TextPool(
            [clip.texts if phrasing == "train" else clip.test_texts or clip.texts for clip in leaders]
        )
        self.texts = self._pool.texts
        actions = groups_of([clip.action for clip in leaders])
        # Takes of one action count by their length: long takes hold more material.
        boost = np.sqrt(self._frames / self._frames.mean())
        longest = self._frames - 2 * SPARE_FRAMES
        self._sampler = LengthSampler(longest, np.maximum(self._key[:, 1] - self._key[:, 0], 0), actions, boost)
        self.longest = self._sampler.longest
        self.shortest = int(np.flatnonzero(self._sampler.usable).min())

    def draw(self, rng: np.random.Generator, frames: np.ndarray) -> PairDraw:
        take = self._sampler.draw(rng, frames)
        key, count = self._key[take], self._frames[take]
        first = draw_start(rng, frames, np.full_like(frames, SPARE_FRAMES), count - SPARE_FRAMES, key)
        mirror, swap = rng.random(len(take)) < 0.5, rng.random(len(take)) < 0.5
        row = self._start[take] + first[:, None]
        row = np.where(swap[:, None], row[:, ::-1], row)
        draw = PairDraw.empty(len(take))
        draw.row[:], draw.mirror[:] = row, mirror[:, None]
        draw.text[:] = self._pool.draw(rng, take, mirror, swap)
        has_key = key[:, 1:] > key[:, :1]
        draw.key[:] = np.where(has_key, key - first[:, None], 0)
        return draw


def _shared_key(a: Clip, b: Clip) -> tuple[int, int]:
    """The interval that holds both clips' keys; without any, one that constrains nothing (it ends before it begins)."""
    keys = [clip.key for clip in (a, b) if clip.key is not None]
    return (min(key[0] for key in keys), max(key[1] for key in keys)) if keys else (a.frames, 0)
