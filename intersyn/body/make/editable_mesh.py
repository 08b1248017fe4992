"""A triangle mesh that can be edited edge by edge: split, collapse, flip."""

from __future__ import annotations

import math

import numpy as np

from intersyn.body.make.primitives import Vector

STEEPEST_TURN = 0.5  # cosine of the angle by which an edit may turn a triangle at most
INNER_VALENCE, BORDER_VALENCE = 6, 4  # how many neighbours a vertex should have


class EditableMesh:
    """Positions as plain tuples, since arithmetic on single vertices is faster so, and the same on every processor."""

    def __init__(self, vertices: np.ndarray, faces: np.ndarray) -> None:
        """vertices (V, 3), faces (F, 3): a surface, perhaps with a border."""
        self.positions: list[Vector] = [tuple(position) for position in vertices.tolist()]
        self.faces: dict[int, tuple[int, int, int]] = dict(enumerate(map(tuple, faces.tolist())))
        self._next = len(self.faces)
        self._around: list[set[int]] = [set() for _ in self.positions]
        for name, corners in self.faces.items():
            for vertex in corners:
                self._around[vertex].add(name)

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Vertices that are still used (V, 3), and faces (F, 3)."""
        faces = np.array([self.faces[name] for name in sorted(self.faces)])
        used, faces = np.unique(faces, return_inverse=True)
        return np.array(self.positions)[used], faces.reshape(-1, 3)

    def edges(self) -> list[tuple[int, int]]:
        """Every edge once, the smaller vertex first, in order."""
        pairs = {(a, b) if a < b else (b, a) for x, y, z in self.faces.values() for a, b in ((x, y), (y, z), (z, x))}
        return sorted(pairs)

    def exists(self, a: int, b: int) -> bool:
        """Whether there is still an edge between two vertices."""
        return not self._around[a].isdisjoint(self._around[b])

    def length(self, a: int, b: int) -> float:
        """Metres from one vertex to another."""
        return math.sqrt(_square(_minus(self.positions[a], self.positions[b])))

    def neighbours(self, vertex: int) -> set[int]:
        """The vertices that share an edge with one."""
        found = {other for name in self._around[vertex] for other in self.faces[name]}
        found.discard(vertex)
        return found

    def is_border_edge(self, a: int, b: int) -> bool:
        """Whether only one triangle is at the edge."""
        return len(self._around[a] & self._around[b]) == 1

    def on_border(self, vertex: int) -> bool:
        """Whether a border passes through the vertex."""
        return any(self.is_border_edge(vertex, other) for other in self.neighbours(vertex))

    def split(self, a: int, b: int) -> int:
        """Put a vertex in the middle of an edge; returns its number."""
        middle = len(self.positions)
        self.positions.append(_middle(self.positions[a], self.positions[b]))
        self._around.append(set())
        for name in sorted(self._around[a] & self._around[b]):
            corners = self._remove(name)
            self._add(tuple(middle if vertex == b else vertex for vertex in corners))
            self._add(tuple(middle if vertex == a else vertex for vertex in corners))
        return middle

    def collapse(self, kept: int, gone: int, longest: float) -> bool:
        """Merge two neighbours in the middle of their edge, or on the border if one of them is there.

        Refused (False) where the mesh would pinch, a triangle turn too far or an edge get longer than `longest`.
        """
        shared = self._around[kept] & self._around[gone]
        if len(self.neighbours(kept) & self.neighbours(gone)) != len(shared):
            return False
        borders = self.on_border(kept), self.on_border(gone)
        if all(borders) and len(shared) != 1:
            return False  # an edge through the inside from border to border
        if borders[1] and not borders[0]:
            kept, gone = gone, kept
        position = self.positions[kept]
        if borders[0] == borders[1]:
            position = _middle(position, self.positions[gone])
        for vertex in (kept, gone):
            for name in self._around[vertex] - shared:
                corners = self.faces[name]
                if any(
                    other != vertex and _square(_minus(self.positions[other], position)) > longest * longest
                    for other in corners
                ):
                    return False
                before = [self.positions[other] for other in corners]
                after = [position if other == vertex else self.positions[other] for other in corners]
                if not _alike(_normal(*before), _normal(*after)):
                    return False
        for name in shared:
            self._remove(name)
        for name in sorted(self._around[gone]):
            self._add(tuple(kept if vertex == gone else vertex for vertex in self._remove(name)))
        self.positions[kept] = position
        return True

    def flip(self, a: int, b: int, valence: list[int], wanted: list[int]) -> bool:
        """Turn the edge between two triangles if that brings the valences nearer to the wanted ones; keeps `valence`.

        Refused (False) too where a triangle would turn too far.
        """
        names = self._around[a] & self._around[b]
        if len(names) != 2:
            return False
        first, second = sorted(names)
        if not _follows(self.faces[first], a, b):
            first, second = second, first
        if not _follows(self.faces[first], a, b) or not _follows(self.faces[second], b, a):
            return False
        c = next(vertex for vertex in self.faces[first] if vertex not in (a, b))
        d = next(vertex for vertex in self.faces[second] if vertex not in (a, b))
        change = ((a, -1), (b, -1), (c, 1), (d, 1))
        now = sum((valence[k] - wanted[k]) ** 2 for k, _ in change)
        if sum((valence[k] + step - wanted[k]) ** 2 for k, step in change) >= now or d in self.neighbours(c):
            return False
        p, q, r, s = (self.positions[k] for k in (a, b, c, d))
        before = _plus(_normal(p, q, r), _normal(q, p, s))
        if not (_alike(before, _normal(p, s, r)) and _alike(before, _normal(s, q, r))):
            return False
        self._remove(first)
        self._remove(second)
        self._add((a, d, c))
        self._add((d, b, c))
        for k, step in change:
            valence[k] += step
        return True

    def _add(self, corners: tuple[int, ...]) -> None:
        self.faces[self._next] = corners
        for vertex in corners:
            self._around[vertex].add(self._next)
        self._next += 1

    def _remove(self, name: int) -> tuple[int, int, int]:
        corners = self.faces.pop(name)
        for vertex in corners:
            self._around[vertex].discard(name)
        return corners


def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _plus(a: Vector, b: Vector) -> Vector:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def _middle(a: Vector, b: Vector) -> Vector:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _square(a: Vector) -> float:
    return _dot(a, a)


def _normal(a: Vector, b: Vector, c: Vector) -> Vector:
    """Of a triangle, as long as twice its area."""
    u, v = _minus(b, a), _minus(c, a)
    return u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]


def _alike(a: Vector, b: Vector) -> bool:
    return _dot(a, b) >= STEEPEST_TURN * math.sqrt(_square(a) * _square(b))


def _follows(corners: tuple[int, int, int], a: int, b: int) -> bool:
    """Whether b comes after a in a triangle."""
    return b == corners[(corners.index(a) + 1) % 3]
