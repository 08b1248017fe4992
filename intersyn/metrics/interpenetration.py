"""How deep two people's skins lie in each other: the meshes of the default body, frame by frame.

`physics.capsule_penetration` is for many motions and for gradients; its zero is no proof, since thumbs and spread
fingers have no capsule. Here capsules only say where the meshes need not be asked (`NEAR`), and depths are those of
`body.contact.skin_contacts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from intersyn.body.capsules import RADII, capsule_ends, segment_distance
from intersyn.body.contact import REACH
from intersyn.body.default import default_arrays
from intersyn.body.model import BodyModel
from intersyn.body.surface import Surface, in_box
from intersyn.motion import Motion
from intersyn.skeleton import global_rotations

NEAR = 0.06  # metres: no skin of the default body lies farther outside its capsules, thumbs included


def mesh_depth(
    motion: Motion, people: tuple[int, int] = (0, 1), frames: Sequence[int] | slice | None = None
) -> np.ndarray:
    """Depth (T,) in mm of the vertex of either of two people that is farthest inside the other; 0 where none is.

    frames: those to be measured, all where None. Both wear the default body in its mean shape, whatever `motion.betas`
    say. Raises `ValueError` for people that the motion has not.
    """
    for person in people:
        if not 0 <= person < motion.num_people:
            raise ValueError(f"the motion has {motion.num_people} people, got person {person}")
    motion = replace(motion, betas=torch.zeros_like(motion.betas))
    body = _body()
    chosen = np.arange(motion.frames)[slice(None) if frames is None else frames]
    depth = np.zeros(len(chosen))
    ends = _ends(motion, people, chosen)
    close = np.flatnonzero(_close(*ends).numpy())
    if not len(close):
        return depth
    skins = [body.vertices(motion, person, chosen[close]) for person in people]
    for k, t in enumerate(close):
        for own, other in ((0, 1), (1, 0)):
            there = tuple(end[t].numpy() for end in ends[other])
            points = _candidates(skins[own][k], skins[other][k], there)
            if len(points):
                distance, _ = Surface(skins[other][k], body.faces, points, REACH).distance(points, REACH)
                depth[t] = max(depth[t], -1000 * distance.min())
    return depth


@cache
def _body() -> BodyModel:
    return BodyModel(default_arrays(), "default")


def _ends(motion: Motion, people: tuple[int, int], frames: np.ndarray) -> list[tuple[Tensor, Tensor]]:
    """Both ends (T, C, 3) of each capsule's axis, of either person."""
    rows = torch.from_numpy(frames)
    joints, rotations = motion.joints(), global_rotations(motion.quaternions())
    return [capsule_ends(joints[person][rows], rotations[person][rows]) for person in people]


def _close(a: tuple[Tensor, Tensor], b: tuple[Tensor, Tensor]) -> Tensor:
    """(T,) whether the skins may meet: whether capsules as wide as the skin can be do."""
    p, q = (end[:, :, None] for end in a)
    wide = RADII.amax(-1) + NEAR
    gap = segment_distance(p, q, *(end[:, None] for end in b)) - wide[:, None] - wide
    return gap.amin((-1, -2)) < 0


def _candidates(points: np.ndarray, other: np.ndarray, ends: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Those of some points (N, 3) that may be inside a mesh: in its box, and as near to its capsules as its skin is."""
    points = points[in_box(points, other.min(0), other.max(0))]
    start, axis = ends[0], ends[1] - ends[0]
    length = (axis * axis).sum(-1)  # squared; and so is `away`: |to|^2 - 2 k to.axis + k^2 axis.axis
    across = points @ axis.T - (start * axis).sum(-1)  # (N, C) to.axis
    along = np.clip(across / length, 0, 1)
    to = (points * points).sum(-1)[:, None] - 2 * points @ start.T + (start * start).sum(-1)
    away = to - 2 * along * across + along**2 * length
    wide = RADII.amax(-1).numpy() + NEAR
    return points[(away < wide**2).any(1)]
