"""Compose interactions and solo acts from programs: `python -m training.compose --data DATA --out OUT`.

Each program is drawn, solved and judged until as many clips as asked for are accepted; what is rejected is counted by
reason. Chunks of clips are kept in OUT/cache, so that an interrupted run goes on where it stopped; the same seed gives
the same clips, however many workers there are. OUT/clips.zip is a clip store, OUT/README.md its card, OUT/sheets the
pictures.
"""

from __future__ import annotations

import hashlib
import math
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
import tyro
from tqdm import tqdm

from intersyn.data.compose.bases import Bases
from intersyn.data.compose.composer import Composed, compose
from intersyn.data.compose.declaration import Program, read_programs
from intersyn.data.compose.solver import SolverConfig
from intersyn.data.store import FILE_NAME, SPLITS, ClipStore
from training.compose_chunks import Chunk, read_chunk, write_chunk
from training.compose_pictures import write_pictures
from training.compose_report import make_report, write_card
from training.compose_store import gather
from training.memory import PeakMemory

VERSION = 2  # raise it when the composer changes, so that kept chunks are made anew
CHUNK = 16  # clips solved side by side
SHARES = {"train": 0.88, "val": 0.04, "test": 0.08}
HARDEST = 0.25  # the acceptance rate at which a program is given up


@dataclass(frozen=True)
class ComposeConfig:
    """What to compose, from which recordings, and where it goes."""

    data: Path
    """Folder that training.prepare wrote: real people to start from."""
    out: Path
    """Folder for clips.zip, README.md (the dataset card), report.json, sheets and the cache."""
    per_interaction: int = 52
    """Accepted clips of each interaction, over all splits."""
    per_solo: int | None = None
    """Accepted clips of each solo act; by default as many as of an interaction."""
    only: tuple[str, ...] = ()
    """Names of programs; by default all of them."""
    programs: Path | None = None
    """Folder with declarations of your own, instead of the bundled ones."""
    workers: int = os.cpu_count() or 1
    """Processes side by side, one thread each."""
    seed: int = 0
    max_minutes: float | None = None
    """Make no new chunks after so long, and write what there is; run again to go on."""
    pictures: bool = True
    """A contact sheet, every frame of one clip and its video, for each program."""
    solver: SolverConfig = field(default_factory=SolverConfig)


@dataclass(frozen=True, eq=False)
class Work:
    """One chunk to make: `count` attempts of a program in a split, from number `first` on."""

    program: Program
    split: str
    first: int
    count: int
    config: ComposeConfig

    @property
    def path(self) -> Path:
        return self.config.out / "cache" / self.program.name / f"{self.split}-{self.first:05d}-{self.count}.npz"

    @property
    def stamp(self) -> str:
        """Changes with anything that changes the clips."""
        store = self.config.data / FILE_NAME
        program = self.program.path.read_text()
        facts = (VERSION, program, asdict(self.config.solver), self.config.seed, store.stat().st_size)
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    def seeds(self) -> list[np.random.SeedSequence]:
        """One for each attempt, the same whatever else is made."""
        name = int.from_bytes(hashlib.sha256(self.program.name.encode()).digest()[:4], "big")
        split = SPLITS.index(self.split)
        return [np.random.SeedSequence([self.config.seed, name, split, self.first + k]) for k in range(self.count)]


@cache
def _bases(data: Path, split: str) -> Bases:
    return Bases(ClipStore.load(data, (split,)), split)


def _make(work: Work) -> Chunk:
    """Compose a chunk and keep it."""
    torch.set_num_threads(1)
    bases = _bases(work.config.data, work.split)
    composed: list[Composed] = compose(work.program, bases, work.seeds(), work.config.solver)
    return write_chunk(work.path, work.stamp, work.split, work.first, composed)


def wanted(program: Program, config: ComposeConfig) -> dict[str, int]:
    """How many accepted clips of each split."""
    per_solo = config.per_interaction if config.per_solo is None else config.per_solo
    total = config.per_interaction if program.people > 1 else per_solo
    counts = {split: round(SHARES[split] * total) for split in ("val", "test")}
    return {"train": total - sum(counts.values()), **counts}


def compose_all(programs: list[Program], config: ComposeConfig) -> dict[str, list[Chunk]]:
    """Chunks of every program, in waves: as many as seem to be needed, then more where too few were accepted."""
    chunks: dict[tuple[str, str], list[Chunk]] = {
        (program.name, split): [] for program in programs for split in SPLITS if wanted(program, config)[split]
    }
    by_name = {program.name: program for program in programs}
    total = sum(wanted(by_name[name], config)[split] for name, split in chunks)
    until = time.monotonic() + 60 * (math.inf if config.max_minutes is None else config.max_minutes)
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(config.workers, mp_context=context) as pool,
        tqdm(total=total, unit="clip") as bar,
    ):
        while wave := list(_wave(chunks, by_name, config)):
            kept = {work: read_chunk(work.path, work.stamp) for work in wave}
            missing = [work for work, chunk in kept.items() if chunk is None]
            if missing and time.monotonic() > until:
                kept = {work: chunk for work, chunk in kept.items() if chunk is not None}
                if not kept:
                    tqdm.write(f"stopped by --max-minutes with {len(missing)} chunks to make; run again to go on")
                    break
                missing = []
            bar.update(sum(chunk.accepted for chunk in kept.values() if chunk is not None))
            results = map(_make, missing) if config.workers == 1 else pool.map(_make, missing)
            for work, chunk in zip(missing, results, strict=True):
                kept[work] = chunk
                bar.update(chunk.accepted)
            for work, chunk in kept.items():
                chunks[work.program.name, work.split].append(chunk)
    grouped: dict[str, list[Chunk]] = {program.name: [] for program in programs}
    for (name, _), some in chunks.items():
        grouped[name] += some
    return grouped


def _wave(
    chunks: dict[tuple[str, str], list[Chunk]], programs: dict[str, Program], config: ComposeConfig
) -> Iterator[Work]:
    """What to make next. A function of what there is alone, so that every run makes the same."""
    for (name, split), done in chunks.items():
        goal = wanted(programs[name], config)[split]
        accepted, tried = sum(chunk.accepted for chunk in done), sum(len(chunk.attempts) for chunk in done)
        if accepted >= goal or tried >= goal / HARDEST + 2 * CHUNK:
            continue
        rate = max(accepted / tried, HARDEST) if tried else 1.0
        needed = math.ceil((goal - accepted) / rate)
        for first in range(0, needed, CHUNK):
            yield Work(programs[name], split, tried + first, min(CHUNK, needed - first), config)


def main(config: ComposeConfig) -> Path:
    """Run the whole stage; returns the path of the clip store."""
    began = time.monotonic()
    programs = read_programs(config.programs)
    unknown = [name for name in config.only if name not in programs]
    if unknown:
        raise ValueError(f"there is no program {unknown[0]!r}; there are {', '.join(programs)}")
    chosen = [programs[name] for name in (config.only or programs)]
    with PeakMemory() as memory:
        chunks = compose_all(chosen, config)
        store, chosen_clips = gather(chosen, chunks, {program.name: wanted(program, config) for program in chosen})
        path = store.save(config.out / FILE_NAME)
        report = make_report(chosen, chunks, store, chosen_clips)
        report["run"] = {
            "seconds": round(time.monotonic() - began, 1),
            "workers": config.workers,
            "megabytes": round(path.stat().st_size / 1e6, 2),
            "peak_gigabytes": memory.gigabytes and round(memory.gigabytes, 2),
        }
        write_card(config.out, report)
        if config.pictures:
            write_pictures(config.out / "sheets", chosen, chosen_clips, config.workers)
    for name, entry in report["programs"].items():
        rejected = 1 - entry["accepted"] / max(1, entry["attempts"])
        why = ", ".join(f"{reason} {count}" for reason, count in entry["reasons"].items())
        print(f"{name}: {rejected:.0%} of {entry['attempts']} rejected{f' ({why})' if why else ''}")
    print(f"{report['accepted']} clips accepted of {report['attempts']} tried, {report['hours']:.2f} h, "
          f"{path.stat().st_size / 1e6:.1f} MB, {time.monotonic() - began:.0f} s: {path}")  # fmt: skip
    return path


if __name__ == "__main__":
    try:
        main(tyro.cli(ComposeConfig))
    except (FileNotFoundError, ValueError, BadZipFile) as problem:
        sys.exit(f"{problem}")
