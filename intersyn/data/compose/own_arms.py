"""Arms and the body they hang on: where edges of hands are in it, and arms of recordings swung clear of it.

Capsules of hands are as thin as hands are flat; a thumb stands out of them by 6 cm. And recorded people are slimmer
than our figure: some of their hands, at rest, are in our thighs.
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.body.capsules import CAPSULE, CAPSULES, LEGS, RADII, TORSO, capsule_ends, capsule_overlap, self_pairs
from intersyn.rotations import axis_angle_to_quaternion, quaternion_apply, quaternion_conjugate, quaternion_multiply
from intersyn.skeleton import JOINT, PARENTS, forward_kinematics

# On the skin of the left hand at rest, metres from the wrist: thumb, index and little finger's side, fingertips.
_EDGES = (
    (0.058, -0.020, 0.066), (0.080, -0.020, 0.074), (0.103, -0.018, 0.075), (0.150, -0.016, 0.030),
    (0.050, -0.010, -0.035), (0.090, -0.008, -0.038), (0.145, -0.014, -0.033), (0.175, -0.018, 0.0),
)  # fmt: skip
_SIDES = ("left", "right")
_OUT = torch.tensor([1.0, -1.0])  # along the body's left axis, out of it on either side
_WRISTS = [JOINT[f"{side}_wrist"] for side in _SIDES for _ in _EDGES]
_OFFSETS = torch.tensor([(out * x, y, z) for out in (1.0, -1.0) for x, y, z in _EDGES])
_BODY = [k for k in (*TORSO, *LEGS) if not CAPSULES[k].name.endswith(("shoulder_blade", "collars", "foot"))]

FLESH = 0.004  # metres that hands at rest may be in their body: so much do flesh and cloth give way
_SWINGS = torch.linspace(0.0, 0.4, 17)  # radians that an arm is swung out by
_DEARER = 0.01  # metres of depth that a radian is worth
_AROUND = 8  # frames before and after a meeting of arm and body in which the arm swings out and back


def edge_contacts(joints: Tensor, rotations: Tensor, ends: tuple[Tensor, Tensor]) -> tuple[tuple[Tensor, ...], Tensor]:
    """Where edges of hands are in their own trunk and legs, and how deep.

    joints (..., 22, 3) metres and rotations (..., 22, 4) global quaternions of poses; ends: their `capsule_ends`.
    Returns indices (n) into each axis of (..., edges, capsules), and depths (n) in metres. Differentiable.
    """
    edges, start, end, radii = _edges_and_body(joints, rotations, ends)
    with torch.no_grad():
        inside = _depth(edges[..., None, :], start[..., None, :, :], end[..., None, :, :], radii) > 0
        where = inside.nonzero(as_tuple=True)  # few are: gradients only through those
    *pose, edge, capsule = where
    return where, _depth(edges[*pose, edge], start[*pose, capsule], end[*pose, capsule], radii[capsule])


def arm_depth(joints: Tensor, rotations: Tensor) -> Tensor:
    """Metres (..., 2) that the left and the right forearm and hand are in their own trunk or legs, 0 where apart.

    joints (..., 22, 3) metres, rotations (..., 22, 4) global quaternions.
    """
    ends = capsule_ends(joints, rotations)
    edges, start, end, radii = _edges_and_body(joints, rotations, ends)
    edges = _depth(edges[..., None, :], start[..., None, :, :], end[..., None, :, :], radii).amax(-1)
    hands = edges.unflatten(-1, (2, -1)).amax(-1).clamp_min(0)
    forearms = torch.stack([capsule_overlap(ends, ends, _forearm_pairs(side)).amax(-1) for side in _SIDES], -1)
    return torch.maximum(hands, forearms)


def arms_clear(rotations: Tensor, root: Tensor) -> Tensor:
    """Local rotations (T, 22, 4) of somebody with root (T, 3) whose arms are swung out of their body, no farther than
    it takes; where they are free nothing changes.

    An arm turns as a whole about its shoulder, straight away from the trunk's middle, in good time and gently.
    """
    joints, turned = forward_kinematics(rotations, root)
    shoulders = [JOINT[f"{side}_shoulder"] for side in _SIDES]
    if (arm_depth(joints, turned) <= FLESH).all():
        return rotations
    arms = joints[:, [JOINT[f"{side}_wrist"] for side in _SIDES]] - joints[:, shoulders]
    out = quaternion_apply(turned[:, JOINT["spine3"], None], _OUT[:, None] * torch.tensor([1.0, 0.0, 0.0]))
    axes = torch.linalg.cross(F.normalize(arms, dim=-1), out, dim=-1)
    above = turned[:, [PARENTS[j] for j in shoulders]]
    axes = quaternion_apply(quaternion_conjugate(above), axes)  # (T, 2, 3) in the collars' frames

    def swung(angles: Tensor) -> Tensor:
        """The rotations with both arms swung by angles (..., T, 2)."""
        swing = axis_angle_to_quaternion(angles[..., None] * axes)
        result = rotations.expand(*swing.shape[:-2], *rotations.shape[-2:]).clone()
        result[..., shoulders, :] = quaternion_multiply(swing, result[..., shoulders, :])
        return result

    tried = _SWINGS[:, None, None].expand(-1, len(root), 2)
    depth = arm_depth(*forward_kinematics(swung(tried), root.expand(len(_SWINGS), -1, 3)))
    cost = (depth - FLESH).clamp_min(0) + _DEARER * tried
    return swung(_eased(_SWINGS[cost.argmin(0)]))


def _eased(angles: Tensor) -> Tensor:
    """Angles (T, 2) that come and go smoothly and are nowhere less than these."""
    width = 2 * _AROUND + 1
    most = F.max_pool1d(angles.T[None], width, 1, _AROUND)
    window = torch.hann_window(width + 2, periodic=False)[1:-1]
    padded = F.pad(most, (_AROUND, _AROUND), mode="replicate")
    return F.conv1d(padded.movedim(0, 1), (window / window.sum())[None, None])[:, 0].T


def _edges_and_body(
    joints: Tensor, rotations: Tensor, ends: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Edges of hands (..., K, 3), ends (..., B, 3) and radii (B, 2) of the capsules they keep out of."""
    edges = joints[..., _WRISTS, :] + quaternion_apply(rotations[..., _WRISTS, :], _OFFSETS.to(joints))
    return edges, ends[0][..., _BODY, :], ends[1][..., _BODY, :], RADII[_BODY].to(joints)


def _depth(points: Tensor, start: Tensor, end: Tensor, radii: Tensor) -> Tensor:
    """Metres (...) that points (..., 3) are under the surface of capsules of two ends and radii (..., 2)."""
    # component by component: sums over a last axis of three are slow
    axis, off = (end - start).unbind(-1), (points - start).unbind(-1)
    along = (_dot(off, axis) / _dot(axis, axis)).clamp(0, 1).detach()
    away = tuple(p - along * q for p, q in zip(off, axis, strict=True))
    return torch.lerp(*radii.unbind(-1), along) - (_dot(away, away) + 1e-12).sqrt()


def _dot(a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> Tensor:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@cache
def own_allowance(arms: float, elsewhere: float) -> Tensor:
    """Metres (K,) that the capsules of each of `self_pairs` may overlap: `arms` for a forearm or hand with trunk or
    legs, `elsewhere` where flesh folds anyhow."""
    pairs = self_pairs()
    arm = torch.cat([_forearm_pairs(side) for side in _SIDES])
    return torch.where((pairs[:, None] == arm).all(-1).any(-1), arms, elsewhere)


@cache
def _forearm_pairs(side: str) -> Tensor:
    """Those of `self_pairs` (K, 2) that are of one forearm or hand with trunk or legs."""
    arm, body = torch.tensor([CAPSULE[f"{side}_forearm"], CAPSULE[f"{side}_hand"]]), torch.tensor(_BODY)
    pairs = self_pairs()
    return pairs[torch.isin(pairs[:, 0], arm) & torch.isin(pairs[:, 1], body)]
