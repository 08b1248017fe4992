"""Motions from BVH files that have this project's 22 joints, whatever their unit and the length of their bones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from intersyn.data.bvh import Hierarchy, read_bvh
from intersyn.data.retarget import LIMBS
from intersyn.motion import Motion
from intersyn.skeleton import (
    JOINT,
    JOINT_NAMES,
    LEG_LENGTH,
    OFFSETS,
    PARENTS,
    local_rotations,
)

UNITS = {"metres": 1.0, "centimetres": 100.0}
SAME_BONES = 0.005  # metres: bones that differ less are ours
MAX_STRETCH = 0.01  # metres that a bone may change its length by
MAX_REST_ANGLE = 30.0  # degrees between a limb at rest and ours


def from_bvh(path: Path, report: Callable[[str], None]) -> Motion:
    """One person's Motion, betas 0, in the file's own axes. Says to `report` what had to be judged.

    Rotations are the file's. The unit is judged by the legs; people with other bones have their heights scaled to our
    legs, so that feet stay on the floor. Raises ValueError (`BvhError` where the file is damaged), OSError.
    """
    bvh = read_bvh(path)
    ours = _our_joints(bvh.hierarchy)
    bones = _bones(bvh.hierarchy, ours)
    leg = sum(float(np.linalg.norm(bones[JOINT[name]])) for name in ("left_knee", "left_ankle"))
    unit_name, unit = min(UNITS.items(), key=lambda item: abs(np.log(max(leg, 1e-9) / LEG_LENGTH / item[1])))
    if not 0.5 < leg / LEG_LENGTH / unit < 2:
        raise ValueError(f"its legs are {leg:.4g} long, which is neither in metres nor in centimetres")
    bones = bones / unit
    _check_rest(bones)
    rotations, joints = bvh.world()
    _check_lengths(bvh.positions.numpy(), bvh.hierarchy, ours, unit)
    trans = joints[:, ours[0]] / unit
    if np.abs(bones[1:] - OFFSETS[1:].numpy()).max() > SAME_BONES:
        scale = _height(OFFSETS.numpy()) / _height(bones)
        trans = trans * torch.tensor((1.0, scale, 1.0), dtype=trans.dtype)
        report(f"its bones ({unit_name}) are another body's: heights were scaled by {scale:.3f} to our legs.")
    local = local_rotations(rotations[:, ours])
    fps = round(bvh.fps) if abs(bvh.fps - round(bvh.fps)) < 0.01 else bvh.fps  # a frame time has few figures
    return Motion.from_quaternions(local[None].float(), trans[None].float(), float(fps))


def _our_joints(hierarchy: Hierarchy) -> list[int]:
    """Where our joints stand in the file; they must hang on each other as ours do (others may lie between)."""
    missing = [name for name in JOINT_NAMES if name not in hierarchy.names]
    if missing:
        raise ValueError(
            "its skeleton is not this project's, and others are not retargeted: it lacks the joints "
            f"{', '.join(missing)}"
        )
    ours = [hierarchy.index(name) for name in JOINT_NAMES]
    for joint, at in enumerate(ours):
        above = hierarchy.parents[at]
        while above >= 0 and above not in ours:
            above = hierarchy.parents[above]
        if (ours.index(above) if above >= 0 else -1) != PARENTS[joint]:
            raise ValueError(f"its joint {JOINT_NAMES[joint]} hangs on another joint than in this project's skeleton")
    return ours


def _bones(hierarchy: Hierarchy, ours: list[int]) -> np.ndarray:
    """From each of our joints' parent to it at rest (22, 3), in the file's unit; the pelvis has none."""
    rest = np.zeros_like(hierarchy.offsets)
    for at, parent in enumerate(hierarchy.parents):
        rest[at] = hierarchy.offsets[at] + (rest[parent] if parent >= 0 else 0)
    joints = rest[ours]
    return joints - joints[[max(parent, 0) for parent in PARENTS]]


def _check_rest(bones: np.ndarray) -> None:
    """Rotations mean the same only on a skeleton whose rest pose is ours."""
    for child in LIMBS.values():
        cosine = bones[child] @ OFFSETS[child].numpy() / np.linalg.norm(bones[child]) / np.linalg.norm(OFFSETS[child])
        if not cosine > np.cos(np.deg2rad(MAX_REST_ANGLE)):
            raise ValueError(f"its rest pose is no T-pose that faces +z: the bone to {JOINT_NAMES[child]} points aside")


def _check_lengths(positions: np.ndarray, hierarchy: Hierarchy, ours: list[int], unit: float) -> None:
    """Position channels below the pelvis must not move anything: our bones do not stretch."""
    stretch = np.abs(positions[:, ours[1:]] - hierarchy.offsets[ours[1:]]).max(axis=(0, 2)) / unit
    if stretch.max() > MAX_STRETCH:
        name = JOINT_NAMES[1 + int(stretch.argmax())]
        raise ValueError(f"its bone to {name} changes its length by {100 * stretch.max():.1f} cm")


def _height(bones: np.ndarray) -> float:
    """From the pelvis down to the toes at rest."""
    return -float(sum(bones[JOINT[f"left_{name}"], 1] for name in ("hip", "knee", "ankle", "foot")))
