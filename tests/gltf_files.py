"""Reads GLB files by the letter of glTF 2.0, to check what the export writes: node tree, animation, skins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

COMPONENTS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
SIZES = {"SCALAR": (), "VEC3": (3,), "VEC4": (4,), "MAT4": (4, 4)}


@dataclass
class GlbFile:
    """document: the JSON. binary: the buffer."""

    document: dict[str, Any]
    binary: bytes

    @staticmethod
    def read(path: Path) -> GlbFile:
        data = path.read_bytes()
        assert data[:4] == b"glTF" and int.from_bytes(data[4:8], "little") == 2
        assert int.from_bytes(data[8:12], "little") == len(data)
        end = 20 + int.from_bytes(data[12:16], "little")
        assert data[16:20] == b"JSON" and data[end + 4 : end + 8] == b"BIN\0" and end % 4 == 0
        assert len(data) == end + 8 + int.from_bytes(data[end : end + 4], "little")
        return GlbFile(json.loads(data[20:end]), data[end + 8 :])

    def array(self, accessor: int) -> np.ndarray:
        """Normalised integers as float64 fractions; matrices row by row."""
        item = self.document["accessors"][accessor]
        view = self.document["bufferViews"][item["bufferView"]]
        shape = (item["count"], *SIZES[item["type"]])
        dtype = np.dtype(COMPONENTS[item["componentType"]])
        array = np.frombuffer(self.binary, dtype, int(np.prod(shape)), view["byteOffset"]).reshape(shape)
        if item["type"] == "MAT4":
            array = array.swapaxes(1, 2)
        return array / np.iinfo(dtype).max if item.get("normalized") else array

    def node(self, name: str) -> dict[str, Any]:
        return next(node for node in self.document["nodes"] if node["name"] == name)

    @cached_property
    def times(self) -> np.ndarray:
        inputs = {sampler["input"] for sampler in self.document["animations"][0]["samplers"]}
        assert len(inputs) == 1
        return self.array(inputs.pop())

    def channel(self, node: int, path: str) -> np.ndarray | None:
        animation = self.document["animations"][0]
        for channel in animation["channels"]:
            if channel["target"] == {"node": node, "path": path}:
                return self.array(animation["samplers"][channel["sampler"]]["output"])
        return None

    def world(self, animated: bool = True) -> np.ndarray:
        """World matrices (T, N, 4, 4) of all nodes over the animation; without it at rest, T = 1."""
        nodes = self.document["nodes"]
        frames = len(self.times) if animated else 1
        out = np.full((frames, len(nodes), 4, 4), np.nan)
        waiting = [(root, np.broadcast_to(np.eye(4), (frames, 4, 4))) for root in self.document["scenes"][0]["nodes"]]
        while waiting:
            index, parent = waiting.pop()
            node = nodes[index]
            assert "matrix" not in node and "scale" not in node
            local = np.broadcast_to(np.eye(4), (frames, 4, 4)).copy()
            values = {path: self.channel(index, path) if animated else None for path in ("translation", "rotation")}
            local[:, :3, 3] = node.get("translation", (0, 0, 0))
            local[:, :3, :3] = rotation_matrix(np.array(node.get("rotation", (0, 0, 0, 1.0))))
            if values["translation"] is not None:
                local[:, :3, 3] = values["translation"]
            if values["rotation"] is not None:
                local[:, :3, :3] = rotation_matrix(values["rotation"].astype(np.float64))
            out[:, index] = parent @ local
            waiting += [(child, out[:, index]) for child in node.get("children", ())]
        return out

    def joints(self, person: int, world: np.ndarray) -> np.ndarray:
        """Positions (T, J, 3) of a skin's joints."""
        return world[:, self.document["skins"][person]["joints"]][..., :3, 3]

    def vertices(self, person: int, world: np.ndarray) -> np.ndarray:
        """Skinned positions (T, V, 3): each joint's world matrix times its inverse bind matrix, weighed."""
        node = self.node(f"person_{person}_body")
        skin = self.document["skins"][node["skin"]]
        (primitive,) = self.document["meshes"][node["mesh"]]["primitives"]
        attributes = {name: self.array(index) for name, index in primitive["attributes"].items()}
        bones = world[:, skin["joints"]] @ self.array(skin["inverseBindMatrices"])  # (T, J, 4, 4)
        at_rest = np.pad(attributes["POSITION"].astype(np.float64), ((0, 0), (0, 1)), constant_values=1)
        out = np.zeros((len(world), len(at_rest), 3))
        for influence in range(4):
            matrices = bones[:, attributes["JOINTS_0"][:, influence], :3]  # (T, V, 3, 4)
            out += attributes["WEIGHTS_0"][:, influence, None] * (matrices @ at_rest[:, :, None]).squeeze(-1)
        return out


def rotation_matrix(q: np.ndarray) -> np.ndarray:
    """Unit xyzw (..., 4) -> (..., 3, 3)."""
    x, y, z, w = np.moveaxis(q, -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, -1) for row in rows], -2)
