"""How posed bodies touch, each other and themselves, measured on the skin: depth, vertices within, and the gap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from intersyn.body.default import Body
from intersyn.body.surface import Surface
from intersyn.skeleton import JOINT

DEEP = 0.005  # metres: vertices deeper than this are counted
REACH = 0.08  # metres


@dataclass(frozen=True)
class MeshContact:
    """Two skins in T frames.

    depth_mm (T,): of the vertex farthest inside the other body, 0 where none is. deep_vertices (T,): vertices of both
    bodies deeper than 5 mm. gap_mm (T,): from the vertices of either skin to the other skin, 0 where they meet, inf
    where farther apart than `reach`. nearest (T, 2): where that is, as a triangle of the first and one of the second
    mesh; -1 where the gap is inf.
    """

    depth_mm: np.ndarray
    deep_vertices: np.ndarray
    gap_mm: np.ndarray
    nearest: np.ndarray


def mesh_contact(
    vertices_a: np.ndarray, faces_a: np.ndarray, vertices_b: np.ndarray, faces_b: np.ndarray, reach: float = REACH
) -> MeshContact:
    """Measure two closed meshes against each other in every frame; faces counter-clockwise from outside.

    vertices_a (T, V, 3), vertices_b (T, W, 3) metres, one frame of reference, for example from `intersyn.body.skin`;
    faces (F, 3). Vertices are tested, edges between them not. What lies deeper than `reach` below the other skin is not
    seen, but the shallower parts that lead to it are. Frames in which the bodies' boxes are farther apart cost nothing.
    Raises `ValueError` where shapes or the numbers of frames do not match.
    """
    if vertices_a.ndim != 3 or vertices_b.ndim != 3 or len(vertices_a) != len(vertices_b):
        raise ValueError(f"two bodies need (T, V, 3) of the same T, got {vertices_a.shape} and {vertices_b.shape}")
    frames = len(vertices_a)
    least, deep, nearest = np.full(frames, np.inf), np.zeros(frames, int), np.full((frames, 2), -1)
    apart = np.maximum(vertices_a.min(1) - vertices_b.max(1), vertices_b.min(1) - vertices_a.max(1)).max(1)
    for t in np.flatnonzero(apart < reach):
        skins, faces = (vertices_a[t], vertices_b[t]), (faces_a, faces_b)
        meshes = (
            Surface(vertices_a[t], faces_a, vertices_b[t], reach),
            Surface(vertices_b[t], faces_b, vertices_a[t], reach),
        )
        for own, other in ((0, 1), (1, 0)):
            distance, triangle = meshes[other].distance(skins[own], reach)
            deep[t] += int((distance < -DEEP).sum())
            k = int(distance.argmin())
            if distance[k] < least[t]:
                least[t] = distance[k]
                nearest[t, own] = int((faces[own] == k).any(1).argmax())
                nearest[t, other] = triangle[k]
    return MeshContact(np.maximum(-least, 0) * 1000, deep, np.maximum(least, 0) * 1000, nearest)


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
