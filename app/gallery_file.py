"""The gallery's motions and posters, bundled in one file. Read without any network, and without torch."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.assets import STATIC
from app.presets import PRESETS, Preset

FILE = STATIC / "gallery" / "scenes.zip"
COMMAND = "python -m training.make_gallery"
INDEX = "index.json"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # no time in it: the same scenes are the same file


class GalleryError(ValueError):
    """A gallery that cannot be shown; the message is one sentence with the command that makes another."""


@dataclass(frozen=True)
class Exhibit:
    """A preset as a model made it: what `pack_motion` gave of the motion, and a still as WebP."""

    preset: Preset
    motion: bytes
    poster: bytes


@dataclass(frozen=True)
class Collection:
    """Everything in the file. checkpoint: the name of what made it; digest: its `weights_digest`."""

    checkpoint: str
    digest: str
    exhibits: tuple[Exhibit, ...]


def pack_collection(collection: Collection) -> bytes:
    """What `read_collection` reads."""
    index = {
        "checkpoint": {"name": collection.checkpoint, "sha256": collection.digest},
        "scenes": [_facts(exhibit.preset) for exhibit in collection.exhibits],
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:

        def add(name: str, data: bytes, method: int) -> None:
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), data, method, 9)

        add(INDEX, json.dumps(index, ensure_ascii=False, indent=1).encode(), zipfile.ZIP_DEFLATED)
        for k, exhibit in enumerate(collection.exhibits):
            add(f"{k}.bin", exhibit.motion, zipfile.ZIP_DEFLATED)
            add(f"{k}.webp", exhibit.poster, zipfile.ZIP_STORED)
    return packed.getvalue()


@lru_cache(maxsize=4)
def read_collection(path: Path = FILE, presets: Sequence[Preset] = PRESETS) -> Collection:
    """The exhibits of `presets`, in their order; read once. Raises `GalleryError` if the file is missing or of others.

    Names and notes may have been reworded since: what decides a motion may not.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            index = json.loads(archive.read(INDEX))
            files = [(archive.read(f"{k}.bin"), archive.read(f"{k}.webp")) for k in range(len(index["scenes"]))]
    except FileNotFoundError as error:
        raise GalleryError(f"There is no gallery at {path}: make one with {COMMAND}.") from error
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise GalleryError(f"The gallery {path} cannot be read ({error}): make another with {COMMAND}.") from error
    if index["scenes"] != [_facts(preset) for preset in presets]:
        raise GalleryError(f"The gallery {path} was made of other scenes than the page has: renew it with {COMMAND}.")
    exhibits = (Exhibit(preset, *data) for preset, data in zip(presets, files))
    return Collection(index["checkpoint"]["name"], index["checkpoint"]["sha256"], tuple(exhibits))


def _facts(preset: Preset) -> dict[str, Any]:
    """What decides a preset's motion, as JSON gives it back."""
    return {"script": preset.script.value(), "settings": asdict(preset.settings)}
