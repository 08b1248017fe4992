"""Measure a checkpoint on the frozen interleaved benchmark, beside real motion; draw stills to look at.

    python -m training.evaluate --data DATA COMPOSED --out docs/evaluation.md                 # the bundled checkpoint
    python -m training.evaluate --checkpoint runs/bundle --data DATA COMPOSED --out eval.md --quick --sheet stills
    python -m training.evaluate --split val --quick ...             # defaults and checkpoints are chosen on this split
    accelerate launch -m training.evaluate ...                      # shards over processes

The benchmark is training/benchmarks/interleaved-SPLIT.json, which `training.freeze_benchmark` writes. Every variant
makes its timelines from the same noise, `full+contact` with contact guidance; then single actions are asked for by
held-out wordings, and `solo_checks` and `pair_checks` say whether they are done. --quick: 256 sequences, 3 times,
with and without REC. --out names a Markdown file; a JSON of the same name beside it holds all figures.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro
from accelerate import PartialState

from intersyn.data.store import SPLITS
from intersyn.pipeline import InterSynPipeline
from training import suite_actions, suite_interleaved, suite_sheets
from training.common import InputError, load_clips, run_command, write_report
from training.evaluation_report import markdown
from training.frozen_benchmark import FOLDER, Benchmark, check_data
from training.suite_generation import CONTACT, variant_of
from training.suite_interleaved import Settings
from training.suite_judges import Judges

QUICK_SEQUENCES, QUICK_REPLICATIONS, QUICK_PER_ACTION = 256, 3, 4
PER_ACTION = 24
QUICK_VARIANTS = ("full", "no_rec", f"full{CONTACT}")  # the first two share all diffusion steps


@dataclass(frozen=True)
class Config:
    """What to measure, on how much, and where to write it."""

    data: tuple[Path, ...]  # the folders that the benchmark was frozen on
    out: Path  # a Markdown file; the JSON goes beside it
    checkpoint: str | None = None  # folder or Hub id; the bundled one if not given
    suite: Literal["interleaved"] = "interleaved"
    split: Literal["test", "val"] = "test"
    benchmark: Path | None = None  # another file than training/benchmarks/interleaved-SPLIT.json
    quick: bool = False
    sequences: int | None = None  # the first so many; the whole file if not given, 256 with --quick
    replications: int | None = None  # with other noise; 20, or 3 with --quick
    per_action: int | None = None  # texts per single action; 24, or 4 with --quick, and 0 for none
    variants: tuple[str, ...] | None = None  # all and full+contact; full, no_rec and full+contact with --quick
    steps: int | None = None  # DDIM steps and guidance; the checkpoint's defaults if not given
    guidance_scale: float | None = None
    batch_size: int = 16  # sequences made at once
    evaluator: Path | None = None  # folders of the frozen judges; those of the bundled checkpoint if not given
    detector: Path | None = None
    device: str | None = None
    sheet: Path | None = None  # folder for PNG stills
    sheet_variant: str | None = None  # default: full, or the first variant the checkpoint has


def settings(config: Config, pipe: InterSynPipeline, benchmark: Benchmark) -> Settings:
    """How much is measured. Raises `InputError` for more than there is, and for variants the checkpoint lacks."""
    most, rounds = len(benchmark.sequences), len(benchmark.seeds)
    count = config.sequences or (min(QUICK_SEQUENCES, most) if config.quick else most)
    replications = config.replications or (min(QUICK_REPLICATIONS, rounds) if config.quick else rounds)
    if count > most or replications > rounds:
        raise InputError(f"the benchmark has {most} sequences and {rounds} seeds, fewer than were asked for")
    wanted = config.variants or (QUICK_VARIANTS if config.quick else (*pipe.variants, f"full{CONTACT}"))
    variants = tuple(name for name in wanted if variant_of(name) in pipe.variants)
    if config.variants and len(variants) < len(config.variants):
        raise InputError(f"this checkpoint has the variants {', '.join(pipe.variants)}, not all of those asked for")
    guidance = pipe.config.guidance_scale if config.guidance_scale is None else config.guidance_scale
    return Settings(count, replications, variants, config.steps or pipe.config.steps, guidance, config.batch_size)


def main(config: Config) -> None:
    """Measure, write the report and print it."""
    state = PartialState(cpu=config.device == "cpu")
    device = config.device or str(state.device)
    path = config.benchmark or FOLDER / f"interleaved-{config.split}.json"
    benchmark = Benchmark.load(path)
    store = load_clips(config.data, (benchmark.split,))
    check_data(benchmark, store, path)
    judges = Judges.load(benchmark, {"evaluator": config.evaluator, "detector": config.detector}, device)
    pipe = InterSynPipeline.from_pretrained(config.checkpoint, device)
    chosen = settings(config, pipe, benchmark)
    if config.sheet is not None and state.is_main_process:
        suite_sheets.draw(pipe, benchmark, store, config.sheet, config.sheet_variant, chosen)
    found = suite_interleaved.run(pipe, benchmark, store, judges, chosen, state)
    per_action = (
        config.per_action if config.per_action is not None else QUICK_PER_ACTION if config.quick else PER_ACTION
    )
    report = _about(pipe, benchmark, chosen) | found if found is not None else None
    if per_action:
        if report is not None:  # the longer half is done: whoever has to stop now has its figures
            write_report(config.out, markdown(report), report, show=False)
        every = load_clips(config.data, SPLITS)
        seed = benchmark.seeds[0]
        actions = suite_actions.run(pipe, store, every, benchmark.split, per_action, chosen, seed, state)
        report = report and report | {"actions": actions}
    if report is not None:
        write_report(config.out, markdown(report), report)


def _about(pipe: InterSynPipeline, benchmark: Benchmark, chosen: Settings) -> dict[str, Any]:
    return {
        "command": "python -m training.evaluate " + shlex.join(sys.argv[1:]),
        "checkpoint": pipe.config.name,
        "trained_steps": {name: ins.config.steps for name, ins in pipe.ins.items()}
        | ({"rec": pipe.rec.config.steps} if pipe.rec is not None else {}),
        "split": benchmark.split,
        "data": benchmark.data,
        "judges": benchmark.judges,
        "steps": chosen.steps,
        "guidance_scale": chosen.guidance_scale,
        "sequences": chosen.sequences,
        "replications": chosen.replications,
        "seeds": list(benchmark.seeds[: chosen.replications]),
    }


if __name__ == "__main__":
    from training import suite_interhuman  # --suite interhuman has settings of its own

    if not suite_interhuman.takes(sys.argv[1:]):
        run_command(main, tyro.cli(Config, description=__doc__))
