"""Pose correctives: shifts of the skin at rest, linear in the local rotations, that keep joints full when they bend.

They are fitted, joint by joint, to a mixture of linear blend and dual quaternion skinning, with folds pressed flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.spatial.transform import Rotation

from intersyn.body.make.config import CorrectiveConfig, Fold
from intersyn.body.make.directions import smooth_step
from intersyn.body.make.joints import CHILDREN, COUNT, MIRROR, NAMES, PARENTS, descendants
from intersyn.body.make.posing import blend, bone_transforms, dual_quaternion_blend
from intersyn.body.make.symmetry import BaseMesh

CLOSING = (90.0, 110.0)  # degrees between two bones from and up to which a fold sets in
_SIGNS = np.multiply.outer((-1, 1, 1), (-1, 1, 1)).ravel()  # of a rotation matrix in the mirror


def pose_correctives(mesh: BaseMesh, weights: np.ndarray, joints: np.ndarray, config: CorrectiveConfig) -> np.ndarray:
    """(V, 3, 207) metres per unit of `posing.pose_features`; those of the mirror image are the mirror image.

    weights (V, 24); joints (24, 3) at rest, metres.
    """
    found = np.zeros((len(mesh.vertices), 3, COUNT - 1, 9))
    folds = {fold.joint: fold for fold in config.folds}
    for joint in range(1, COUNT):
        kind = NAMES[joint].removeprefix("left_")
        if NAMES[joint].startswith("right_"):
            continue
        if kind not in config.ranges:
            raise ValueError(f"ranges need every joint, there is none for {kind}")
        moving = weights[:, descendants(joint)].sum(1)
        fold = folds.get(kind)
        bending = (moving > 0.002) & (moving < 0.998)  # the rest of the skin moves rigidly or not at all
        if fold is not None:
            bending |= np.linalg.norm(mesh.vertices - joints[joint], axis=1) < fold.reach
            bending &= (mesh.vertices[:, 0] >= 0) | (moving > 0.002)  # not the other side's
        rows = np.flatnonzero(bending)
        fit = _fit(mesh.vertices[rows], weights[rows], joints, joint, fold, config)
        image = np.zeros_like(found[:, :, 0])
        image[rows] = fit
        mirrored = image[mesh.mirror] * np.array((-1.0, 1.0, 1.0))[:, None] * _SIGNS
        if MIRROR[joint] == joint:
            found[:, :, joint - 1] = (image + mirrored) / 2
        else:
            found[:, :, joint - 1], found[:, :, MIRROR[joint] - 1] = image, mirrored
    return np.round(found.reshape(len(mesh.vertices), 3, -1) / config.grid) * config.grid


def _fit(
    vertices: np.ndarray,
    weights: np.ndarray,
    joints: np.ndarray,
    joint: int,
    fold: Fold | None,
    config: CorrectiveConfig,
) -> np.ndarray:
    """(N, 3, 9) for vertices (N, 3): ridge regression of the wanted shifts on one joint's rotations."""
    ranges = config.ranges[NAMES[joint].removeprefix("left_")]
    side = 1 - 2 * weights[:, descendants(joint)].sum(1)
    features, shifts, importance = [], [], []
    for rotation in sample_rotations(ranges, config.spacing):
        local = np.tile(np.eye(3), (COUNT, 1, 1))
        local[joint] = rotation
        transforms = bone_transforms(local, joints)
        linear, maps = blend(vertices, weights, transforms)
        wanted = linear + config.mix * (dual_quaternion_blend(vertices, weights, transforms) - linear)
        importance.append(1.0)
        if fold is not None:
            scissors = Scissors.of(joints, joint, rotation)
            wanted = pressed_flat(wanted, side, scissors, fold)
            importance[-1] += fold.importance * scissors.closed
        shifts.append((_inverses(maps, config.softest) @ (wanted - linear)[:, :, None])[:, :, 0])
        features.append((rotation - np.eye(3)).ravel())
    share = np.array(importance) / sum(importance)
    matrix, target = np.array(features), np.array(shifts).reshape(len(shifts), -1)
    normal = (matrix.T * share) @ matrix + config.ridge * np.eye(9)
    return np.linalg.solve(normal, (matrix.T * share) @ target).T.reshape(len(vertices), 3, 9)


def sample_rotations(ranges: tuple[tuple[float, float], ...], spacing: float) -> np.ndarray:
    """Rotation matrices (N, 3, 3) on a regular grid of turns about x, y and z, degrees."""
    steps = [np.linspace(low, high, 1 + int(np.ceil((high - low) / spacing))) for low, high in ranges]
    return Rotation.from_euler("xyz", list(product(*steps)), degrees=True).as_matrix()


@dataclass(frozen=True)
class Scissors:
    """Two bones that close on each other: from `pivot`, halfway between them lies the plane with this unit normal.

    normal points to the parent's bone, inwards between the two. closed: from 0, open, to 1.
    """

    pivot: np.ndarray
    normal: np.ndarray
    inwards: np.ndarray
    closed: float

    @staticmethod
    def of(joints: np.ndarray, joint: int, rotation: np.ndarray) -> Scissors:
        """At a joint that is turned by a matrix (3, 3); joints (24, 3) at rest."""
        up = joints[PARENTS[joint]] - joints[joint]
        down = rotation @ (joints[CHILDREN[joint][0]] - joints[joint])
        up, down = up / np.linalg.norm(up), down / np.linalg.norm(down)
        angle = np.degrees(np.arccos(np.clip(up @ down, -1, 1)))
        normal = up - down
        inwards = up + down + 1e-9  # never 0: between straight bones any direction will do, since closed is 0
        closed = 1 - smooth_step(angle, *CLOSING)
        return Scissors(
            joints[joint], normal / np.linalg.norm(normal), inwards / np.linalg.norm(inwards), float(closed)
        )


def pressed_flat(posed: np.ndarray, side: np.ndarray, scissors: Scissors, fold: Fold) -> np.ndarray:
    """Posed vertices (N, 3), those beyond the plane of the scissors put back to `fold.gap` before it.

    side (N,): 1 on the parent's bone, -1 on the joint's own, between where both pull.
    """
    offset = posed - scissors.pivot
    beyond = np.maximum(fold.gap * np.abs(side) - side * (offset @ scissors.normal), 0)
    amount = scissors.closed * smooth_step(offset @ scissors.inwards, 0.0, fold.fade)
    return posed + (np.sign(side) * amount * beyond)[:, None] * scissors.normal


def _inverses(maps: np.ndarray, softest: float) -> np.ndarray:
    """Inverses (N, 3, 3) of the blended matrices, with singular values of at least `softest`."""
    left, stretch, right = np.linalg.svd(maps)
    return (right.swapaxes(1, 2) / np.maximum(stretch, softest)[:, None, :]) @ left.swapaxes(1, 2)
