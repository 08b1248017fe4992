"""Named points on the skin of the default body: what a hand can touch, and with what.

A point belongs to one joint and moves rigidly with it. Positions were read off the mesh of the default body at rest
(T-pose, facing +z, y up, x to the person's left); `tests/intersyn/body/test_points.py` holds them to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from intersyn.rotations import quaternion_apply
from intersyn.skeleton import JOINT, REST_JOINTS


@dataclass(frozen=True)
class BodyPoint:
    """A point of the skin in the rest frame of `joint`, metres from that joint.

    normal: unit, out of the body. fingers: unit, along the part (of a hand: to its fingertips), across the normal.
    """

    joint: int
    offset: tuple[float, float, float]
    normal: tuple[float, float, float]
    fingers: tuple[float, float, float]


_Vector = tuple[float, float, float]
_LEFT, _UP, _FRONT, _DOWN, _BACK = (1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0), (0, -1.0, 0), (0, 0, -1.0)

# Joint, place on the template, normal, long axis. Hands are open and flat: a fist's knuckles are its fingertips.
_MIDDLE: dict[str, tuple[str, _Vector, _Vector, _Vector]] = {
    "chest": ("spine3", (0.0, 0.115, 0.128), _FRONT, _UP),
    "belly": ("spine1", (0.0, -0.097, 0.115), _FRONT, _UP),
    "upper_back": ("spine3", (0.0, 0.135, -0.085), _BACK, _UP),
    "lower_back": ("spine1", (0.0, -0.061, -0.054), _BACK, _UP),
    "neck_back": ("neck", (0.0, 0.28, -0.066), _BACK, _UP),
    "head_top": ("head", (0.0, 0.536, 0.027), _UP, _FRONT),
    "head_back": ("head", (0.0, 0.441, -0.069), _BACK, _UP),
    "forehead": ("head", (0.0, 0.47, 0.131), _FRONT, _UP),
    "eyes": ("head", (0.0, 0.428, 0.135), _FRONT, _UP),
    "mouth": ("head", (0.0, 0.375, 0.135), _FRONT, _UP),
    "chin": ("head", (0.0, 0.339, 0.126), _FRONT, _UP),
}
_LEFT_SIDE: dict[str, tuple[str, _Vector, _Vector, _Vector]] = {
    "palm": ("wrist", (0.775, 0.190, 0.006), _DOWN, _LEFT),
    "back_of_hand": ("wrist", (0.757, 0.228, 0.005), _UP, _LEFT),
    "fingertips": ("wrist", (0.878, 0.198, 0.004), _LEFT, _DOWN),
    "fist": ("wrist", (0.870, 0.204, 0.004), _LEFT, _UP),
    "thumb": ("wrist", (0.780, 0.205, 0.078), _FRONT, _LEFT),
    "wrist": ("elbow", (0.688, 0.238, 0.006), _UP, _LEFT),
    "forearm": ("elbow", (0.570, 0.247, 0.0), _UP, _LEFT),
    "inner_forearm": ("elbow", (0.577, 0.177, 0.010), _DOWN, _LEFT),
    "elbow": ("elbow", (0.468, 0.210, -0.036), _BACK, _UP),
    "upper_arm": ("shoulder", (0.279, 0.266, 0.005), _UP, _LEFT),
    "shoulder_top": ("collar", (0.128, 0.279, -0.008), _UP, _LEFT),
    "chest": ("spine3", (0.067, 0.129, 0.131), _FRONT, _UP),
    "upper_back": ("spine3", (0.071, 0.145, -0.090), _BACK, _UP),
    "side": ("spine2", (0.153, 0.062, 0.027), _LEFT, _UP),
    "hip": ("pelvis", (0.165, -0.243, 0.020), _LEFT, _UP),
    "thigh": ("hip", (0.101, -0.498, 0.111), _FRONT, _DOWN),
    "knee": ("knee", (0.095, -0.692, 0.095), _FRONT, _DOWN),
    "shin": ("knee", (0.095, -0.902, 0.056), _FRONT, _DOWN),
    "instep": ("ankle", (0.100, -1.130, 0.085), _FRONT, _DOWN),
    "sole": ("ankle", (0.094, -1.188, 0.035), _DOWN, _FRONT),
    "toe": ("foot", (0.097, -1.172, 0.218), _FRONT, _UP),
    "cheek": ("head", (0.058, 0.394, 0.089), (0.91, 0.0, 0.41), _UP),
    "ear": ("head", (0.086, 0.419, 0.023), _LEFT, _UP),
    "temple": ("head", (0.074, 0.456, 0.070), (0.94, 0.0, 0.34), _UP),
}


def _points() -> dict[str, BodyPoint]:
    sided = {"wrist", "elbow", "shoulder", "collar", "hip", "knee", "ankle", "foot"}
    points: dict[str, BodyPoint] = {}

    def add(name: str, joint: str, place: _Vector, normal: _Vector, fingers: _Vector) -> None:
        index = JOINT[joint]
        offset = tuple(float(a - b) for a, b in zip(place, REST_JOINTS[index].tolist(), strict=True))
        points[name] = BodyPoint(index, offset, normal, fingers)  # type: ignore[arg-type]

    for name, (joint, *vectors) in _MIDDLE.items():
        add(name, joint, *vectors)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for name, (joint, *vectors) in _LEFT_SIDE.items():
            mirrored = [(sign * x, y, z) for x, y, z in vectors]
            add(f"{side}_{name}", f"{side}_{joint}" if joint in sided else joint, *mirrored)
    return points


POINTS: dict[str, BodyPoint] = _points()
POINT_NAMES: tuple[str, ...] = tuple(POINTS)


def mirrored_point(name: str) -> str:
    """The same point on the other side of the body."""
    for side, other in (("left_", "right_"), ("right_", "left_")):
        if name.startswith(side):
            return other + name.removeprefix(side)
    return name


def point_position(name: str, joints: Tensor, rotations: Tensor) -> Tensor:
    """Where a named point is (..., 3), metres, from joints (..., 22, 3) and global quaternions (..., 22, 4).

    Raises `ValueError` for a name that is not in POINTS.
    """
    if name not in POINTS:
        raise ValueError(f"no point of the body is called {name!r}; there are {', '.join(POINT_NAMES)}")
    point = POINTS[name]
    offset = torch.tensor(point.offset, dtype=joints.dtype, device=joints.device)
    return joints[..., point.joint, :] + quaternion_apply(rotations[..., point.joint, :], offset)
