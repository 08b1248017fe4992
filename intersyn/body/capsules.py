"""The body as capsules on the 22 joints: fast, differentiable depth of one body inside another.

Radii are those of the default body, a little inside its skin, so that a touch is no penetration. Measured bodies need
meshes; this is what training and quick metrics use.
"""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.skeleton import JOINT, NUM_JOINTS


def _both(a: str, b: str, start: float, end: float, radius: float) -> list[tuple[str, str, float, float, float]]:
    return [(f"{side}_{a}", f"{side}_{b}", start, end, radius) for side in ("left", "right")]


# From joint a towards joint b, between these fractions of the bone (beyond 1: head and hands), radius in metres.
CAPSULES: tuple[tuple[str, str, float, float, float], ...] = (
    ("left_hip", "right_hip", 0.0, 1.0, 0.095),
    ("pelvis", "spine3", 0.0, 1.0, 0.095),
    ("spine3", "neck", 0.0, 0.6, 0.095),
    ("left_collar", "right_collar", 0.0, 1.0, 0.085),
    ("neck", "head", 0.0, 1.0, 0.055),
    ("neck", "head", 1.3, 2.2, 0.085),
    *_both("collar", "shoulder", 0.0, 1.0, 0.055),
    *_both("shoulder", "elbow", 0.0, 1.0, 0.042),
    *_both("elbow", "wrist", 0.0, 1.0, 0.033),
    *_both("elbow", "wrist", 1.0, 1.4, 0.025),
    *_both("hip", "knee", 0.0, 1.0, 0.062),
    *_both("knee", "ankle", 0.0, 1.0, 0.042),
    *_both("ankle", "foot", 0.0, 1.3, 0.032),
)
_A = [JOINT[a] for a, *_ in CAPSULES]
_B = [JOINT[b] for _, b, *_ in CAPSULES]
_START = torch.tensor([start for _, _, start, _, _ in CAPSULES])
_END = torch.tensor([end for _, _, _, end, _ in CAPSULES])
RADII = torch.tensor([radius for *_, radius in CAPSULES])


def capsule_ends(joints: Tensor) -> tuple[Tensor, Tensor]:
    """Both ends (..., C, 3) of every capsule's axis, from joints (..., 22, 3) in metres."""
    if joints.ndim < 2 or tuple(joints.shape[-2:]) != (NUM_JOINTS, 3):
        raise ValueError(f"joints must be (..., {NUM_JOINTS}, 3), got {tuple(joints.shape)}")
    origin, bone = joints[..., _A, :], joints[..., _B, :] - joints[..., _A, :]
    return origin + _START.to(joints)[:, None] * bone, origin + _END.to(joints)[:, None] * bone


def segment_distance(p1: Tensor, q1: Tensor, p2: Tensor, q2: Tensor) -> Tensor:
    """Least distance (...) between segments p1 q1 and p2 q2, all (..., 3), broadcasting; no segment may be a point.

    Differentiable: the closest points are found without gradients, which changes nothing where they are unique.
    """
    d1, d2, r = q1 - p1, q2 - p2, p1 - p2
    with torch.no_grad():
        a, e, b = d1.square().sum(-1), d2.square().sum(-1), (d1 * d2).sum(-1)
        c, f = (d1 * r).sum(-1), (d2 * r).sum(-1)
        area = a * e - b * b
        apart = area > 1e-6 * a * e  # parallel axes: any point of the first will do to start from
        s = torch.where(apart, (b * f - c * e) / torch.where(apart, area, 1.0), 0.0).clamp(0, 1)
        t = ((b * s + f) / e).clamp(0, 1)
        s = ((b * t - c) / a).clamp(0, 1)
    gap = r + s[..., None] * d1 - t[..., None] * d2
    return (gap.square().sum(-1) + 1e-12).sqrt()


def penetration_depth(joints_a: Tensor, joints_b: Tensor) -> Tensor:
    """How deep each capsule of one body lies in each of the other: (..., C, C) metres, 0 where they are apart.

    joints_a, joints_b (..., 22, 3) metres in one frame. Differentiable.
    """
    pa, qa = (end[..., :, None, :] for end in capsule_ends(joints_a))
    pb, qb = (end[..., None, :, :] for end in capsule_ends(joints_b))
    reach = RADII[:, None] + RADII[None, :]
    return (reach.to(joints_a) - segment_distance(pa, qa, pb, qb)).clamp_min(0)
