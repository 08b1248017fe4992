"""Reading BVH: the hierarchy and the motion of one file, and its forward kinematics. Units are the file's own."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from intersyn.rotations import quaternion_apply, quaternion_multiply

AXES = {"X": 0, "Y": 1, "Z": 2}


class BvhError(ValueError):
    """A file that is not a whole BVH; the message names the file and says what is wrong with it."""


@dataclass(frozen=True)
class Hierarchy:
    """Joints in the order of the file. End sites carry no motion and are left out.

    names (J); parents (J), -1 for the root; offsets (J, 3) in the file's unit;
    channels (J) tuples such as ("Xposition", ..., "Yrotation"), in the order of the numbers.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: np.ndarray
    channels: tuple[tuple[str, ...], ...]

    @property
    def num_channels(self) -> int:
        return sum(len(channels) for channels in self.channels)

    def index(self, name: str) -> int:
        """Position of a joint; BvhError where the skeleton has none of that name."""
        if name not in self.names:
            raise BvhError(f"the skeleton has no joint {name!r}; it has {', '.join(self.names)}")
        return self.names.index(name)


@dataclass(frozen=True)
class Bvh:
    """rotations (T, J, 4) local quaternions; positions (T, J, 3) local translations, where a position channel has
    replaced the offset; fps as the header claims it (archives are known to claim wrong ones)."""

    hierarchy: Hierarchy
    rotations: Tensor
    positions: Tensor
    fps: float

    @property
    def frames(self) -> int:
        return len(self.rotations)

    def select(self, frames: slice | Tensor) -> Bvh:
        return Bvh(self.hierarchy, self.rotations[frames], self.positions[frames], self.fps)

    def world(self) -> tuple[Tensor, Tensor]:
        """Global rotations (T, J, 4) and joint positions (T, J, 3), in the file's unit and frame."""
        rotations: list[Tensor] = []
        joints: list[Tensor] = []
        for j, parent in enumerate(self.hierarchy.parents):
            if parent < 0:
                rotations.append(self.rotations[:, j])
                joints.append(self.positions[:, j])
            else:
                rotations.append(quaternion_multiply(rotations[parent], self.rotations[:, j]))
                joints.append(joints[parent] + quaternion_apply(rotations[parent], self.positions[:, j]))
        return torch.stack(rotations, 1), torch.stack(joints, 1)


def read_bvh(path: str | Path) -> Bvh:
    """Read a BVH file, float64. Raises BvhError where it is truncated, malformed or holds numbers not finite."""
    path = Path(path)
    try:
        text = path.read_text(encoding="ascii")
    except UnicodeDecodeError as error:
        raise BvhError(f"{path.name} is not a text file: {error}") from error
    head, found, body = text.partition("MOTION")
    if not found:
        raise BvhError(f"{path.name} has no MOTION section")
    try:
        hierarchy = parse_hierarchy(head)
        values, fps = _parse_motion(body, hierarchy.num_channels)
    except BvhError as error:
        raise BvhError(f"{path.name}: {error}") from None
    rotations, positions = _unpack(hierarchy, values)
    return Bvh(hierarchy, rotations, positions, fps)


def parse_hierarchy(text: str) -> Hierarchy:
    """The part of a BVH before MOTION. Raises BvhError with the line number."""
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float] | None] = []
    channels: list[tuple[str, ...]] = []
    stack: list[int] = []  # open braces; -1 stands for an end site
    opening: int | None = None
    lines = [line.split() for line in text.splitlines()]
    if not lines or lines[0] != ["HIERARCHY"]:
        raise BvhError("line 1: a BVH file begins with HIERARCHY")
    for number, words in enumerate(lines[1:], start=2):
        if not words:
            continue
        word = words[0]
        try:
            if word in ("ROOT", "JOINT"):
                if (word == "ROOT") != (not stack):
                    raise BvhError(f"line {number}: {word} at the wrong depth")
                names.append(words[1])
                parents.append(stack[-1] if stack else -1)
                offsets.append(None)
                channels.append(())
                opening = len(names) - 1
            elif word == "End":
                opening = -1
            elif word == "{":
                if opening is None:
                    raise BvhError(f"line {number}: an opening brace that belongs to no joint")
                stack.append(opening)
                opening = None
            elif word == "}":
                stack.pop()
            elif word == "OFFSET":
                offset = [float(value) for value in words[1:4]]
                if len(offset) != 3:
                    raise BvhError(f"line {number}: OFFSET needs three numbers")
                if stack[-1] >= 0:
                    offsets[stack[-1]] = offset
            elif word == "CHANNELS":
                if len(words) != 2 + int(words[1]):
                    raise BvhError(f"line {number}: CHANNELS announces {words[1]} and names {len(words) - 2}")
                channels[stack[-1]] = tuple(_channel(name, number) for name in words[2:])
            else:
                raise BvhError(f"line {number}: {word!r} is no BVH keyword")
        except (IndexError, ValueError) as error:
            if isinstance(error, BvhError):
                raise
            raise BvhError(f"line {number}: cannot read {' '.join(words)!r}") from error
    if stack:
        raise BvhError(f"the hierarchy ends with {len(stack)} braces open")
    if not names:
        raise BvhError("the hierarchy names no joint")
    missing = [name for name, offset in zip(names, offsets, strict=True) if offset is None]
    if missing:
        raise BvhError(f"joint {missing[0]} has no OFFSET")
    return Hierarchy(tuple(names), tuple(parents), np.array(offsets), tuple(channels))


def _channel(name: str, number: int) -> str:
    if len(name) < 2 or name[0] not in AXES or name[1:] not in ("position", "rotation"):
        raise BvhError(f"line {number}: {name!r} is no channel")
    return name


def _parse_motion(body: str, num_channels: int) -> tuple[np.ndarray, float]:
    """Values (T, C) and the header's frames per second."""
    frames_at, time_at = body.find("Frames:"), body.find("Frame Time:")
    if frames_at < 0 or time_at < frames_at:
        raise BvhError("MOTION needs 'Frames:' and then 'Frame Time:'")
    end = body.find("\n", time_at)
    try:
        frames = int(body[frames_at + len("Frames:") : time_at])
        seconds = float(body[time_at + len("Frame Time:") : end])
    except ValueError as error:
        raise BvhError(f"MOTION's header cannot be read: {error}") from error
    if frames < 1 or not seconds > 0:
        raise BvhError(f"MOTION announces {frames} frames of {seconds} s")
    # numpy warns or raises, by version, at the first word that is no number
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            values = np.fromstring(body[end:] if end >= 0 else "", dtype=np.float64, sep=" ")
        except (DeprecationWarning, ValueError) as error:
            raise BvhError("MOTION holds a word that is not a number") from error
    if values.size != frames * num_channels:
        raise BvhError(
            f"MOTION announces {frames} frames of {num_channels} channels, {frames * num_channels} numbers, "
            f"and holds {values.size}"
        )
    if not np.isfinite(values).all():
        raise BvhError("MOTION holds numbers that are not finite")
    return values.reshape(frames, num_channels), 1.0 / seconds


def _unpack(hierarchy: Hierarchy, values: np.ndarray) -> tuple[Tensor, Tensor]:
    """Channel values (T, C), degrees and lengths, to local quaternions (T, J, 4) and translations (T, J, 3)."""
    frames, joints = len(values), len(hierarchy.names)
    positions = np.broadcast_to(hierarchy.offsets, (frames, joints, 3)).copy()
    angles = np.zeros((3, frames, joints))  # first, second and third rotation of each joint
    axes = np.zeros((3, joints), dtype=int)
    column = 0
    for j, channels in enumerate(hierarchy.channels):
        turn = 0
        for channel in channels:
            if channel.endswith("position"):
                positions[:, j, AXES[channel[0]]] = values[:, column]
            elif turn == 3:
                raise BvhError(f"joint {hierarchy.names[j]} has more than three rotations")
            else:
                angles[turn, :, j], axes[turn, j] = values[:, column], AXES[channel[0]]
                turn += 1
            column += 1
    half = np.deg2rad(angles) / 2
    quaternions = np.zeros((3, frames, joints, 4))
    quaternions[..., 0] = np.cos(half)
    for turn in range(3):
        quaternions[turn, :, np.arange(joints), 1 + axes[turn]] = np.sin(half[turn]).T
    first, second, third = torch.from_numpy(quaternions)
    return quaternion_multiply(quaternion_multiply(first, second), third), torch.from_numpy(positions)
