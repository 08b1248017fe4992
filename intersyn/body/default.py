"""The default body: the project's own procedural figure in SMPL's file format (no licensed file is needed)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from intersyn.body.smpl_files import BodyArrays, BodyFileError, read_body

__all__ = ["Body", "BodyFileError", "default_arrays", "default_body", "rest_joints"]


@dataclass(frozen=True)
class Body:
    """A skinned mesh at rest: T-pose, facing +z, y up, metres, in the frame of SMPL's template.

    vertices (V, 3) float32; faces (F, 3) int64, counter-clockwise from outside; weights (V, 22) float32, rows sum to 1;
    joints (22, 3) float32 rest positions; parents (22,) int64 with -1 for the pelvis.
    """

    vertices: np.ndarray
    faces: np.ndarray
    weights: np.ndarray
    joints: np.ndarray
    parents: np.ndarray

    def normals(self) -> np.ndarray:
        """Unit vertex normals at rest (V, 3), each the area-weighted mean of its faces'."""
        corners = self.vertices[self.faces]
        face_normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])  # length = 2 x area
        normals = np.zeros_like(self.vertices)
        for corner in range(3):
            np.add.at(normals, self.faces[:, corner], face_normals)
        return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


@cache
def default_arrays() -> BodyArrays:
    """What the file of the body that ships with the project holds."""
    with resources.as_file(resources.files("intersyn.body") / "mannequin.npz") as path:
        return read_body(path)


@cache
def default_body() -> Body:
    """The body that ships with the project, about 1.7 m tall."""
    arrays = default_arrays()
    joints = rest_joints(np.zeros(0))
    return Body(arrays.template, arrays.faces, arrays.weights, joints, arrays.parents)


def rest_joints(betas: np.ndarray) -> np.ndarray:
    """Rest positions (22, 3) in metres of the default body's joints with these shape coefficients (up to 10,)."""
    template, directions = _joint_shapes()
    betas = np.asarray(betas, np.float64)
    if betas.ndim != 1 or len(betas) > directions.shape[-1]:
        raise ValueError(f"betas must be ({directions.shape[-1]},) or fewer, got {betas.shape}")
    return (template + directions[..., : len(betas)] @ betas).astype(np.float32)


@cache
def _joint_shapes() -> tuple[np.ndarray, np.ndarray]:
    """Joints at rest (22, 3), and how each shape coefficient moves them (22, 3, 10)."""
    arrays = default_arrays()
    regressor = arrays.regressor.astype(np.float64)
    return regressor @ arrays.template, np.einsum("jv,vck->jck", regressor, arrays.shape)
