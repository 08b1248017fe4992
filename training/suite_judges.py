"""The trained networks that judge: where they are, whether they are the frozen ones, and what they say of motions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from intersyn.checkpoint import BUNDLED
from intersyn.metrics.adherence import seam_delays
from intersyn.models.boundary_detector import BoundaryDetector
from intersyn.models.evaluator import Evaluator
from intersyn.timeline import Part, Segment, Timeline
from training.common import InputError
from training.frozen_benchmark import JUDGES, Benchmark, weights_hash

# Without a trained network the suite says so, and measures what needs none.
LACKING = {
    "evaluator": "There is no trained evaluator in this benchmark, so R-precision, FID, KID, MM distance, diversity "
    "and multimodality are left out.",
    "detector": "There is no trained boundary detector in this benchmark, so boundary adherence is left out.",
}


@dataclass(frozen=True)
class Embedded:
    """An evaluator's vectors of one motion: whole (D,), of each part (K, D), of each segment's interior (J, D)."""

    whole: Tensor
    parts: Tensor
    interiors: Tensor


@dataclass(frozen=True)
class Judges:
    evaluator: Evaluator | None
    detector: BoundaryDetector | None

    @property
    def lacking(self) -> list[str]:
        """A sentence for each that is not there."""
        return [LACKING[name] for name in JUDGES if getattr(self, name) is None]

    @staticmethod
    def load(benchmark: Benchmark, folders: dict[str, Path | None], device: torch.device | str = "cpu") -> Judges:
        """Those that the benchmark names, from the folders given or from the bundled checkpoint.

        Raises `InputError` where one is missing or is not the one that was frozen, `CheckpointError` where damaged.
        """
        found = {}
        for name, kind in zip(JUDGES, (Evaluator, BoundaryDetector), strict=True):
            frozen, folder = benchmark.judges.get(name), folders.get(name) or BUNDLED / name
            if frozen is None:
                if folders.get(name):
                    raise InputError(
                        f"the benchmark was frozen without {name}: record it with python -m training.freeze_benchmark "
                        f"--{name} {folder}"
                    )
                found[name] = None
                continue
            if not folder.is_dir():
                raise InputError(f"{folder} holds no {name}: name the folder of the frozen one with --{name}")
            if weights_hash(folder) != frozen["sha256"]:
                raise InputError(
                    f"{folder} is not the {name} that the benchmark was frozen with: name it with --{name}"
                )
            found[name] = kind.load(folder).to(device)
        return Judges(**found)

    def embed(
        self, motions: Sequence[Tensor], timelines: Sequence[Timeline], insides: Sequence[Sequence[tuple]]
    ) -> list[Embedded] | None:
        """Of motions (P, T, 22, 3): whole, each part, each interior (people, start, end). None without an evaluator."""
        if self.evaluator is None:
            return None
        pieces, counts = [], []
        for joints, line, inside in zip(motions, timelines, insides, strict=True):
            spans = [(part.people, segment.start, segment.end) for segment in line.segments for part in segment.parts]
            cut = [joints[list(people), start:end] for people, start, end in (*spans, *inside)]
            pieces += [joints, *cut]
            counts.append((1, len(spans), len(inside)))
        with torch.no_grad():
            order = sorted(range(len(pieces)), key=lambda k: pieces[k].shape[1])  # batches of similar lengths
            vectors = self.evaluator.embed_motions([pieces[k] for k in order]).cpu()
        rows = vectors[torch.tensor(order).argsort()].split([n for count in counts for n in count])
        return [Embedded(rows[k][0], rows[k + 1], rows[k + 2]) for k in range(0, len(rows), 3)]

    def embed_texts(self, timelines: Sequence[Timeline]) -> Tensor:
        """What timelines ask for, (N, D)."""
        with torch.no_grad():
            return self.evaluator.embed_timelines(timelines).cpu()

    def late(self, joints: Tensor, timeline: Timeline) -> list[int]:
        """Frames by which the interactions of a motion (P, T, 22, 3) begin and end late; none without a detector."""
        if self.detector is None or len(timeline.segments) == 1:
            return []
        found = seam_delays(self.detector.probability(joints, timeline.fps), timeline)
        return [delay for delay in found if delay is not None]


def part_timelines(timeline: Timeline) -> list[Timeline]:
    """Each part by itself, as the evaluator reads single segments."""
    found = []
    for segment in timeline.segments:
        for part in segment.parts:
            people = tuple(range(len(part.people)))
            found.append(Timeline((Segment(0, segment.frames, (Part(people, part.text),)),), timeline.fps))
    return found
