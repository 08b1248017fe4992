"""What two people do to each other: who reaches for whom, who faces whom, who gives way. Pure functions of joints.

Every function takes joints (..., 2, T, 22, 3) in metres, y up; the two people are those of the text, "the first person"
before "the second". `ValueError` for other shapes and for numbers that are not finite.
"""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.metrics.actions import SIDES, headings, held
from intersyn.metrics.physics import check_joints
from intersyn.rotations import wrap_angle
from intersyn.skeleton import JOINT


def apart(joints: Tensor) -> Tensor:
    """Distance (..., T) in metres between the two pelvises over the floor."""
    return _between(joints).norm(dim=-1)


def facing(joints: Tensor, person: int) -> Tensor:
    """The angle (..., T) in degrees between where a person faces and where the other one is: 0 is straight at them."""
    line = _between(joints) * (1 if person == 0 else -1)
    towards = torch.atan2(line[..., 0], line[..., 1])
    return torch.rad2deg(wrap_angle(towards - headings(joints[..., _index(person), :, :, :])).abs())


def reach(joints: Tensor, person: int) -> Tensor:
    """How far (...) in metres a person puts a hand out towards the other: the farther of both hands, beyond its least.

    Measured from the person's own pelvis along the line to the other's, so that walking up is no reaching. What is held
    for `HELD` frames counts.
    """
    line = _between(joints) * (1 if person == 0 else -1)
    line = line / line.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    body = joints[..., _index(person), :, :, :]
    out = []
    for side in SIDES:
        arm = body[..., JOINT[f"{side}_wrist"], ::2] - body[..., JOINT["pelvis"], ::2]
        ahead = (arm * line).sum(-1)
        out.append(held(ahead) - ahead.amin(-1))
    return torch.maximum(*out)


def retreat(joints: Tensor, person: int) -> Tensor:
    """How far (...) in metres a person's pelvis gets from the place nearest the other, away from where they come from.

    Along the line from the other to the person at the frame in which they are nearest each other, after that frame.
    """
    line = _between(joints) * (-1 if person == 0 else 1)
    near = line.norm(dim=-1).argmin(-1)
    place = joints[..., _index(person), :, JOINT["pelvis"], ::2]
    at = near[..., None, None].expand(*near.shape, 1, 2)
    way = line.gather(-2, at) / line.gather(-2, at).norm(dim=-1, keepdim=True).clamp_min(1e-6)
    gone = ((place - place.gather(-2, at)) * way).sum(-1)
    later = torch.arange(gone.shape[-1], device=gone.device) >= near[..., None]
    return torch.where(later, gone, torch.zeros_like(gone)).amax(-1)


def circling(joints: Tensor) -> Tensor:
    """How far (...) in degrees the line between the two turns from first to last frame, whole turns counted."""
    line = _between(joints)
    angle = torch.atan2(line[..., 0], line[..., 1])
    return torch.rad2deg(wrap_angle(angle.diff(dim=-1)).sum(-1))


def ahead(joints: Tensor) -> Tensor:
    """How far (...) in metres the first person is in front of the second on their common way, averaged over frames.

    0 where the two together go nowhere.
    """
    line = _between(joints)
    middle = joints[..., JOINT["pelvis"], ::2].mean(-3)
    way = middle[..., -1:, :] - middle[..., :1, :]
    length = way.norm(dim=-1, keepdim=True)
    way = torch.where(length > 1e-3, way / length.clamp_min(1e-6), torch.zeros_like(way))
    return -(line * way).sum(-1).mean(-1)


def mirroring(joints: Tensor) -> float:
    """How alike the two move their arms as in a mirror: correlation of the heights of one's left and the other's right.

    Mean over both pairs of wrists, of one sequence (2, T, 22, 3): 1 where they rise and fall together, 0 where either
    keeps still.
    """
    _between(joints)
    height = joints[..., [JOINT["left_wrist"], JOINT["right_wrist"]], 1]
    ours, theirs = height[0], height[1].flip(-1)
    ours, theirs = ours - ours.mean(0), theirs - theirs.mean(0)
    scale = (ours.square().sum(0) * theirs.square().sum(0)).sqrt()
    return float(torch.where(scale > 1e-6, (ours * theirs).sum(0) / scale.clamp_min(1e-6), 0 * scale).mean())


def _between(joints: Tensor) -> Tensor:
    """From the first person's pelvis to the second's over the floor, (..., T, 2)."""
    check_joints(joints)
    if joints.ndim < 4 or joints.shape[-4] != 2:
        raise ValueError(f"joints must be (..., 2, T, 22, 3), got {tuple(joints.shape)}")
    place = joints[..., JOINT["pelvis"], ::2]
    return place[..., 1, :, :] - place[..., 0, :, :]


def _index(person: int) -> int:
    if person not in (0, 1):
        raise ValueError(f"person must be 0 or 1, got {person}")
    return person
