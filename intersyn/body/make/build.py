"""All stages in order: from parameters to a body in SMPL's file format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from intersyn.body.make.config import BodyConfig
from intersyn.body.make.correctives import pose_correctives
from intersyn.body.make.directions import Skinned, shape_directions
from intersyn.body.make.joints import ORIGIN, PARENTS, rest_joints
from intersyn.body.make.posing import blend, bone_transforms, pose_features
from intersyn.body.make.regressor import joint_regressor
from intersyn.body.make.remesh import remesh
from intersyn.body.make.surface_nets import half_surface
from intersyn.body.make.symmetry import BaseMesh, mirror_and_weld
from intersyn.body.make.weights import skin_weights
from intersyn.files import atomic_write

ASSET = Path(__file__).resolve().parents[1] / "mannequin.npz"  # the body that ships with the project


@dataclass(frozen=True)
class MadeBody:
    """A body with the names of SMPL's file format, metres, in SMPL's frame (the origin is above the pelvis).

    v_template (V, 3); f (F, 3); weights (V, 24); J_regressor (24, V); J (24, 3); kintree_table (2, 24);
    shapedirs (V, 3, 10); posedirs (V, 3, 207). mirror (V,): the vertex on the other side, which the file leaves out.
    """

    v_template: np.ndarray
    f: np.ndarray
    weights: np.ndarray
    J_regressor: np.ndarray
    J: np.ndarray
    kintree_table: np.ndarray
    shapedirs: np.ndarray
    posedirs: np.ndarray
    mirror: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """What the file holds, by SMPL's names, floats as float32."""
        floats = ("v_template", "weights", "J_regressor", "J", "shapedirs", "posedirs")
        arrays = {name: getattr(self, name).astype(np.float32) for name in floats}
        return arrays | {"f": self.f.astype(np.uint32), "kintree_table": self.kintree_table.astype(np.int64)}

    def save(self, path: str | Path) -> None:
        """Write a compressed NPZ without pickled objects."""
        with atomic_write(path) as file:
            np.savez_compressed(file, allow_pickle=False, **self.arrays())

    @staticmethod
    def load(path: str | Path) -> MadeBody:
        """Read what `save` wrote. Raises `ValueError` where the skin is not its own mirror image."""
        with np.load(path, allow_pickle=False) as file:
            arrays = {
                name: file[name].astype(np.int64 if file[name].dtype.kind in "iu" else np.float64) for name in file
            }
        vertices = arrays["v_template"]
        far, mirror = cKDTree(vertices).query(vertices * (-1.0, 1.0, 1.0))
        if far.max() > 1e-6:
            raise ValueError(f"{Path(path).name} is not its own mirror image: {far.max() * 1000:.3f} mm off")
        return MadeBody(**arrays, mirror=mirror)

    def shaped(self, betas: np.ndarray) -> np.ndarray:
        """Vertices (V, 3) at rest of the person with these betas (10,)."""
        return self.v_template + self.shapedirs @ np.asarray(betas, np.float64)

    def posed(self, rotations: np.ndarray, betas: np.ndarray | None = None, correctives: bool = True) -> np.ndarray:
        """Vertices (V, 3) with local rotations (24, 3, 3), the pelvis at its place at rest."""
        vertices = self.v_template if betas is None else self.shaped(betas)
        joints = self.J_regressor @ vertices
        if correctives:
            vertices = vertices + self.posedirs @ pose_features(rotations)
        return blend(vertices, self.weights, bone_transforms(rotations, joints))[0]


def make_mesh(config: BodyConfig) -> BaseMesh:
    """The figure's skin as an even, closed, mirror-symmetric mesh, in the figure's frame."""
    mesh = config.mesh
    half = half_surface(config.figure.distance, mesh.low, mesh.high, mesh.cell)
    return mirror_and_weld(*remesh(*half, config.figure, mesh))


def make_body(config: BodyConfig | None = None, mesh: BaseMesh | None = None) -> MadeBody:
    """Make a body, the default one unless told otherwise. mesh: what `make_mesh` made, to spare its time."""
    config = config or BodyConfig()
    mesh = mesh or make_mesh(config)
    joints = rest_joints(config.left_hand)
    weights = skin_weights(mesh, joints, config.weights)
    directions = shape_directions(Skinned(mesh.vertices, weights, joints), config.shape)
    shapes = np.stack([direction.vertices for direction in directions], axis=2)
    return MadeBody(
        v_template=mesh.vertices - ORIGIN,
        f=mesh.faces,
        weights=weights,
        J_regressor=joint_regressor(mesh, joints, directions, config.regressor),
        J=joints - ORIGIN,
        kintree_table=np.array((PARENTS, range(len(PARENTS)))),
        shapedirs=np.round(shapes / config.shape.grid) * config.shape.grid,
        posedirs=pose_correctives(mesh, weights, joints, config.correctives),
        mirror=mesh.mirror,
    )
