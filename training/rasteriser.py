"""From triangles to pixels: a z-buffer in numpy."""

from __future__ import annotations

import numpy as np

NEAREST = 0.05  # metres before the camera from which on anything is drawn


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
