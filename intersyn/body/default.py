"""The default body: the project's own procedural figure in SMPL's file format (no licensed file is needed)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

SMPL_JOINTS = 24  # 22 of ours, then the two hands
NUM_JOINTS = 22
HAND_PARENT = {22: 20, 23: 21}  # the hands stay at rest, so their vertices follow the wrists


class BodyFileError(ValueError):
    """A file that holds no body; the message says what is wrong, in one sentence."""


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
def default_body() -> Body:
    """The body that ships with the project, about 1.7 m tall."""
    with resources.as_file(resources.files("intersyn.body") / "mannequin.npz") as path:
        return load_body(path)


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
    with (
        resources.as_file(resources.files("intersyn.body") / "mannequin.npz") as path,
        np.load(path, allow_pickle=False) as file,
    ):
        regressor = file["J_regressor"][:NUM_JOINTS].astype(np.float64)
        template = regressor @ file["v_template"]
        return template, np.einsum("jv,vck->jck", regressor, file["shapedirs"])


def load_body(path: str | Path) -> Body:
    """Read an NPZ with SMPL's keys (v_template, f, weights, J_regressor, kintree_table). Never unpickles.

    Raises `BodyFileError` where the file is missing, holds pickled objects, or lacks or misshapes a field.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            data = {key: file[key] for key in ("v_template", "f", "weights", "J_regressor", "kintree_table")}
    except (OSError, KeyError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        raise BodyFileError(
            f"{path.name} is not a body in SMPL's format (NPZ without pickled objects): {error}"
        ) from error
    vertices = data["v_template"].astype(np.float32)
    weights = data["weights"].astype(np.float32)
    if vertices.ndim != 2 or vertices.shape[1] != 3:
        raise BodyFileError(f"{path.name}: v_template must be (V, 3), got {vertices.shape}.")
    if weights.shape != (len(vertices), SMPL_JOINTS):
        raise BodyFileError(f"{path.name}: weights must be ({len(vertices)}, {SMPL_JOINTS}), got {weights.shape}.")
    if data["kintree_table"].shape != (2, SMPL_JOINTS):
        raise BodyFileError(
            f"{path.name}: kintree_table must be (2, {SMPL_JOINTS}), got {data['kintree_table'].shape}."
        )
    for hand, wrist in HAND_PARENT.items():
        weights[:, wrist] += weights[:, hand]
    parents = data["kintree_table"][0, :NUM_JOINTS].astype(np.int64)
    parents[0] = -1
    joints = (data["J_regressor"].astype(np.float64) @ vertices)[:NUM_JOINTS].astype(np.float32)
    faces = data["f"].astype(np.int64)
    return Body(vertices, faces, weights[:, :NUM_JOINTS], joints, parents)
