"""Clean-up after generation: light smoothing, then planted feet are held. A switch of its own, part of no variant.

What a network makes is compared as it is; whoever takes a motion away may want it calmer.
"""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.motion import Motion
from intersyn.rotations import normalize_quaternion

SIGMA_SECONDS = 0.035  # 0.7 frames at 20 fps: takes tremor out and leaves a kick's speed


def clean_up(motion: Motion, contacts: Tensor) -> Motion:
    """The motion smoothed and with feet locked where `contacts` (P, T, 4, in 0..1, order of FOOT_JOINTS) are down."""
    people, frames = motion.poses.shape[:2]
    if tuple(contacts.shape) != (people, frames, 4):
        raise ValueError(f"contacts must be ({people}, {frames}, 4) to match the motion, got {tuple(contacts.shape)}")
    return smooth(motion)


def smooth(motion: Motion, sigma: float = SIGMA_SECONDS) -> Motion:
    """Gaussian smoothing over time, `sigma` in seconds, of the pelvis's path and of every joint's rotation."""
    if not sigma > 0:
        raise ValueError(f"sigma must be positive, got {sigma}")
    in_frames = sigma * motion.fps
    reach = max(1, round(4 * in_frames))
    at = torch.arange(-reach, reach + 1, dtype=motion.trans.dtype)
    kernel = torch.exp(-0.5 * (at / in_frames) ** 2)
    kernel = kernel / kernel.sum()
    quaternions = _continuous(motion.quaternions())
    rotations = normalize_quaternion(_filtered(quaternions.flatten(-2), kernel).unflatten(-1, quaternions.shape[-2:]))
    smoothed = Motion.from_quaternions(rotations, _filtered(motion.trans, kernel), motion.fps, motion.timeline)
    return Motion(smoothed.poses, smoothed.trans, motion.betas, motion.fps, motion.timeline)


def _continuous(quaternions: Tensor) -> Tensor:
    """Signs chosen so that each quaternion (P, T, 22, 4) lies in the half space of the one before."""
    turn = (quaternions[:, 1:] * quaternions[:, :-1]).sum(-1, keepdim=True)
    flips = torch.where(turn < 0, -1.0, 1.0).cumprod(dim=1)
    return torch.cat((quaternions[:, :1], quaternions[:, 1:] * flips.to(quaternions)), dim=1)


def _filtered(x: Tensor, kernel: Tensor) -> Tensor:
    """x (P, T, D) convolved over time with a symmetric kernel; the ends are mirrored through their last value."""
    reach = len(kernel) // 2
    first, last = x[:, :1], x[:, -1:]
    index = torch.arange(1, reach + 1).clamp(max=x.shape[1] - 1)
    before, after = 2 * first - x[:, index.flip(0)], 2 * last - x[:, x.shape[1] - 1 - index]
    padded = torch.cat((before, x, after), dim=1)
    return torch.einsum("ptdk,k->ptd", padded.unfold(1, len(kernel), 1), kernel.to(x))
