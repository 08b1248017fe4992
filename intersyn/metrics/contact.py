"""Do people touch where their action says they do: distance of the named points of two bodies. Pure functions.

Points are those of `intersyn.body.points`; a pair of points is (person, point, other person, other point). `ValueError`
for shapes or names that do not fit.
"""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.body.points import point_position
from intersyn.motion import Motion
from intersyn.skeleton import global_rotations

WINDOW = 5  # frames: a touch lasts a quarter of a second at 20 fps or more
TOUCHING = 0.05  # metres between two points that count as touching: skin gives way, hands are flat

PointPair = tuple[int, str, int, str]


def point_distance(motion: Motion, pair: PointPair) -> Tensor:
    """Distance (T,) in metres between a point of one person and a point of another, or of the same one."""
    return pair_distance(motion.joints(), global_rotations(motion.quaternions()), pair)


def pair_distance(joints: Tensor, rotations: Tensor, pair: PointPair) -> Tensor:
    """The same from joints (P, T, 22, 3) and global quaternions (P, T, 22, 4), for who asks of many pairs."""
    person, point, other, other_point = pair
    for who in (person, other):
        if not 0 <= who < len(joints):
            raise ValueError(f"the motion has {len(joints)} people, got person {who}")
    a = point_position(point, joints[person], rotations[person])
    b = point_position(other_point, joints[other], rotations[other])
    return (a - b).norm(dim=-1)


def contact_error(distance: Tensor, window: int = WINDOW) -> Tensor:
    """The least mean distance (...) in metres over `window` consecutive frames of distance (..., T).

    When exactly people touch is theirs to choose; that they do, for a moment, is not. NaN in, NaN out.
    """
    if distance.ndim < 1 or distance.shape[-1] < window or window < 1:
        raise ValueError(f"distances must have {window} frames or more, got {tuple(distance.shape)}")
    return distance.unfold(-1, window, 1).mean(-1).amin(-1)


def contact_ratio(distance: Tensor, expected: Tensor, within: float = TOUCHING) -> Tensor:
    """The share (...) of the frames `expected` (..., T) bool in which the distance (..., T) is `within` metres.

    As in DHVAE's contact ratio: how much of the contact of a real motion its copy keeps. NaN where none is expected.
    """
    if distance.shape != expected.shape:
        raise ValueError(f"distance {tuple(distance.shape)} and expected {tuple(expected.shape)} need one shape")
    kept = ((distance <= within) & expected).sum(-1)
    return kept / expected.sum(-1)


def best_contact_error(motion: Motion, pairs: tuple[PointPair, ...], start: int, end: int) -> Tensor:
    """`contact_error` in metres of frames [start, end), averaged over the pairs of points that an action names."""
    if not pairs:
        raise ValueError("contact needs a pair of points or more, got none")
    if not 0 <= start < end <= motion.frames:
        raise ValueError(f"frames [{start}, {end}) are outside the motion's {motion.frames}")
    return torch.stack([contact_error(point_distance(motion, pair)[start:end]) for pair in pairs]).mean()
