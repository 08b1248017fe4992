"""From motions to views: bodies posed frame by frame, on one floor, before one camera that has everybody in view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from intersyn.render.camera import CameraPath, best_azimuth
from intersyn.render.colours import BACKDROP, person_colour
from intersyn.rotations import heading_of, quaternion_to_matrix

if TYPE_CHECKING:
    from intersyn.body.model import BodyModel
    from intersyn.motion import Motion
    from intersyn.render.gpu import View

ELEVATION = 11.0  # degrees
OUTLINE_EVERY = 29  # vertices are enough to frame a body
CHUNK = 16  # frames that are posed at a time: 64 bodies of 0.2 MB
PACE = 2.0  # seconds before and after each moment that the camera knows of
FLOOR = (0.5, 4.0)  # reach of the floor round the middle of the picture: share of the camera's distance, and metres


class Scene:
    """One motion or several, to be shown in pictures of their own by the same camera at the same time.

    body: what everybody wears. azimuth: degrees from which to look (0 from +z, 90 from +x), by default the best for
    the first motion. A motion that ends before the others stands still then.
    Raises `ValueError` for no motion, or different frame rates.
    """

    def __init__(self, motions: Sequence[Motion], body: BodyModel, azimuth: float | None = None) -> None:
        if not motions or any(motion.fps != motions[0].fps for motion in motions):
            raise ValueError(f"a scene needs motions of one frame rate, got {[motion.fps for motion in motions]}")
        self.motions, self.body, self.fps = tuple(motions), body, motions[0].fps
        self.frames = max(motion.frames for motion in motions)
        self.azimuth = _azimuth(motions[0]) if azimuth is None else azimuth
        self.points = self._outline()

    def pose(self, motion: Motion, frames: Sequence[int]) -> list[np.ndarray]:
        """Everybody's vertices in these frames: (len(frames), V, 3) metres for each person."""
        frames = [min(frame, motion.frames - 1) for frame in frames]
        return [self.body.vertices(motion, person, frames) for person in range(motion.num_people)]

    def _outline(self) -> np.ndarray:
        """(T, N, 3) points between which everybody is."""
        chunks = [range(start, min(start + CHUNK, self.frames)) for start in range(0, self.frames, CHUNK)]
        points = []
        for motion in self.motions:
            parts = [[body[:, ::OUTLINE_EVERY] for body in self.pose(motion, frames)] for frames in chunks]
            points += [np.concatenate(person) for person in zip(*parts)]
        return np.concatenate(points, axis=1)


class Shot:
    """A scene before its camera, for pictures of size (width, height) in pixels."""

    def __init__(self, scene: Scene, size: tuple[int, int]) -> None:
        self.scene = scene
        pace = round(PACE * scene.fps)
        self._cameras = CameraPath(scene.points, scene.azimuth, size, ELEVATION, pace)
        self._sums = _face_sums(scene.body.faces)

    def views(self, frames: Sequence[int]) -> Iterator[tuple[View, ...]]:
        """For each of these frames one view per motion."""
        for start in range(0, len(frames), CHUNK):
            part = frames[start : start + CHUNK]
            posed = [self.scene.pose(motion, part) for motion in self.scene.motions]
            for k, frame in enumerate(part):
                yield tuple(self._view(frame, [vertices[k] for vertices in people]) for people in posed)

    def _view(self, frame: int, people: list[np.ndarray]) -> View:
        from intersyn.render.gpu import Skin, View

        faces = self.scene.body.faces
        skins = tuple(
            Skin(corners(vertices, faces, self._sums), faces, person_colour(person))
            for person, vertices in enumerate(people)
        )
        camera, depth = self._cameras.at(frame), self._cameras.depth(frame)
        return View(camera, skins, camera.eye + depth * camera.axes[2], FLOOR[0] * depth + FLOOR[1], BACKDROP)


def corners(vertices: np.ndarray, faces: np.ndarray, sums: csr_matrix) -> np.ndarray:
    """(V, 6) float32: positions (V, 3) and unit normals, each the area-weighted mean of its faces'."""
    at = vertices[faces]
    normals = sums @ np.cross(at[:, 1] - at[:, 0], at[:, 2] - at[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return np.ascontiguousarray(np.hstack((vertices, normals)), np.float32)


def _face_sums(faces: np.ndarray) -> csr_matrix:
    """(V, F) adds up over the faces round each vertex."""
    rows, columns = faces.ravel(), np.repeat(np.arange(len(faces)), 3)
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(faces.max() + 1, len(faces)))


def _azimuth(motion: Motion) -> float:
    headings = heading_of(quaternion_to_matrix(motion.quaternions()[:, :, 0]))
    return best_azimuth(motion.trans.swapaxes(0, 1).double().numpy(), headings.swapaxes(0, 1).double().numpy())
