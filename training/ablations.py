"""The table of runs behind the ablations and baselines: train them alike, evaluate them alike, put them side by side.

    python -m training.ablations train --data DATA COMPOSED --out runs/ablations --minutes 9    # again and again
    python -m training.ablations train --data DATA COMPOSED --out runs/ablations --dry          # what that would run
    python -m training.ablations evaluate --data DATA COMPOSED --out runs/ablations --quick
    python -m training.ablations report --out runs/ablations --page docs/ablations.md

All runs have the same data, seed, number of steps, batch size and normaliser; each differs from `full` by what its line
says. Runs that differ in INS alone share `full`'s coordinator, so that one thing differs at a time. What is finished is
not done again, and what was stopped goes on, so that a budget of minutes may cut anywhere.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from intersyn.checkpoint import CONFIG
from intersyn.files import atomic_write
from training.ablations_page import HEADING, Line, page
from training.common import InputError, run_command

Command = tuple[str, ...]
COMMAND = "command.txt"  # in a table's folder: the last command that trained it
MARK = "<!-- What follows is written by training.ablations report. -->"
LEAST_MINUTES = 0.5  # of a budget that it is worth starting a training command with


@dataclass(frozen=True)
class Run:
    """One line of the table. All take `full`'s normaliser: a coordinator reads what that normaliser wrote."""

    name: str
    what: str  # what differs from full
    ins: tuple[str, ...] = ()  # arguments of training.train_ins
    rec: tuple[str, ...] | None = ()  # arguments of training.train_rec; None: there is no coordinator
    ins_of: str | None = None  # the run whose INS it shares
    rec_of: str | None = None  # the run whose REC it shares
    fork: str | None = None  # the run whose weights it leaves at 60% of the steps


ONLY = "--layouts.patterns"
RUNS = (
    Run("full", "the whole method, all layouts"),
    Run("no_smooth", "without L_smooth, from the same fork", ins=("--no-smooth",), fork="full", rec_of="full"),
    Run("no_rela", "REC without L_rela", rec=("--weights.rela", "0", "--weights.near", "0"), ins_of="full"),
    Run("no_dm", "REC without L_dm", rec=("--weights.dm", "0"), ins_of="full"),
    Run("sis", "trained on s-i-s alone: t_s = 0, t_i random", ins=(ONLY, "sis"), rec_of="full"),
    Run("sisi", "trained on s-i-s-i alone", ins=(ONLY, "sisi"), rec_of="full"),
    Run("sisis", "trained on s-i-s-i-s alone", ins=(ONLY, "sisis"), rec_of="full"),
    Run("fixed_times", "trained on s-i-s with t_i fixed", ins=(ONLY, "sis", "--layouts.fixed-times"), rec_of="full"),
    Run("joint_times", "trained on s-i-s and i-s-i: t_s and t_i random", ins=(ONLY, "sis", "isi"), rec_of="full"),
    Run("interleaved", "interleaved batches alone", ins=("--solo-every", "0"), rec_of="full"),
    Run("uncoupled", "per-person denoiser that never sees a partner: the paper's reading", ins=("--uncouple", "1")),
    Run("mutual", "InterGen's shape, one text for all, no REC", ins=("--kind", "mutual", "--uncouple", "0"), rec=None),
)  # fmt: skip
BASE = RUNS[0].name  # what the others differ from, and whose normaliser they take
BY_NAME = {run.name: run for run in RUNS}
# (run, variant of its checkpoint, as a line of the page, the paper's line it stands for)
LINES = (
    Line("full", "full", "full", None),
    Line("full", "no_rec", "full, without coordinator", "without coordinator"),
    Line("no_smooth", "full", "without L_smooth", "without L_smooth"),
    Line("no_rela", "full", "without L_rela", "without L_rela"),
    Line("no_dm", "full", "without L_dm", None),
    Line("sis", "full", "trained on s-i-s; t_s = 0, t_i random", "s-i-s (default)"),
    Line("sisi", "full", "trained on s-i-s-i", "s-i-s-i"),
    Line("sisis", "full", "trained on s-i-s-i-s", "s-i-s-i-s"),
    Line("fixed_times", "full", "s-i-s, t_i fixed", None),
    Line("joint_times", "full", "s-i-s and i-s-i, t_s and t_i random", None),
    Line("interleaved", "full", "interleaved batches alone", None),
    Line("uncoupled", "full", "per person, no partner, with REC", None),
    Line("uncoupled", "no_rec", "per person, no partner, without REC", None),
    Line("mutual", "no_rec", "InterGen's shape, one text", None),
)


@dataclass(frozen=True)
class Train:
    """Train what is not finished, run after run, within a budget."""

    data: tuple[Path, ...]
    out: Path
    minutes: float | None = None  # of this call; no limit if not given
    only: tuple[str, ...] = ()  # names of runs (with those they lean on); all if none
    ins_steps: int = 6000
    rec_steps: int = 2000
    batch_size: int = 32  # of INS
    seed: int = 0
    more: str = ""  # further arguments of every training command: --more="--mixed-precision no"
    more_ins: str = ""  # of every training.train_ins: --more-ins="--compile"
    more_rec: str = ""  # of every training.train_rec
    dry: bool = False  # print the commands that are left and run none


@dataclass(frozen=True)
class Evaluate:
    """Evaluate every finished run that has no figures newer than its checkpoint."""

    data: tuple[Path, ...]
    out: Path
    only: tuple[str, ...] = ()
    quick: bool = False
    more: str = ""  # further arguments of training.evaluate
    dry: bool = False


@dataclass(frozen=True)
class Report:
    """Collect the figures into one Markdown page. What somebody wrote above its mark stays."""

    out: Path
    page: Path


def chosen(only: Sequence[str]) -> list[Run]:
    """The runs of these names in the table's order, and before them `full` and those whose networks they share."""
    if unknown := [name for name in only if name not in BY_NAME]:
        raise InputError(f"there is no run {unknown[0]}: choose among {', '.join(BY_NAME)}")
    wanted = {BASE, *(only or BY_NAME)}
    for run in reversed(RUNS):  # a run leans on earlier ones only
        if run.name in wanted:
            wanted |= {name for name in (run.ins_of, run.rec_of, run.fork) if name is not None}
    return [run for run in RUNS if run.name in wanted]


def trained(folder: Path) -> int:
    """Steps that the exported network in a folder has; 0 where there is none."""
    try:
        return int(json.loads((folder / CONFIG).read_text(encoding="utf-8"))["steps"])
    except FileNotFoundError:
        return 0


def training_commands(run: Run, config: Train) -> Iterator[tuple[bool, Command]]:
    """(is training, command) of all that is left of a run, in order. To be asked again after each command."""
    common = ("--data", *map(str, config.data), "--seed", str(config.seed), *shlex.split(config.more))
    common = (*common, "--texts", str(config.out / "texts.safetensors"))
    here, ins_home, rec_home = (
        config.out / name for name in (run.name, run.ins_of or run.name, run.rec_of or run.name)
    )
    if run.ins_of is None and trained(here / "ins") < config.ins_steps:
        if run.fork is not None:
            origin = ("--fork", str(config.out / run.fork))
        else:
            origin = () if run.name == BASE else ("--normalizer", str(config.out / BASE))
        settings = ("--steps", str(config.ins_steps), "--batch-size", str(config.batch_size))
        yield True, (
            *_python("train_ins"), *common, "--out", str(here), *settings, *run.ins, *origin,
            *shlex.split(config.more_ins),
        )  # fmt: skip
    rec_out = here / "rec_run"
    if run.rec is not None and run.rec_of is None and trained(rec_out / "rec") < config.rec_steps:
        yield True, (
            *_python("train_rec"), *common, "--ins", str(ins_home), "--out", str(rec_out),
            "--steps", str(config.rec_steps), *run.rec, *shlex.split(config.more_rec),
        )  # fmt: skip
    if not (here / "checkpoint" / CONFIG).exists():
        rec = () if run.rec is None else ("--rec", str(rec_home / "rec_run" / "rec"))
        networks = ("--ins", str(ins_home / "ins"), *rec)
        yield False, (*_python("bundle"), *networks, "--name", run.name, "--out", str(here / "checkpoint"))


def train(config: Train) -> None:
    """Run what is left. Raises `InputError` where a command fails."""
    if not config.dry:
        config.out.mkdir(parents=True, exist_ok=True)
        with atomic_write(config.out / COMMAND, "w") as file:
            file.write(shlex.join(("python", "-m", "training.ablations", *sys.argv[1:])))
    end = None if config.minutes is None else time.monotonic() + 60 * config.minutes
    for run in chosen(config.only):
        for is_training, command in training_commands(run, config):
            left = None if end is None else (end - time.monotonic()) / 60
            if not config.dry and is_training and left is not None:
                if left < LEAST_MINUTES:
                    print(f"the budget is spent before {run.name} is finished; run the same command to go on")
                    return
                command = (*command, "--max-minutes", f"{left:.2f}")
            _run(command, config.dry)
            if not config.dry and is_training and _unfinished(run, config, command):
                print(f"the budget is spent before {run.name} is finished; run the same command to go on")
                return
    print("every run is finished" if not config.dry else "")


def evaluation_commands(config: Evaluate) -> Iterator[Command]:
    """training.evaluate of the variants that have a line, for each finished run without figures newer than it."""
    for run in [BY_NAME[name] for name in config.only] if config.only else RUNS:
        checkpoint, out = config.out / run.name / "checkpoint", config.out / run.name / "figures.md"
        figures = out.with_suffix(".json")
        made = checkpoint / CONFIG
        if not made.exists() or (figures.exists() and figures.stat().st_mtime >= made.stat().st_mtime):
            continue
        variants = [line.variant for line in LINES if line.run == run.name]
        quick = ("--quick",) if config.quick else ()
        yield (
            *_python("evaluate"), "--data", *map(str, config.data), "--checkpoint", str(checkpoint), "--out", str(out),
            "--variants", *variants, *quick, *shlex.split(config.more),
        )  # fmt: skip


def evaluate(config: Evaluate) -> None:
    chosen(config.only)
    for command in evaluation_commands(config):
        _run(command, config.dry)


def report(config: Report) -> None:
    """Write the page. Raises `InputError` where nothing was evaluated."""
    found = {}
    for run in RUNS:
        path = config.out / run.name / "figures.json"
        if path.exists():
            found[run.name] = json.loads(path.read_text(encoding="utf-8"))
    if not found:
        raise InputError(f"{config.out} holds no figures: evaluate first")
    trained_by = config.out / COMMAND
    command = trained_by.read_text(encoding="utf-8") if trained_by.exists() else None
    text = page(LINES, found, {run.name: run.what for run in RUNS}, command)
    above, mark, _ = config.page.read_text(encoding="utf-8").partition(MARK) if config.page.exists() else ("", "", "")
    with atomic_write(config.page, "w") as file:
        file.write(f"{above if mark else HEADING}{MARK}\n\n{text}")
    print(text)


def _python(module: str) -> Command:
    return (sys.executable, "-m", f"training.{module}")


def _run(command: Command, dry: bool) -> None:
    print(shlex.join(("python", *command[1:])), flush=True)
    if not dry and subprocess.run(command, check=False).returncode:
        raise InputError("the command above failed; what was finished before it stays")


def _unfinished(run: Run, config: Train, command: Command) -> bool:
    """Whether the stage of this command is still the first that is left."""
    left = next(training_commands(run, config), None)
    return left is not None and left[0] and left[1] == command[: len(left[1])]


def main(config: Train | Evaluate | Report) -> None:
    {Train: train, Evaluate: evaluate, Report: report}[type(config)](config)


if __name__ == "__main__":
    run_command(main, tyro.cli(Train | Evaluate | Report, description=__doc__))
