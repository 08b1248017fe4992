"""Does a body do what its text says: walking direction, turning, bowing, waving. Pure functions of joints.

Every function takes joints (..., T, 22, 3) in metres, y up, and gives one number per leading index. Input with numbers
that are not finite, or of too few frames, raises `ValueError`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.metrics.physics import check_fps, check_joints
from intersyn.rotations import wrap_angle
from intersyn.skeleton import JOINT


def headings(joints: Tensor) -> Tensor:
    """(..., T) yaw of the line through the hips in radians: 0 faces +z, and it grows as the body turns to its left."""
    check_joints(joints)
    across = joints[..., JOINT["left_hip"], :] - joints[..., JOINT["right_hip"], :]
    return torch.atan2(-across[..., 2], across[..., 0])


def forward_speed(joints: Tensor, fps: float) -> Tensor:
    """Mean speed (...) of the pelvis in m/s along the way it faces: negative for somebody who walks backward."""
    check_joints(joints, 2)
    check_fps(fps)
    step = joints[..., JOINT["pelvis"], :].diff(dim=-2)
    heading = headings(joints)[..., :-1]
    return (step[..., 0] * torch.sin(heading) + step[..., 2] * torch.cos(heading)).mean(-1) * fps


def turning(joints: Tensor) -> Tensor:
    """How far (...) the body turns between first and last frame, in degrees, whole turns counted; left is positive."""
    check_joints(joints, 2)
    return torch.rad2deg(wrap_angle(headings(joints).diff(dim=-1)).sum(-1))


def trunk_pitch(joints: Tensor) -> Tensor:
    """The greatest angle (...) in degrees between the vertical and the line from pelvis to neck."""
    check_joints(joints)
    trunk = joints[..., JOINT["neck"], :] - joints[..., JOINT["pelvis"], :]
    return torch.rad2deg(torch.atan2(trunk[..., ::2].norm(dim=-1), trunk[..., 1])).amax(-1)


def wrist_speed(joints: Tensor, fps: float, side: str) -> Tensor:
    """Mean speed (...) in m/s of a wrist against the pelvis; side is left or right. A static arm has almost none."""
    check_joints(joints, 2)
    check_fps(fps)
    if side not in ("left", "right"):
        raise ValueError(f"side must be left or right, got {side!r}")
    arm = joints[..., JOINT[f"{side}_wrist"], :] - joints[..., JOINT["pelvis"], :]
    return arm.diff(dim=-2).norm(dim=-1).mean(-1) * fps
