"""Measure what is usual: the jerk of recordings, and how far the figures of one request differ from seed to seed.

    python -m training.measure_reference --data data/mocap

Writes `intersyn/metrics/reference.json`, which the page's plots and sentences are held against. Recordings are those of
the test split. The spread is that of the bundled checkpoint as the page begins (clean-up, contact guidance), over
requests of the frozen validation benchmark: the standard deviation of a figure over seeds, root mean square over
requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from torch import Tensor
from tqdm import tqdm

from intersyn.data.store import ClipStore
from intersyn.files import atomic_write
from intersyn.metrics import curves, transitions
from intersyn.metrics.differences import FIGURES, motion_figures
from intersyn.metrics.reference import PATH, WINDOW, Range, Reference
from intersyn.pipeline import InterSynPipeline
from intersyn.timeline import DEFAULT_FPS, Timeline
from training.common import InputError, load_clips, run_command
from training.frozen_benchmark import FOLDER, Benchmark, fingerprint
from training.suite_interleaved import raw_recordings

WINDOWS = 4096  # pairs of windows drawn from the recordings


@dataclass(frozen=True)
class Config:
    """What to measure on."""

    data: tuple[Path, ...]  # prepared recordings; composed clips among them are passed over
    checkpoint: str | None = None
    requests: int = 48
    seeds: int = 2  # of each request
    out: Path = PATH


def in_range(values: Tensor) -> Range:
    """Mean, 5% and 95% of values (N,)."""
    values = values.double()
    return Range(float(values.mean()), *(float(values.quantile(q)) for q in (0.05, 0.95)))


def of_recordings(clips: Sequence[Tensor], fps: float) -> dict[str, Range | float]:
    """The fields of `Reference` that recordings (T, 22, 3) decide."""
    long = [joints for joints in clips if len(joints) >= WINDOW + 3]
    if not long:
        raise InputError(f"no recording has {WINDOW + 3} frames")
    jerk = torch.cat([curves.jerk(joints[None], fps)[0] for joints in long])
    average = transitions.reference_jerk(long)
    windows = torch.cat([transitions.jerk_curve(joints).unfold(0, WINDOW, 1) for joints in long])
    drawn = torch.randint(len(windows), (WINDOWS, 2), generator=torch.Generator().manual_seed(0))
    pairs = windows[drawn].mean(1)
    leaps = [transitions.transition_distance(x, [len(x) // 4, len(x) // 2, 3 * len(x) // 4]) for x in long]
    return {
        "jerk": in_range(jerk[~jerk.isnan()]),
        "jerk_curve": float(average),
        "peak_jerk": in_range(pairs.amax(-1)),
        "area_under_jerk": in_range((pairs - average).abs().sum(-1)),
        "transition_distance": in_range(torch.cat(leaps)),
    }


def spread_of(figures: Sequence[Sequence[dict[str, float]]]) -> dict[str, float]:
    """Per figure, from [request][seed]: the standard deviation over seeds, root mean square over requests."""
    out = {}
    for name in FIGURES:
        values = torch.tensor([[of_seed[name] for of_seed in request] for request in figures], dtype=torch.float64)
        known = values[~values.isnan().any(1)]
        if not len(known):
            raise InputError(f"no request has the figure {name}: measure more of them")
        out[name] = float(known.var(1).mean().sqrt())
    return out


def of_seeds(pipe: InterSynPipeline, timelines: Sequence[Timeline], seeds: int) -> dict[str, float]:
    """The spread of `FIGURES` over motions that the pipeline makes."""
    made = []
    for timeline in tqdm(timelines, desc="requests"):
        told = [pipe(timeline, seed=seed, clean_up=True, contact_guidance=1.0) for seed in range(seeds)]
        made.append([motion_figures(motion) for motion in told])
    return spread_of(made)


def recorded(store: ClipStore) -> tuple[list[Tensor], str]:
    """Joints of the recordings, and what they are."""
    clips = raw_recordings(store)
    print(f"{len(clips)} recordings of the test split, {sum(map(len, clips)) / DEFAULT_FPS / 60:.0f} minutes")
    return clips, fingerprint(store, (clip.name for clip in store.clips))


def main(config: Config) -> None:
    """Measure and write the file."""
    clips, digest = recorded(load_clips(config.data, ("test",)))
    pipe = InterSynPipeline.from_pretrained(config.checkpoint)
    entries = Benchmark.load(FOLDER / "interleaved-val.json").sequences[: config.requests]
    reference = Reference(
        fps=DEFAULT_FPS,
        **of_recordings(clips, DEFAULT_FPS),
        spread=of_seeds(pipe, [entry.timeline for entry in entries], config.seeds),
        source={
            "recordings": f"{len(clips)} of the test split",
            "data": digest,
            "checkpoint": pipe.config.name,
            "requests": len(entries),
            "seeds": config.seeds,
        },
    )
    with atomic_write(config.out, "w") as file:
        file.write(reference.to_json())
    print(reference.to_json())


if __name__ == "__main__":
    run_command(main, tyro.cli(Config, description=__doc__))
