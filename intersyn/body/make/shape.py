"""The figure as one signed distance field: solids joined one after the other, each with a fillet of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from intersyn.body.make.primitives import smooth_minimum


class Solid(Protocol):
    """Anything with a signed distance."""

    def distance(self, points: np.ndarray) -> np.ndarray:
        """(N,) metres, negative inside, of points (N, 3)."""


@dataclass(frozen=True)
class Piece:
    """A solid on its way into a group: added or carved out, with a fillet `blend` metres wide."""

    solid: Solid
    blend: float = 0.0
    carve: bool = False


@dataclass(frozen=True)
class Group:
    """Pieces put together in order; the first one's blend is not used. A group is a solid itself."""

    pieces: tuple[Piece, ...]

    def distance(self, points: np.ndarray) -> np.ndarray:
        """(N,) of points (N, 3)."""
        distance = self.pieces[0].solid.distance(points)
        for piece in self.pieces[1:]:
            other = piece.solid.distance(points)
            if piece.carve:
                distance = -smooth_minimum(-distance, other, piece.blend)
            else:
                distance = smooth_minimum(distance, other, piece.blend)
        return distance


@dataclass(frozen=True)
class Figure:
    """A body that is its own mirror image across x = 0: `half` describes it for x >= 0."""

    half: Solid

    def distance(self, points: np.ndarray) -> np.ndarray:
        """(N,) of points (N, 3), rounded to a tenth of a nanometre so that processors agree on signs."""
        folded = np.array(points, np.float64)
        folded[:, 0] = np.abs(folded[:, 0])
        return np.round(self.half.distance(folded), 10)

    def gradient(self, points: np.ndarray, step: float = 1e-4) -> np.ndarray:
        """(N, 3) central differences of the distance."""
        shifts = step * np.eye(3)
        return np.stack([self.distance(points + s) - self.distance(points - s) for s in shifts], -1) / (2 * step)
