"""How the people of a motion touch: depth, gap and points of contact of every pair, and distances all over their skins.

Exact to the meshes of their bodies. For many motions, or for gradients, see `capsules`, which takes microseconds where
this takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from intersyn.body.mesh_contact import MeshContact, mesh_contact, skin_distance
from intersyn.body.model import BodyModel, load_body_model
from intersyn.motion import Motion

REACH = 0.15  # metres: no point of a body is as deep in it, so that no depth is left out
Bodies = BodyModel | Sequence[BodyModel] | None


@dataclass(frozen=True)
class PairContact:
    """How two people of a motion touch.

    people: their numbers. frames (T,): those that were measured. contact: the figures of those frames, see
    `MeshContact`; the `frame` of its points counts within `frames`. joints (N, 2): the joint, of the first and of the
    second person, that carries the skin at each point.
    """

    people: tuple[int, int]
    frames: np.ndarray
    contact: MeshContact
    joints: np.ndarray


def skin_contacts(
    motion: Motion, body: Bodies = None, frames: Sequence[int] | slice | None = None, reach: float = REACH
) -> list[PairContact]:
    """Every pair of people, in the order (0, 1), (0, 2), ..., (1, 2), ...; none for one person.

    body: everybody's, or one for each person; the default of `load_body_model` where None. frames: all where None.
    reach: metres beyond which nothing is measured, in or out. Raises `ValueError` where there are not as many bodies
    as people.
    """
    bodies = _bodies(motion, body)
    chosen = np.arange(motion.frames)[slice(None) if frames is None else frames]
    skins = [bodies[p].vertices(motion, p, chosen) for p in range(motion.num_people)]
    pairs = []
    for a, b in combinations(range(motion.num_people), 2):
        contact = mesh_contact(skins[a], bodies[a].faces, skins[b], bodies[b].faces, reach)
        triangles = contact.points.triangles
        joints = [_joint_of(bodies[p], triangles[:, side]) for side, p in enumerate((a, b))]
        pairs.append(PairContact((a, b), chosen, contact, np.stack(joints, 1)))
    return pairs


def skin_distances(
    motion: Motion, body: Bodies = None, frames: Sequence[int] | slice | None = None, reach: float = REACH
) -> list[np.ndarray]:
    """For each person (T, V): signed distance in metres of every vertex to the nearest other person's skin.

    Negative inside somebody, inf beyond `reach` of everybody. Arguments are those of `skin_contacts`.
    """
    bodies = _bodies(motion, body)
    chosen = np.arange(motion.frames)[slice(None) if frames is None else frames]
    skins = [bodies[p].vertices(motion, p, chosen) for p in range(motion.num_people)]
    out = [np.full(skin.shape[:2], np.inf) for skin in skins]
    for a, b in permutations(range(motion.num_people), 2):
        out[a] = np.minimum(out[a], skin_distance(skins[a], skins[b], bodies[b].faces, reach))
    return out


def _bodies(motion: Motion, body: Bodies) -> list[BodyModel]:
    if body is None:
        body = load_body_model()
    if isinstance(body, BodyModel):
        return [body] * motion.num_people
    if len(body) != motion.num_people:
        raise ValueError(f"{motion.num_people} people need as many bodies, got {len(body)}")
    return list(body)


def _joint_of(body: BodyModel, triangles: np.ndarray) -> np.ndarray:
    """The joint (N,) that carries most of each triangle (N,)."""
    return body.arrays.weights[body.faces[triangles]].sum(1).argmax(1)
