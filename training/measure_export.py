"""Measure exports: how large the files of every format are and how long they take to write.

    python -m training.measure_export
    python -m training.measure_export --motion take.npz --formats .mp4 .png

Without a motion two people of another build each walk, dance salsa and wave, 196 frames, by the bundled checkpoint.
Formats that take long are left out unless named. Files of several people are added up.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro

from intersyn.export.formats import FORMATS, export
from intersyn.export.options import ExportError, ExportOptions
from intersyn.export.project import Project
from intersyn.motion import Motion, MotionFileError
from intersyn.pipeline import InterSynPipeline
from intersyn.timeline import Timeline
from training.common import InputError, run_command

TEXTS = ("a person walks forward", "two people salsa dance", "a person waves with the right hand")


@dataclass(frozen=True)
class Config:
    """What to write, and how often a second."""

    motion: Path | None = None  # an NPZ of ours
    formats: tuple[str, ...] = ()  # suffixes; empty: all that are quick
    fps: tuple[float, ...] = (20.0, 30.0, 60.0)


@dataclass(frozen=True)
class Size:
    """One export: bytes of all its files, and seconds."""

    suffix: str
    fps: float
    size: int
    seconds: float


def example() -> tuple[Motion, Project]:
    """196 frames of two people of different build, and what they were made from."""
    pipeline = InterSynPipeline.from_pretrained()
    betas = torch.zeros(2, 10)
    betas[0, 0], betas[1, 1] = 1.0, 1.5
    timeline = Timeline.solo_interact_solo(*TEXTS)
    project = Project.of(pipeline, timeline, betas=tuple(tuple(row) for row in betas.tolist()))
    return project.generate(pipeline), project


def measure(motion: Motion, formats: tuple[str, ...], rates: tuple[float, ...], project: Project | None) -> list[Size]:
    """Write `motion` in every format at every rate into a folder that is thrown away. Raises `ExportError`."""
    sizes = []
    with tempfile.TemporaryDirectory() as folder:
        for suffix in formats:
            for fps in rates:
                start = time.perf_counter()
                written = export(motion, Path(folder) / f"take{suffix}", ExportOptions(fps=fps, project=project))
                seconds = time.perf_counter() - start
                sizes.append(Size(suffix, fps, sum(path.stat().st_size for path in written), seconds))
    return sizes


def table(sizes: list[Size]) -> str:
    """Markdown: a row per format, a column per rate: kB, and seconds."""
    rates = sorted({size.fps for size in sizes})
    lines = ["| | " + " | ".join(f"{fps:g} fps" for fps in rates) + " |", "|---" * (len(rates) + 1) + "|"]
    for suffix in dict.fromkeys(size.suffix for size in sizes):
        cells = {s.fps: f"{s.size / 1000:.0f} kB, {s.seconds:.2f} s" for s in sizes if s.suffix == suffix}
        lines.append(f"| `{suffix}` | " + " | ".join(cells[fps] for fps in rates) + " |")
    return "\n".join(lines)


def main(config: Config) -> None:
    unknown = set(config.formats) - set(FORMATS)
    if unknown:
        raise InputError(f"There is no format {sorted(unknown)[0]}; there are {', '.join(FORMATS)}.")
    project = None
    try:
        if config.motion is None:
            motion, project = example()
        else:
            motion = Motion.load(config.motion)
        chosen = config.formats or tuple(suffix for suffix, entry in FORMATS.items() if not entry.slow)
        if project is None:
            chosen = tuple(suffix for suffix in chosen if suffix != ".json")  # nobody knows what it was made from
        measure(motion, chosen[:1], config.fps[:1], project)  # imports and caches are not what is measured
        print(table(measure(motion, chosen, config.fps, project)))
    except (ExportError, MotionFileError) as error:
        raise InputError(str(error)) from error


if __name__ == "__main__":
    run_command(main, tyro.cli(Config))
