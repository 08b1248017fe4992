"""The frozen interleaved benchmark: timelines, texts, seeds, and which clips play in the real motion of each.

One JSON file per split, written by `training.freeze_benchmark`. It names clips, it does not hold their motion: whoever
prepared the same data gets the same sequences, and `check_data` refuses other data. What trained networks judge with is
named by the hash of its weights.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from intersyn.checkpoint import load_weights
from intersyn.data.store import ClipStore
from intersyn.files import atomic_write
from intersyn.timeline import Part, Segment, Timeline
from training.common import InputError

FORMAT = "intersyn-interleaved-1"
FOLDER = Path(__file__).parent / "benchmarks"
REPLICATIONS = 20
JUDGES = ("evaluator", "detector")


@dataclass(frozen=True)
class Role:
    """One person's clip in one segment: its name, the frame of it that plays first, reflected or not, and where.

    place, end_place: yaw in radians and x, z in metres of the floor transform at the segment's start and end.
    """

    clip: str
    first: int
    mirror: bool
    place: tuple[float, float, float]
    end_place: tuple[float, float, float]


@dataclass(frozen=True)
class Exchange:
    """The part of a timeline that a hard negative tells otherwise, and how."""

    segment: int
    part: int
    text: str


@dataclass(frozen=True)
class Entry:
    """A sequence. cast[s][p]: what person p plays in segment s. exchange: None for references."""

    timeline: Timeline
    cast: tuple[tuple[Role, ...], ...]
    exchange: Exchange | None

    @property
    def pattern(self) -> str:
        """For example "sis": solo, interaction, solo."""
        return "".join("i" if segment.parts[0].is_interaction else "s" for segment in self.timeline.segments)

    @property
    def exchanged(self) -> Timeline:
        """The timeline with one part told otherwise. `ValueError` where there is no such text."""
        if self.exchange is None:
            raise ValueError("this sequence is a reference and has no text to exchange")
        segments = list(self.timeline.segments)
        segment = segments[self.exchange.segment]
        parts = list(segment.parts)
        parts[self.exchange.part] = replace(parts[self.exchange.part], text=self.exchange.text)
        segments[self.exchange.segment] = replace(segment, parts=tuple(parts))
        return replace(self.timeline, segments=tuple(segments))


@dataclass(frozen=True)
class Benchmark:
    """sequences are asked for and measured; references are more real motion of the same kind, for FID and KID.

    seeds: one per replication; the noise of sequence k has the seed seeds[r] + k. data: see `fingerprint`. judges:
    {"evaluator": {"sha256", "steps"} or None, "detector": ...}.
    """

    split: str
    data: str
    seeds: tuple[int, ...]
    sequences: tuple[Entry, ...]
    references: tuple[Entry, ...]
    judges: dict[str, dict[str, Any] | None]

    def save(self, path: Path) -> Path:
        """One sequence a line, so that a difference of two files can be read."""
        strings: dict[str, int] = {}
        lines = {
            name: [_packed(entry, strings) for entry in getattr(self, name)] for name in ("sequences", "references")
        }
        head = {"format": FORMAT, "split": self.split, "data": self.data, "seeds": self.seeds, "judges": self.judges,
                "strings": list(strings)}  # fmt: skip
        body = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in head.items()]
        for name, rows in lines.items():
            body.append(f'"{name}":[\n' + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]")
        with atomic_write(path, "w") as file:
            file.write("{" + ",\n".join(body) + "}\n")
        return path

    @staticmethod
    def load(path: Path) -> Benchmark:
        """Raises `InputError` where there is no such file or it is no benchmark."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise ValueError(f"format {data['format']!r}, this version reads {FORMAT!r}")
            rows = {name: tuple(_unpacked(row, data["strings"]) for row in data[name])
                    for name in ("sequences", "references")}  # fmt: skip
            return Benchmark(data["split"], data["data"], tuple(data["seeds"]), judges=data["judges"], **rows)
        except FileNotFoundError as error:
            raise InputError(
                f"there is no benchmark {path}: write it with python -m training.freeze_benchmark"
            ) from error
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise InputError(f"{path} is no benchmark: {error}") from error


def fingerprint(store: ClipStore, names: Iterable[str]) -> str:
    """SHA-256 of the clips of these names: frames, touches and the pelvis's way in steps of a tenth of a millimetre.

    Rotations are left out: they are decoded with sines, whose last digit differs from processor to processor.
    """
    wanted, digest = set(names), hashlib.sha256()
    by_name = {clip.name: clip for clip in store.clips}
    for name in sorted(wanted):
        clip = by_name[name]
        digest.update(f"{name} {clip.frames} {clip.touches}".encode())
        rows = store.root[clip.start : clip.start + clip.frames]
        digest.update((rows.double() * 10000).round().to(torch.int32).numpy().tobytes())
    return digest.hexdigest()


def clip_names(entries: Iterable[Entry]) -> set[str]:
    return {role.clip for entry in entries for segment in entry.cast for role in segment}


def check_data(benchmark: Benchmark, store: ClipStore, path: Path) -> None:
    """Raises `InputError` where the store lacks the benchmark's clips, or holds others under their names."""
    names = clip_names((*benchmark.sequences, *benchmark.references))
    missing = names - {clip.name for clip in store.clips}
    again = "name the folders it was frozen on with --data, or freeze it again with python -m training.freeze_benchmark"
    if missing:
        raise InputError(f"{path} uses {len(missing)} clips that the data lack, {min(missing)} among them: {again}")
    if fingerprint(store, names) != benchmark.data:
        raise InputError(f"{path} was frozen on other clips than the data hold under the same names: {again}")


def weights_hash(folder: str | Path) -> str:
    """SHA-256 of a network's weights by name, however they are spread over files. Raises `CheckpointError`."""
    digest = hashlib.sha256()
    for name, value in sorted(load_weights(folder).items()):
        digest.update(f"{name} {tuple(value.shape)}".encode())
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _packed(entry: Entry, strings: dict[str, int]) -> list[Any]:
    """[ends, texts by part, cast, exchange]; an interaction's one text stands alone. Strings are numbers."""

    def number(text: str) -> int:
        return strings.setdefault(text, len(strings))

    def role(one: Role) -> list[Any]:
        moved = [] if one.end_place == one.place else [*one.end_place]
        return [number(one.clip), one.first, int(one.mirror), *one.place, *moved]

    texts = [[number(part.text) for part in segment.parts] for segment in entry.timeline.segments]
    exchange = entry.exchange and [entry.exchange.segment, entry.exchange.part, number(entry.exchange.text)]
    ends = [segment.end for segment in entry.timeline.segments]
    return [ends, texts, [[role(one) for one in segment] for segment in entry.cast], exchange]


def _unpacked(row: Sequence[Any], strings: Sequence[str]) -> Entry:
    ends, texts, cast, exchange = row
    segments = []
    for start, end, told in zip([0, *ends[:-1]], ends, texts, strict=True):
        everyone = tuple(range(len(cast[0])))
        people = [everyone] if len(told) == 1 else [(p,) for p in everyone]
        parts = (Part(who, strings[text]) for who, text in zip(people, told, strict=True))
        segments.append(Segment(start, end, tuple(parts)))

    def role(one: list[Any]) -> Role:
        place, end_place = tuple(one[3:6]), tuple(one[6:9])
        return Role(strings[one[0]], one[1], bool(one[2]), place, end_place or place)

    told_otherwise = exchange and Exchange(exchange[0], exchange[1], strings[exchange[2]])
    roles = tuple(tuple(role(one) for one in segment) for segment in cast)
    return Entry(Timeline(tuple(segments)), roles, told_otherwise)
