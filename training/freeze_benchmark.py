"""Freeze the interleaved benchmark: draw its sequences, and name the networks that judge.

    python -m training.freeze_benchmark --data DATA COMPOSED --evaluator EVALUATOR --detector DETECTOR
    python -m training.freeze_benchmark --evaluator EVALUATOR --detector DETECTOR     # the same sequences, other judges

Writes training/benchmarks/interleaved-test.json, on which results are reported, and interleaved-val.json, on which
alone defaults and checkpoints are chosen. Sequences use the clips of their split and phrasings held out of training.
Half of a file are sequences to be made; the other half are references: more real motion, for FID and KID.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import tyro
from torch import Tensor
from tqdm import tqdm

from intersyn.checkpoint import read_config
from intersyn.conditions import INTERACTION, PADDING
from intersyn.data.dataset import InterleavedDataset
from intersyn.data.fusion import Cast
from intersyn.data.layouts import LayoutChoice
from intersyn.data.store import ClipStore
from intersyn.data.text_classes import TextClasses
from intersyn.models.boundary_detector import DetectorConfig
from intersyn.models.evaluator import EvaluatorConfig
from intersyn.timeline import Part, Segment, Timeline
from training.common import InputError, load_clips, make_dataset, run_command
from training.frozen_benchmark import (
    FOLDER,
    JUDGES,
    REPLICATIONS,
    Benchmark,
    Entry,
    Exchange,
    Role,
    clip_names,
    fingerprint,
    weights_hash,
)
from training.train_evaluator import Examples

# Sixteen sequences in a row hold each of the paper's three patterns, and others; any first part of a file is a sample.
BLOCK = ("sis", "sisi", "sis", "sisis", "sis", "si", "sisi", "sis", "is", "sisis", "sis", "sisi", "isi", "sisis", "sis",
         "other")  # fmt: skip
OTHERS = ("i", "isis", "ssis", "siss", "sissis", "sii", "siis", "sisisis")
_DRAWN = 16  # sequences drawn at once


@dataclass(frozen=True)
class Config:
    data: tuple[Path, ...] = ()  # folders of training.prepare and training.compose; none: keep the sequences
    evaluator: Path | None = None  # folders of training.train_evaluator and training.train_detector
    detector: Path | None = None
    out: Path = FOLDER
    test: int = 2048  # sequences; as many references
    val: int = 512
    paired_solos: int = 2000
    seed: int = 2026


def freeze(dataset: InterleavedDataset, store: ClipStore, split: str, count: int, seed: int, judges: dict) -> Benchmark:
    """`count` sequences and as many references of one split, drawn by `seed`."""
    draw = _Drawer(dataset, store, seed)
    wanted = [BLOCK[k % len(BLOCK)] for k in range(count)]
    others = iter(range(count))
    patterns = [OTHERS[next(others) % len(OTHERS)] if name == "other" else name for name in wanted]
    every = [draw(pattern) for pattern in tqdm(patterns * 2, desc=split)]
    sequences, references = every[:count], [replace(entry, exchange=None) for entry in every[count:]]
    seeds = tuple(k * 10**6 for k in range(REPLICATIONS))
    return Benchmark(split, fingerprint(store, clip_names(every)), seeds, tuple(sequences), tuple(references), judges)


class _Drawer:
    """Draws sequences of a pattern, a handful at a time."""

    def __init__(self, dataset: InterleavedDataset, store: ClipStore, seed: int) -> None:
        self.dataset, self.rng, self.step = dataset, np.random.default_rng(seed), 0
        self.clips = sorted(store.clips, key=lambda clip: clip.start)
        self.first = torch.tensor([clip.start for clip in self.clips])
        self.examples = Examples(dataset, TextClasses(store.clips), seed)
        self.waiting: dict[str, list[Entry]] = {}

    def __call__(self, pattern: str) -> Entry:
        while not self.waiting.get(pattern):
            cast, text, _ = self.dataset.cast(self.step, "interleaved", _DRAWN, LayoutChoice((pattern,)))
            self.step += 1
            self.waiting[pattern] = [self._entry(cast, text, b) for b in range(len(cast.kind))]
        return self.waiting[pattern].pop()

    def _entry(self, cast: Cast, text: Tensor, b: int) -> Entry:
        segments, roles = [], []
        people = range(cast.row.shape[1])
        for s in range(int((cast.kind[b] != PADDING).sum())):
            told = [self.dataset.texts[int(text[b, p, s])] for p in people]
            together = int(cast.kind[b, s]) == INTERACTION
            parts = (Part(tuple(people), told[0]),) if together else tuple(Part((p,), told[p]) for p in people)
            segments.append(Segment(int(cast.start[b, s]), int(cast.end[b, s]), parts))
            roles.append(tuple(self._role(cast, b, p, s) for p in people))
        timeline = Timeline(tuple(segments))
        return Entry(timeline, tuple(roles), _difference(timeline, self.examples.exchange(timeline, self.rng)))

    def _role(self, cast: Cast, b: int, p: int, s: int) -> Role:
        row = int(cast.row[b, p, s])
        clip = self.clips[int(torch.searchsorted(self.first, row, right=True)) - 1]
        place, end_place = (
            (round(float(yaw[b, p, s]), 4), *(round(value, 3) for value in shift[b, p, s].tolist()))
            for yaw, shift in ((cast.yaw, cast.shift), (cast.end_yaw, cast.end_shift))
        )
        return Role(clip.name, row - clip.start, bool(cast.mirror[b, p, s]), place, end_place)


def _difference(plain: Timeline, other: Timeline) -> Exchange:
    for s, (one, two) in enumerate(zip(plain.segments, other.segments, strict=True)):
        for k, (part, told) in enumerate(zip(one.parts, two.parts, strict=True)):
            if part.text != told.text:
                return Exchange(s, k, told.text)
    raise ValueError("the two timelines tell the same")


def named_judges(config: Config) -> dict[str, dict | None]:
    """Hash and steps of each network given; None for one that is not. Raises `CheckpointError`."""
    kinds = {"evaluator": EvaluatorConfig, "detector": DetectorConfig}
    found: dict[str, dict | None] = {}
    for name in JUDGES:
        folder = getattr(config, name)
        found[name] = folder and {"sha256": weights_hash(folder), "steps": read_config(folder, kinds[name]).steps}
    return found


def main(config: Config) -> None:
    judges = named_judges(config)
    if not config.data and not any(judges.values()):
        raise InputError("nothing to freeze: give --data for the sequences, --evaluator and --detector for the judges")
    for split, count, seed in (("test", config.test, config.seed), ("val", config.val, config.seed + 1)):
        path = config.out / f"interleaved-{split}.json"
        if config.data:
            dataset = make_dataset(config.data, split, seed, "cpu", "test", config.paired_solos)
            benchmark = freeze(dataset, load_clips(config.data, (split,)), split, count, seed, judges)
        else:
            old = Benchmark.load(path)
            benchmark = replace(old, judges={name: judges[name] or old.judges[name] for name in JUDGES})
        benchmark.save(path)
        print(f"{path}: {len(benchmark.sequences)} sequences, {path.stat().st_size / 1e6:.2f} MB, {benchmark.judges}")


if __name__ == "__main__":
    run_command(main, tyro.cli(Config, description=__doc__))
