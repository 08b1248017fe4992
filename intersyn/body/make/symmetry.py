"""The whole body from its half: mirrored and welded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BaseMesh:
    """A closed mesh that is its own mirror image across x = 0.

    vertices (V, 3) metres; faces (F, 3) counter-clockwise from outside; mirror (V,): the vertex on the other side.
    """

    vertices: np.ndarray
    faces: np.ndarray
    mirror: np.ndarray

    def mirrored(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (V, 3) of the vertices as the mirror image has them."""
        return vectors[self.mirror] * (-1.0, 1.0, 1.0)


def mirror_and_weld(vertices: np.ndarray, faces: np.ndarray) -> BaseMesh:
    """The half x >= 0, vertices (H, 3) and faces (F, 3), with its mirror image; they share the vertices on x = 0."""
    shared = vertices[:, 0] == 0
    if (vertices[:, 0] < 0).any():
        raise ValueError(f"a half body has no vertices at x < 0, got {vertices[:, 0].min():.4f}")
    count = len(vertices)
    image = np.where(shared, np.arange(count), count - 1 + np.cumsum(~shared))
    mirror = np.concatenate((image, np.flatnonzero(~shared)))
    whole = np.concatenate((vertices, vertices[~shared] * (-1.0, 1.0, 1.0)))
    return BaseMesh(whole, np.concatenate((faces, image[faces][:, ::-1])), mirror)
