"""The frames an author writes in: (forward, up, left) of a person's own, of the meeting, or of the place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intersyn.data.compose.drafting import Formation, Vector

Pose2 = tuple[float, float, float]  # x, z in metres, yaw in radians (0 faces +z, positive to the left)


def ahead(pose: Pose2, forward: float, left: float = 0.0, turn: float = 0.0) -> Pose2:
    """The pose so far ahead and to the left of another, and turned to the left."""
    x, z, yaw = pose
    sine, cosine = np.sin(yaw), np.cos(yaw)
    return (x + forward * sine + left * cosine, z + forward * cosine - left * sine, yaw + turn)


def formation_poses(formation: Formation | None) -> tuple[Pose2, ...]:
    """Where the people of a formation stand, about the origin, the first facing +z; one person without a formation."""
    if formation is None:
        return ((0.0, 0.0, 0.0),)
    half, aside = formation.apart / 2, formation.aside
    first, second = {
        "face": ((aside / 2, -half, 0.0), (-aside / 2, half, np.pi)),
        "beside": ((half, aside / 2, 0.0), (-half, -aside / 2, 0.0)),
        "behind": ((aside / 2, -half, 0.0), (-aside / 2, half, 0.0)),
        "back": ((aside / 2, -half, np.pi), (-aside / 2, half, 0.0)),
    }[formation.kind]
    return tuple(ahead(pose, 0, 0, turn) for pose, turn in zip((first, second), formation.turns, strict=True))


@dataclass(frozen=True)
class Spaces:
    """Floor frames over time: paths (P, T, 3) x, z, yaw of everybody's plan; place (P, 3), where they stand to meet.

    wander (T, 3): metres by which a place in the air wanders, the same for everybody.
    """

    paths: np.ndarray
    place: np.ndarray
    wander: np.ndarray

    def of(self, frame: str, person: int) -> np.ndarray:
        """Origin and heading (T, 3) of a frame: `own`, `meeting` or `place`, as `person` sees it."""
        if frame == "own":
            return self.paths[person]
        if frame == "place":
            return np.broadcast_to(_meeting(self.place[:, None], person), self.paths[person].shape)
        if frame == "meeting":
            return _meeting(self.paths, person)
        raise ValueError(f"no frame is called {frame!r}; there are own, meeting and place")

    def point(self, frame: str, person: int, position: Vector | np.ndarray) -> np.ndarray:
        """World position (T, 3) of (forward, up, left) in a frame."""
        at = self.of(frame, person)
        turned = turn(np.broadcast_to(np.asarray(position, float), (len(at), 3)), at[:, 2])
        turned[:, ::2] += at[:, :2]
        return turned + self.wander

    def direction(self, frame: str, person: int, vector: Vector) -> np.ndarray:
        """World direction (T, 3) of (forward, up, left) in a frame."""
        at = self.of(frame, person)
        return turn(np.broadcast_to(np.asarray(vector, float), (len(at), 3)), at[:, 2])


def turn(vectors: np.ndarray, yaw: np.ndarray) -> np.ndarray:
    """(forward, up, left) vectors (T, 3) with headings (T,) as world vectors x, y, z (T, 3)."""
    forward, up, left = vectors.T
    sine, cosine = np.sin(yaw), np.cos(yaw)
    return np.stack((forward * sine + left * cosine, up, forward * cosine - left * sine), axis=1)


def rest_axes(vector: Sequence[float]) -> np.ndarray:
    """(forward, up, left) as x, y, z of the T-pose, in which x is to the left and z forward."""
    forward, up, left = vector
    return np.array((left, up, forward), float)


def _meeting(paths: np.ndarray, person: int) -> np.ndarray:
    """The meeting's frame (T, 3) from paths (P, T, 3); of one person alone, the own one."""
    if len(paths) == 1:
        return paths[0]
    others = np.delete(paths, person, axis=0)[..., :2].mean(0)
    mine = paths[person, :, :2]
    gap = others - mine
    return np.concatenate((paths[..., :2].mean(0), np.arctan2(gap[:, 0], gap[:, 1])[:, None]), axis=1)
