"""Where a picture is taken from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

FILLED = 0.93  # of the picture, at most, by what a camera frames
FOLLOW_GAIN = 1.4  # the camera goes along where that makes people this much larger
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
        x, y, away = axes @ points.T
        focal = 0.5 * min(size) / math.tan(math.radians(view) / 2)
        frame = np.array(size) * (0.5 * FILLED / focal)  # tangents of what the points may fill, each way
        # |x - cx| <= tan * (away + distance) for every point: the two sides meet where both are tight.
        centre, distance = [], 0.3 - away.min()
        for along, tangent in zip((x, y), frame):
            low, high = (-along / tangent - away).max(), (along / tangent - away).max()
            centre.append(tangent * (high - low) / 2)
            distance = max(distance, (high + low) / 2)
        return Camera(np.array((*centre, -distance)) @ axes, axes, focal, size)

    def scaled(self, factor: int) -> Camera:
        """The same view with `factor` times the pixels each way."""
        width, height = self.size
        return Camera(self.eye, self.axes, self.focal * factor, (width * factor, height * factor))

    def moved(self, by: np.ndarray) -> Camera:
        """The same camera elsewhere, `by` (3,) metres."""
        return Camera(self.eye + by, self.axes, self.focal, self.size)

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points (..., 3) to pixels (..., 2), x right and y down from the top left, and metres of depth (...)."""
        seen = (points - self.eye) @ self.axes.T
        depth = seen[..., 2]
        flat = seen[..., :2] * (self.focal / np.maximum(depth, 1e-6))[..., None]
        return flat * (1, -1) + np.array(self.size) / 2, depth


@dataclass(frozen=True)
class CameraPath:
    """One camera for a whole clip. path (T, 3): where it goes along, metres from where it was framed, or None."""

    camera: Camera
    path: np.ndarray | None = None

    def at(self, frame: int) -> Camera:
        return self.camera if self.path is None else self.camera.moved(self.path[frame])

    @staticmethod
    def framing(
        points: np.ndarray,
        middle: np.ndarray,
        azimuth: float,
        size: tuple[int, int],
        elevation: float = 10.0,
        blur: float = 8.0,
    ) -> CameraPath:
        """A camera that has points (T, N, 3) in view in every frame and stands still.

        Where it makes them much larger it goes along with middle (T, 3), on the floor and smoothed by a Gaussian of
        `blur` frames, so that it does not sway with each step.
        """
        path = _smoothed(middle, blur)
        still = Camera.framing(points, azimuth, size, elevation)
        along = Camera.framing(points - path[:, None], azimuth, size, elevation)
        larger = still.project(points)[1].mean() / along.project(points - path[:, None])[1].mean()
        return CameraPath(along, path) if larger > FOLLOW_GAIN else CameraPath(still)


def _smoothed(middle: np.ndarray, blur: float) -> np.ndarray:
    """A path (T, 3) on the floor without its sway; a straight walk stays one up to its ends."""
    ends = math.ceil(3 * blur)
    path = np.pad(np.asarray(middle, np.float64), ((ends, ends), (0, 0)), mode="reflect", reflect_type="odd")
    return gaussian_filter1d(path, blur, axis=0)[ends:-ends] * (1, 0, 1)


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
