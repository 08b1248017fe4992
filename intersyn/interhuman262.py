"""InterHuman's 262 numbers per person and frame, which the field's evaluators and models read."""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.motion import Motion
from intersyn.rotations import axis_angle_to_matrix, matrix_to_6d, yaw_matrix
from intersyn.skeleton import JOINT


def to_interhuman262(motion: Motion, fps: float | None = None) -> Tensor:
    """The field's non-canonical vector (InterGen, IJCV 2024) of everyone: (P, T - 1, 262), y up, metres, floor at 0.

    66 positions, 66 displacements per frame, 126 local rotations of joints 1..21 in 6D, 4 contacts (left ankle, left
    toe, right ankle, right toe: squared step under 0.001 and height under 0.12 / 0.05). Person 0 starts at the origin
    facing +z and the others keep their place relative to them. fps resamples first (InterHuman's own is 30).
    """
    motion = motion if fps is None else motion.resample(fps)
    if motion.frames < 2:
        raise ValueError(f"the 262 numbers need 2 frames or more, got {motion.frames}")
    joints = motion.joints()
    across = joints[0, 0, JOINT["left_hip"]] - joints[0, 0, JOINT["right_hip"]]
    facing = torch.atan2(-across[2], across[0])
    joints = joints - joints[0, 0, 0] * joints.new_tensor((1.0, 0.0, 1.0))
    joints = joints @ yaw_matrix(-facing).transpose(-1, -2)
    steps = joints[:, 1:] - joints[:, :-1]
    rotations = matrix_to_6d(axis_angle_to_matrix(motion.poses[:, :-1, 1:]))
    feet = [JOINT[name] for name in ("left_ankle", "left_foot", "right_ankle", "right_foot")]
    low = joints[:, :-1, feet, 1] < joints.new_tensor((0.12, 0.05, 0.12, 0.05))
    still = steps[:, :, feet].square().sum(-1) < 0.001
    parts = (joints[:, :-1].flatten(-2), steps.flatten(-2), rotations.flatten(-2), (low & still).to(joints))
    return torch.cat(parts, dim=-1)
