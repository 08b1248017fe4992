"""Feet that stand where the source's stand.

Our hips are wider and our feet shaped differently than a source's. Copied joint by joint, a turning pelvis drags a
planted foot about, and a foot that lifts its heel swings its toe about an ankle that is elsewhere. Here each leg
is bent a little so that the ankle keeps one constant distance from the source's, measured in the standing foot's own
heading, and the toe does so while the foot points down. The feet's rotations are not touched.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from intersyn.rotations import (
    heading_of,
    minimal_rotation,
    quaternion_apply,
    quaternion_conjugate,
    quaternion_multiply,
    quaternion_to_matrix,
    yaw_quaternion,
)
from intersyn.skeleton import JOINT, OFFSETS, joints_from_global

FULL_PITCH = math.sin(math.radians(8.0))  # pointing down by this much, the toe leads in full
MAX_STRETCH = 0.9995  # of the leg's length


def anchor_feet(rotations: Tensor, root: Tensor, feet: dict[str, tuple[Tensor, Tensor | None]]) -> Tensor:
    """Global rotations (T, 22, 4) with thighs and shins turned so that the feet follow the source's over the floor.

    root (T, 3). feet: per side ("left", "right") the source's ankle (T, 3) and toe (T, 3), scaled to our size;
    the toe is None where the source has none.
    """
    rotations = rotations.clone()
    joints = joints_from_global(rotations, root)
    level = root.new_tensor([1.0, 0.0, 1.0])
    for side, (source_ankle, source_toe) in feet.items():
        hip, knee, ankle, toe = (JOINT[f"{side}_{name}"] for name in ("hip", "knee", "ankle", "foot"))
        foot = rotations[:, ankle]
        matrix = quaternion_to_matrix(foot)
        flat = yaw_quaternion(heading_of(matrix))
        apart = (joints[:, ankle] - source_ankle) * level
        usual = quaternion_apply(quaternion_conjugate(flat), apart).median(0).values
        shift = quaternion_apply(flat, usual.expand_as(apart)) - apart
        if source_toe is not None:
            # What our foot has that the source's lacks, in the foot's own frame: constant, both being rigid.
            bone = quaternion_apply(quaternion_conjugate(foot), source_toe - source_ankle).mean(0)
            extra = (OFFSETS[toe].to(bone) - bone).expand_as(apart)
            swing = quaternion_apply(foot, extra) - quaternion_apply(flat, extra)
            down = (-matrix[:, 1, 2] / FULL_PITCH).clamp(0, 1)[:, None]
            shift = shift - swing * down * down * (3 - 2 * down)
        rotations[:, hip], rotations[:, knee] = _bend_leg(rotations, root, hip, knee, ankle, shift)
    return rotations


def _bend_leg(rotations: Tensor, root: Tensor, hip: int, knee: int, ankle: int, shift: Tensor) -> tuple[Tensor, Tensor]:
    """New global rotations of thigh and shin that move the ankle by `shift` (T, 3), the knee bending as it did."""
    thigh = quaternion_apply(rotations[:, hip], OFFSETS[knee].to(root))
    shin = quaternion_apply(rotations[:, knee], OFFSETS[ankle].to(root))
    a, b = thigh.norm(dim=-1, keepdim=True), shin.norm(dim=-1, keepdim=True)
    reach = thigh + shin
    wanted = reach + shift
    # Never straighter than a leg may be, unless it was.
    longest = torch.maximum((a + b) * MAX_STRETCH, reach.norm(dim=-1, keepdim=True))
    distance = torch.minimum(wanted.norm(dim=-1, keepdim=True), longest)
    along = torch.nn.functional.normalize(wanted, dim=-1)
    # The side the knee is on; a straight leg bends towards the front of the thigh, and one that need not move stays.
    front = quaternion_apply(rotations[:, hip], root.new_tensor([0.0, 0.0, 0.05])) * shift.norm(dim=-1, keepdim=True)
    axis = torch.nn.functional.normalize(reach, dim=-1)
    out = thigh + front
    out = out - (out * axis).sum(-1, keepdim=True) * axis
    out = torch.nn.functional.normalize(out - (out * along).sum(-1, keepdim=True) * along, dim=-1)
    forward = (a * a - b * b + distance * distance) / (2 * distance)
    new_thigh = along * forward + out * (a * a - forward * forward).clamp_min(0).sqrt()
    new_shin = along * distance - new_thigh
    return (
        quaternion_multiply(minimal_rotation(thigh, new_thigh), rotations[:, hip]),
        quaternion_multiply(minimal_rotation(shin, new_shin), rotations[:, knee]),
    )
