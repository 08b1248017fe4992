"""Smooth made-up motion for tests: random walks of sines, seeded, on the common skeleton."""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.conditions import PartTable
from intersyn.rotations import axis_angle_to_quaternion, quaternion_multiply, yaw_quaternion
from intersyn.skeleton import NUM_JOINTS
from intersyn.timeline import Part, Segment, Timeline


def smooth_curves(generator: torch.Generator, frames: int, *shape: int, waves: int = 5) -> Tensor:
    """Sums of slow sines, values of order one: (*shape, frames)."""
    time = torch.arange(frames, dtype=torch.float64) / 20.0
    frequency = 0.1 + 0.9 * torch.rand(*shape, waves, 1, generator=generator, dtype=torch.float64)
    phase = 2 * torch.pi * torch.rand(*shape, waves, 1, generator=generator, dtype=torch.float64)
    height = torch.randn(*shape, waves, 1, generator=generator, dtype=torch.float64) / waves**0.5
    return (height * torch.sin(2 * torch.pi * frequency * time + phase)).sum(-2)


def smooth_motion(seed: int, *people: int, frames: int) -> tuple[Tensor, Tensor, Tensor]:
    """Local quaternions (*people, frames, 22, 4), roots (*people, frames, 3) and contacts (*people, frames, 4).

    People wander a few metres, turn all the way round, lean and swing every joint. float32.
    """
    generator = torch.Generator().manual_seed(seed)
    angles = 0.35 * smooth_curves(generator, frames, *people, NUM_JOINTS, 3)
    local = axis_angle_to_quaternion(angles.movedim(-1, -3))
    yaw = 2.5 * smooth_curves(generator, frames, *people)
    pelvis = quaternion_multiply(yaw_quaternion(yaw), local[..., 0, :])
    local = torch.cat((pelvis[..., None, :], local[..., 1:, :]), dim=-2)
    root = smooth_curves(generator, frames, *people, 3).movedim(-2, -1)
    root = root * torch.tensor((1.5, 0.05, 1.5)) + torch.tensor((0.0, 0.93, 0.0))
    contacts = (smooth_curves(generator, frames, *people, 4).movedim(-2, -1) > 0).double()
    return local.float(), root.float(), contacts.float()


def timeline(pattern: str, people: int = 2, frames: int = 40) -> Timeline:
    """Segments of equal length from a pattern such as "sis": s everybody alone, i everybody together."""
    segments = []
    for k, kind in enumerate(pattern):
        everyone = tuple(range(people))
        parts = (
            (Part(everyone, f"they do thing {k}"),)
            if kind == "i"
            else tuple(Part((person,), f"a person does thing {k}") for person in everyone)
        )
        segments.append(Segment(k * frames, (k + 1) * frames, parts))
    return Timeline(tuple(segments))


def table(*patterns: str, people: int = 2, frames: int = 40) -> PartTable:
    """The part table of one `timeline` per pattern."""
    return PartTable.from_timelines([timeline(pattern, people, frames) for pattern in patterns])[0]
