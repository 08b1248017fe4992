"""How posed bodies touch, each other and themselves, measured on the skin: depth, gap, and where they touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from intersyn.body.default import Body
from intersyn.body.surface import Surface
from intersyn.skeleton import JOINT

DEEP = 0.005  # metres: vertices deeper than this are counted
REACH = 0.08  # metres
TOUCH = 0.005  # metres: skins this near touch
SPACING = 0.05  # metres between two points of contact


@dataclass(frozen=True)
class ContactPoints:
    """Where two skins touch, in all frames together: deepest points first, and none within 5 cm of a deeper one.

    frame (N,). position (N, 3) metres: halfway between the two skins. depth_mm (N,): how deep a vertex of one is in
    the other there; negative where there still is a gap, of up to 5 mm. triangles (N, 2): of the first and of the
    second mesh. Sorted by frame, and within a frame by depth, deepest first.
    """

    frame: np.ndarray
    position: np.ndarray
    depth_mm: np.ndarray
    triangles: np.ndarray


@dataclass(frozen=True)
class MeshContact:
    """Two skins in T frames.

    depth_mm (T,): of the vertex farthest inside the other body, 0 where none is. deep_vertices (T,): vertices of both
    bodies deeper than 5 mm. gap_mm (T,): from the vertices of either skin to the other skin, 0 where they meet, inf
    where farther apart than `reach`. nearest (T, 2): where that is, as a triangle of the first and one of the second
    mesh; -1 where the gap is inf. points: where they touch.
    """

    depth_mm: np.ndarray
    deep_vertices: np.ndarray
    gap_mm: np.ndarray
    nearest: np.ndarray
    points: ContactPoints


def mesh_contact(
    vertices_a: np.ndarray, faces_a: np.ndarray, vertices_b: np.ndarray, faces_b: np.ndarray, reach: float = REACH
) -> MeshContact:
    """Measure two closed meshes against each other in every frame; faces counter-clockwise from outside.

    vertices_a (T, V, 3), vertices_b (T, W, 3) metres, one frame of reference, for example from `BodyModel.vertices`;
    faces (F, 3). Vertices are tested, edges between them not. What lies deeper than `reach` below the other skin is not
    seen, but the shallower parts that lead to it are. Frames in which the bodies' boxes are farther apart cost nothing.
    Raises `ValueError` where shapes or the numbers of frames do not match.
    """
    frames = len(vertices_a)
    least, deep, nearest = np.full(frames, np.inf), np.zeros(frames, int), np.full((frames, 2), -1)
    faces, touching = (faces_a, faces_b), [_NOWHERE]
    at = [_triangle_at(faces_a, vertices_a.shape[1]), _triangle_at(faces_b, vertices_b.shape[1])]
    for t in _frames_near(vertices_a, vertices_b, reach):
        skins, found = (vertices_a[t], vertices_b[t]), [_NOWHERE]
        for own, other in ((0, 1), (1, 0)):
            surface = Surface(skins[other], faces[other], skins[own], reach)
            distance, triangle = surface.distance(skins[own], reach)
            deep[t] += int((distance < -DEEP).sum())
            k = int(distance.argmin())
            if distance[k] < least[t]:
                least[t] = distance[k]
                nearest[t, own], nearest[t, other] = at[own][k], triangle[k]
            near = np.flatnonzero(distance < TOUCH)
            middle = (skins[own][near] + surface.closest(skins[own][near], triangle[near])) / 2
            both = (at[own][near], triangle[near])
            pairs = np.stack((both[own], both[other]), 1)
            found.append(ContactPoints(np.full(len(near), t), middle, -1000 * distance[near], pairs))
        touching.append(_spread(_joined(found)))
    depth, gap = np.maximum(-least, 0) * 1000, np.maximum(least, 0) * 1000
    return MeshContact(depth, deep, gap, nearest, _joined(touching))


def skin_distance(
    vertices_a: np.ndarray, vertices_b: np.ndarray, faces_b: np.ndarray, reach: float = REACH
) -> np.ndarray:
    """Signed distance (T, V) in metres of the vertices of one skin to another, negative inside, inf beyond `reach`.

    vertices_a (T, V, 3), vertices_b (T, W, 3) metres; faces_b (F, 3), counter-clockwise from outside. Raises
    `ValueError` as `mesh_contact` does.
    """
    out = np.full(vertices_a.shape[:2], np.inf)
    for t in _frames_near(vertices_a, vertices_b, reach):
        out[t] = Surface(vertices_b[t], faces_b, vertices_a[t], reach).distance(vertices_a[t], reach)[0]
    return out


def own_arm_depth(body: Body, vertices: np.ndarray) -> np.ndarray:
    """How deep forearms and hands lie in the rest of their own body: (T,) mm, of the deepest vertex, 0 where none is.

    vertices (T, V, 3): `body` in T poses. Either arm is measured against everything but itself, so that hands are also
    measured against the other arm; upper arms are not, since skin folds there.
    """
    if vertices.ndim != 3 or vertices.shape[1:] != body.vertices.shape:
        raise ValueError(f"vertices must be (T, {len(body.vertices)}, 3), got {vertices.shape}")
    depth = np.zeros(len(vertices))
    for side in ("left", "right"):
        arm = body.weights[:, [JOINT[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist")]].sum(1)
        fore = np.flatnonzero(body.weights[:, [JOINT[f"{side}_{name}"] for name in ("elbow", "wrist")]].sum(1) > 0.9)
        rest = body.faces[(arm[body.faces] < 0.5).all(1)]
        for t in range(len(vertices)):
            distance, _ = Surface(vertices[t], rest, vertices[t, fore], REACH).distance(vertices[t, fore], REACH)
            depth[t] = max(depth[t], -distance.min() * 1000)
    return depth


def _frames_near(vertices_a: np.ndarray, vertices_b: np.ndarray, reach: float) -> np.ndarray:
    """The frames in which the boxes of two skins (T, V, 3) and (T, W, 3) are nearer than `reach`."""
    if vertices_a.ndim != 3 or vertices_b.ndim != 3 or len(vertices_a) != len(vertices_b):
        raise ValueError(f"two bodies need (T, V, 3) of the same T, got {vertices_a.shape} and {vertices_b.shape}")
    apart = np.maximum(vertices_a.min(1) - vertices_b.max(1), vertices_b.min(1) - vertices_a.max(1)).max(1)
    return np.flatnonzero(apart < reach)


def _triangle_at(faces: np.ndarray, count: int) -> np.ndarray:
    """For each of so many vertices the first triangle that it is a corner of."""
    first = np.full(count, -1)
    first[faces[::-1]] = np.arange(len(faces))[::-1, None]  # of several values the last one stays
    return first


def _spread(points: ContactPoints) -> ContactPoints:
    """The deepest points of one frame, none within SPACING of a deeper one."""
    left, kept = np.argsort(-points.depth_mm, kind="stable"), []
    while len(left):
        kept.append(left[0])
        left = left[np.linalg.norm(points.position[left] - points.position[left[0]], axis=1) >= SPACING]
    return ContactPoints(*(getattr(points, field.name)[kept] for field in fields(ContactPoints)))


def _joined(parts: Sequence[ContactPoints]) -> ContactPoints:
    return ContactPoints(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(ContactPoints))
    )


_NOWHERE = ContactPoints(np.zeros(0, int), np.zeros((0, 3)), np.zeros(0), np.zeros((0, 2), int))
