"""Chunks of composed clips on disk: what an interrupted run finds again."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from intersyn.data.compose.composer import Composed
from intersyn.data.store import Touch
from intersyn.files import atomic_write


@dataclass(frozen=True)
class Kept:
    """One attempt: figures and reasons of every one, motion of the accepted ones.

    rotations (P, T, 22, 4), root (P, T, 3), contacts (P, T, 4), things (K, T, 3); None where it was rejected.
    """

    number: int
    split: str
    frames: int
    seconds: float
    reasons: tuple[str, ...]
    figures: dict[str, float]
    draws: dict[str, float]
    touches: tuple[Touch, ...]
    key: tuple[int, int] | None
    bases: tuple[str, ...]
    thing_radius: float
    arrays: dict[str, np.ndarray] | None

    @property
    def accepted(self) -> bool:
        return not self.reasons


@dataclass(frozen=True)
class Chunk:
    """Attempts in order."""

    attempts: tuple[Kept, ...]

    @property
    def accepted(self) -> int:
        return sum(kept.accepted for kept in self.attempts)


def write_chunk(path: Path, stamp: str, split: str, first: int, composed: Sequence[Composed]) -> Chunk:
    """Keep the attempts of a chunk in one NPZ file without pickled objects, atomically; gives them back."""
    kept = tuple(_kept(clip, split, first + k) for k, clip in enumerate(composed))
    arrays: dict[str, Any] = {"stamp": np.array(stamp)}
    facts = []
    for k, attempt in enumerate(kept):
        values = {name: getattr(attempt, name) for name in Kept.__dataclass_fields__ if name != "arrays"}
        facts.append(values | {"touches": [astuple(touch) for touch in attempt.touches]})
        arrays |= {f"{name}_{k}": array for name, array in (attempt.arrays or {}).items()}
    arrays["facts"] = np.array(json.dumps(facts))
    with atomic_write(path) as file:
        np.savez(file, **arrays)
    return Chunk(kept)


def read_chunk(path: Path, stamp: str) -> Chunk | None:
    """The attempts kept in a file, or None where it is missing, stale or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["stamp"]) != stamp:
                return None
            attempts = []
            for k, values in enumerate(json.loads(str(file["facts"]))):
                names = [name for name in ("rotations", "root", "contacts", "things") if f"{name}_{k}" in file.files]
                values["touches"] = tuple(Touch(*touch) for touch in values["touches"])
                for name in ("reasons", "bases"):
                    values[name] = tuple(values[name])
                values["key"] = tuple(values["key"]) if values["key"] else None
                attempts.append(Kept(**values, arrays={name: file[f"{name}_{k}"] for name in names} or None))
            return Chunk(tuple(attempts))
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error):
        return None


def _kept(clip: Composed, split: str, number: int) -> Kept:
    planned, draft = clip.planned, clip.planned.draft
    draws = {f"at {name}": time for name, time in draft.moments.items()}
    if draft.formation is not None:
        draws |= {"apart": draft.formation.apart, "aside": draft.formation.aside}
    arrays = None
    if not clip.reasons:
        arrays = {name: getattr(clip, name).numpy() for name in ("rotations", "root", "contacts")}
        arrays["things"] = planned.plan.things[0, :, :, :3].numpy()
    return Kept(
        number, split, planned.plan.frames, clip.seconds, clip.reasons,
        {name: float(value) for name, value in asdict(clip.figures).items()},
        draws, tuple(hold.touch for hold in planned.holds), planned.key, planned.bases,
        max(planned.thing_radii, default=0.0), arrays,
    )  # fmt: skip
