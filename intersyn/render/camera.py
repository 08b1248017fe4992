"""Where a picture is taken from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

FILLED = 0.93  # of the picture, at most, by what a camera frames
NEAR = 0.3  # metres between the camera and what it frames, at least
FOLLOW_GAIN = 1.3  # the camera goes along where that makes people this much larger
HALF_FRONT = 35.0  # degrees from the front at which a face is seen best
ASIDE = 20.0  # degrees from a pure side view at which two people are seen
FACES = 0.35  # what faces count beside nobody being hidden


@dataclass(frozen=True)
class Camera:
    """A perspective camera. eye (3,) metres; axes (3, 3) rows right, up and forward; size (width, height) in pixels.

    focal: pixels per unit of tangent.
    """

    eye: np.ndarray
    axes: np.ndarray
    focal: float
    size: tuple[int, int]

    @staticmethod
    def framing(
        points: np.ndarray, azimuth: float, size: tuple[int, int], elevation: float = 10.0, view: float = 28.0
    ) -> Camera:
        """The nearest camera that sees all points (..., 3), looking from `azimuth` and `elevation` degrees.

        azimuth 0 looks from +z, 90 from +x (as yaw turns). view: degrees that the shorter side of the picture spans.
        """
        points = np.asarray(points, np.float64).reshape(-1, 3)
        if not len(points) or not np.isfinite(points).all():
            raise ValueError(f"a camera needs finite points to frame, got {points.shape}")
        if min(size) < 8:
            raise ValueError(f"a picture has 8 pixels or more each way, got {size}")
        a, e = math.radians(azimuth), math.radians(elevation)
        forward = -np.array((math.cos(e) * math.sin(a), math.sin(e), math.cos(e) * math.cos(a)))
        right = np.array((math.cos(a), 0.0, -math.sin(a)))
        axes = np.stack((right, np.cross(right, forward), forward))
        camera = Camera(np.zeros(3), axes, 0.5 * min(size) / math.tan(math.radians(view) / 2), size)
        return replace(camera, eye=camera.nearest(camera.limits(points)))

    def limits(self, points: np.ndarray) -> np.ndarray:
        """How far points (..., N, 3) push this camera back along its axis, as `nearest` takes them: (..., 5) metres.

        Left, right, lower and upper edge of the picture, each as if the axis went through the origin, and the points
        themselves. The largest of several limits, one by one, is the limit of all those points.
        """
        x, y, away = np.moveaxis(points @ self.axes.T, -1, 0)
        across, up = np.array(self.size) * (0.5 * FILLED / self.focal)  # tangents of what points may fill, each way
        sides = [sign * along / tangent - away for along, tangent in ((x, across), (y, up)) for sign in (-1, 1)]
        return np.stack((*sides, NEAR - away), -1).max(-2)

    def nearest(self, limits: np.ndarray) -> np.ndarray:
        """Where the eye (..., 3) stands when it is as near as `limits` (..., 5) allow."""
        # |x - cx| <= tangent * (away + distance) for every point: the two sides meet where both are tight.
        left, right, low, high, near = np.moveaxis(limits, -1, 0)
        across, up = np.array(self.size) * (0.5 * FILLED / self.focal)
        distance = np.maximum(np.maximum((left + right) / 2, (low + high) / 2), near)
        return np.stack((across * (right - left) / 2, up * (high - low) / 2, -distance), -1) @ self.axes

    def scaled(self, factor: int) -> Camera:
        """The same view with `factor` times the pixels each way."""
        width, height = self.size
        return Camera(self.eye, self.axes, self.focal * factor, (width * factor, height * factor))

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points (..., 3) to pixels (..., 2), x right and y down from the top left, and metres of depth (...)."""
        seen = (points - self.eye) @ self.axes.T
        depth = seen[..., 2]
        flat = seen[..., :2] * (self.focal / np.maximum(depth, 1e-6))[..., None]
        return flat * (1, -1) + np.array(self.size) / 2, depth


class CameraPath:
    """One camera for a whole clip that has everybody in view in every frame.

    It stands still; where that makes people much smaller, it goes and zooms with them, so slowly that it does not sway
    with each step. points (T, N, 3): all that must be seen. pace: frames before and after each one that the camera
    knows of.
    """

    def __init__(
        self, points: np.ndarray, azimuth: float, size: tuple[int, int], elevation: float = 10.0, pace: int = 30
    ) -> None:
        points = np.asarray(points, np.float64)
        self._camera = Camera.framing(points, azimuth, size, elevation)
        self._eyes = self._camera.eye[None]
        still = points @ self._camera.axes[2] - self._camera.eye @ self._camera.axes[2]
        path = _smoothed(points.mean(1), pace)
        # The largest limit within the pace, then a mean over no more than the pace: never less than a frame's own.
        limits = maximum_filter1d(self._camera.limits(points - path[:, None]), 2 * pace + 1, axis=0, mode="nearest")
        limits = gaussian_filter1d(limits, pace / 3, axis=0, mode="nearest", truncate=3)
        eyes = self._camera.nearest(limits) + path
        moving = points @ self._camera.axes[2] - (eyes @ self._camera.axes[2])[:, None]
        self.moves = bool(still.mean() > FOLLOW_GAIN * moving.mean())
        self._depths = np.array([still.mean()])
        if self.moves:
            self._eyes = eyes
            self._depths = gaussian_filter1d(moving.mean(1), pace / 3, mode="nearest")

    def at(self, frame: int) -> Camera:
        return replace(self._camera, eye=self._eyes[frame if self.moves else 0])

    def depth(self, frame: int) -> float:
        """Metres from the camera to the middle of what it sees, smooth in time."""
        return float(self._depths[frame if self.moves else 0])


def _smoothed(path: np.ndarray, pace: int) -> np.ndarray:
    """A path (T, 3) on the floor without its sway; a straight walk stays one up to its ends."""
    path = np.pad(path, ((pace, pace), (0, 0)), mode="reflect", reflect_type="odd")
    return gaussian_filter1d(path, pace / 3, axis=0, truncate=3)[pace:-pace] * (1, 0, 1)


def best_azimuth(roots: np.ndarray, headings: np.ndarray) -> float:
    """Degrees, as `Camera.framing` takes them, from which people are seen best over a whole clip.

    roots (T, P, 3) metres, headings (T, P) radians. Nobody hides anybody, most of all while they are close together,
    and faces show: a lone person is seen half from the front, two who face each other obliquely from the side.
    """
    best = max(range(0, 360, 5), key=lambda azimuth: _seen(roots, headings, azimuth))
    if roots.shape[1] == 1:
        return float(best)
    return float(max((best - ASIDE, best + ASIDE), key=lambda azimuth: _seen(roots, headings, azimuth)))


def _seen(roots: np.ndarray, headings: np.ndarray, azimuth: float) -> float:
    """How well people are seen from there: 1 for being side by side on the picture, and something for faces."""
    a = math.radians(azimuth)
    turned = np.abs((headings - a + np.pi) % (2 * np.pi) - np.pi)
    score = FACES * float(np.cos(turned - math.radians(HALF_FRONT)).mean())
    one, two = np.triu_indices(roots.shape[1], 1)
    if len(one):
        between = (roots[:, two] - roots[:, one])[..., ::2]
        apart = np.linalg.norm(between, axis=-1)
        across = np.abs(between @ (math.cos(a), -math.sin(a))) / np.maximum(apart, 0.2)
        score += float(np.average(across, weights=np.exp(-apart)))
    return score
