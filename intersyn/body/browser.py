"""Bodies and motions as the compact binary that the page's viewer reads.

One container for both: the four bytes "ISA1", the header's length (uint32), the header (JSON, padded so that data
starts at a multiple of 4), then the arrays, little-endian, each aligned to 4 bytes. The header names every array with
its dtype, shape and offset into the data, beside whatever facts belong to the file.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from intersyn.body.smpl_files import BodyArrays

if TYPE_CHECKING:  # Motion brings torch, which packing a body does not need
    from intersyn.motion import Motion
    from intersyn.timeline import Timeline

MAGIC = b"ISA1"
INFLUENCES = 4  # joints per vertex that a shader reads
QUATERNION_SCALE = 32767
SHAPE_STEP = 4e-5  # metres for each unit of a beta: an error of 0.02 mm
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


def pack_body(body: BodyArrays) -> bytes:
    """The skinned mesh with its betas, quantised, in gzip. Vertices are planar, (3, V), which compresses better.

    A vertex at rest is `origin + step * positions` metres (uint16: under 0.03 mm of error) and moves by
    `shape_step * shapes[k]` (int16) for each unit of beta k, a joint from `rest` by `joint_shapes[k]`. `joints` and
    `weights` (V, 4) are the four strongest, uint8 with a sum of exactly 255; triangles uint16. The viewer finds the
    normals itself: they change with the betas.

    Raises `ValueError` for a mesh with more vertices than 16-bit indices can name.
    """
    if len(body.template) > 65_536:
        raise ValueError(f"the viewer draws bodies of up to 65536 vertices, got {len(body.template)}")
    low, high = body.template.min(0), body.template.max(0)
    step = np.maximum(high - low, 1e-6) / 65_535
    shapes = body.shape.transpose(2, 1, 0)  # (K, 3, V)
    shape_step = max(SHAPE_STEP, float(np.abs(shapes).max()) / 32_767)
    regressor = body.regressor.astype(np.float64)
    joints, weights = strongest(body.weights)
    arrays = {
        "rest": (regressor @ body.template).astype(np.float32),
        "joint_shapes": np.einsum("jv,kcv->kjc", regressor, shapes).astype(np.float32),
        "positions": np.round((body.template - low) / step).astype(np.uint16).T,
        "shapes": np.round(shapes / shape_step).astype(np.int16),
        "joints": joints,
        "weights": weights,
        "triangles": body.faces.astype(np.uint16),
    }
    facts = {"origin": low.tolist(), "step": step.tolist(), "shape_step": shape_step, "parents": body.parents.tolist()}
    return gzip.compress(pack_arrays(arrays, facts), mtime=0)  # no time in it: the same body is the same file


def strongest(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Skin weights (V, J) to the four strongest joints: indices and weights, uint8 (V, 4); weights sum to 255."""
    joints = np.argsort(-weights, axis=1, kind="stable")[:, :INFLUENCES]
    kept = np.take_along_axis(weights, joints, 1)
    kept = np.round(255 * kept / kept.sum(1, keepdims=True)).astype(np.int64)
    kept[:, 0] += 255 - kept.sum(1)  # what rounding left over goes to the strongest
    return joints.astype(np.uint8), kept.astype(np.uint8)


def unpack_motion(data: bytes, timeline: Timeline | None = None) -> Motion:
    """The inverse of `pack_motion`, but for the rounding of rotations. Raises `ValueError` for other bytes."""
    import torch

    from intersyn.motion import Motion
    from intersyn.rotations import quaternion_to_axis_angle

    arrays, facts = unpack_arrays(data)
    if missing := {"rotations", "root", "betas"} - set(arrays):
        raise ValueError(f"not a packed motion: it has no {min(missing)}")
    turns, root = (torch.from_numpy(arrays[name].astype(np.float32)).transpose(0, 1) for name in ("rotations", "root"))
    poses = quaternion_to_axis_angle(turns / turns.norm(dim=-1, keepdim=True))
    return Motion(poses, root, torch.from_numpy(arrays["betas"].astype(np.float32)), facts["fps"], timeline)


def pack_motion(motion: Motion) -> bytes:
    """What the viewer needs of a Motion: local rotations (T, P, 22, 4) as int16 quaternions wxyz (under 0.01 degrees
    of error), pelvis positions (T, P, 3) float32 in metres, betas (P, 10) float32, the frame rate, and `stance`: how
    high in metres the pelvis of the common skeleton, on which motions are, stands above its soles.

    Beside them the C capsules by which the viewer sees how near people are (see `intersyn.body.capsules`):
    `capsule_ends` (2 C, 26), first all starts, then all ends, as weights of the 22 joints and the tips of hands and
    head; `capsule_radii` (C, 2) metres at start and end; `tips` (4, 3) metres from the joints that carry them, which
    are `tip_joints`.
    """
    from intersyn.body.capsules import END_WEIGHTS, RADII, TIP_JOINTS, TIP_OFFSETS
    from intersyn.skeleton import REST_FLOOR, REST_JOINTS

    quaternions = motion.quaternions().detach().cpu().numpy().swapaxes(0, 1)
    arrays = {
        "rotations": np.round(quaternions * QUATERNION_SCALE).astype(np.int16),
        "root": motion.trans.detach().cpu().numpy().swapaxes(0, 1).astype(np.float32),
        "betas": motion.betas.detach().cpu().numpy().astype(np.float32),
        "capsule_ends": END_WEIGHTS.numpy(),
        "capsule_radii": RADII.numpy(),
        "tips": TIP_OFFSETS.numpy(),
    }
    facts = {"fps": float(motion.fps), "stance": float(REST_JOINTS[0, 1]) - REST_FLOOR, "tip_joints": TIP_JOINTS}
    return pack_arrays(arrays, facts)
