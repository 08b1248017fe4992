"""Maps of the floor that carry a straight walk elsewhere: a foot that stands still goes on standing still."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from intersyn.rotations import quaternion_apply, quaternion_multiply, yaw_quaternion

# Places (..., 2) = (x, z) to new places (..., 2) and the yaw (...) by which what stands there is turned.
FloorMap = Callable[[Tensor], tuple[Tensor, Tensor]]


def bend(curve: float) -> FloorMap:
    """The line x = 0 becomes an arc through the origin, curve = 1 / radius in 1/m, positive to the left of +z."""

    def mapped(xz: Tensor) -> tuple[Tensor, Tensor]:
        x, z = xz.unbind(-1)
        yaw = curve * z
        # sin(yaw) / curve and (1 - cos(yaw)) / curve, exact for a straight line too
        along = z * torch.sinc(yaw / torch.pi)
        aside = 0.5 * curve * (z * torch.sinc(yaw / (2 * torch.pi))).square()
        return torch.stack((aside + x * torch.cos(yaw), along - x * torch.sin(yaw)), -1), yaw

    return mapped


def straighten(curve: float) -> FloorMap:
    """The inverse of `bend`. Nothing may be as far to the inside as the arc's centre."""

    def mapped(xz: Tensor) -> tuple[Tensor, Tensor]:
        if abs(curve) < 1e-6:
            return xz, torch.zeros_like(xz[..., 0])
        x, z = xz.unbind(-1)
        yaw = torch.atan2(curve * z, 1 - curve * x)
        away = torch.hypot(1 - curve * x, curve * z)
        return torch.stack(((1 - away) / curve, yaw / curve), -1), -yaw

    return mapped


def stretch(factor: float) -> FloorMap:
    """Everything along z by a factor."""
    return lambda xz: (xz * xz.new_tensor((1.0, factor)), torch.zeros_like(xz[..., 0]))


def slow_down(end: float, length: float, factor: float) -> FloorMap:
    """Steps along z become shorter from `end` - `length` on, up to `factor` of their length at `end` and after it."""

    def mapped(xz: Tensor) -> tuple[Tensor, Tensor]:
        x, z = xz.unbind(-1)
        u = ((z - (end - length)) / length).clamp(0, 1)
        # the integral of 1 - (1 - factor) u, and beyond the end a straight line
        lost = (1 - factor) * length * 0.5 * u.square() + (1 - factor) * (z - end).clamp_min(0)
        return torch.stack((x, z - lost), -1), torch.zeros_like(x)

    return mapped


def move_feet(feet: Tensor, floor: FloorMap) -> Tensor:
    """Feet (T, 4, 3), ankles before toes, on the mapped floor: the toe's place decides, the foot stays rigid."""
    ankle, toe = feet[:, :2], feet[:, 2:]
    place, yaw = floor(toe[..., ::2])
    moved = torch.stack((place[..., 0], toe[..., 1], place[..., 1]), -1)
    return torch.cat((moved + quaternion_apply(yaw_quaternion(yaw), ankle - toe), moved), 1)


def move_body(rotations: Tensor, root: Tensor, floor: FloorMap) -> tuple[Tensor, Tensor]:
    """Local rotations (T, 22, 4) and root (T, 3) on the mapped floor."""
    place, yaw = floor(root[..., ::2])
    rotations = rotations.clone()
    rotations[:, 0] = quaternion_multiply(yaw_quaternion(yaw), rotations[:, 0])
    return rotations, torch.stack((place[..., 0], root[..., 1], place[..., 1]), -1)
