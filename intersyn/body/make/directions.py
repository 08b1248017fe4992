"""Shape directions: what each of the ten betas does to skin and joints, per unit (about one standard deviation)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from intersyn.body.make.config import ShapeConfig
from intersyn.body.make.joints import CHILDREN, COUNT, JOINT, PARENTS, descendants, expanded

LIMBS = ("hip", "knee", "shoulder", "elbow")


@dataclass(frozen=True)
class Direction:
    """How one beta moves vertices (V, 3) and joints (24, 3), metres per unit."""

    vertices: np.ndarray
    joints: np.ndarray

    def __add__(self, other: Direction) -> Direction:
        return Direction(self.vertices + other.vertices, self.joints + other.joints)


@dataclass(frozen=True)
class Skinned:
    """What directions are made from, in the figure's frame: vertices (V, 3), weights (V, 24), joints (24, 3)."""

    vertices: np.ndarray
    weights: np.ndarray
    joints: np.ndarray

    def share(self, *names: str) -> np.ndarray:
        """(V,) how far these joints own each vertex."""
        return self.weights[:, list(expanded(dict.fromkeys(names, 1.0)))].sum(1)


def shape_directions(body: Skinned, config: ShapeConfig) -> list[Direction]:
    """The directions, in the order of `BETA_NAMES`. The pelvis stays where it is."""
    return [make(body, config) for make in _MAKERS.values()]


def stretch(body: Skinned, amounts: dict[str, float]) -> Direction:
    """Bones to these joints longer by a share of their length; the skin goes along, linearly along each bone."""
    by_joint = expanded(amounts)
    joints = np.zeros((COUNT, 3))
    for joint in range(1, COUNT):
        bone = body.joints[joint] - body.joints[PARENTS[joint]]
        joints[joint] = joints[PARENTS[joint]] + by_joint.get(joint, 0.0) * bone
    vertices = body.weights @ joints
    for joint, children in enumerate(CHILDREN):
        longer = [child for child in children if child in by_joint]
        if len(longer) == 1:  # where bones branch, the skin round the joint only moves
            bone = body.joints[longer[0]] - body.joints[joint]
            along = np.clip((body.vertices - body.joints[joint]) @ bone / (bone @ bone), -0.15, 1.15)
            vertices += (body.weights[:, joint] * along * by_joint[longer[0]])[:, None] * bone
    return Direction(vertices, joints)


def girth(body: Skinned, amounts: dict[str, float]) -> Direction:
    """Thicker round the bones of these joints, by a share of the distance from the bone."""
    vertices = np.zeros_like(body.vertices)
    for joint, amount in expanded(amounts).items():
        axis = _far_end(body.joints, joint) - body.joints[joint]
        axis /= np.linalg.norm(axis)
        offset = body.vertices - body.joints[joint]
        across = offset - (offset @ axis)[:, None] * axis
        vertices += (body.weights[:, joint] * amount)[:, None] * across
    return Direction(vertices, np.zeros((COUNT, 3)))


def _far_end(joints: np.ndarray, joint: int) -> np.ndarray:
    """Where the bone of a joint goes: to its child; the trunk's go up; a tip goes on."""
    trunk = {JOINT["pelvis"]: JOINT["spine3"], JOINT["spine3"]: JOINT["neck"]}
    if joint in trunk:
        return joints[trunk[joint]]
    if not CHILDREN[joint]:
        return 2 * joints[joint] - joints[PARENTS[joint]]
    return joints[CHILDREN[joint][0]]


def _height(body: Skinned, config: ShapeConfig) -> Direction:
    """All of the body larger."""
    pelvis = body.joints[JOINT["pelvis"]]
    return Direction((body.vertices - pelvis) * config.height, (body.joints - pelvis) * config.height)


def _hips(body: Skinned, config: ShapeConfig) -> Direction:
    """Hips and buttocks wider; the legs move apart with them."""
    x, y, z = body.vertices.T
    wide = smooth_step(y, *config.hip_rise) * (1 - smooth_step(y, *config.hip_fall)) * (np.abs(x) < 0.3)
    joints = np.zeros((COUNT, 3))
    for side in ("left", "right"):
        leg = descendants(JOINT[f"{side}_hip"])
        joints[leg, 0] = config.hip_joints * body.joints[leg[0], 0]
    follow = body.weights @ joints[:, 0]
    along_x = wide * config.hip_width * x + (1 - wide) * follow
    return Direction(np.stack((along_x, np.zeros_like(x), wide * config.hip_depth * z), -1), joints)


def _belly(body: Skinned, config: ShapeConfig) -> Direction:
    """The front of the waist forward, its flanks a little wider."""
    x, y, z = body.vertices.T
    height = np.where(y > config.belly_height, config.belly_up, config.belly_down)
    soft = np.exp(-(((y - config.belly_height) / height) ** 2)) * smooth_step(z, *config.belly_front)
    soft = soft * body.share("pelvis", "spine1", "spine2", "spine3")
    moved = np.stack((config.belly_width * soft * x, np.zeros_like(x), config.belly_depth * soft), -1)
    return Direction(moved, np.zeros((COUNT, 3)))


def _head(body: Skinned, config: ShapeConfig) -> Direction:
    """The head larger."""
    head = JOINT["head"]
    moved = body.weights[:, [head]] * (body.vertices - body.joints[head]) * config.head
    return Direction(moved, np.zeros((COUNT, 3)))


def smooth_step(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 up to `low`, 1 from `high`, a smooth cubic between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


_MAKERS: dict[str, Callable[[Skinned, ShapeConfig], Direction]] = {
    "height": _height,
    "weight": lambda body, config: girth(body, config.weight),
    "legs": lambda body, config: stretch(body, {"knee": config.legs, "ankle": config.legs}),
    "arms": lambda body, config: stretch(body, {"elbow": config.arms, "wrist": config.arms}),
    "torso": lambda body, config: stretch(body, dict.fromkeys(("spine1", "spine2", "spine3", "neck"), config.torso)),
    "shoulders": lambda body, config: stretch(body, config.shoulders) + girth(body, {"spine3": config.shoulder_girth}),
    "hips": _hips,
    "belly": _belly,
    "muscle": lambda body, config: girth(body, config.muscle),
    "head": _head,
}
BETA_NAMES = tuple(_MAKERS)
