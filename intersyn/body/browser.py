"""Bodies and motions as the compact binary that the page's viewer reads.

One container for both: the four bytes "ISA1", the header's length (uint32), the header (JSON, padded so that data
starts at a multiple of 4), then the arrays, little-endian, each aligned to 4 bytes. The header names every array with
its dtype, shape and offset into the data, beside whatever facts belong to the file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from intersyn.body.default import Body

if TYPE_CHECKING:  # Motion brings torch, which packing a body does not need
    from intersyn.motion import Motion

MAGIC = b"ISA1"
INFLUENCES = 4  # joints per vertex that a shader reads
QUATERNION_SCALE = 32767
_DTYPES = {"u1": np.uint8, "i1": np.int8, "u2": np.uint16, "i2": np.int16, "u4": np.uint32, "f4": np.float32}


def pack_arrays(arrays: dict[str, np.ndarray], facts: dict[str, Any] | None = None) -> bytes:
    """The container's bytes. Raises `ValueError` for a dtype that the viewer cannot read."""
    header: dict[str, Any] = {**(facts or {}), "arrays": {}}
    chunks: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        code = next((code for code, dtype in _DTYPES.items() if array.dtype == dtype), None)
        if code is None:
            raise ValueError(f"array {name!r} has dtype {array.dtype}, which is none of {sorted(_DTYPES)}")
        data = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"))).tobytes()
        header["arrays"][name] = {"dtype": code, "shape": list(array.shape), "offset": offset}
        data += b"\0" * (-len(data) % 4)
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, *chunks])


def unpack_arrays(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The inverse of `pack_arrays`: the arrays, and the facts. Raises `ValueError` if the bytes are no container."""
    if data[:4] != MAGIC:
        raise ValueError(f"not a viewer file: it starts with {data[:4]!r} and not with {MAGIC!r}")
    start = 8 + int.from_bytes(data[4:8], "little")
    header = json.loads(data[8:start])
    arrays = {}
    for name, item in header.pop("arrays").items():
        count = int(np.prod(item["shape"], dtype=np.int64))
        dtype = np.dtype(_DTYPES[item["dtype"]]).newbyteorder("<")
        arrays[name] = np.frombuffer(data, dtype, count, start + item["offset"]).reshape(item["shape"])
    return arrays, header


def pack_body(body: Body) -> bytes:
    """The skinned mesh, quantised: a vertex is `origin + step * position` metres (uint16: under 0.03 mm of error),
    normals int8, the four strongest joints and their weights uint8 with a sum of exactly 255, triangles uint16.

    Raises `ValueError` for a mesh with more vertices than 16-bit indices can name.
    """
    if len(body.vertices) > 65_536:
        raise ValueError(f"the viewer draws bodies of up to 65536 vertices, got {len(body.vertices)}")
    low, high = body.vertices.min(0), body.vertices.max(0)
    step = np.maximum(high - low, 1e-6) / 65_535
    positions = np.zeros((len(body.vertices), 4), np.uint16)  # the fourth column only pads rows to 8 bytes
    positions[:, :3] = np.round((body.vertices - low) / step)
    normals = np.zeros((len(body.vertices), 4), np.int8)
    normals[:, :3] = np.round(body.normals() * 127)
    joints, weights = strongest(body.weights)
    arrays = {
        "rest": body.joints.astype(np.float32),
        "positions": positions,
        "normals": normals,
        "joints": joints,
        "weights": weights,
        "triangles": body.faces.astype(np.uint16),
    }
    return pack_arrays(arrays, {"origin": low.tolist(), "step": step.tolist(), "parents": body.parents.tolist()})


def strongest(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Skin weights (V, J) to the four strongest joints: indices and weights, uint8 (V, 4); weights sum to 255."""
    joints = np.argsort(-weights, axis=1, kind="stable")[:, :INFLUENCES]
    kept = np.take_along_axis(weights, joints, 1)
    kept = np.round(255 * kept / kept.sum(1, keepdims=True)).astype(np.int64)
    kept[:, 0] += 255 - kept.sum(1)  # what rounding left over goes to the strongest
    return joints.astype(np.uint8), kept.astype(np.uint8)


def pack_motion(motion: Motion) -> bytes:
    """What the viewer needs of a Motion: local rotations (T, P, 22, 4) as int16 quaternions wxyz (under 0.01 degrees
    of error), pelvis positions (T, P, 3) float32 in metres, and the frame rate."""
    quaternions = motion.quaternions().detach().cpu().numpy().swapaxes(0, 1)
    root = motion.trans.detach().cpu().numpy().swapaxes(0, 1).astype(np.float32)
    rotations = np.round(quaternions * QUATERNION_SCALE).astype(np.int16)
    return pack_arrays({"rotations": rotations, "root": root}, {"fps": float(motion.fps)})
