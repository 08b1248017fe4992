"""The clip store: every prepared clip of the common skeleton in a few flat tensors, small enough to stay in memory."""

from __future__ import annotations

import json
import lzma
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from intersyn.data.codec import (
    FIRST_PACKING,
    PACKING,
    Packing,
    decode_contacts,
    decode_root,
    decode_rotations,
    encode_contacts,
    encode_root,
    encode_rotations,
)
from intersyn.files import atomic_write
from intersyn.skeleton import NUM_JOINTS

SPLITS = ("train", "val", "test")
FORMAT = "intersyn-clips-2"
FIRST_FORMAT = "intersyn-clips-1"  # read still: it does not say how it is packed
FILE_NAME = "clips.zip"
COMPOSED = "composed"  # source of the clips that no recording shows as they are
_SHARED = ("texts", "test_texts", "base")  # strings that many clips share: the header holds each once


@dataclass(frozen=True)
class Touch:
    """Frames [start, end) of a clip in which a part of somebody's body is meant to touch something.

    person, other: roles of the people (`Clip.role`), the same one where somebody touches their own body; `other` is
    None for the floor, a thing, or a point in space. part, other_part: names of the two places that meet.
    Raises `ValueError` where there are no such frames or people.
    """

    person: int
    part: str
    other: int | None
    other_part: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a touch needs frames 0 <= start < end, got {self.start} and {self.end}")
        if self.person < 0 or (self.other is not None and self.other < 0):
            raise ValueError(f"people are counted from 0, got {self.person} and {self.other}")


@dataclass(frozen=True)
class Clip:
    """One person's clip at 20 fps. `start` is its first row in the store's flat tensors."""

    name: str  # unique, for example "bandai/dataset-2_wave-left-hand_normal_003"
    source: str  # bandai, cmu, salsa, humanml3d, interhuman, composed
    recording: str  # takes of one recording never straddle two splits
    action: str  # normalised label, for example "wave-left-hand"; sampling is balanced over it
    style: str  # "normal" where the source names none
    split: str
    start: int
    frames: int
    texts: tuple[str, ...]  # phrasings for training, about "a person"; for pairs about both people
    test_texts: tuple[str, ...] = ()  # phrasings reserved for evaluation
    key: tuple[int, int] | None = None  # frames any crop must contain (the kick, the clasp), relative to the clip
    partner: str | None = None  # name of the other person's clip where two were recorded together, same frames
    role: int = 0  # 0 or 1: which person of the texts this is
    touches: tuple[Touch, ...] = ()  # of everyone in the scene: two clips of a pair carry the same ones
    base: tuple[str, ...] = ()  # names of the recorded clips that a composed one was made from


@dataclass(frozen=True)
class ClipStore:
    """rotations (F, 22, 4) local quaternions; root (F, 3) metres; contacts (F, 4) in 0..1, order of FOOT_JOINTS.

    Clip c owns rows c.start : c.start + c.frames. Mirrored copies are made when drawn, not stored.
    """

    rotations: Tensor
    root: Tensor
    contacts: Tensor
    clips: tuple[Clip, ...]
    fps: float = 20.0

    @staticmethod
    def join(stores: Sequence[ClipStore]) -> ClipStore:
        """One store of everybody's clips, in order.

        Raises `ValueError` where there is none, where two clips have one name, or where frame rates differ.
        """
        if not stores:
            raise ValueError("no clips to join")
        if any(store.fps != stores[0].fps for store in stores):
            raise ValueError(f"clips of one frame rate can be joined, got {[store.fps for store in stores]}")
        clips: list[Clip] = []
        names: set[str] = set()
        offset = 0
        for store in stores:
            for clip in store.clips:
                if clip.name in names:
                    raise ValueError(f"two clips are called {clip.name!r}")
                names.add(clip.name)
                clips.append(replace(clip, start=clip.start + offset))
            offset += len(store.root)
        rows = (torch.cat([getattr(s, name) for s in stores]) for name in ("rotations", "root", "contacts"))
        return ClipStore(*rows, tuple(clips), stores[0].fps)

    def save(self, path: str | Path) -> Path:
        """Write everything into one zip, packed (see `codec`): a header in JSON, and per split three packed arrays.

        Rounding (see `codec`) moves joints by about a sixth of a millimetre, and by less than one at most. Atomic.
        """
        header: dict[str, Any] = {"format": FORMAT, "fps": self.fps, "packing": asdict(PACKING), "splits": {}}
        strings: dict[str, int] = {}
        arrays: dict[str, bytes] = {}
        for split in SPLITS:
            clips = [clip for clip in self.clips if clip.split == split]
            if not clips:
                continue
            rows = torch.cat([torch.arange(clip.start, clip.start + clip.frames) for clip in clips])
            frames = [clip.frames for clip in clips]
            header["splits"][split] = [_clip_to_json(clip, strings) for clip in clips]
            arrays[f"{split}/rotations"] = encode_rotations(self.rotations[rows], frames)
            arrays[f"{split}/root"] = encode_root(self.root[rows], frames)
            arrays[f"{split}/contacts"] = encode_contacts(self.contacts[rows])
        header["texts"] = list(strings)
        path = Path(path)
        with atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
            # a ZipInfo carries no time of its own: the same clips give the same file
            archive.writestr(zipfile.ZipInfo("header.json"), json.dumps(header), compress_type=zipfile.ZIP_LZMA)
            for name, data in arrays.items():
                archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_STORED)
        return path

    @staticmethod
    def load(path: str | Path, splits: Sequence[str] = ("train",)) -> ClipStore:
        """Read what `save` wrote, or the folder `training.prepare` wrote it to; only the splits named are unpacked.

        Raises FileNotFoundError where there is nothing, ValueError where the file is damaged or a split is unknown.
        """
        unknown = [split for split in splits if split not in SPLITS]
        if unknown:
            raise ValueError(f"split {unknown[0]!r} is none of {', '.join(SPLITS)}")
        path = Path(path)
        path = path / FILE_NAME if path.is_dir() else path
        try:
            with zipfile.ZipFile(path) as archive:
                header = json.loads(archive.read("header.json"))
                if header.get("format") not in (FORMAT, FIRST_FORMAT):
                    raise ValueError(f"format {header.get('format')!r}, this version reads {FORMAT!r}")
                return _read(archive, header, [split for split in SPLITS if split in splits])
        except (zipfile.BadZipFile, lzma.LZMAError, zlib.error, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is no clip store: {error}") from error


def _read(archive: zipfile.ZipFile, header: dict[str, Any], splits: Sequence[str]) -> ClipStore:
    clips: list[Clip] = []
    rotations, root, contacts = [torch.zeros(0, NUM_JOINTS, 4)], [torch.zeros(0, 3)], [torch.zeros(0, 4)]
    packing = FIRST_PACKING
    if header["format"] == FORMAT:
        packing = Packing(**{**header["packing"], "angle": tuple(header["packing"]["angle"])})
    start = 0
    for split in splits:
        entries = header["splits"].get(split, [])
        frames = [entry["frames"] for entry in entries]
        if not sum(frames):
            continue
        rotations.append(decode_rotations(archive.read(f"{split}/rotations"), frames, packing))
        root.append(decode_root(archive.read(f"{split}/root"), frames, packing))
        contacts.append(decode_contacts(archive.read(f"{split}/contacts"), sum(frames)))
        for entry in entries:
            clips.append(_clip_from_json(entry, header["texts"], split, start))
            start += clips[-1].frames
    return ClipStore(torch.cat(rotations), torch.cat(root), torch.cat(contacts), tuple(clips), header["fps"])


def _clip_to_json(clip: Clip, strings: dict[str, int]) -> dict[str, Any]:
    entry = {field.name: getattr(clip, field.name) for field in fields(clip) if field.name not in ("split", "start")}
    for name in _SHARED:
        entry[name] = [strings.setdefault(text, len(strings)) for text in entry[name]]
    entry["touches"] = [astuple(touch) for touch in clip.touches]
    return entry


def _clip_from_json(entry: dict[str, Any], strings: Sequence[str], split: str, start: int) -> Clip:
    entry = {"touches": [], "base": [], **entry}  # older files know neither
    for name in _SHARED:
        entry[name] = tuple(strings[k] for k in entry[name])
    entry["key"] = tuple(entry["key"]) if entry["key"] is not None else None
    entry["touches"] = tuple(Touch(*touch) for touch in entry["touches"])
    return Clip(split=split, start=start, **entry)
