"""Are the benchmark's judges worth asking: the evaluator and the boundary detector on real test sequences.

    python -m training.validate_evaluator --data DATA COMPOSED --evaluator runs/evaluator/evaluator \
        --detector runs/detector/detector --out docs/evaluator.md

R-precision of real motion against chance, with 95% intervals; how every figure of the evaluator answers to motion and
texts that are spoilt by degrees (`corruptions`); how often the detector finds real boundaries, and boundaries that the
timeline puts elsewhere. Writes a Markdown page and a JSON of the same name.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from torch import Tensor
from tqdm import tqdm

from intersyn.data.store import ClipStore
from intersyn.data.text_classes import TextClasses
from intersyn.models.boundary_detector import BoundaryDetector
from intersyn.models.evaluator import Evaluator
from intersyn.timeline import Timeline, mirror_text, swap_roles
from training.common import load_clips, run_command, write_report
from training.corruptions import CORRUPTIONS, retold, texts_by_kind
from training.frozen_benchmark import FOLDER, Benchmark, Entry, check_data, weights_hash
from training.judge_figures import Level, Pools, answers, detector_figures, judged, share
from training.suite_interleaved import other_texts, real_reference, what_was_asked
from training.suite_judges import Embedded, Judges, part_timelines
from training.suite_material import interiors, realise
from training.suite_meshes import kind_of
from training.suite_tables import POOL, Asked
from training.validation_page import markdown

TEXT_LEVELS = (0, 10, 25, 50, 100)
OF_TEXTS = ("segment R@1", "sequence R@1", "segment MM distance", "sequence MM distance")


@dataclass(frozen=True)
class Config:
    """Which judges, on how much."""

    data: tuple[Path, ...]  # the folders that the benchmark was frozen on
    evaluator: Path
    detector: Path
    out: Path = Path("docs/evaluator.md")
    split: Literal["test", "val"] = "test"
    benchmark: Path | None = None  # another file than training/benchmarks/interleaved-SPLIT.json
    sequences: int = 512  # the first so many of the benchmark, and as many references
    seed: int = 0


class Examination:
    """The real sequences of a benchmark, and one evaluator's opinion of whatever is made of them."""

    def __init__(self, judges: Judges, benchmark: Benchmark, store: ClipStore, count: int, seed: int) -> None:
        self.judges, self.seed = judges, seed
        entries = self.entries = benchmark.sequences[:count]
        self.lines = [entry.timeline for entry in entries]
        self.insides = [interiors(entry) for entry in entries]
        self.classes = TextClasses(store.clips)
        self.motions = [one.motion.joints() for one in realise(entries, store)]
        self.reference = real_reference(benchmark.references[:count], store, judges)
        self.asked = what_was_asked(entries, judges, self.classes)
        self.pools = Pools.draw(self.asked, seed)

    def embed(self, motions: Sequence[Tensor]) -> list[Embedded]:
        """The evaluator's vectors of motions that stand for the benchmark's, one by one."""
        return self.judges.embed(motions, self.lines, self.insides)

    def level(self, embedded: Sequence[Embedded], asked: Asked) -> Level:
        """Every figure of some motions under some texts."""
        return judged(embedded, asked, self.reference, self.pools)

    def precision(self, real: Level, embedded: Sequence[Embedded]) -> list[dict[str, Any]]:
        """R-precision of real motion: a row for each kind of pool and k, with its 95% interval.

        "layout": the same under texts of other actions, which share nothing with the motion but who is together when.
        """
        rows = []
        layout = self.level(embedded, other_texts(self.entries, self.asked, self.judges, self.classes, self.seed))
        for what in ("segment", "sequence"):
            for k in (1, 2, 3):
                values = real.items.get(f"{what} R@{k}")
                if values is not None:
                    name = f"{what} R@{k}"
                    rows.append({"name": name, "chance": k / POOL, "layout": layout.figures[name]} | share(values))
        return rows

    def told_otherwise(self, embedded: Sequence[Embedded]) -> list[dict[str, Any]]:
        """How often motion is nearer to its own text than to one that differs in one thing; chance is 0.5."""
        parts, wholes = torch.cat([one.parts for one in embedded]), torch.stack([one.whole for one in embedded])
        own = [line for timeline in self.lines for line in part_timelines(timeline)]
        rows = [{"name": "another action in one part, whole sequence"}
                | share(((self.asked.wholes - self.asked.wrong) * wholes).sum(-1).gt(0))]  # fmt: skip
        for name, change in (
            ("left and right exchanged, segment", mirror_text),
            ("first and second person exchanged, segment", swap_roles),
        ):
            other = [_told(line, change) for line in own]
            which = [k for k, line in enumerate(other) if self._exclude(_text(line), _text(own[k]))]
            if which:
                wrong = self.judges.embed_texts([other[k] for k in which])
                rows.append({"name": name} | share(((self.asked.parts[which] - wrong) * parts[which]).sum(-1).gt(0)))
        return rows

    def corruptions(self, real: Level) -> list[dict[str, Any]]:
        """A row for each way to spoil motion: figures by level, and where they are not monotone."""
        rows = []
        for corruption in CORRUPTIONS:
            levels = [real]
            for value in tqdm(corruption.levels[1:], desc=corruption.name):
                spoilt = corruption.spoil(self.motions, value, torch.Generator().manual_seed(self.seed))
                levels.append(self.level(self.embed(spoilt), self.asked))
            rows.append(answers(corruption.name, corruption.unit, corruption.levels, levels))
        return rows

    def wrong_texts(self, real: Level, embedded: Sequence[Embedded]) -> dict[str, Any]:
        """The same of motion as it is, under texts of other clips; distances between sets of motions do not change."""
        levels, texts = [real], texts_by_kind(self.lines)
        for percent in TEXT_LEVELS[1:]:
            generator = torch.Generator().manual_seed(self.seed)
            lines = retold(self.lines, percent, texts, self.classes, generator)
            flat = [part for line in lines for part in part_timelines(line)]
            wholes, told = self.judges.embed_texts(lines), self.judges.embed_texts(flat)
            levels.append(self.level(embedded, replace(self.asked, wholes=wholes, parts=told)))
        return answers("text of another clip", "% of parts", TEXT_LEVELS, levels, OF_TEXTS)

    def _exclude(self, one: str, two: str) -> bool:
        """Whether two texts ask for things that no clip can answer at once."""
        return one != two and not self.classes.of(one) & self.classes.of(two)


def kinds_of(entry: Entry, store_clips: dict[str, Any]) -> list[str]:
    """Where the clips of every segment are from, see `suite_meshes.kind_of`; "" of solos."""
    return [
        kind_of(*(store_clips[role.clip] for role in roles))[1] if segment.parts[0].is_interaction else ""
        for segment, roles in zip(entry.timeline.segments, entry.cast, strict=True)
    ]


def _text(line: Timeline) -> str:
    return line.segments[0].parts[0].text


def _told(line: Timeline, change: Callable[[str], str]) -> Timeline:
    """A single part told otherwise."""
    segment = line.segments[0]
    return replace(line, segments=(replace(segment, parts=(replace(segment.parts[0], text=change(_text(line))),)),))


def main(config: Config) -> None:
    """Examine both judges, write the page and print it."""
    path = config.benchmark or FOLDER / f"interleaved-{config.split}.json"
    benchmark = Benchmark.load(path)
    store = load_clips(config.data, (benchmark.split,))
    check_data(benchmark, store, path)
    judges = Judges(Evaluator.load(config.evaluator), BoundaryDetector.load(config.detector))
    count = min(config.sequences, len(benchmark.sequences))
    examination = Examination(judges, benchmark, store, count, config.seed)
    embedded = examination.embed(examination.motions)
    real = examination.level(embedded, examination.asked)
    clips = {clip.name: clip for clip in store.clips}
    kinds = [kinds_of(entry, clips) for entry in benchmark.sequences[:count]]
    report = {
        "command": "python -m training.validate_evaluator " + shlex.join(sys.argv[1:]),
        "split": benchmark.split,
        "sequences": count,
        "segments": len(examination.asked.parts),
        "steps": {"evaluator": judges.evaluator.config.steps, "detector": judges.detector.config.steps},
        "sha256": {"evaluator": weights_hash(config.evaluator), "detector": weights_hash(config.detector)},
        "precision": examination.precision(real, embedded),
        "otherwise": examination.told_otherwise(embedded),
        "corruptions": [*examination.corruptions(real), examination.wrong_texts(real, embedded)],
        "detector": detector_figures(judges.detector, examination.motions, examination.lines, kinds),
    }
    write_report(config.out, markdown(report), report)


if __name__ == "__main__":
    run_command(main, tyro.cli(Config, description=__doc__))
