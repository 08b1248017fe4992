"""Random layouts: how many segments, of which kind, how long, and which window of them is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from intersyn.conditions import INTERACTION, PADDING, SOLO
from intersyn.timeline import MAX_SEGMENTS, MIN_INTERACTION_FRAMES, MIN_SOLO_FRAMES

MIN_FRAMES, MAX_FRAMES = 40, 196
WINDOW_SHARE = 0.3  # of the crops cut segments out of a longer sequence
BUCKETS = 4  # lengths within a batch differ by about a quarter of the range
LONG_SOLO, LONG_INTERACTION = 110, 130  # frames; segments of uncut sequences may be longer where they stand alone

# s: everyone alone, i: together. The paper's default first; the weights are ours.
PATTERNS = {
    "sis": 0.36, "si": 0.09, "is": 0.09, "i": 0.07, "isi": 0.05, "sisi": 0.05, "isis": 0.04, "sisis": 0.06,
    "ssis": 0.03, "siss": 0.03, "sissis": 0.02, "sii": 0.02, "siis": 0.02, "ss": 0.03, "s": 0.02, "sisisis": 0.02,
}  # fmt: skip
SOLO_PATTERNS = {"s": 0.6, "ss": 0.25, "sss": 0.1, "ssss": 0.05}


@dataclass(frozen=True)
class LayoutChoice:
    """Which interleaved sequences are drawn; the default is all of PATTERNS, windows included."""

    patterns: tuple[str, ...] = ()  # these of PATTERNS alone, with its weights; none: all
    fixed_times: bool = False  # every sequence has the full length and its seams where the others of its pattern have

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.patterns) - set(PATTERNS)):
            raise ValueError(f"there is no pattern {unknown[0]!r}: choose among {', '.join(PATTERNS)}")

    @property
    def weights(self) -> dict[str, float]:
        return {name: weight for name, weight in PATTERNS.items() if name in self.patterns or not self.patterns}

    @property
    def window_share(self) -> float:
        """0 where patterns or times are chosen: a window shows other patterns, and seams at any time."""
        return 0.0 if self.patterns or self.fixed_times else WINDOW_SHARE


@dataclass(frozen=True)
class Layout:
    """B sequences of up to S segments. kind, start, end (B, S); frames (B,) of the window, which begins at frame 0.

    Starts may be negative and ends beyond `frames` where the window cuts segments; some may lie outside it altogether.
    """

    kind: np.ndarray
    start: np.ndarray
    end: np.ndarray
    frames: np.ndarray

    @property
    def root_segment(self) -> np.ndarray:
        """(B,) the first interaction, or 0."""
        return (self.kind == INTERACTION).argmax(1)

    def visible(self) -> np.ndarray:
        """(B, S) segments of which the window shows a frame."""
        return (self.kind != PADDING) & (self.end > 0) & (self.start < self.frames[:, None])


def draw_layouts(
    rng: np.random.Generator, count: int, longest_solo: int, longest_interaction: int, patterns: Mapping[str, float],
    window_share: float = WINDOW_SHARE, fixed_times: bool = False,
) -> Layout:  # fmt: skip
    """`count` layouts with segments of at most the given frames.

    window_share: of the crops that cut segments out of a longer sequence. fixed_times: see `LayoutChoice`.
    Raises `ValueError` where the material is too short for any segment.
    """
    if longest_solo < MIN_SOLO_FRAMES:
        raise ValueError(f"solo segments need {MIN_SOLO_FRAMES} frames, the longest clip offers {longest_solo}")
    names = list(patterns)
    if longest_interaction < MIN_INTERACTION_FRAMES and any("i" in name for name in names):
        raise ValueError(f"interactions need {MIN_INTERACTION_FRAMES} frames, the pairs offer {longest_interaction}")
    weights = np.array([patterns[name] for name in names])
    pick = rng.choice(len(names), size=count, p=weights / weights.sum())
    kinds = np.full((len(names), MAX_SEGMENTS), PADDING)
    for k, name in enumerate(names):
        kinds[k, : len(name)] = [INTERACTION if letter == "i" else SOLO for letter in name]
    kind = kinds[pick]
    cut = rng.random(count) < window_share
    if any("i" in name for name in names):
        kind = np.where(cut[:, None], _long_kinds(rng, count), kind)

    used = kind != PADDING
    least = np.where(kind == INTERACTION, MIN_INTERACTION_FRAMES, np.where(used, MIN_SOLO_FRAMES, 0))
    alone = used.sum(1) == 1
    most = np.where(
        kind == INTERACTION,
        min(longest_interaction, LONG_INTERACTION),
        np.where(alone[:, None], longest_solo, min(longest_solo, LONG_SOLO)),
    )
    most = np.where(used, np.minimum(most, MAX_FRAMES), 0)
    # Uncut: the total is even over what fits, shared at random. Cut: every segment is drawn on its own.
    total_least = least.sum(1)
    total = np.maximum(total_least, MIN_FRAMES)
    total = total + np.floor(rng.random(count) * (MAX_FRAMES - total + 1)).astype(np.int64)
    share = rng.exponential(size=kind.shape) * used
    if fixed_times:
        total, share = np.full_like(total, MAX_FRAMES), used.astype(float)
    share /= share.sum(1, keepdims=True)
    uncut = least + np.floor(share * (total - total_least)[:, None]).astype(np.int64)
    drawn = least + np.floor(rng.random(kind.shape) * (most - least + 1)).astype(np.int64)
    length = np.minimum(np.where(cut[:, None], drawn, uncut), most)
    length = _fill(length, most, np.where(cut, 0, MIN_FRAMES))

    end = np.cumsum(length, 1)
    whole = end[:, -1]
    top = np.minimum(whole, MAX_FRAMES)
    bottom = np.minimum(MIN_FRAMES, top)
    window = np.where(cut, bottom + np.floor(rng.random(count) * (top - bottom + 1)).astype(np.int64), whole)
    offset = np.floor(rng.random(count) * (whole - window + 1)).astype(np.int64)
    return Layout(kind, end - length - offset[:, None], end - offset[:, None], window)


def draw_similar_layouts(
    rng: np.random.Generator, count: int, longest_solo: int, longest_interaction: int, patterns: Mapping[str, float],
    window_share: float = WINDOW_SHARE, fixed_times: bool = False,
) -> Layout:  # fmt: skip
    """Like `draw_layouts`, but of similar lengths, so that a batch has little padding.

    One of BUCKETS slices, by length, of BUCKETS times as many layouts: over many batches the lengths stay as drawn.
    """
    longest = longest_solo, longest_interaction
    layout = draw_layouts(rng, BUCKETS * count, *longest, patterns, window_share, fixed_times)
    order = np.argsort(layout.frames, kind="stable")
    bucket = rng.integers(BUCKETS)
    chosen = rng.permutation(order[bucket * count : (bucket + 1) * count])
    return Layout(*(getattr(layout, name)[chosen] for name in ("kind", "start", "end", "frames")))


def _long_kinds(rng: np.random.Generator, count: int) -> np.ndarray:
    """Three to seven segments that mostly alternate."""
    segments = rng.integers(3, MAX_SEGMENTS + 1, count)
    switch = rng.random((count, MAX_SEGMENTS)) < 0.85
    together = (np.cumsum(switch, 1) + rng.integers(2, size=(count, 1))) % 2 == 1
    kind = np.where(together, INTERACTION, SOLO)
    return np.where(np.arange(MAX_SEGMENTS) < segments[:, None], kind, PADDING)


def _fill(length: np.ndarray, most: np.ndarray, at_least: np.ndarray) -> np.ndarray:
    """Lengthen segments, first to last, until each sequence has `at_least` frames (as far as the material goes)."""
    length = length.copy()
    for s in range(length.shape[1]):
        missing = np.maximum(at_least - length.sum(1), 0)
        length[:, s] += np.minimum(missing, most[:, s] - length[:, s])
    return length
