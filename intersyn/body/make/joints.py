"""SMPL's 24 joints: the common skeleton's 22, then the hands."""

from __future__ import annotations

import numpy as np

from intersyn import skeleton
from intersyn.body.make.primitives import Vector

NAMES: tuple[str, ...] = (*skeleton.JOINT_NAMES, "left_hand", "right_hand")
COUNT = len(NAMES)
JOINT = {name: index for index, name in enumerate(NAMES)}
PARENTS: tuple[int, ...] = (*skeleton.PARENTS, JOINT["left_wrist"], JOINT["right_wrist"])
CHILDREN: tuple[tuple[int, ...], ...] = tuple(
    tuple(child for child in range(COUNT) if PARENTS[child] == joint) for joint in range(COUNT)
)
MIRROR: tuple[int, ...] = (*skeleton.MIRROR_JOINTS, JOINT["right_hand"], JOINT["left_hand"])
# What the common skeleton calls the origin, as the figure is written down: soles at y = 0.
ORIGIN: Vector = (0.0, 1.188, -0.028)


def rest_joints(left_hand: Vector) -> np.ndarray:
    """Rest positions (24, 3) in the figure's frame: the common skeleton's, and where the left hand's joint is."""
    common = np.round(skeleton.REST_JOINTS.double().numpy(), 6) + ORIGIN
    hands = np.array((left_hand, left_hand)) * ((1.0, 1.0, 1.0), (-1.0, 1.0, 1.0))
    return np.concatenate((common, hands))


def descendants(joint: int) -> list[int]:
    """The joint and all that hang on it."""
    found = [joint]
    for child in CHILDREN[joint]:
        found += descendants(child)
    return found


def expanded(values: dict[str, float]) -> dict[int, float]:
    """Values by name to values by index: a name without its side stands for both sides."""
    found = {}
    for name, value in values.items():
        for full in (name,) if name in JOINT else (f"left_{name}", f"right_{name}"):
            found[JOINT[full]] = value
    return found
