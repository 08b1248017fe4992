"""Recordings in the formats of AMASS and its kin: one person of SMPL, SMPL-H or SMPL-X, as arrays of an NPZ file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from intersyn.motion import GENERATOR, NUM_BETAS, Motion
from intersyn.npz import numbers, scalar
from intersyn.skeleton import NUM_JOINTS, REST_JOINTS

ROTATIONS = ("poses", "root_orient", "pose_body", "global_orient", "body_pose")
POSITIONS = ("trans", "transl")
RATES = ("mocap_framerate", "mocap_frame_rate", "fps")
SMPLX_SIGNS = ("pose_jaw", "pose_eye", "expression", "jaw_pose")
KEYS = (*ROTATIONS, *POSITIONS, *RATES, *SMPLX_SIGNS, "betas", "surface_model_type", "generator")
SMPLX_POSE_SIZE = 165
# Pelvis of the average neutral SMPL-X body in its template, metres; SMPL's and SMPL-H's is that of our skeleton.
SMPLX_PELVIS = (0.003, -0.351, 0.012)


def from_amass(arrays: Mapping[str, np.ndarray]) -> Motion:
    """One person's Motion from arrays under the names of AMASS or smplx, in the file's own axes.

    Rotations (T, 66 or more; root, 21 body joints, then hands and face, which are left out) or in two arrays of root
    (T, 3) and body (T, 63 or more); translation (T, 3); betas, of which the first ten count; the frame rate. SMPL's
    translation is the pelvis less its place at rest; that of the average body is added, as what the betas do to it
    stands in SMPL's own file only. Raises ValueError.
    """
    rotations = _rotations(arrays)
    position_key = next((key for key in POSITIONS if key in arrays), None)
    rate_key = next((key for key in RATES if key in arrays), None)
    if position_key is None:
        raise ValueError("it has no trans")
    if rate_key is None:
        raise ValueError(f"it has no frame rate ({', '.join(RATES)})")
    trans = numbers(arrays, position_key)
    if trans.shape != (len(rotations), 3):
        raise ValueError(f"{position_key} must be ({len(rotations)}, 3) to match the rotations, got {_shape(trans)}")
    pelvis = torch.tensor(SMPLX_PELVIS) if _is_smplx(arrays) else REST_JOINTS[0]
    poses = rotations[:, : NUM_JOINTS * 3].reshape(1, -1, NUM_JOINTS, 3)
    return Motion(poses, trans[None] + pelvis, read_betas(arrays, 1), scalar(arrays, rate_key))


def is_ours(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether `Motion.save_amass` wrote the file: y is up and the floor is where it belongs."""
    return str(arrays.get("generator")) == GENERATOR


def read_betas(arrays: Mapping[str, np.ndarray], people: int) -> Tensor:
    """Shapes (people, 10): the first ten of each person, zeros where the file says nothing.

    One person's may come as (N,), or as (T, N), one row for each frame, of which the first is taken.
    """
    betas = torch.zeros(people, NUM_BETAS)
    if "betas" in arrays:
        given = torch.atleast_2d(numbers(arrays, "betas"))
        if given.ndim != 2 or len(given) < people or (people > 1 and len(given) != people):
            raise ValueError(f"betas must be ({people}, {NUM_BETAS}), got {_shape(given)}")
        given = given[:people, :NUM_BETAS]
        betas[:, : given.shape[1]] = given
    return betas


def _rotations(arrays: Mapping[str, np.ndarray]) -> Tensor:
    if "poses" in arrays:
        poses = numbers(arrays, "poses")
    else:
        pairs = (("root_orient", "pose_body"), ("global_orient", "body_pose"))
        names = next((pair for pair in pairs if all(key in arrays for key in pair)), None)
        if names is None:
            raise ValueError("it has neither poses nor root_orient and pose_body")
        root, body = (numbers(arrays, key) for key in names)
        if root.ndim != 2 or body.ndim != 2 or len(root) != len(body) or root.shape[1] != 3:
            raise ValueError(f"{names[0]} must be (T, 3) and {names[1]} (T, 63), got {_shape(root)} and {_shape(body)}")
        poses = torch.cat((root, body), dim=1)
    if poses.ndim != 2 or poses.shape[1] < NUM_JOINTS * 3 or len(poses) < 1:
        raise ValueError(f"rotations must be (T, {NUM_JOINTS * 3} or more), got {_shape(poses)}")
    return poses


def _is_smplx(arrays: Mapping[str, np.ndarray]) -> bool:
    if "surface_model_type" in arrays:
        return "smplx" in str(arrays["surface_model_type"])
    poses = arrays.get("poses")
    return any(key in arrays for key in SMPLX_SIGNS) or (poses is not None and poses.shape[1:] == (SMPLX_POSE_SIZE,))


def _shape(x: Tensor) -> tuple[int, ...]:
    return tuple(x.shape)
