"""Legs that put the feet where they shall stand: two-bone IK to the places of ankles and toes."""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.foot_lock import bend_legs, leg_joints
from intersyn.rotations import minimal_rotation, quaternion_multiply
from intersyn.skeleton import FOOT_JOINTS, LEG_LENGTH, global_rotations, joints_from_global

MAX_REACH = 0.992  # of the leg's length: a leg stretched to its end makes its knee jump


def feet_of(rotations: Tensor, root: Tensor) -> Tensor:
    """Places (..., 4, 3) of FOOT_JOINTS for local rotations (..., 22, 4) and root (..., 3), metres."""
    return joints_from_global(global_rotations(rotations), root)[..., list(FOOT_JOINTS), :]


def reach_feet(rotations: Tensor, root: Tensor, feet: Tensor) -> Tensor:
    """Local rotations (T, 22, 4) whose ankles are at feet (T, 4, 3), toes in the direction given there.

    The knee keeps the side it is on; a leg too short ends short of its target. Order of feet: FOOT_JOINTS.
    """
    places, turns = leg_joints(rotations, root)
    ankle, toe = feet[:, :2], feet[:, 2:]
    swing = minimal_rotation(places[..., 3, :] - places[..., 2, :], toe - ankle)
    turns = torch.cat((turns[..., :2, :], quaternion_multiply(swing, turns[..., 2, :])[..., None, :]), -2)
    return bend_legs(rotations, places, turns, ankle - places[..., 2, :])


def too_high(rotations: Tensor, root: Tensor, feet: Tensor) -> Tensor:
    """Metres (T,) by which the pelvis is too high for the legs to reach feet (T, 4, 3) without being stretched out."""
    hip = leg_joints(rotations, root)[0][..., 0, :]
    away = hip - feet[:, :2]
    longest = MAX_REACH * LEG_LENGTH
    height = (longest**2 - away[..., ::2].square().sum(-1)).clamp_min((0.5 * longest) ** 2).sqrt()
    return (away[..., 1] - height).clamp_min(0).amax(-1)
