"""Speed and memory of generation, by stage, and what each setting costs beside the page's default.

    python -m training.benchmark                             # the bundled checkpoint, 2 threads
    python -m training.benchmark --checkpoint runs/bundle --repeats 15 --device cuda

Seconds are medians over repeats after one warm-up and belong to the machine they were measured on; ratios are taken
within one run, alternating the things compared, and travel better.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import tyro

from intersyn.pipeline import VARIANTS, InterSynPipeline
from intersyn.timeline import Part, Segment, Timeline

TEXTS = ("a person walks forward", "two people salsa dance", "a person waves with the right hand")


@dataclass(frozen=True)
class Config:
    """What to measure, and how often."""

    checkpoint: str | None = None  # folder or Hub id; the bundled one if not given
    device: str = "cpu"
    threads: int = 2
    frames: int = 196
    repeats: int = 9


def timeline(frames: int, people: int = 2) -> Timeline:
    """The page's default scaled to `frames`: solo, interaction of everyone, solo."""
    start, end = round(frames * 70 / 196), round(frames * 130 / 196)
    before, after = (tuple(Part((p,), text) for p in range(people)) for text in (TEXTS[0], TEXTS[2]))
    together = (Part(tuple(range(people)), TEXTS[1]),)
    return Timeline((Segment(0, start, before), Segment(start, end, together), Segment(end, frames, after)))


def medians(jobs: dict[str, Callable[[], object]], repeats: int, device: str) -> dict[str, float]:
    """Median seconds of each job. The jobs take turns, so that a busy moment of the machine hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for k in range(repeats + 1):
        for name, job in jobs.items():
            begin = time.perf_counter()
            job()
            if device.startswith("cuda"):
                torch.cuda.synchronize()
            if k > 0:
                seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(values) for name, values in seconds.items()}


@torch.inference_mode()
def stages(pipe: InterSynPipeline, config: Config) -> dict[str, float]:
    """Median seconds of each stage of `full` at the checkpoint's defaults."""
    variant = VARIANTS["full"]
    request = pipe.prepare(timeline(config.frames))
    noise = pipe.noise(request, 0)
    x0 = pipe.denoise(request, noise, variant, 1, 1.0)
    jobs = {
        "texts": lambda: pipe.prepare(timeline(config.frames)),
        "INS": lambda: pipe.denoise(request, noise, variant, pipe.config.steps, pipe.config.guidance_scale),
        "REC": lambda: pipe.refine(request, x0),
        "decoding": lambda: pipe.decode(request, x0, pipe.ins["ins"].normalizer),
    }
    return medians(jobs, config.repeats, config.device)


def settings(pipe: InterSynPipeline, config: Config) -> dict[str, float]:
    """Median seconds of whole generations, one setting changed at a time."""
    default, steps = timeline(config.frames), pipe.config.steps
    jobs = {
        "the default": lambda: pipe(default),
        "no guidance": lambda: pipe(default, guidance_scale=1.0),
        "half the steps": lambda: pipe(default, steps=max(1, steps // 2)),
        "twice the steps": lambda: pipe(default, steps=2 * steps),
        "twice the frames": lambda: pipe(timeline(2 * config.frames)),
        "3 people": lambda: pipe(timeline(config.frames, 3)),
        "4 people": lambda: pipe(timeline(config.frames, 4)),
        "with clean-up": lambda: pipe(default, clean_up=True),
    }
    return medians(jobs, max(3, config.repeats // 3), config.device)


def peak_megabytes(device: str) -> float:
    """The process's highest resident memory so far, or the GPU's highest allocation."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main(config: Config) -> None:
    """Measure and print two Markdown tables."""
    torch.set_num_threads(config.threads)
    begin = time.perf_counter()
    pipe = InterSynPipeline.from_pretrained(config.checkpoint, config.device)
    loading = time.perf_counter() - begin
    sizes = {name: ins.model for name, ins in pipe.ins.items()} | {"rec": pipe.coordinator, "text": pipe.text_encoder}
    parameters = ", ".join(
        f"{name} {sum(p.numel() for p in module.parameters()) / 1e6:.2f}M"
        for name, module in sizes.items()
        if module is not None
    )
    print(
        f"Checkpoint {pipe.config.name} ({parameters}), loaded in {loading:.2f} s; {config.threads} threads, {config.device}."
    )
    print(
        f"{config.device}, {config.threads} threads, {config.frames} frames of 2 people, {pipe.config.steps} steps, guidance {pipe.config.guidance_scale:g}; "
        f"medians of {config.repeats}.\n"
    )
    by_stage = stages(pipe, config)
    total = sum(by_stage.values())
    print("| stage | seconds | share |\n|---|---|---|")
    for name, seconds in by_stage.items():
        print(f"| {name} | {seconds:.3f} | {seconds / total:.0%} |")
    print(f"| all | {total:.3f} | |\n")
    by_setting = settings(pipe, config)
    print("| setting | seconds | beside the default |\n|---|---|---|")
    for name, seconds in by_setting.items():
        print(f"| {name} | {seconds:.3f} | {seconds / by_setting['the default']:.2f} |")
    print(f"\nPeak memory {peak_megabytes(config.device):.0f} MB.")


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
