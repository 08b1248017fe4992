"""Skin weights: every vertex belongs to one joint by planes, then heat blurs the borders, wider or narrower."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csc_array, diags_array
from scipy.sparse.linalg import splu

from intersyn.body.make.config import WeightConfig
from intersyn.body.make.joints import COUNT, JOINT, MIRROR, NAMES, expanded
from intersyn.body.make.symmetry import BaseMesh

FAR_REACH, FAR_SHARE = 0.3, 1e-7  # so that a place far from all joints has a width too


def skin_weights(mesh: BaseMesh, joints: np.ndarray, config: WeightConfig) -> np.ndarray:
    """Weights (V, 24), rows summing to 1, at most `config.influences` of them above 0; joints (24, 3) metres.

    The weights of the mirror image are the mirror image of the weights.
    """
    solve, mass = _heat_step(mesh, blur_widths(mesh.vertices, joints, config), config.steps)
    weights = regions(mesh.vertices, config)
    for _ in range(config.steps):
        weights = solve(mass[:, None] * weights)
    weights = (weights + weights[mesh.mirror][:, MIRROR]) / 2
    # What is left out is taken from all that stay: so weights change smoothly along the skin.
    left_out = np.sort(weights, axis=1)[:, -config.influences - 1]
    weights = np.maximum(weights - np.maximum(left_out, config.least)[:, None], 0)
    return weights / weights.sum(1, keepdims=True)


def regions(vertices: np.ndarray, config: WeightConfig) -> np.ndarray:
    """(V, 24): 1 for the joint whose region holds the vertex, the last one that does; half each on the midline."""
    folded = vertices * np.where(vertices[:, :1] < 0, (-1.0, 1.0, 1.0), 1.0)
    owner = np.zeros(len(vertices), int)
    for region in config.regions:
        inside = np.ones(len(vertices), bool)
        for *normal, offset in region.planes:
            inside &= folded @ np.array(normal) > offset
        name = region.joint if region.joint in JOINT else f"left_{region.joint}"
        owner[inside] = JOINT[name]
    weights = np.zeros((len(vertices), COUNT))
    other = np.array(MIRROR)[owner]
    x = vertices[:, 0]
    np.add.at(weights, (np.arange(len(x)), owner), np.where(x > 0, 1.0, np.where(x == 0, 0.5, 0.0)))
    np.add.at(weights, (np.arange(len(x)), other), np.where(x < 0, 1.0, np.where(x == 0, 0.5, 0.0)))
    return weights


def blur_widths(vertices: np.ndarray, joints: np.ndarray, config: WeightConfig) -> np.ndarray:
    """How wide borders are blurred at each vertex (V,): the nearest joints' widths, less beside tight places."""
    by_joint = expanded(config.widths)
    missing = [name for index, name in enumerate(NAMES) if index not in by_joint]
    if missing:
        raise ValueError(f"widths need every joint, there is none for {', '.join(missing)}")
    widths = np.array([by_joint[joint] for joint in range(COUNT)])
    far = np.linalg.norm(vertices[:, None] - joints, axis=2)
    share = np.exp(-((far / config.reach) ** 2)) + FAR_SHARE * np.exp(-((far / FAR_REACH) ** 2))
    width = (share * widths).sum(1) / share.sum(1)
    folded = np.abs(vertices[:, 0])[:, None] * (1.0, 0.0, 0.0) + vertices * (0.0, 1.0, 1.0)
    for tight in config.tight:
        near = np.exp(-(np.linalg.norm(folded - tight.centre, axis=1) ** 2) / tight.radius**2)
        width = width * (1 - tight.amount * near)
    return width


def _heat_step(mesh: BaseMesh, widths: np.ndarray, steps: int):
    """A function that solves one implicit step of heat, one of `steps` that blur by `widths`; and vertex areas (V,)."""
    start, end, cotangent, area = laplacian(mesh.vertices, mesh.faces)
    flow = cotangent * (widths[start] ** 2 + widths[end] ** 2) / 2
    count = len(mesh.vertices)
    rows, columns = np.concatenate((start, end)), np.concatenate((end, start))
    off = coo_array((-np.concatenate((flow, flow)), (rows, columns)), shape=(count, count)).tocsr()
    stiffness = off - diags_array(off.sum(1))
    return splu(csc_array(diags_array(area) + stiffness / steps)).solve, area


def laplacian(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Cotangent weights: each face's three edges as starts, ends and weights (3 F,), and the area (V,) at vertices."""
    edges, cotangents = [], []
    for corner in range(3):
        a, b, c = (faces[:, (corner + k) % 3] for k in range(3))
        to_a, to_b = vertices[a] - vertices[c], vertices[b] - vertices[c]
        across = np.linalg.norm(np.cross(to_a, to_b), axis=1)
        edges.append((a, b))
        cotangents.append(
            np.maximum((to_a * to_b).sum(1) / across / 2, 1e-3)
        )  # blunt triangles must not push heat back
    area = np.zeros(len(vertices))
    np.add.at(area, faces, (across / 6)[:, None])  # a third of each face's, whose double area is any `across`
    start, end = (np.concatenate(side) for side in zip(*edges))
    return start, end, np.concatenate(cotangents), area
