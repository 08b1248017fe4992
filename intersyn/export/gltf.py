"""glTF 2.0's binary side: numpy arrays as accessors of one buffer, and the GLB container around it.

Written here because a GLB is a JSON text and a block of bytes behind 28 bytes of headers: pygltflib offers the JSON as
dataclasses and that container, but packs no array, and brings seven packages; trimesh writes neither skins nor
animations.
"""

from __future__ import annotations

import json
from enum import IntEnum
from typing import Any

import numpy as np

MAGIC, VERSION = b"glTF", 2
_COMPONENTS = {"u1": 5121, "u2": 5123, "u4": 5125, "f4": 5126}
_TYPES = {(): "SCALAR", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}


class Target(IntEnum):
    """What the graphics card will take a mesh's array for."""

    VERTICES = 34962
    INDICES = 34963


class Buffer:
    """The one binary buffer of a file, and the accessors and views that name its parts. Equal arrays lie in it once."""

    def __init__(self) -> None:
        self.accessors: list[dict[str, Any]] = []
        self.views: list[dict[str, Any]] = []
        self.length = 0
        self._chunks: list[bytes] = []
        self._known: dict[tuple, int] = {}

    def add(
        self, array: np.ndarray, target: Target | None = None, *, normalized: bool = False, bounds: bool = False
    ) -> int:
        """Append (N,), (N, 3), (N, 4) or (N, 4, 4) uint8, uint16, uint32 or float32; returns the accessor's index.

        normalized: integers stand for fractions of their largest value. bounds: state the least and the greatest value
        of each component, as glTF demands of positions and key times. VERTICES take rows of whole multiples of 4 bytes.
        Raises `ValueError` for other shapes and dtypes.
        """
        kind = next((code for code in _COMPONENTS if array.dtype == np.dtype(code)), None)
        if kind is None or array.shape[1:] not in _TYPES or not len(array):
            raise ValueError(f"glTF has no accessor for an array of shape {array.shape} and dtype {array.dtype}")
        stored = array.swapaxes(1, 2) if array.ndim == 3 else array  # matrices lie column by column
        data = np.ascontiguousarray(stored, np.dtype(kind).newbyteorder("<")).tobytes()
        key = (data, kind, array.shape, target, normalized, bounds)
        if key in self._known:
            return self._known[key]
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self.length, "byteLength": len(data)}
        accessor = {
            "bufferView": len(self.views),
            "componentType": _COMPONENTS[kind],
            "count": len(array),
            "type": _TYPES[array.shape[1:]],
        }
        if target is not None:
            view["target"] = int(target)
        if normalized:
            accessor["normalized"] = True
        if bounds:
            accessor["min"] = np.atleast_1d(array.min(0)).tolist()
            accessor["max"] = np.atleast_1d(array.max(0)).tolist()
        data += bytes(-len(data) % 4)  # every view starts at a multiple of 4
        self._chunks.append(data)
        self.length += len(data)
        self.views.append(view)
        self.accessors.append(accessor)
        return self._known.setdefault(key, len(self.accessors) - 1)

    def to_bytes(self) -> bytes:
        return b"".join(self._chunks)


def pack_glb(document: dict[str, Any], buffer: Buffer) -> bytes:
    """The whole file: `document` (glTF's JSON without accessors, views and buffers, which are added), then the buffer.

    Raises `ValueError` where `document` holds numbers that JSON cannot say.
    """
    document = {
        **document,
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": buffer.length}],
    }
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    body = _chunk(b"JSON", text + b" " * (-len(text) % 4)) + _chunk(b"BIN\0", buffer.to_bytes())
    return MAGIC + _uint32(VERSION) + _uint32(12 + len(body)) + body


def _chunk(kind: bytes, data: bytes) -> bytes:
    return _uint32(len(data)) + kind + data


def _uint32(number: int) -> bytes:
    return number.to_bytes(4, "little")
