"""Packing clips small: axis-angle in whole steps, second differences over time, byte planes, LZMA.

Each joint is rounded against the parent it will have after unpacking, so that rounding does not add up along a limb.
A joint's step can then follow from what turns with it alone: every joint's rounding moves points of the body about
equally far.
"""

from __future__ import annotations

import lzma
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from intersyn.rotations import (
    axis_angle_to_quaternion,
    quaternion_conjugate,
    quaternion_multiply,
    quaternion_to_axis_angle,
)
from intersyn.skeleton import NUM_JOINTS, OFFSETS, PARENTS, global_rotations

POINT_STEP = 0.0003  # metres that one step of a joint's angle moves the farthest point it carries alone
FLESH = 0.15  # metres that hands, feet, head and the trunk's skin reach from the joint that carries them
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 4, "lp": 0, "pb": 0}]


@dataclass(frozen=True)
class Packing:
    """How a file's numbers are to be read.

    angle: radians of one step of each of the 22 joints; 16 bits of them must reach beyond pi. length: metres of one
    step of the pelvis's place. anew: differences over time begin anew with every clip.
    """

    angle: tuple[float, ...]
    length: float
    anew: bool

    def __post_init__(self) -> None:
        if len(self.angle) != NUM_JOINTS or min(*self.angle, self.length) <= 0:
            raise ValueError(f"{NUM_JOINTS} angle steps and a length step above 0 expected, got {self}")


def _angle_steps() -> tuple[float, ...]:
    lever = [FLESH] * NUM_JOINTS
    for joint, parent in enumerate(PARENTS[1:], start=1):
        lever[parent] = max(lever[parent], float(OFFSETS[joint].norm()))
    return tuple(round(POINT_STEP / reach, 7) for reach in lever)


PACKING = Packing(_angle_steps(), 0.0002, True)
FIRST_PACKING = Packing((0.0005,) * NUM_JOINTS, 0.0001, False)  # of files that do not say


def encode_rotations(rotations: Tensor, clips: Sequence[int]) -> bytes:
    """Local quaternions (F, 22, 4) of clips with these numbers of frames -> bytes, by PACKING."""
    steps = np.empty((len(rotations), NUM_JOINTS, 3), np.int16)
    for rows in _chunks(len(rotations)):
        target, packed = global_rotations(rotations[rows].double()), []
        for joint, parent in enumerate(PARENTS):
            local = target[:, joint]
            if joint:
                local = quaternion_multiply(quaternion_conjugate(packed[parent]), local)
            steps[rows, joint] = np.rint(quaternion_to_axis_angle(local).numpy() / PACKING.angle[joint])
            angle = torch.from_numpy(steps[rows, joint] * PACKING.angle[joint])
            packed.append(axis_angle_to_quaternion(angle))
            if joint:
                packed[joint] = quaternion_multiply(packed[parent], packed[joint])
    return _pack(steps.reshape(-1, NUM_JOINTS * 3), clips)


def decode_rotations(data: bytes, clips: Sequence[int], packing: Packing) -> Tensor:
    """Bytes -> local quaternions (F, 22, 4), float32, of clips with these numbers of frames."""
    steps = _unpack(data, clips, NUM_JOINTS * 3, np.int16, packing).reshape(-1, NUM_JOINTS, 3)
    rotations = torch.empty(len(steps), NUM_JOINTS, 4)
    size = np.array(packing.angle, np.float32)[:, None]
    for rows in _chunks(len(steps)):
        rotations[rows] = axis_angle_to_quaternion(torch.from_numpy(steps[rows].astype(np.float32) * size))
    return rotations


def encode_root(root: Tensor, clips: Sequence[int]) -> bytes:
    """Pelvis positions (F, 3) in metres of clips with these numbers of frames -> bytes, by PACKING."""
    return _pack(np.rint(root.double().numpy() / PACKING.length).astype(np.int32), clips)


def decode_root(data: bytes, clips: Sequence[int], packing: Packing) -> Tensor:
    """Bytes -> pelvis positions (F, 3), float32, of clips with these numbers of frames."""
    return torch.from_numpy((_unpack(data, clips, 3, np.int32, packing) * packing.length).astype(np.float32))


def encode_contacts(contacts: Tensor) -> bytes:
    """Contacts (F, 4) of 0 and 1 -> bytes, one bit each."""
    return lzma.compress(np.packbits(contacts.numpy() > 0.5).tobytes())


def decode_contacts(data: bytes, frames: int) -> Tensor:
    """Bytes -> contacts (frames, 4), float32."""
    bits = np.unpackbits(np.frombuffer(_decompress(data), np.uint8))
    if bits.size < frames * 4:
        raise ValueError(f"contacts of {frames} frames expected, the file holds {bits.size // 4}")
    return torch.from_numpy(bits[: frames * 4].reshape(frames, 4).astype(np.float32))


def _chunks(frames: int, size: int = 16384) -> list[slice]:
    """Rows in pieces, which keeps the memory of a conversion small."""
    return [slice(start, start + size) for start in range(0, frames, size)]


def _passes(clips: Sequence[int], anew: bool) -> list[np.ndarray]:
    """For each of the two differences over time, the frame (F,) from which a frame's run is summed up.

    A clip's first number is stored as it is and its second one as one difference.
    """
    at = np.arange(sum(clips))
    start = np.repeat(np.cumsum(clips) - clips, clips)
    return [np.minimum(at, start + k) for k in (0, 1)] if anew else [np.zeros_like(at)] * 2


def _pack(steps: np.ndarray, clips: Sequence[int]) -> bytes:
    """Integers (F, C) -> bytes. Differences wrap around, which sums undo exactly."""
    second = steps.T.copy()  # time runs fastest: neighbours in memory are neighbours in time
    for first in _passes(clips, PACKING.anew):
        later = np.flatnonzero(first < np.arange(len(first)))
        second[:, later] -= second[:, later - 1]
    # zigzag: small numbers of either sign get a zero high byte
    zigzag = ((second << 1) ^ (second >> (second.dtype.itemsize * 8 - 1))).astype(second.dtype)
    planes = zigzag.view(np.uint8).reshape(-1, zigzag.dtype.itemsize).T
    return lzma.compress(planes.tobytes(), format=lzma.FORMAT_XZ, filters=_FILTERS)


def _unpack(
    data: bytes, clips: Sequence[int], channels: int, dtype: type[np.signedinteger], packing: Packing
) -> np.ndarray:
    frames, width = sum(clips), np.dtype(dtype).itemsize
    raw = np.frombuffer(_decompress(data), np.uint8)
    if raw.size != frames * channels * width:
        raise ValueError(f"{frames} frames of {channels} numbers expected, the file holds {raw.size // width} numbers")
    zigzag = np.ascontiguousarray(raw.reshape(width, -1).T).view(np.dtype(f"u{width}")).reshape(channels, frames)
    values = ((zigzag >> 1) ^ -(zigzag & 1).astype(dtype).view(zigzag.dtype)).view(dtype)
    for first in reversed(_passes(clips, packing.anew)):
        total = np.cumsum(values, axis=1, dtype=dtype)
        values = total - (total - values)[:, first]  # without what was summed up before the run
    return values.T


def _decompress(data: bytes) -> bytes:
    try:
        return lzma.decompress(data)
    except (lzma.LZMAError, EOFError) as error:
        raise ValueError(f"a packed array is damaged: {error}") from error
