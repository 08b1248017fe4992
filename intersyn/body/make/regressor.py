"""Where the joints are, as weighted means of the skin round them, for every shape of the body."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from intersyn.body.make.config import RegressorConfig
from intersyn.body.make.directions import Direction
from intersyn.body.make.joints import COUNT, MIRROR, NAMES, expanded
from intersyn.body.make.symmetry import BaseMesh

EXACT = 1e-7  # metres


def joint_regressor(
    mesh: BaseMesh, joints: np.ndarray, directions: Sequence[Direction], config: RegressorConfig
) -> np.ndarray:
    """(24, V): rows sum to 1, no weight is negative; times the vertices (V, 3) it gives the joints (24, 3), metres.

    Exact for the rest shape; for the `directions` as near as weights of 0 or more allow. Raises `ValueError` for a
    joint that is not inside the skin near it.
    """
    reach = expanded(config.reach)
    rows = np.zeros((COUNT, len(mesh.vertices)))
    for joint, name in enumerate(NAMES):
        if name.startswith("right_"):
            continue
        far = np.linalg.norm(mesh.vertices - joints[joint], axis=1)
        near = far < reach[joint]
        if name.startswith("left_"):
            near &= mesh.vertices[:, 0] >= 0
        moves = [(direction.vertices[near], direction.joints[joint]) for direction in directions]
        if near.any():
            rows[joint, near] = _row(mesh.vertices[near], joints[joint], moves, config)
        off = np.abs(rows[joint] @ mesh.vertices - joints[joint]).max()
        if off > EXACT:
            raise ValueError(f"{name} is not inside the skin within {reach[joint]} m of it: off by {off * 1000:.1f} mm")
        if name.startswith("left_"):
            rows[MIRROR[joint]] = rows[joint][mesh.mirror]
        else:
            rows[joint] = (rows[joint] + rows[joint][mesh.mirror]) / 2
    return rows


def _row(
    vertices: np.ndarray, joint: np.ndarray, moves: list[tuple[np.ndarray, np.ndarray]], config: RegressorConfig
) -> np.ndarray:
    """Weights (N,) of vertices (N, 3) for one joint (3,); moves: how each direction moves those and the joint."""
    exact = np.concatenate((np.ones((1, len(vertices))), vertices.T))
    wanted = np.concatenate(((1.0,), joint))
    soft = np.concatenate([moved.T for moved, _ in moves])
    soft_wanted = np.concatenate([target for _, target in moves])
    even = config.evenness * np.eye(len(vertices))
    matrix = np.concatenate((config.firmness * exact, config.shape_weight * soft, even))
    target = np.concatenate((config.firmness * wanted, config.shape_weight * soft_wanted, np.zeros(len(vertices))))
    weights, _ = nnls(matrix, target, maxiter=20 * len(vertices))
    # What firmness left open is made up by the smallest change of the weights in use.
    used = weights > 0
    weights[used] += np.linalg.lstsq(exact[:, used], wanted - exact @ weights)[0]
    return np.maximum(weights, 0)
