"""Stills to look at: the scenes of `contact_sheet`, and some sequences of a benchmark beside their real motion."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from intersyn.data.store import ClipStore
from intersyn.pipeline import InterSynPipeline
from training import contact_sheet
from training.frozen_benchmark import Benchmark
from training.suite_generation import generate
from training.suite_interleaved import Settings
from training.suite_material import realise

SHOWN = 4


def draw(
    pipe: InterSynPipeline, benchmark: Benchmark, store: ClipStore, folder: Path, variant: str | None, chosen: Settings
) -> None:
    """PNG files in `folder`; variant: full, or the first there is, if not given."""
    variant = variant or ("full" if "full" in pipe.variants else pipe.variants[0])
    jobs = contact_sheet.scenes()
    entries = benchmark.sequences[:SHOWN]
    for k, (entry, real) in enumerate(zip(entries, realise(entries, store), strict=True)):
        jobs.append((f"{benchmark.split}-{k}", entry.timeline, benchmark.seeds[0] + k))
        contact_sheet.draw(real.motion, folder / f"{benchmark.split}-{k}_real.png", f"{benchmark.split} {k}, real")
    told = f"{chosen.steps} steps, guidance {chosen.guidance_scale:g}"
    for name, timeline, seed in tqdm(jobs, desc="sheets"):
        made = generate(pipe, [timeline], [seed], [variant], chosen.steps, chosen.guidance_scale)
        contact_sheet.draw(made[variant][0][0], folder / f"{name}.png", f"{name}, {variant}, seed {seed}, {told}")
