"""InterHuman's 262 numbers per person and frame, which the field's evaluators and models read.

Parts in order: 66 joint positions, 66 displacements to the next frame, 126 local rotations of joints 1..21 (the first
two columns of each matrix, row by row, as in the published files), 4 contacts (left ankle, left toe, right ankle, right
toe: squared step under 0.001 and height under 0.12 / 0.05). y up, metres. As in the field's processing each person's
lowest joint touches 0, and the first person starts at the origin facing +z; others keep their place relative to them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.motion import Motion
from intersyn.rotations import axis_angle_to_matrix, yaw_matrix
from intersyn.skeleton import JOINT, NUM_JOINTS

SIZE = 262
FILE_FPS = 30.0
FILE_JOINTS, FILE_ROTATIONS = 62, 51  # of motions_processed/*.npy: joints x 3, z up, then rotations x 6
FILE_SIZE = FILE_JOINTS * 3 + FILE_ROTATIONS * 6
_FEET = [JOINT[name] for name in ("left_ankle", "left_foot", "right_ankle", "right_foot")]
_LOW = (0.12, 0.05, 0.12, 0.05)


def to_interhuman262(motion: Motion, fps: float | None = None) -> Tensor:
    """The field's non-canonical vector (InterGen, IJCV 2024) of everyone: (P, T - 1, 262).

    fps resamples first (InterHuman's own is 30). Raises `ValueError` for fewer than 2 frames.
    """
    motion = motion if fps is None else motion.resample(fps)
    rotations = axis_angle_to_matrix(motion.poses[:, :, 1:])[..., :2].flatten(-3)
    return _assembled(motion.joints(), rotations)


def published_pair(first: Tensor, second: Tensor) -> Tensor:
    """Two people's published arrays, each (T, 492), to the same numbers: (2, T - 1, 262). Raises `ValueError`."""
    for person in (first, second):
        if person.ndim != 2 or person.shape[1] != FILE_SIZE or person.shape != first.shape:
            raise ValueError(
                f"two arrays (T, {FILE_SIZE}) are needed, got {tuple(first.shape)} and {tuple(second.shape)}"
            )
    both = torch.stack((first, second))
    x, y, z = both[..., : NUM_JOINTS * 3].unflatten(-1, (NUM_JOINTS, 3)).unbind(-1)
    start = FILE_JOINTS * 3
    return _assembled(torch.stack((x, z, -y), dim=-1), both[..., start : start + (NUM_JOINTS - 1) * 6])


def _assembled(joints: Tensor, rotations: Tensor) -> Tensor:
    """joints (P, T, 22, 3) y up in metres, rotations (P, T, 126) as they stand in the vector."""
    if joints.shape[1] < 2:
        raise ValueError(f"the {SIZE} numbers need 2 frames or more, got {joints.shape[1]}")
    across = joints[0, 0, JOINT["left_hip"]] - joints[0, 0, JOINT["right_hip"]]
    facing = torch.atan2(-across[2], across[0])
    joints = joints - joints[0, 0, 0] * joints.new_tensor((1.0, 0.0, 1.0))
    joints = joints @ yaw_matrix(-facing).transpose(-1, -2)
    lowest = joints[..., 1].amin((1, 2))[:, None, None, None]
    joints = joints - lowest * joints.new_tensor((0.0, 1.0, 0.0))
    steps = joints[:, 1:] - joints[:, :-1]
    low = joints[:, :-1, _FEET, 1] < joints.new_tensor(_LOW)
    still = steps[:, :, _FEET].square().sum(-1) < 0.001
    parts = (joints[:, :-1].flatten(-2), steps.flatten(-2), rotations[:, :-1], (low & still).to(joints))
    return torch.cat(parts, dim=-1)
