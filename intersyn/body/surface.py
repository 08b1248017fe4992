"""Signed distance of points to a closed triangle mesh: negative inside."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

LONGEST_EDGE = 0.06  # metres, more than any triangle's
NEAREST = 10  # triangles by their centres: of a body's even mesh 6 already hold the closest one


class Surface:
    """A closed mesh in one pose, ready to be asked for distances.

    vertices (V, 3) metres; faces (F, 3), counter-clockwise from outside, of about the same size. around (N, 3): points
    near which distances will be asked for, `reach` at most; what is farther from all of them is left out, which is
    several times faster.
    """

    def __init__(
        self, vertices: np.ndarray, faces: np.ndarray, around: np.ndarray | None = None, reach: float = 0.0
    ) -> None:
        self.low, self.high = vertices.min(0), vertices.max(0)
        corner = vertices[faces[:, 0]]
        self.kept = np.arange(len(faces))
        if around is not None:
            margin = reach + LONGEST_EDGE
            self.kept = np.flatnonzero(in_box(corner, around.min(0) - margin, around.max(0) + margin))
        self.corners = vertices[faces[self.kept]]  # (K, 3, 3)
        self.tree = cKDTree((self.corners[:, 0] + self.corners[:, 1] + self.corners[:, 2]) / 3)

    def distance(self, points: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
        """Signed distance (N,) in metres of points (N, 3), and the nearest triangle (N,) of each.

        A point farther than `reach` from every triangle's centre has distance inf and triangle -1, inside and outside
        alike. Where the mesh enters itself, as in an armpit, the nearest sheet decides.
        """
        distance, triangle = np.full(len(points), np.inf), np.full(len(points), -1)
        boxed = np.flatnonzero(in_box(points, self.low - reach, self.high + reach))
        if not len(boxed) or not len(self.kept):
            return distance, triangle
        far, nearest = self.tree.query(points[boxed], k=NEAREST, distance_upper_bound=reach)
        within = np.isfinite(far[:, 0])
        boxed, nearest = boxed[within], nearest[within]
        nearest = np.where(nearest == len(self.kept), nearest[:, :1], nearest)  # fewer than NEAREST within reach
        distance[boxed], which = _signed(points[boxed], self.corners[nearest])
        triangle[boxed] = self.kept[nearest[np.arange(len(boxed)), which]]
        return distance, triangle

    def closest(self, points: np.ndarray, triangle: np.ndarray) -> np.ndarray:
        """Where on these triangles (N,), numbered as in `faces`, points (N, 3) are nearest: (N, 3)."""
        return _closest(points, self.corners[np.searchsorted(self.kept, triangle)])


def in_box(points: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Which points (N, 3) lie between two corners (3,): (N,) bool."""
    inside = (points > low) & (points < high)
    return inside[:, 0] & inside[:, 1] & inside[:, 2]  # several times faster than all() over three


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Dot products (...) of vectors (..., 3)."""
    return np.einsum("...k,...k->...", a, b)


def _signed(points: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signed distance (N,) of points (N, 3) to the nearest of their own triangles (N, M, 3 corners, 3), and which."""
    a, b, c = (corners[:, :, k].astype(np.float64) for k in range(3))
    p = points[:, None].astype(np.float64)
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.sqrt(_dot(normal, normal)), 1e-18)[..., None]
    height = _dot(p - a, normal)
    over = np.ones(height.shape, bool)
    square = np.full(height.shape, np.inf)
    for start, end in ((a, b), (b, c), (c, a)):
        edge, to = end - start, p - start
        over &= _dot(np.cross(edge, to), normal) >= 0
        along = np.clip(_dot(edge, to) / np.maximum(_dot(edge, edge), 1e-18), 0, 1)
        away = to - along[..., None] * edge
        square = np.minimum(square, _dot(away, away))
    square = np.where(over, height**2, square)
    # Triangles that share the nearest edge or corner are equally near: the one that faces the point most has the sign.
    least = square.min(1, keepdims=True)
    facing = np.where(square <= least + 1e-12, np.abs(height), -1.0).argmax(1)
    side = np.where(height[np.arange(len(points)), facing] < 0, -1.0, 1.0)
    return np.sqrt(least[:, 0]) * side, facing


def _closest(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The point (N, 3) of each triangle (N, 3 corners, 3) that is nearest to its own of points (N, 3)."""
    a, b, c = (corners[:, k].astype(np.float64) for k in range(3))
    p = points.astype(np.float64)
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-18)
    over = np.ones(len(p), bool)
    best, square = p.copy(), np.full(len(p), np.inf)
    for start, end in ((a, b), (b, c), (c, a)):
        edge, to = end - start, p - start
        over &= (np.cross(edge, to) * normal).sum(-1) >= 0
        along = np.clip((edge * to).sum(-1) / np.maximum((edge * edge).sum(-1), 1e-18), 0, 1)
        foot = start + along[:, None] * edge
        distance = ((p - foot) ** 2).sum(-1)
        best = np.where((distance < square)[:, None], foot, best)
        square = np.minimum(distance, square)
    foot = p - ((p - a) * normal).sum(-1, keepdims=True) * normal
    return np.where(over[:, None], foot, best)
