"""From triangles to pixels: a perspective camera and a z-buffer in numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

FILLED = 0.93  # of the picture, at most, by what a camera frames
NEAREST = 0.05  # metres before the camera from which on anything is drawn


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


def rasterise(
    pixels: np.ndarray, depth: np.ndarray, faces: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The nearest face of every covered pixel.

    pixels (N, 2) and depth (N,): projected vertices; faces (F, 3), seen where counter-clockwise on the picture. Faces
    with a vertex nearer than `NEAREST` are left out. Returns rows of covered pixels (M,) (y * width + x), their faces
    (M,), barycentric weights (M, 3) and 1 / depth (M,).
    """
    width, height = size
    pixels = pixels.astype(np.float32)
    inverse = (1 / np.maximum(depth, 1e-6)).astype(np.float32)
    a, b, c = pixels[faces[:, 0]], pixels[faces[:, 1]], pixels[faces[:, 2]]
    u, v = b - a, c - a
    area = u[:, 1] * v[:, 0] - u[:, 0] * v[:, 1]  # y points down, so the sign is turned
    low = np.ceil(np.minimum(np.minimum(a, b), c) - 0.5).clip(0, None).astype(np.int64)
    high = np.floor(np.maximum(np.maximum(a, b), c) - 0.5).clip(None, (width - 1, height - 1)).astype(np.int64)
    span = high - low + 1
    kept = (area > 1e-6) & (span[:, 0] > 0) & (span[:, 1] > 0)
    kept = np.flatnonzero(kept & (inverse[faces] < 1 / NEAREST).all(-1) if inverse.max() > 1 / NEAREST else kept)
    low, span, a, u, v, area = low[kept], span[kept], a[kept], u[kept], v[kept], area[kept]
    # The weights of b and c and 1 / depth are linear on the picture: value = start + x * step_x + y * step_y.
    offset = low + 0.5 - a
    steps = np.stack((-v[:, 1] / area, v[:, 0] / area, u[:, 1] / area, -u[:, 0] / area), -1).astype(np.float32)
    start_b = (offset[:, 0] * steps[:, 0] + offset[:, 1] * steps[:, 1]).astype(np.float32)
    start_c = (offset[:, 0] * steps[:, 2] + offset[:, 1] * steps[:, 3]).astype(np.float32)
    counts = span[:, 0] * span[:, 1]
    owner = np.repeat(np.arange(len(kept), dtype=np.int32), counts)
    place = np.arange(len(owner), dtype=np.int32) - np.repeat((np.cumsum(counts) - counts).astype(np.int32), counts)
    y, x = np.divmod(place, span[:, 0].astype(np.int32)[owner])
    weight_b = start_b[owner] + x * steps[owner, 0] + y * steps[owner, 1]
    weight_c = start_c[owner] + x * steps[owner, 2] + y * steps[owner, 3]
    inside = np.flatnonzero((weight_b >= -1e-3) & (weight_c >= -1e-3) & (weight_b + weight_c <= 1 + 1e-3))
    owner, x, y, weight_b, weight_c = (values[inside] for values in (owner, x, y, weight_b, weight_c))
    at = (low[owner, 1] + y) * width + low[owner, 0] + x
    corners = inverse[faces[kept]]
    near = corners[owner, 0] + weight_b * (corners[owner, 1] - corners[owner, 0])
    near += weight_c * (corners[owner, 2] - corners[owner, 0])
    if not len(near):
        return at, owner, np.zeros((0, 3), np.float32), near
    # Depth in the upper bits, the candidate in the lower ones: one maximum decides and remembers who won.
    keys = ((near / near.max() * 2**30).astype(np.int64) << 32) | np.arange(len(near))
    best = np.full(width * height, -1, np.int64)
    np.maximum.at(best, at, keys)
    covered = np.flatnonzero(best >= 0)
    won = best[covered] & 0xFFFFFFFF
    weights = np.stack((1 - weight_b[won] - weight_c[won], weight_b[won], weight_c[won]), -1)
    return covered, kept[owner[won]], weights, near[won]
