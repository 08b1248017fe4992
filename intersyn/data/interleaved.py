"""One interleaved training sequence with everything that fusion U did to make it, to look at and to teach with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from torch import Tensor

from intersyn.conditions import INTERACTION, PADDING
from intersyn.data.dataset import InterleavedDataset
from intersyn.data.fusion import Cast, blend_mask, fuse, placed
from intersyn.data.layouts import LayoutChoice
from intersyn.data.pairs import SyncedPairs
from intersyn.data.sample import load_sample
from intersyn.data.store import COMPOSED, Clip, ClipStore
from intersyn.motion import Motion
from intersyn.timeline import Part, Segment, Timeline


@dataclass(frozen=True)
class Excerpt:
    """Frames [start, end) of a clip that plays in one segment, reflected left to right or as it is."""

    clip: Clip
    start: int
    end: int
    mirrored: bool


@dataclass(frozen=True)
class Interleaved:
    """One sequence of training data: P people, S segments, T frames at the store's rate, world frame, floor at 0.

    fused: what training sees. placed: the same clips at the same places with their seams left open.
    played: for every person the excerpt of each segment. blended: (T,) True where fusion changed a clip's frames.
    """

    fused: Motion
    placed: Motion
    played: tuple[tuple[Excerpt, ...], ...]
    blended: Tensor


@cache
def sample_dataset() -> tuple[InterleavedDataset, ClipStore]:
    """Solo, interaction, solo from the bundled sample's composed clips, drawn and fused as training does."""
    store = load_sample()
    pairs = SyncedPairs(store, sources=(COMPOSED,))
    return InterleavedDataset(store, [(pairs, 1.0)], seed=0, layouts=LayoutChoice(("sis",))), store


def interleave(dataset: InterleavedDataset, store: ClipStore, step: int) -> Interleaved:
    """The sequence that `dataset.batch(step, "interleaved", 1)` trains on, with what it was made of.

    store: the clips that the dataset was built from. Raises `ValueError` where a window cut the sequence: its first
    segment then has no beginning.
    """
    cast, text, layout = dataset.cast(step, "interleaved", 1)
    frames = int(layout.frames[0])
    used = int((cast.kind[0] != PADDING).sum())
    starts, ends = cast.start[0, :used].tolist(), cast.end[0, :used].tolist()
    if starts[0] != 0 or ends[-1] != frames:
        raise ValueError(f"the window shows frames 0 to {frames} of a sequence from {starts[0]} to {ends[-1]}")
    spans = list(zip(starts, ends))
    segments = (Segment(*span, _parts(cast, text, k, dataset.texts)) for k, span in enumerate(spans))
    timeline = Timeline(tuple(segments), store.fps)
    fused = fuse(dataset.material, cast, frames)
    rotations, root, _ = placed(dataset.material, cast, frames)
    return Interleaved(
        Motion.from_quaternions(fused.rotations[0], fused.root[0], store.fps, timeline),
        Motion.from_quaternions(rotations[0], root[0], store.fps, timeline),
        tuple(
            tuple(_excerpt(store, cast, person, k, end - start) for k, (start, end) in enumerate(spans))
            for person in range(cast.row.shape[1])
        ),
        blend_mask(cast, frames)[0],
    )


def seam_leaps(motion: Motion) -> Tensor:
    """How far, in metres, the joint that moves farthest goes from the frame before each seam to it: (P, seams).

    Raises `ValueError` for a motion without a timeline, which has no seams.
    """
    if motion.timeline is None:
        raise ValueError("seams are those of a timeline, and this motion has none")
    seams = list(motion.timeline.boundaries)
    joints = motion.joints()
    return (joints[:, seams] - joints[:, [seam - 1 for seam in seams]]).norm(dim=-1).amax(-1)


def _parts(cast: Cast, text: Tensor, segment: int, texts: tuple[str, ...]) -> tuple[Part, ...]:
    people = range(text.shape[1])
    if cast.kind[0, segment] == INTERACTION:
        return (Part(tuple(people), texts[int(text[0, 0, segment])]),)
    return tuple(Part((person,), texts[int(text[0, person, segment])]) for person in people)


def _excerpt(store: ClipStore, cast: Cast, person: int, segment: int, frames: int) -> Excerpt:
    row = int(cast.row[0, person, segment])
    starts = np.array([clip.start for clip in store.clips])
    clip = store.clips[int((starts <= row).sum()) - 1]  # clips lie one after another
    return Excerpt(clip, row - clip.start, row - clip.start + frames, bool(cast.mirror[0, person, segment]))
