"""The field's protocol on InterHuman's test split: what is drawn, embedded and summed up (InterGen, IJCV 2024).

A replication shuffles the test pairs, draws one of each pair's sentences, 300 frames of longer ones and who is the
first person, and leaves out what does not fill a pool of 96. Generated motion has the same sentence and length. FID and
diversity are of vectors times 6, diversity is halved; multimodality is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from intersyn.data.sources import interhuman
from intersyn.data.sources.humanml3d import read_annotation
from intersyn.interhuman262 import FILE_FPS, FILE_SIZE, published_pair, to_interhuman262
from intersyn.metrics.distribution import diversity, fid, multimodality
from intersyn.metrics.retrieval import mm_distance, r_precision
from intersyn.motion import Motion
from intersyn.timeline import DEFAULT_FPS, MAX_TEXT_CHARACTERS, MIN_INTERACTION_FRAMES, Part, Segment, Timeline
from training.common import InputError

MIN_FRAMES, MAX_FRAMES = 15, 300  # of a published file; longer ones are cut at random
SCALE = 6.0
TOP = 3


@dataclass(frozen=True)
class Pair:
    """A test pair: its files and the sentences about it."""

    name: str
    files: tuple[Path, Path]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """What one replication asks of one pair; real (2, L, 262)."""

    name: str
    text: str
    real: Tensor

    @property
    def length(self) -> int:
        return self.real.shape[1]


def held_out_pairs(root: Path) -> list[Pair]:
    """The pairs of the test split, less those of ignore_list.txt, in order of name. Raises `InputError`."""
    try:
        tasks = [task for task in interhuman.find(root) if task.split == "test" and not task.problem]
    except FileNotFoundError as error:
        raise InputError(f"{error}: --interhuman is the folder of motions_processed, annots and split") from error
    pairs = []
    for task in sorted(tasks, key=lambda task: task.recording):
        lines = [line.strip() for line in read_annotation(root / "annots" / f"{task.recording}.txt").splitlines()]
        if texts := tuple(line for line in lines if line):
            pairs.append(Pair(task.recording, (task.files[0], task.files[1]), texts))
    if not pairs:
        raise InputError(f"{root} names no test pair that is there: the lists are split/test.txt or test.txt")
    return pairs


def read_pair(pair: Pair) -> Tensor | None:
    """The two published arrays (2, T, 492), cut to the shorter; None below 15 frames. Raises `InputError`."""
    arrays = []
    for path in pair.files:
        try:
            array = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise InputError(f"{path} cannot be read ({error})") from error
        if array.ndim != 2 or array.shape[1] != FILE_SIZE:
            raise InputError(f"{path} should be (T, {FILE_SIZE}), it is {array.shape}")
        arrays.append(torch.from_numpy(array.astype(np.float32)))
    frames = min(map(len, arrays))
    return torch.stack([array[:frames] for array in arrays]) if frames >= MIN_FRAMES else None


def draw(pairs: Sequence[Pair], arrays: Sequence[Tensor], pool: int, generator: torch.Generator) -> list[Sample]:
    """One replication: as many samples as fill pools, shuffled. Raises `InputError` for fewer pairs than a pool."""
    if len(pairs) < pool:
        raise InputError(f"the protocol ranks in pools of {pool}, but there are {len(pairs)} test pairs")
    samples = []
    for k in torch.randperm(len(pairs), generator=generator)[: len(pairs) // pool * pool].tolist():
        array, texts = arrays[k], pairs[k].texts
        text = texts[int(torch.randint(len(texts), (1,), generator=generator))]
        start = int(torch.randint(max(1, array.shape[1] - MAX_FRAMES + 1), (1,), generator=generator))
        array = array[:, start : start + MAX_FRAMES]
        first, flip = torch.rand(2, generator=generator).tolist()
        a, b = array if first < 0.5 else array.flip(0)  # the first person is the one who is put at the origin
        real = published_pair(a, b)
        samples.append(Sample(pairs[k].name, text, real if flip < 0.5 else real.flip(0)))
    return samples


def timeline_for(text: str, length: int) -> Timeline:
    """One interaction at our frame rate, long enough for `length` frames of the 262 at 30 fps."""
    frames = max(MIN_INTERACTION_FRAMES, int(np.ceil(length / FILE_FPS * DEFAULT_FPS)) + 1)
    return Timeline((Segment(0, frames, (Part((0, 1), text),)),))


def as_published(motion: Motion, length: int) -> Tensor:
    """Our motion as the evaluator reads it: (2, length, 262)."""
    return to_interhuman262(motion, FILE_FPS)[:, :length]


def fitting(text: str, tokens: int, count: Callable[[str], int]) -> str:
    """The text without its last words, as far as it is too long for a timeline or has more than `tokens` tokens.

    count: a function from a text to its number of tokens.
    """
    words = text.split()
    while len(words) > 1 and (len(" ".join(words)) > MAX_TEXT_CHARACTERS or count(" ".join(words)) > tokens):
        words.pop()
    return " ".join(words)


def padded(motions: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Motions (2, L, 262) as one batch (N, 2, longest, 262), zeros behind, and their lengths (N,)."""
    length = torch.tensor([motion.shape[1] for motion in motions])
    out = motions[0].new_zeros(len(motions), 2, int(length.max()), motions[0].shape[-1])
    for row, motion in zip(out, motions, strict=True):
        row[:, : motion.shape[1]] = motion
    return out, length


def figures(
    texts: Tensor, motions: Tensor, real: Tensor, pool: int, pairs: int, generator: torch.Generator
) -> dict[str, float]:
    """One replication's figures: R-precision, FID, MM distance, diversity.

    texts, motions (N, D): rows belong together, N a multiple of `pool`; real: vectors of another pass over the real
    motion. pairs: of diversity, fewer where there are fewer motions.
    """
    pools = torch.arange(len(texts)).reshape(-1, pool)
    top = r_precision(texts, motions, pools, TOP)
    found = {f"R@{k + 1}": float(value) for k, value in enumerate(top)}
    found["FID"] = float(fid(real * SCALE, motions * SCALE))
    found["MM distance"] = float(mm_distance(texts, motions))
    found["diversity"] = float(diversity(motions * SCALE, pairs, generator)) / 2
    return found


def spread(samples: Tensor, pairs: int, generator: torch.Generator) -> float:
    """Multimodality of vectors (texts, samples, D)."""
    return float(multimodality(samples, pairs, generator))
