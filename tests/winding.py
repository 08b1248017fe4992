"""Exact generalised winding numbers of closed meshes: what inside and outside are judged by."""

from __future__ import annotations

import numpy as np

CHUNK = 64  # points at a time: each takes eight numbers per triangle


def winding_number(points: np.ndarray, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """How often a mesh (V, 3), (F, 3) surrounds each point (N, 3): the sum of its triangles' signed solid angles.

    Van Oosterom and Strackee's formula, in float64. With corners a, b, c seen from a point p, a.(b x c) is linear in p
    and a.b linear but for |p|^2, so that all of them are matrix products.
    """
    origin = vertices.mean(0, dtype=np.float64)
    vertices, points = vertices - origin, points - origin
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normal, volume = np.cross(a, b) + np.cross(b, c) + np.cross(c, a), (a * np.cross(b, c)).sum(-1)
    edges = [(i, j, (x + y).T, (x * y).sum(-1)) for i, j, x, y in ((0, 1, a, b), (1, 2, b, c), (2, 0, c, a))]
    out = np.empty(len(points))
    for start in range(0, len(points), CHUNK):
        p = points[start : start + CHUNK]
        square = (p * p).sum(-1, keepdims=True)
        lengths = np.sqrt(np.maximum(square - 2 * p @ vertices.T + (vertices * vertices).sum(-1), 0))
        side = [lengths[:, faces[:, k]] for k in range(3)]
        below = side[0] * side[1] * side[2]
        for i, j, total, product in edges:
            below += (product - p @ total + square) * side[3 - i - j]
        out[start : start + CHUNK] = np.arctan2(volume - p @ normal.T, below).sum(-1) / (2 * np.pi)
    return out
