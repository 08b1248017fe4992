"""From a distance field to a first mesh: surface nets, one vertex per grid cell that the surface passes through."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from intersyn.body.make.primitives import Vector

COARSE = 4  # cells of the fine grid per cell of the coarse one that finds out where the surface is


def half_surface(
    distance: Callable[[np.ndarray], np.ndarray], low: Vector, high: Vector, cell: float
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (V, 3) and faces (F, 3), counter-clockwise from outside, of the half x >= 0 of a mirror-symmetric body.

    distance: signed, of points (N, 3), negative inside. low, high: corners of a box that holds that half; only y and z
    of `low` count. cell: metres. The half is open along x = 0, where its border lies exactly. Raises `ValueError` where
    the shape leaves the box or has parts too fine for the grid: the mesh is no closed surface then.
    """
    axes = _axes(low, high, cell)
    values = _sample(distance, axes)
    vertices, number = _vertices(values, axes)
    faces = _faces(values, number, vertices)
    _check_surface(vertices, faces, cell)
    return vertices, faces


def _axes(low: Vector, high: Vector, cell: float) -> list[np.ndarray]:
    """Grid coordinates. In x they are half a cell off the mirror plane, so that the first cells' vertices lie on it."""
    block = COARSE * cell
    counts = [COARSE * int(np.ceil((high[0] + cell) / block))]
    counts += [COARSE * int(np.ceil((high[k] - low[k]) / block)) for k in (1, 2)]
    starts = (-0.5 * cell, low[1], low[2])
    return [start + cell * np.arange(count + 1) for start, count in zip(starts, counts)]


def _sample(distance: Callable[[np.ndarray], np.ndarray], axes: list[np.ndarray]) -> np.ndarray:
    """Distances on the grid (X, Y, Z), exact near the surface; elsewhere only the sign is right."""
    shape = tuple(len(axis) for axis in axes)
    rough = [axis[COARSE // 2 :: COARSE] for axis in axes]
    centres = np.stack(np.meshgrid(*rough, indexing="ij"), -1)
    blocks = distance(centres.reshape(-1, 3)).reshape(centres.shape[:3])
    # A block's corners are 0.87 blocks from its centre; fields that are distances only to first order need more.
    cell = axes[1][1] - axes[1][0]
    near = np.abs(blocks) < 2 * COARSE * cell
    nodes = np.zeros(shape, bool)
    values = np.empty(shape)
    for steps in np.ndindex(COARSE + 1, COARSE + 1, COARSE + 1):
        part = tuple(slice(s, s + COARSE * (n - 1) + 1, COARSE) for s, n in zip(steps, near.shape))
        nodes[part] |= near
        values[part] = np.where(nodes[part], 0, blocks)
    i, j, k = np.nonzero(nodes)
    values[i, j, k] = distance(np.stack((axes[0][i], axes[1][j], axes[2][k]), -1))
    return values


def _vertices(values: np.ndarray, axes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """A vertex (V, 3) in every cell that has both signs: the mean of where its edges cross. And its number per cell."""
    cells = tuple(n - 1 for n in values.shape)
    total, count = np.zeros((*cells, 3)), np.zeros(cells)
    grid = np.meshgrid(*axes, indexing="ij", sparse=True)
    inside = values < 0
    for axis in range(3):
        first, last = _ends(values.shape, axis)
        crossed = inside[first] != inside[last]
        share = np.where(crossed, values[first] / np.where(crossed, values[first] - values[last], 1), 0)
        across = [k for k in range(3) if k != axis]
        for side in np.ndindex(2, 2):  # the four edges of a cell along this axis
            edge = [slice(None)] * 3
            for k, step in zip(across, side):
                edge[k] = slice(step, step + cells[k])
            edge = tuple(edge)
            count += crossed[edge]
            for k in range(3):
                start = np.broadcast_to(grid[k], values.shape)[first][edge]
                step = share[edge] * (axes[k][1] - axes[k][0]) if k == axis else 0
                total[..., k] += np.where(crossed[edge], start + step, 0)
    used = count > 0
    number = np.full(cells, -1)
    number[used] = np.arange(used.sum())
    vertices = total[used] / count[used][:, None]
    on_plane = np.nonzero(used)[0] == 0
    vertices[on_plane, 0] = 0.0
    return vertices, number


def _ends(shape: tuple[int, ...], axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Slices of the first and the last node of every edge along an axis."""
    first, last = [slice(None)] * 3, [slice(None)] * 3
    first[axis], last[axis] = slice(0, shape[axis] - 1), slice(1, shape[axis])
    return tuple(first), tuple(last)


def _faces(values: np.ndarray, number: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """Two triangles (F, 3) for every crossed edge between four cells, cut along the shorter diagonal."""
    inside = values < 0
    quads = []
    for axis in range(3):
        first, last = _ends(values.shape, axis)
        at = np.stack(np.nonzero(inside[first] != inside[last]), -1)
        u, v = (axis + 1) % 3, (axis + 2) % 3
        # Left of the mirror plane's cells is the other half; at the far ends there is no surface.
        at = at[((at[:, [u, v]] > 0) & (at[:, [u, v]] < np.array(number.shape)[[u, v]])).all(1)]
        corners = []
        for step_u, step_v in ((-1, -1), (0, -1), (0, 0), (-1, 0)):  # counter-clockwise about the axis
            cell = at.copy()
            cell[:, u] += step_u
            cell[:, v] += step_v
            corners.append(number[tuple(cell.T)])
        quad = np.stack(corners, -1)
        outwards = inside[first][tuple(at.T)]  # the surface faces along the axis
        quads.append(np.where(outwards[:, None], quad, quad[:, ::-1]))
    a, b, c, d = np.concatenate(quads).T
    shorter = ((vertices[a] - vertices[c]) ** 2).sum(1) <= ((vertices[b] - vertices[d]) ** 2).sum(1)
    one = np.where(shorter[:, None], np.stack((a, b, c), -1), np.stack((a, b, d), -1))
    two = np.where(shorter[:, None], np.stack((a, c, d), -1), np.stack((b, c, d), -1))
    return np.concatenate((one, two))


def _check_surface(vertices: np.ndarray, faces: np.ndarray, cell: float) -> None:
    edges = np.sort(np.concatenate((faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]])), 1)
    edges, uses = np.unique(edges, axis=0, return_counts=True)
    open_edges = edges[uses == 1]
    if (uses > 2).any() or (vertices[open_edges, 0] != 0).any():
        raise ValueError(
            f"the mesh of cells of {cell * 1000:.1f} mm is no closed surface: the shape is finer or leaves the box"
        )
