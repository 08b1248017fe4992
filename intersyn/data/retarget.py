"""Retargeting to the common skeleton through a calibrated T-pose.

With G a global rotation, T the source's in its T-pose and m(j) the source joint of our joint j:
    G_ours[j] = G_source[m(j)] T[m(j)]^-1 A[j].
A[j] turns our rest bone onto the source's T-pose bone for thighs, shins, upper arms and forearms, so that limbs
point exactly where the source's do; it is the identity for the torso, collars, head, wrists and feet, where the
joints of two skeletons lie in different places and "upright to upright" and "flat to flat" is what is meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from intersyn.data.feet import anchor_feet
from intersyn.rotations import (
    minimal_rotation,
    normalize_quaternion,
    quaternion_apply,
    quaternion_conjugate,
    quaternion_multiply,
    slerp,
)
from intersyn.skeleton import (
    FOOT_JOINTS,
    FOOT_REST_HEIGHT,
    JOINT,
    LEG_LENGTH,
    NUM_JOINTS,
    OFFSETS,
    global_rotations,
    joints_from_global,
    local_rotations,
)

# Bones whose direction is kept: joint -> the child at their far end.
LIMBS = {
    JOINT[f"{side}_{joint}"]: JOINT[f"{side}_{child}"]
    for side in ("left", "right")
    for joint, child in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
}
FLOOR_PERCENTILE = 0.03


@dataclass(frozen=True)
class Calibration:
    """How one source skeleton maps to ours.

    sources: for each of our 22 joints the source joint, or the two whose half-way rotation is taken.
    corrections: (22, 2, 4) quaternions T^-1 A for each of them (the second repeats the first where there is one).
    hips: the source's left and right hip joints. scale: our leg length over the source's.
    """

    sources: tuple[tuple[int, int], ...]
    corrections: Tensor
    hips: tuple[int, int]
    scale: float


def calibrate(
    names: Sequence[str],
    mapping: Sequence[str | tuple[str, str]],
    tpose: Mapping[str, Tensor],
    bones: Mapping[int, Tensor],
    leg_length: float,
) -> Calibration:
    """Build the calibration of a source.

    names: the source's joints in order. mapping: for each of our 22 joints the name of the source joint (or two).
    tpose: global rotation (4,) of each mapped source joint in the T-pose, facing +z. bones: direction (3,) of the
    source's limb for each joint of LIMBS in that pose. leg_length: the source's thigh plus shin, metres.
    Raises ValueError where the mapping is not 22 joints, a joint is missing, or the leg has no length.
    """
    if len(mapping) != NUM_JOINTS:
        raise ValueError(f"the mapping must name {NUM_JOINTS} joints, got {len(mapping)}")
    if not leg_length > 0.1:
        raise ValueError(f"a leg of {leg_length:.4f} m cannot be scaled to")
    corrections = torch.zeros(NUM_JOINTS, 2, 4, dtype=torch.float64)
    sources = []
    for joint, entry in enumerate(mapping):
        pair = (entry, entry) if isinstance(entry, str) else entry
        missing = [name for name in pair if name not in names]
        if missing:
            raise ValueError(f"the source skeleton has no joint {missing[0]!r}")
        sources.append((names.index(pair[0]), names.index(pair[1])))
        for k, name in enumerate(pair):
            corrections[joint, k] = quaternion_conjugate(tpose[name].double())
        if joint in LIMBS:
            align = minimal_rotation(OFFSETS[LIMBS[joint]].double(), bones[joint].double())
            corrections[joint] = quaternion_multiply(corrections[joint], align.expand(2, 4))
    hips = (sources[JOINT["left_hip"]][0], sources[JOINT["right_hip"]][0])
    return Calibration(tuple(sources), corrections, hips, LEG_LENGTH / leg_length)


def retarget(rotations: Tensor, joints: Tensor, calibration: Calibration) -> tuple[Tensor, Tensor]:
    """Source globals (T, J, 4) and joints (T, J, 3) in metres, y up -> our local rotations (T, 22, 4) and root (T, 3).

    The pelvis is placed so that the midpoint of our hips is the source's, scaled; the floor is left where it was.
    """
    if rotations.ndim != 3 or joints.shape != (*rotations.shape[:2], 3):
        raise ValueError(f"rotations (T, J, 4) and joints (T, J, 3) expected, got {tuple(rotations.shape)}, "
                         f"{tuple(joints.shape)}")  # fmt: skip
    first = [a for a, _ in calibration.sources]
    second = [b for _, b in calibration.sources]
    corrections = calibration.corrections.to(rotations)
    ours = quaternion_multiply(rotations[:, first], corrections[:, 0].expand(len(rotations), -1, -1))
    double = [j for j, (a, b) in enumerate(calibration.sources) if a != b]
    if double:
        other = rotations[:, [second[j] for j in double]]
        other = quaternion_multiply(other, corrections[double, 1].expand(len(rotations), -1, -1))
        ours[:, double] = slerp(ours[:, double], other, 0.5)
    middle = calibration.scale * joints[:, list(calibration.hips)].mean(1)
    rest_middle = (OFFSETS[JOINT["left_hip"]] + OFFSETS[JOINT["right_hip"]]).to(rotations) / 2
    root = middle - quaternion_apply(ours[:, 0], rest_middle)
    ours = anchor_feet(ours, root, _source_feet(joints, calibration))
    return normalize_quaternion(local_rotations(ours)), root


def _source_feet(joints: Tensor, calibration: Calibration) -> dict[str, tuple[Tensor, Tensor | None]]:
    """The source's ankle and toe (T, 3) at our size, per side; no toe where its foot stands in for both."""
    feet: dict[str, tuple[Tensor, Tensor | None]] = {}
    for side in ("left", "right"):
        ankle, toe = (calibration.sources[JOINT[f"{side}_{name}"]][0] for name in ("ankle", "foot"))
        positions = joints[:, [ankle, toe]] * calibration.scale
        feet[side] = (positions[:, 0], positions[:, 1] if toe != ankle else None)
    return feet


def floor_height(joints: Tensor) -> float:
    """Height of the floor under one clip (T, 22, 3), metres: a low percentile of its lowest sole."""
    soles = joints[:, list(FOOT_JOINTS), 1] - FOOT_REST_HEIGHT.to(joints)
    return float(soles.amin(1).quantile(FLOOR_PERCENTILE))


def resample_indices(frames: int, fps: float, target_fps: float) -> tuple[Tensor, Tensor, Tensor]:
    """Where the frames of a new rate lie in the old: lower index, upper index, weight of the upper, each (N,)."""
    count = int((frames - 1) / fps * target_fps + 1e-6) + 1
    at = torch.arange(count, dtype=torch.float64) * (fps / target_fps)
    low = (at + 1e-6).floor().long().clamp(0, frames - 1)
    return low, (low + 1).clamp(max=frames - 1), (at - low).clamp(0, 1)


def resample(rotations: Tensor, positions: Tensor, fps: float, target_fps: float) -> tuple[Tensor, Tensor]:
    """Rotations (T, J, 4) by slerp and positions (T, J, 3) linearly to another frame rate."""
    low, high, weight = resample_indices(len(rotations), fps, target_fps)
    if bool((weight < 1e-6).all()):
        return rotations[low], positions[low]
    weight = weight.to(rotations)[:, None, None]
    return slerp(rotations[low], rotations[high], weight), torch.lerp(positions[low], positions[high], weight)


def limb_errors(ours: Tensor, source: Tensor, calibration: Calibration) -> Tensor:
    """Angle in degrees between our limbs and the source's, (T, 8), from joints (T, 22, 3) and (T, J, 3)."""
    errors = []
    for joint, child in LIMBS.items():
        a = ours[:, child] - ours[:, joint]
        b = source[:, calibration.sources[child][0]] - source[:, calibration.sources[joint][0]]
        sine = torch.linalg.cross(a, b, dim=-1).norm(dim=-1)
        errors.append(torch.rad2deg(torch.atan2(sine, (a * b).sum(-1))))
    return torch.stack(errors, -1)


def joints_of(local: Tensor, root: Tensor) -> Tensor:
    """World joints (T, 22, 3) of local rotations (T, 22, 4) and root (T, 3)."""
    return joints_from_global(global_rotations(local), root)
