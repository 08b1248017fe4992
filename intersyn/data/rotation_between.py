"""The smallest rotation between two directions."""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.rotations import normalize_quaternion


def minimal_rotation(start: Tensor, end: Tensor) -> Tensor:
    """The smallest rotation, a quaternion (..., 4), that turns direction `start` (..., 3) onto `end` (..., 3)."""
    start, end = torch.nn.functional.normalize(start, dim=-1), torch.nn.functional.normalize(end, dim=-1)
    cosine = (start * end).sum(-1, keepdim=True)
    q = torch.cat((1 + cosine, torch.linalg.cross(start, end, dim=-1)), dim=-1)
    # Opposite directions: any axis square to them will do.
    axis = torch.where(start[..., :1].abs() < 0.9, start.new_tensor([1.0, 0, 0]), start.new_tensor([0, 1.0, 0]))
    turned = torch.cat((torch.zeros_like(cosine), torch.linalg.cross(start, axis.expand_as(start), dim=-1)), dim=-1)
    return normalize_quaternion(torch.where(cosine < -1 + 1e-9, turned, q))
