"""Quality against DDIM steps and guidance, on validation timelines, from the same noise: what defaults are chosen from.

    python -m training.quality_curve --data DATA COMPOSED --checkpoint runs/bundle --out docs/quality.md
    python -m training.quality_curve --data DATA COMPOSED --sequences 24 --max-minutes 4

Steps vary at the checkpoint's guidance, guidance at its steps. --max-minutes: points are tried from the defaults
outwards, and one that would not fit into the time is left out and named. Writes a Markdown page, and a JSON and an SVG
of the same name.
"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from torch import Tensor
from tqdm import tqdm

from intersyn.checkpoint import BUNDLED
from intersyn.data.store import ClipStore
from intersyn.data.text_classes import TextClasses
from intersyn.files import atomic_write
from intersyn.metrics.adherence import NEAR
from intersyn.metrics.replication import paired_change
from intersyn.models.boundary_detector import BoundaryDetector
from intersyn.models.evaluator import Evaluator
from intersyn.motion import Motion
from intersyn.pipeline import InterSynPipeline
from training.common import InputError, load_clips, run_command, write_report
from training.frozen_benchmark import FOLDER, Benchmark, Entry, check_data
from training.judge_figures import Level, Pools, judged
from training.promises import promises, share_kept
from training.quality_page import drawing, markdown
from training.suite_figures import figures
from training.suite_generation import batches, generate
from training.suite_interleaved import real_reference, what_was_asked
from training.suite_judges import Judges
from training.suite_material import contacts_of, interiors, realise

STEPS = (4, 8, 12, 16, 20, 30, 50)
GUIDANCE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
JUDGED = ("segment R@1", "sequence R@1", "segment MM distance", "KID x1000")
OWN = {  # figures of `suite_figures` that are shown, and what they are called here
    "skating mm/frame": "skating mm/frame", "jerk m/s^3": "jerk m/s^3", "seam mm/frame^3": "seam mm/frame^3",
    "contact error cm": "contact error cm", "capsule penetration mm": "capsule penetration mm",
}  # fmt: skip
KEPT, ADHERED, SECONDS = "promises kept", "boundaries kept", "seconds"


@dataclass(frozen=True)
class Config:
    """Which checkpoint, over which grid, on how much."""

    data: tuple[Path, ...]  # the folders that the benchmark was frozen on
    checkpoint: str | None = None  # folder or Hub id; the bundled one if not given
    out: Path = Path("docs/quality.md")
    sequences: int = 64  # the first so many of the validation file, and as many references
    steps: tuple[int, ...] = STEPS
    guidance: tuple[float, ...] = GUIDANCE
    variant: str = "full"
    max_minutes: float | None = None  # for the points of the grid; preparing takes a minute more
    evaluator: Path | None = None  # folders of the judges; those of the bundled checkpoint, where there are any
    detector: Path | None = None
    benchmark: Path = FOLDER / "interleaved-val.json"
    batch_size: int = 16
    threads: int = 1
    device: str = "cpu"


Point = tuple[int, float]  # steps, guidance scale


def grid(config: Config, default: Point) -> list[Point]:
    """Every point once: the defaults, then steps and guidance in turn, from the defaults outwards."""
    steps = sorted(set(config.steps) - {default[0]}, key=lambda s: abs(s - default[0]))
    scales = sorted(set(config.guidance) - {default[1]}, key=lambda g: abs(g - default[1]))
    points = [default]
    for k in range(max(len(steps), len(scales))):
        points += [(s, default[1]) for s in steps[k : k + 1]] + [(default[0], g) for g in scales[k : k + 1]]
    return points


class Course:
    """Validation sequences that are made at every point, and what is measured of them."""

    def __init__(self, benchmark: Benchmark, store: ClipStore, judges: Judges, count: int) -> None:
        self.entries: Sequence[Entry] = benchmark.sequences[:count]
        self.seed, self.judges = benchmark.seeds[0], judges
        self.clips = {clip.name: clip for clip in store.clips}
        self.lines = [entry.timeline for entry in self.entries]
        real = [one.motion for one in realise(self.entries, store)]
        self.promised = [promises(entry, motion, self.clips) for entry, motion in zip(self.entries, real, strict=True)]
        if judges.evaluator is not None:
            self.asked = what_was_asked(self.entries, judges, TextClasses(store.clips))
            self.reference = real_reference(benchmark.references[:count], store, judges)
            self.pools = Pools.draw(self.asked, self.seed)
        self.real = self.measure(real)

    def make(self, pipe: InterSynPipeline, config: Config, point: Point) -> tuple[list[Motion], float]:
        """The motion of every sequence at a point, and the processor seconds that one took."""
        made: dict[int, Motion] = {}
        begin = time.process_time()
        for batch in batches([line.frames for line in self.lines], config.batch_size):
            lines, seeds = [self.lines[k] for k in batch], [self.seed + k for k in batch]
            found = generate(pipe, lines, seeds, [config.variant], *point)[config.variant]
            made |= {k: motion for k, (motion, _) in zip(batch, found, strict=True)}
        seconds = (time.process_time() - begin) / len(self.lines)
        return [made[k] for k in range(len(self.lines))], seconds

    def measure(self, motions: Sequence[Motion]) -> Level:
        """Figures of the motions, and their values by sequence (by text for R@1 and MM distance, block for KID)."""
        items: dict[str, list[float]] = {name: [] for name in (*OWN.values(), KEPT, ADHERED)}
        for motion, entry, promised in zip(motions, self.entries, self.promised, strict=True):
            found, _, _ = figures(motion, contacts_of(entry, self.clips))
            for name, shown in OWN.items():
                items[shown].append(found.get(name, float("nan")))
            items[KEPT].append(share_kept(promised, motion))
            late = self.judges.late(motion.joints(), entry.timeline)
            items[ADHERED].append(sum(abs(frames) <= NEAR for frames in late) / len(late) if late else float("nan"))
        tensors: dict[str, Tensor] = {name: torch.tensor(values).double() for name, values in items.items()}
        tensors = {name: values for name, values in tensors.items() if not values.isnan().all()}
        means = {name: float(values.nanmean()) for name, values in tensors.items()}
        if self.judges.evaluator is None:
            return Level(means, tensors)
        insides = [interiors(entry) for entry in self.entries]
        embedded = self.judges.embed([motion.joints() for motion in motions], self.lines, insides)
        level = judged(embedded, self.asked, self.reference, self.pools)
        chosen = {name: level.figures[name] for name in JUDGED if name in level.figures}
        return Level(chosen | means, {name: level.items[name] for name in chosen} | tensors)


def changed(default: Level, other: Level) -> dict[str, bool]:
    """Of each figure with items, whether it differs from the default's beyond the 95% interval over them."""
    found = {}
    for name, values in other.items.items():
        change = paired_change(default.items[name], values)
        found[name] = abs(change.mean) > change.half_width
    return found


def judges_of(config: Config) -> Judges:
    """The judges named, or the bundled ones; None for one that is not there. Raises `CheckpointError`."""
    found = {}
    for name, kind in (("evaluator", Evaluator), ("detector", BoundaryDetector)):
        folder = getattr(config, name) or BUNDLED / name
        if getattr(config, name) is not None and not folder.is_dir():
            raise InputError(f"{folder} holds no {name}")
        found[name] = kind.load(folder).to(config.device) if folder.is_dir() else None
    return Judges(**found)


def measure(course: Course, pipe: InterSynPipeline, config: Config, points: Sequence[Point]) -> dict[str, Any]:
    """{"points": rows in order of the grid, "left_out": points that would not have fitted into the time}."""
    limit = float("inf") if config.max_minutes is None else 60 * config.max_minutes
    rows, left_out, spent, worked, per_step = [], [], 0.0, 0, 0.0
    default: Level | None = None
    for point in tqdm(points, desc="points"):
        if spent + per_step * point[0] > limit:
            left_out.append(point)
            continue
        begin = time.monotonic()
        motions, seconds = course.make(pipe, config, point)
        level = course.measure(motions)
        default = default or level
        spent, worked = spent + time.monotonic() - begin, worked + point[0]
        per_step = spent / worked
        rows.append({"steps": point[0], "guidance_scale": point[1], "figures": level.figures | {SECONDS: seconds},
                     "changed": changed(default, level)})  # fmt: skip
    return {"points": rows, "left_out": left_out}


def main(config: Config) -> None:
    """Measure the grid, write page, drawing and JSON, and print the page."""
    torch.set_num_threads(config.threads)
    benchmark = Benchmark.load(config.benchmark)
    store = load_clips(config.data, (benchmark.split,))
    check_data(benchmark, store, config.benchmark)
    pipe = InterSynPipeline.from_pretrained(config.checkpoint, config.device)
    if config.variant not in pipe.variants:
        raise InputError(f"this checkpoint has the variants {', '.join(pipe.variants)}, not {config.variant}")
    default = (pipe.config.steps, pipe.config.guidance_scale)
    course = Course(benchmark, store, judges_of(config), min(config.sequences, len(benchmark.sequences)))
    report = {
        "command": "python -m training.quality_curve " + shlex.join(sys.argv[1:]),
        "checkpoint": pipe.config.name,
        "trained_steps": {name: ins.config.steps for name, ins in pipe.ins.items()},
        "split": benchmark.split,
        "variant": config.variant,
        "sequences": len(course.entries),
        "promises": sum(map(len, course.promised)),
        "threads": config.threads,
        "batch_size": config.batch_size,
        "default": default,
        "real": course.real.figures,
    } | measure(course, pipe, config, grid(config, default))
    picture, drawn = config.out.with_suffix(".svg"), drawing(report)
    if drawn is not None:
        with atomic_write(picture, "w") as file:
            file.write(drawn)
    write_report(config.out, markdown(report, drawn and picture.name), report)


if __name__ == "__main__":
    run_command(main, tyro.cli(Config, description=__doc__))
