"""Raw motion capture to one compact clip store: `python -m training.prepare --raw DIR --out DIR`.

Every recording is read, retargeted to the common skeleton and kept in a cache, so that an interrupted run resumes;
then the clips are gathered, split, and written with a dataset card. A recording that cannot be used is named and
skipped.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import sys
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from zipfile import BadZipFile

import numpy as np
import torch
import tyro
from tqdm import tqdm

from intersyn.data.raw import find_raw
from intersyn.data.retarget import joints_of
from intersyn.data.sources import bandai, cmu, humanml3d, interhuman
from intersyn.data.sources.base import FPS, MIN_FRAMES, Label, Task, Track, crop_track
from intersyn.data.splits import assign_splits
from intersyn.data.store import FILE_NAME, SPLITS, Clip, ClipStore
from intersyn.files import atomic_write
from training.data_card import make_report, write_card
from training.memory import PeakMemory

VERSION = 6  # raise it when retargeting changes, so that cached tracks are made anew
MODULES: dict[str, ModuleType] = {
    bandai.SOURCE: bandai,
    cmu.SOURCE: cmu,
    cmu.SALSA: cmu,
    humanml3d.SOURCE: humanml3d,
    interhuman.SOURCE: interhuman,
}


@dataclass(frozen=True)
class PrepareConfig:
    """Where the raw data is and where the prepared data goes."""

    out: Path
    """Folder for clips.zip, README.md (the dataset card), report.json and the cache."""
    raw: Path | None = None
    """Folder with dataset-1, dataset-2, solo and salsa, or with the .tar.xz archives of these."""
    humanml3d: Path | None = None
    """HumanML3D as published (new_joint_vecs, texts, train.txt, ...)."""
    interhuman: Path | None = None
    """InterHuman as published (motions_processed, annots, train.txt, ...)."""
    workers: int = os.cpu_count() or 1
    """Processes that read recordings side by side."""


def find_tasks(config: PrepareConfig) -> list[Task]:
    """Every recording of every source that is there. Raises FileNotFoundError where there is none."""
    tasks: list[Task] = []
    if config.raw:
        raw = find_raw(config.raw, config.out / "raw")
        tasks += [*bandai.find(raw), *cmu.find(raw)]
    tasks += humanml3d.find(config.humanml3d) if config.humanml3d else []
    tasks += interhuman.find(config.interhuman) if config.interhuman else []
    if not tasks:
        raise FileNotFoundError("no recordings: name at least one of --raw, --humanml3d and --interhuman")
    return tasks


def read_all(tasks: list[Task], cache: Path, workers: int) -> tuple[int, dict[str, str]]:
    """Bring the cache up to date; returns how many were read, and what could not be used: recording -> why."""
    pending = [task for task in tasks if _load(task, cache) is None]
    if len(pending) < len(tasks):
        print(f"{len(tasks) - len(pending)} of {len(tasks)} recordings are in the cache already")
    problems: dict[str, str] = {}
    if not pending:
        return 0, problems
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        results = pool.map(_process, pending, [cache] * len(pending), chunksize=4)
        for task, problem in zip(pending, tqdm(results, total=len(pending), unit="rec"), strict=True):
            if problem is not None:
                problems[f"{task.source}/{task.recording}"] = problem
                tqdm.write(f"skipped {task.source}/{task.recording}: {problem}", file=sys.stderr)
    return len(pending), problems


def _process(task: Task, cache: Path) -> str | None:
    """Read one recording into the cache; returns the problem, if any (whatever it is: the others go on)."""
    try:
        tracks = MODULES[task.source].read(task)
        arrays: dict[str, np.ndarray] = {"stamp": np.array(_stamp(task))}
        for k, track in enumerate(tracks):
            for name in ("rotations", "root", "contacts"):
                arrays[f"{name}_{k}"] = getattr(track, name).numpy()
            arrays[f"facts_{k}"] = np.array(json.dumps({"key": track.key, "quality": track.quality}))
        with atomic_write(_cache_file(task, cache)) as file:
            np.savez(file, **arrays)
    except Exception as error:
        return f"{error}" if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
    return None


def _cache_file(task: Task, cache: Path) -> Path:
    return cache / task.source / f"{task.recording}.npz"


def _stamp(task: Task) -> str:
    """Changes when a file of the recording, its label or the code's version does."""
    files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in task.files]
    actions = [label.action for label in task.labels]
    return hashlib.sha256(repr((VERSION, files, actions, sorted(task.facts.items()))).encode()).hexdigest()


def _load(task: Task, cache: Path) -> list[Track] | None:
    """The cached tracks of a recording, or None where they are missing, stale or damaged."""
    path = _cache_file(task, cache)
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["stamp"]) != _stamp(task):
                return None
            tracks = []
            for k in range(sum(name.startswith("root_") for name in file.files)):
                arrays = [torch.from_numpy(file[f"{name}_{k}"]) for name in ("rotations", "root", "contacts")]
                facts = json.loads(str(file[f"facts_{k}"]))
                key = None if facts["key"] is None else (facts["key"][0], facts["key"][1])
                tracks.append(Track(*arrays, key, facts["quality"]))
            return tracks
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
        return None


def gather(tasks: list[Task], cache: Path) -> tuple[ClipStore, dict[str, dict[str, float]]]:
    """The store of everything in the cache, and the measured quality of every clip."""
    splits = {
        source: assign_splits({task.recording: task.split for task in tasks if task.source == source}, source)
        for source in {task.source for task in tasks}
    }
    clips: list[Clip] = []
    rotations, roots, contacts = [], [], []
    quality: dict[str, dict[str, float]] = {}
    start = 0
    for task in tqdm(tasks, unit="rec", desc="gather"):
        tracks = _load(task, cache)
        if tracks is None:
            continue
        for label in task.labels:
            track = _cut(tracks[label.person], label)
            if track.frames < MIN_FRAMES:
                continue
            clips.append(
                Clip(
                    name=label.name,
                    source=task.source,
                    recording=task.recording,
                    action=label.action,
                    style=label.style,
                    split=splits[task.source][task.recording],
                    start=start,
                    frames=track.frames,
                    texts=label.texts,
                    test_texts=label.test_texts,
                    key=track.key,
                    partner=label.partner,
                    role=label.person if label.partner else 0,
                )
            )
            rotations.append(track.rotations)
            roots.append(track.root)
            contacts.append(track.contacts)
            quality[label.name] = track.quality
            start += track.frames
    if not clips:
        raise ValueError("no recording could be used")
    return ClipStore(torch.cat(rotations), torch.cat(roots), torch.cat(contacts), tuple(clips), FPS), quality


def _cut(track: Track, label: Label) -> Track:
    """The part of a track that a label speaks of."""
    if label.span is None:
        return track
    start, end = (min(max(round(seconds * FPS), 0), track.frames) for seconds in label.span)
    return crop_track(track, start, end)


def prepare(config: PrepareConfig) -> Path:
    """Run the whole stage; returns the path of the clip store."""
    began = time.monotonic()
    with PeakMemory() as memory:
        tasks = find_tasks(config)
        read, problems = read_all(tasks, config.out / "cache", config.workers)
        store, quality = gather(tasks, config.out / "cache")
        path = store.save(config.out / FILE_NAME)
        middle, most = packing_error(store, path)
    seconds = time.monotonic() - began
    report = make_report(store, quality, problems)
    report["run"] = {
        "recordings": len(tasks),
        "read_anew": read,
        "seconds": round(seconds, 1),
        "peak_gigabytes": memory.gigabytes and round(memory.gigabytes, 2),
        "megabytes": round(path.stat().st_size / 1e6, 2),
        "packing_error_mm": round(1000 * middle, 3),
        "most_packing_error_mm": round(1000 * most, 3),
    }
    write_card(config.out, report)
    print(f"{len(store.clips)} clips, {len(store.root) / FPS / 3600:.2f} h, {len(problems)} recordings skipped, "
          f"{path.stat().st_size / 1e6:.1f} MB, {seconds:.0f} s: {path}")  # fmt: skip
    return path


def packing_error(store: ClipStore, path: Path) -> tuple[float, float]:
    """Median and largest distance in metres between the clips' joints and what the packed file gives back."""
    packed = ClipStore.load(path, SPLITS)
    again = {clip.name: clip for clip in packed.clips}
    errors = []
    for clip in store.clips:
        joints = []
        for where, entry in ((store, clip), (packed, again[clip.name])):
            rows = slice(entry.start, entry.start + entry.frames)
            joints.append(joints_of(where.rotations[rows], where.root[rows]))
        errors.append((joints[0] - joints[1]).norm(dim=-1).flatten())
    every = torch.cat(errors)
    return float(every.median()), float(every.max())


if __name__ == "__main__":
    try:
        prepare(tyro.cli(PrepareConfig))
    except (FileNotFoundError, ValueError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(2)
