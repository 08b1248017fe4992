"""Foot contact labels and foot skating, from joints of the common skeleton."""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.skeleton import FOOT_JOINTS, FOOT_REST_HEIGHT, NUM_JOINTS

CONTACT_SPEED = 0.4  # metres per second
CONTACT_HEIGHT = 0.06  # metres of the joint above its height in a flat standing foot


def foot_contacts(joints: Tensor, fps: float) -> Tensor:
    """Which of FOOT_JOINTS rest on the floor: joints (..., T, 22, 3) in metres, y up, floor 0 -> (..., T, 4), 0 or 1.

    A foot joint is in contact where it is low and moves slowly until the next frame; the last frame repeats.
    """
    if joints.ndim < 3 or tuple(joints.shape[-2:]) != (NUM_JOINTS, 3):
        raise ValueError(f"joints must be (..., T, {NUM_JOINTS}, 3), got {tuple(joints.shape)}")
    feet = joints[..., list(FOOT_JOINTS), :]
    low = feet[..., 1] - FOOT_REST_HEIGHT.to(feet) < CONTACT_HEIGHT
    if feet.shape[-3] < 2:
        return low.to(joints.dtype)
    speed = feet.diff(dim=-3).norm(dim=-1) * fps
    speed = torch.cat((speed, speed[..., -1:, :]), dim=-2)
    return (low & (speed < CONTACT_SPEED)).to(joints.dtype)


def skating(feet: Tensor, contacts: Tensor) -> Tensor:
    """Mean slide over the floor in contact, metres per frame: feet (T, K, 3), contacts (T, K) -> scalar, NaN if none.

    A step counts where the joint is in contact at both of its ends.
    """
    if feet.ndim != 3 or feet.shape[:2] != contacts.shape:
        raise ValueError(f"feet (T, K, 3) and contacts (T, K) do not fit: {tuple(feet.shape)}, {tuple(contacts.shape)}")
    step = feet[..., [0, 2]].diff(dim=0).norm(dim=-1)
    held = (contacts[1:] > 0.5) & (contacts[:-1] > 0.5)
    return step[held].mean() if bool(held.any()) else step.new_tensor(float("nan"))
