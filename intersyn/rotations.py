"""Rotations as torch tensors: matrix, 6D, axis-angle, quaternion. Batched over leading axes, differentiable.

Quaternions are (w, x, y, z), unit length. 6D is the first two columns of the matrix (Zhou et al., CVPR 2019).
Yaw is a rotation about +y; yaw 0 faces +z, positive yaw turns from +z towards +x (to the person's left).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def normalize_quaternion(q: Tensor) -> Tensor:
    """(..., 4) -> unit (..., 4)."""
    return F.normalize(q, dim=-1, eps=1e-12)


def quaternion_multiply(a: Tensor, b: Tensor) -> Tensor:
    """Hamilton product (..., 4): first b, then a, when applied to a vector."""
    aw, ax, ay, az = a.unbind(-1)
    bw, bx, by, bz = b.unbind(-1)
    return torch.stack(
        (
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ),
        dim=-1,
    )


def quaternion_conjugate(q: Tensor) -> Tensor:
    """The inverse of a unit quaternion (..., 4)."""
    return torch.cat((q[..., :1], -q[..., 1:]), dim=-1)


def quaternion_apply(q: Tensor, v: Tensor) -> Tensor:
    """Rotate vectors (..., 3) by quaternions (..., 4); leading axes broadcast."""
    u, w = torch.broadcast_tensors(q[..., 1:], v)[0], q[..., :1]
    v = v.expand_as(u)
    t = 2 * torch.linalg.cross(u, v, dim=-1)
    return v + w * t + torch.linalg.cross(u, t, dim=-1)


def quaternion_to_matrix(q: Tensor) -> Tensor:
    """Unit (..., 4) -> (..., 3, 3)."""
    w, x, y, z = q.unbind(-1)
    rows = (
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    )  # fmt: skip
    return torch.stack(rows, dim=-1).reshape(*q.shape[:-1], 3, 3)


def matrix_to_quaternion(matrix: Tensor) -> Tensor:
    """(..., 3, 3) -> unit (..., 4) with w >= 0, stable for every angle (the largest of four pivots is used)."""
    m = matrix
    m00, m11, m22 = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    # Row k of `candidates` is 4 q_k q; the row with the largest q_k^2 is numerically safe.
    squares = torch.stack((1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22), -1)
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 1, 0] + m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] + m[..., 1, 2]
    candidates = torch.stack(
        (
            torch.stack((squares[..., 0], wx, wy, wz), -1),
            torch.stack((wx, squares[..., 1], xy, xz), -1),
            torch.stack((wy, xy, squares[..., 2], yz), -1),
            torch.stack((wz, xz, yz, squares[..., 3]), -1),
        ),
        dim=-2,
    )
    best = squares.argmax(-1)[..., None, None].expand(*squares.shape[:-1], 1, 4)
    q = normalize_quaternion(candidates.gather(-2, best).squeeze(-2))
    return torch.where(q[..., :1] < 0, -q, q)


def axis_angle_to_quaternion(axis_angle: Tensor) -> Tensor:
    """(..., 3) radians -> unit (..., 4). Differentiable at zero."""
    half = 0.5 * axis_angle.norm(dim=-1, keepdim=True)
    # sin(h)/h through torch.sinc, which is exact at 0
    return torch.cat((torch.cos(half), 0.5 * axis_angle * torch.sinc(half / torch.pi)), dim=-1)


def quaternion_to_axis_angle(q: Tensor) -> Tensor:
    """Unit (..., 4) -> (..., 3) radians, angle in [0, pi]."""
    q = torch.where(q[..., :1] < 0, -q, q)
    vector = q[..., 1:]
    sine = vector.norm(dim=-1, keepdim=True)
    angle = 2 * torch.atan2(sine, q[..., :1])
    scale = torch.where(sine > 1e-7, angle / sine.clamp_min(1e-12), torch.full_like(sine, 2.0))
    return vector * scale


def axis_angle_to_matrix(axis_angle: Tensor) -> Tensor:
    """(..., 3) radians -> (..., 3, 3)."""
    return quaternion_to_matrix(axis_angle_to_quaternion(axis_angle))


def matrix_to_axis_angle(matrix: Tensor) -> Tensor:
    """(..., 3, 3) -> (..., 3) radians."""
    return quaternion_to_axis_angle(matrix_to_quaternion(matrix))


def matrix_to_6d(matrix: Tensor) -> Tensor:
    """(..., 3, 3) -> (..., 6): column x, then column y."""
    return torch.cat((matrix[..., :, 0], matrix[..., :, 1]), dim=-1)


def matrix_from_6d(rotation_6d: Tensor, eps: float = 1e-4) -> Tensor:
    """(..., 6) -> (..., 3, 3) by Gram-Schmidt; the input need not be orthonormal."""
    a, b = rotation_6d[..., :3], rotation_6d[..., 3:]
    x = F.normalize(a, dim=-1, eps=eps)
    y = F.normalize(b - (x * b).sum(-1, keepdim=True) * x, dim=-1, eps=eps)
    return torch.stack((x, y, torch.linalg.cross(x, y, dim=-1)), dim=-1)


def slerp(a: Tensor, b: Tensor, weight: Tensor | float) -> Tensor:
    """Shortest-arc interpolation from quaternion a (weight 0) to b (weight 1). weight broadcasts to (..., 1)."""
    weight = torch.as_tensor(weight, dtype=a.dtype, device=a.device)
    dot = (a * b).sum(-1, keepdim=True)
    b = torch.where(dot < 0, -b, b)
    angle = torch.arccos(dot.abs().clamp(max=1 - 1e-7))
    sine = torch.sin(angle)
    near = sine < 1e-3
    safe = torch.where(near, torch.ones_like(sine), sine)
    wa = torch.where(near, 1 - weight, torch.sin((1 - weight) * angle) / safe)
    wb = torch.where(near, weight.expand_as(angle), torch.sin(weight * angle) / safe)
    return normalize_quaternion(wa * a + wb * b)


def minimal_rotation(start: Tensor, end: Tensor) -> Tensor:
    """The smallest rotation, a quaternion (..., 4), that turns direction `start` (..., 3) onto `end` (..., 3)."""
    start, end = F.normalize(start, dim=-1), F.normalize(end, dim=-1)
    cosine = (start * end).sum(-1, keepdim=True)
    q = torch.cat((1 + cosine, torch.linalg.cross(start, end, dim=-1)), dim=-1)
    # Opposite directions: any axis square to them will do.
    axis = torch.where(start[..., :1].abs() < 0.9, start.new_tensor([1.0, 0, 0]), start.new_tensor([0, 1.0, 0]))
    turned = torch.cat((torch.zeros_like(cosine), torch.linalg.cross(start, axis.expand_as(start), dim=-1)), dim=-1)
    return normalize_quaternion(torch.where(1 + cosine < 8 * torch.finfo(start.dtype).eps, turned, q))


def yaw_quaternion(yaw: Tensor) -> Tensor:
    """(...) radians -> (..., 4), the rotation about +y."""
    zero = torch.zeros_like(yaw)
    return torch.stack((torch.cos(yaw / 2), zero, torch.sin(yaw / 2), zero), dim=-1)


def yaw_matrix(yaw: Tensor) -> Tensor:
    """(...) radians -> (..., 3, 3), the rotation about +y."""
    c, s, o, e = torch.cos(yaw), torch.sin(yaw), torch.zeros_like(yaw), torch.ones_like(yaw)
    return torch.stack((c, o, s, o, e, o, -s, o, c), dim=-1).reshape(*yaw.shape, 3, 3)


def rotate_xz(xz: Tensor, yaw: Tensor) -> Tensor:
    """Turn floor vectors (..., 2) = (x, z) by yaw (...) about +y."""
    c, s = torch.cos(yaw), torch.sin(yaw)
    x, z = xz[..., 0], xz[..., 1]
    return torch.stack((c * x + s * z, -s * x + c * z), dim=-1)


def heading_of(pelvis: Tensor) -> Tensor:
    """Heading (...) in radians of a pelvis rotation (..., 3, 3): the yaw of its lateral axis, which survives a bow."""
    lateral = pelvis[..., :, 0]
    return torch.atan2(-lateral[..., 2], lateral[..., 0])


def wrap_angle(angle: Tensor) -> Tensor:
    """Radians to (-pi, pi]."""
    return torch.atan2(torch.sin(angle), torch.cos(angle))
