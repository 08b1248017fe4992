"""Speed of films: how many frames a second are posed, drawn, captioned and encoded.

    python -m training.benchmark_films
    PYOPENGL_PLATFORM=osmesa python -m training.benchmark_films   # another back end than the first that works

Seconds are medians over repeats and belong to the machine they were measured on; each film starts the process that
draws anew. Processor time is that of this process, the one that draws and the encoder, which travels better.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro

from intersyn.data.sample import list_examples, load_sample, to_motion
from intersyn.export.video import write_video
from intersyn.motion import Motion
from intersyn.render.gl import RenderError, require_gl
from intersyn.render.renderer import shared_renderer

SHOWN = {"one motion": 1, "two side by side": 2, "four": 4}


@dataclass(frozen=True)
class Config:
    """What to measure, and how often."""

    frames: int = 80
    repeats: int = 3
    threads: int = 2


def films(motion: Motion, repeats: int) -> dict[str, tuple[float, float]]:
    """Median seconds and processor seconds a frame of writing a film, by what it shows."""
    out = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, count in SHOWN.items():
            write_video([("", motion.slice(0, 1))] * count, Path(folder) / "warm.mp4")
            taken = []
            for _ in range(repeats):
                begin, spent = time.perf_counter(), processor_seconds()
                write_video([(f"variant {k}", motion) for k in range(count)], Path(folder) / "film.mp4")
                shared_renderer().close()  # the time of a process counts when it has ended
                taken.append((time.perf_counter() - begin, processor_seconds() - spent))
            out[name] = tuple(statistics.median(values) / motion.frames for values in zip(*taken))
    return out


def processor_seconds() -> float:
    """Of this process and of those it started that have ended."""
    return sum(os.times()[:4])


def main(config: Config) -> None:
    """Measure films of a recorded pair and print a Markdown table."""
    torch.set_num_threads(config.threads)
    backend = require_gl()
    example = next(example for example in list_examples(load_sample()) if example.recorded)
    motion = to_motion(load_sample(), example)
    motion = motion.slice(0, min(config.frames, motion.frames))
    print(f"Films of 1280x720 by {backend}, 2 people a motion, {motion.frames} frames, {config.threads} threads.\n")
    print("| film | frames a second | seconds a frame | processor seconds a frame |\n|---|---|---|---|")
    for name, (seconds, spent) in films(motion, config.repeats).items():
        print(f"| {name} | {1 / seconds:.1f} | {seconds:.3f} | {spent:.3f} |")


if __name__ == "__main__":
    try:
        main(tyro.cli(Config, description=__doc__))
    except RenderError as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(2)
