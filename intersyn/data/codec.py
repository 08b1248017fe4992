"""Packing clips small: axis-angle in whole steps, second differences over time, byte planes, LZMA."""

from __future__ import annotations

import lzma

import numpy as np
import torch
from torch import Tensor

from intersyn.rotations import axis_angle_to_quaternion, quaternion_to_axis_angle
from intersyn.skeleton import NUM_JOINTS

ANGLE_STEP = 0.0005  # radians; pi is 6,283 steps, far inside 16 bits
LENGTH_STEP = 0.0001  # metres
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 0, "lp": 0, "pb": 0}]


def encode_rotations(rotations: Tensor) -> bytes:
    """Local quaternions (F, 22, 4) -> bytes."""
    steps = np.empty((len(rotations), NUM_JOINTS * 3), np.int16)
    for rows in _chunks(len(rotations)):
        angles = quaternion_to_axis_angle(rotations[rows].double()).reshape(-1, NUM_JOINTS * 3)
        steps[rows] = np.rint(angles.numpy() / ANGLE_STEP)
    return _pack(steps)


def decode_rotations(data: bytes, frames: int) -> Tensor:
    """Bytes -> local quaternions (frames, 22, 4), float32."""
    steps = _unpack(data, frames, NUM_JOINTS * 3, np.int16)
    rotations = torch.empty(frames, NUM_JOINTS, 4)
    for rows in _chunks(frames):
        angles = torch.from_numpy(steps[rows].astype(np.float32) * np.float32(ANGLE_STEP))
        rotations[rows] = axis_angle_to_quaternion(angles.reshape(-1, NUM_JOINTS, 3))
    return rotations


def encode_root(root: Tensor) -> bytes:
    """Pelvis positions (F, 3) in metres -> bytes."""
    return _pack(np.rint(root.double().numpy() / LENGTH_STEP).astype(np.int32))


def decode_root(data: bytes, frames: int) -> Tensor:
    """Bytes -> pelvis positions (frames, 3), float32."""
    return torch.from_numpy((_unpack(data, frames, 3, np.int32) * LENGTH_STEP).astype(np.float32))


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


def _pack(steps: np.ndarray) -> bytes:
    """Integers (F, C) -> bytes. Differences wrap around, which sums undo exactly."""
    second = steps.T.copy()  # time runs fastest: neighbours in memory are neighbours in time
    for _ in range(2):
        second[:, 1:] = second[:, 1:] - second[:, :-1]
    # zigzag: small numbers of either sign get a zero high byte
    zigzag = ((second << 1) ^ (second >> (second.dtype.itemsize * 8 - 1))).astype(second.dtype)
    planes = zigzag.view(np.uint8).reshape(-1, zigzag.dtype.itemsize).T
    return lzma.compress(planes.tobytes(), format=lzma.FORMAT_XZ, filters=_FILTERS)


def _unpack(data: bytes, frames: int, channels: int, dtype: type[np.signedinteger]) -> np.ndarray:
    width = np.dtype(dtype).itemsize
    raw = np.frombuffer(_decompress(data), np.uint8)
    if raw.size != frames * channels * width:
        raise ValueError(f"{frames} frames of {channels} numbers expected, the file holds {raw.size // width} numbers")
    zigzag = np.ascontiguousarray(raw.reshape(width, -1).T).view(np.dtype(f"u{width}")).reshape(channels, frames)
    values = ((zigzag >> 1) ^ -(zigzag & 1).astype(dtype).view(zigzag.dtype)).view(dtype)
    for _ in range(2):
        values = np.cumsum(values, axis=1, dtype=dtype)
    return values.T


def _decompress(data: bytes) -> bytes:
    try:
        return lzma.decompress(data)
    except (lzma.LZMAError, EOFError) as error:
        raise ValueError(f"a packed array is damaged: {error}") from error
