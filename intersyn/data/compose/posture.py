"""Postures in words (lean, nod, crouch) as rotations of joints, about their rest axes: x left, y up, z forward."""

from __future__ import annotations

import numpy as np

from intersyn.skeleton import JOINT, LEG_LENGTH, NUM_JOINTS, OFFSETS

# Axis, and the share of each joint in the whole angle. Positive leans forward, and twists, tilts and turns to the left.
_SHARES: dict[str, tuple[tuple[float, float, float], dict[str, float]]] = {
    "lean": ((1, 0, 0), {"pelvis": 0.34, "spine1": 0.22, "spine2": 0.22, "spine3": 0.22}),
    "twist": ((0, 1, 0), {"spine1": 0.3, "spine2": 0.35, "spine3": 0.35}),
    "tilt": ((0, 0, -1), {"spine1": 0.3, "spine2": 0.35, "spine3": 0.35}),
    "nod": ((1, 0, 0), {"neck": 0.45, "head": 0.55}),
    "turn_head": ((0, 1, 0), {"neck": 0.45, "head": 0.55}),
    "tilt_head": ((0, 0, -1), {"neck": 0.45, "head": 0.55}),
}
_HIPS_BACK = 0.16  # metres the pelvis goes back at a right angle of the trunk, which keeps the balance
_THIGH, _SHIN = (float(OFFSETS[JOINT[f"left_{joint}"]].norm()) for joint in ("knee", "ankle"))


def posture_offsets(values: dict[str, np.ndarray], frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Rotation vectors (T, 22, 3) and the pelvis' shift (T, 2) back and down in metres, of named values (T,).

    Angles in radians; `crouch` in metres. Legs stay where they stand when the trunk leans. Raises `ValueError` for a
    name it does not know.
    """
    offsets, shift = np.zeros((frames, NUM_JOINTS, 3)), np.zeros((frames, 2))
    for name, value in values.items():
        if name == "shrug":
            offsets[:, JOINT["left_collar"], 2] += value
            offsets[:, JOINT["right_collar"], 2] -= value
        elif name == "crouch":
            hip, knee, ankle = bent_leg(value)
            for side in ("left", "right"):
                for joint, angle in (("hip", -hip), ("knee", knee), ("ankle", -ankle)):
                    offsets[:, JOINT[f"{side}_{joint}"], 0] += angle
            shift[:, 1] += value
        elif name in _SHARES:
            axis, shares = _SHARES[name]
            for joint, share in shares.items():
                offsets[:, JOINT[joint]] += share * value[:, None] * np.array(axis)
            if name == "lean":
                for side in ("left", "right"):
                    offsets[:, JOINT[f"{side}_hip"], 0] -= shares["pelvis"] * value
                shift[:, 0] += _HIPS_BACK * np.sin(np.clip(value, -np.pi / 2, np.pi / 2))
        else:
            raise ValueError(f"no posture is called {name!r}; there are {', '.join((*_SHARES, 'shrug', 'crouch'))}")
    return offsets, shift


def bent_leg(lowered: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far hip, knee and ankle bend (radians) when the hip comes down by so many metres over its foot."""
    length = np.clip(LEG_LENGTH - lowered, 0.35 * LEG_LENGTH, LEG_LENGTH)
    knee = np.pi - np.arccos(np.clip((_THIGH**2 + _SHIN**2 - length**2) / (2 * _THIGH * _SHIN), -1, 1))
    hip = np.arccos(np.clip((_THIGH**2 + length**2 - _SHIN**2) / (2 * _THIGH * length), -1, 1))
    return hip, knee, knee - hip
