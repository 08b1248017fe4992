"""A body that motions can be worn by: its mesh at rest, and its posed skin through smplx, with pose correctives."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from intersyn.body.default import Body, default_arrays
from intersyn.body.smpl_files import NUM_BETAS, BodyArrays, BodyFileError, read_body
from intersyn.body.smpl_names import find_body
from intersyn.motion import Motion
from intersyn.rotations import quaternion_to_matrix
from intersyn.skeleton import JOINT, NUM_JOINTS, PARENTS, REST_FLOOR, REST_JOINTS, forward_kinematics

VARIABLE = "INTERSYN_BODY"  # environment variable: the path of a body file or folder
CHUNK = 64  # poses at a time: smplx needs about half a megabyte for each
KIND_NAMES = {"default": "InterSyn's own body", "smpl": "SMPL", "smplh": "SMPL-H", "smplx": "SMPL-X"}


class BodyModel:
    """One body of SMPL's family, whatever file it came from, on the project's 22 joints; hands flat, face at rest.

    kind: "default", "smpl", "smplh" or "smplx". name: for users. gender: neutral, male or female.
    faces (F, 3) int64, counter-clockwise from outside.
    """

    num_betas = NUM_BETAS

    def __init__(self, arrays: BodyArrays, kind: str, gender: str = "neutral") -> None:
        self.arrays, self.kind, self.gender = arrays, kind, gender
        self.name = KIND_NAMES[kind] if kind == "default" else f"{KIND_NAMES[kind]} {gender}"
        self.faces = arrays.faces

    def rest(self, betas: np.ndarray | Tensor | None = None) -> Body:
        """The skinned mesh at rest for these betas, up to (10,), with the joints of this body's own skeleton."""
        arrays = self.arrays
        betas = self._betas(betas)
        vertices = arrays.template + arrays.shape @ betas
        joints = arrays.regressor.astype(np.float64) @ vertices
        return Body(vertices, arrays.faces, arrays.weights, joints.astype(np.float32), arrays.parents)

    def floor(self, betas: np.ndarray | Tensor | None = None) -> float:
        """Height in metres of the lowest vertex at rest, in the frame of the template: where the soles stand."""
        return float((self.arrays.template + self.arrays.shape @ self._betas(betas))[:, 1].min())

    def place(self, motion: Motion, person: int) -> np.ndarray:
        """Pelvis positions (T, 3) float32 of this body in world metres.

        x and z are the motion's. Height is scaled about the floor, by this body's pelvis above its soles against the
        common skeleton's, so that longer legs stand on the floor as well.
        """
        self._check(motion, person)
        betas = motion.betas[person]
        pelvis = float(self.rest(betas).joints[JOINT["pelvis"], 1])
        place = motion.trans[person].detach().cpu().numpy().astype(np.float32)
        place[:, 1] *= (pelvis - self.floor(betas)) / (float(REST_JOINTS[JOINT["pelvis"], 1]) - REST_FLOOR)
        return place

    def joints(self, motion: Motion, person: int) -> np.ndarray:
        """Joints (T, 22, 3) float32 of this body in world metres: `motion.joints()` with its own bones."""
        rest = torch.from_numpy(self.rest(motion.betas[person]).joints)
        offsets = rest - rest[list(PARENTS)]  # the pelvis has no parent, and its row is not used
        root = torch.from_numpy(self.place(motion, person))
        return forward_kinematics(motion.quaternions()[person].detach().float().cpu(), root, offsets)[0].numpy()

    def vertices(self, motion: Motion, person: int, frames: Sequence[int] | slice | None = None) -> np.ndarray:
        """The skin (T, V, 3) float32 of one person in world metres, in the given frames, by default in all.

        Raises `ValueError` for a person the motion has not, and for numbers that are not finite.
        """
        chosen = torch.arange(motion.frames)[slice(None) if frames is None else frames]
        place = torch.from_numpy(self.place(motion, person))[chosen]
        quaternions = motion.quaternions()[person].detach().float().cpu()[chosen]
        betas = torch.from_numpy(self._betas(motion.betas[person]))
        pelvis = torch.from_numpy(self.rest(betas).joints[JOINT["pelvis"]])
        out = np.empty((len(chosen), len(self.arrays.template), 3), np.float32)
        for start in range(0, len(chosen), CHUNK):
            part = slice(start, start + CHUNK)
            matrices = quaternion_to_matrix(quaternions[part])
            with torch.inference_mode():
                posed = self._smplx(
                    betas=betas.expand(len(matrices), -1),
                    global_orient=matrices[:, :1],
                    body_pose=matrices[:, 1:],
                    transl=place[part] - pelvis,  # smplx turns the body about its pelvis at rest
                )
            out[part] = posed.vertices.numpy()
        return out

    @cached_property
    def _smplx(self) -> torch.nn.Module:
        import smplx
        from smplx.utils import Struct

        class Folded(smplx.SMPLLayer):
            NUM_BODY_JOINTS = NUM_JOINTS - 1
            SHAPE_SPACE_DIM = NUM_BETAS

        arrays = self.arrays
        fields = {
            "v_template": arrays.template,
            "f": arrays.faces,
            "weights": arrays.weights,
            "J_regressor": arrays.regressor,
            "kintree_table": np.stack((arrays.parents, np.arange(NUM_JOINTS))),
            "shapedirs": arrays.shape,
            "posedirs": arrays.pose,
        }
        # smplx adds points of the face to its joints; nobody asks for them here
        points = dict.fromkeys(("nose", "reye", "leye", "rear", "lear"), 0)
        return Folded(
            "", data_struct=Struct(**fields), vertex_ids=points, use_hands=False, use_feet_keypoints=False
        ).eval()

    def _betas(self, betas: np.ndarray | Tensor | None) -> np.ndarray:
        """(10,) float32."""
        given = np.zeros(0) if betas is None else np.asarray(torch.as_tensor(betas).detach().cpu())
        if given.ndim != 1 or len(given) > NUM_BETAS:
            raise ValueError(f"betas must be ({NUM_BETAS},) or fewer, got {given.shape}")
        if not np.isfinite(given).all():
            raise ValueError("betas hold numbers that are not finite")
        return np.pad(given, (0, NUM_BETAS - len(given))).astype(np.float32)

    def _check(self, motion: Motion, person: int) -> None:
        if not 0 <= person < motion.num_people:
            raise ValueError(f"the motion has people 0 to {motion.num_people - 1}, got person {person}")
        if not (torch.isfinite(motion.poses[person]).all() and torch.isfinite(motion.trans[person]).all()):
            raise ValueError(f"poses or trans of person {person} hold numbers that are not finite")


def load_body_model(source: str | Path | None = None, gender: str = "neutral") -> BodyModel:
    """The body to show motions on: the user's own SMPL, SMPL-H or SMPL-X file, or the default body.

    source: the path of a body file, or of a folder in which the usual names are looked for (see `smpl_names`); None is
    what the environment variable INTERSYN_BODY names, and the default body where that is not set. gender: neutral, male
    or female; a file whose name says its gender keeps it, and the default body has but one. Nothing in a file is run,
    see `smpl_pickle`. Raises `BodyFileError`, one sentence, where there is no such body, and `ValueError` for another
    gender.
    """
    source = source or os.environ.get(VARIABLE)
    if not source:
        return _default_model()
    path, gender = find_body(source, gender)
    return _model(path.resolve(), gender, path.stat().st_mtime_ns)


@cache
def _default_model() -> BodyModel:
    return BodyModel(default_arrays(), "default")


@lru_cache(maxsize=4)
def _model(path: Path, gender: str, modified: int) -> BodyModel:
    """Read once, and again when the file has changed."""
    arrays = read_body(path)
    if tuple(arrays.parents) != PARENTS:
        raise BodyFileError(f"{path.name} is no body of SMPL's family: its joints hang together otherwise.")
    return BodyModel(arrays, arrays.kind, gender)
