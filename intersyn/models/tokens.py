"""Motion as tokens: how frames are grouped, which part and phase a frame is in, and where my partner is in my frame."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.conditions import INTERACTION, PartTable
from intersyn.features import SLICES, turn

NUM_ROLES = 3  # alone, the first person of a text, another person of a text
PHASE_DIM = 9  # what `phase` says of one frame
RELATION_DIM = 7  # what `relations` says of one frame


def pad_frames(x: Tensor, frames_per_token: int) -> Tensor:
    """Repeat the last frame of (..., T, D) until the time axis is a whole number of tokens."""
    missing = -x.shape[-2] % frames_per_token
    if not missing:
        return x
    return torch.cat((x, x[..., -1:, :].expand(*x.shape[:-2], missing, x.shape[-1])), dim=-2)


def group_frames(x: Tensor, frames_per_token: int) -> Tensor:
    """(..., T, D) -> (..., n, frames_per_token * D)."""
    x = pad_frames(x, frames_per_token)
    return x.reshape(*x.shape[:-2], -1, frames_per_token * x.shape[-1])


def part_weights(table: PartTable, frames: int, frames_per_token: int) -> Tensor:
    """(B, P, n, S): which share of a token's frames lies in which part; rows sum to one."""
    active = pad_frames(table.active(frames)[..., None], frames_per_token).squeeze(-1)
    one_hot = F.one_hot(active, table.kind.shape[2]).float()
    return one_hot.reshape(*one_hot.shape[:2], -1, frames_per_token, one_hot.shape[-1]).mean(-2)


def roles(table: PartTable) -> Tensor:
    """(B, P, S) who each person is in the text of a part: 0 alone, 1 the first person, 2 any other."""
    first = table.angle.abs() < 1e-3
    return torch.where(table.kind == INTERACTION, torch.where(first, 1, 2), 0)


def phase(table: PartTable, frames: int) -> Tensor:
    """(B, P, T, 9): how far through its part a frame is, and how near its seams are. Cut parts have true phases."""
    at = torch.arange(frames, device=table.start.device) + 0.5
    since = at - table.at_frames(table.start, frames)
    until = table.at_frames(table.end, frames) - at
    share = (since / (since + until).clamp_min(1)).clamp(0, 1)
    waves = [wave(torch.pi * k * share) for k in (1, 2) for wave in (torch.sin, torch.cos)]
    near = [torch.exp(-x.clamp_min(0) / scale) for scale in (4.0, 16.0) for x in (since, until)]
    return torch.stack((*waves, *near, (since + until) / 100), dim=-1)


def relations(x: Tensor, table: PartTable) -> Tensor:
    """Where each partner is in my first-person frame: (B, P, P - 1, T, 7); partner k of person p is (p + k + 1) % P.

    x: (B, P, T, 273) normalised features, possibly noisy. `root_xz` and `heading` are normalised by one number each
    and have mean 0, so turning them commutes with normalisation. Zero wherever the two do not interact together.
    """
    people, frames = x.shape[1:3]
    group = table.at_frames(table.group, frames)
    angle = table.at_frames(table.angle, frames)
    rows = []
    for shift in range(1, people):
        yaw = angle.roll(-shift, dims=1) - angle
        together = ((group == group.roll(-shift, dims=1)) & (group >= 0)).to(x.dtype)[..., None]
        seen = turn(x.roll(-shift, dims=1), yaw)
        angles = (torch.cos(yaw)[..., None], torch.sin(yaw)[..., None], torch.ones_like(yaw)[..., None])
        rows.append(together * torch.cat((seen[..., SLICES["root_xz"]], seen[..., SLICES["heading"]], *angles), dim=-1))
    return torch.stack(rows, dim=2)
