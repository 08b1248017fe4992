"""A body in SMPL's form, and where its vertices go: shape, pose correctives, linear blend skinning."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from intersyn.body.make.joints import COUNT, PARENTS


def bone_transforms(rotations: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """What moves the skin of each joint from rest: (24, 3, 4) affine maps.

    rotations (24, 3, 3) local; joints (24, 3) at rest, metres. The pelvis turns about its own place.
    """
    turns, places = np.empty((COUNT, 3, 3)), np.empty((COUNT, 3))
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            turns[joint], places[joint] = rotations[joint], joints[joint]
        else:
            turns[joint] = turns[parent] @ rotations[joint]
            places[joint] = places[parent] + turns[parent] @ (joints[joint] - joints[parent])
    shift = places - (turns @ joints[:, :, None])[:, :, 0]
    return np.concatenate((turns, shift[:, :, None]), axis=2)


def blend(vertices: np.ndarray, weights: np.ndarray, transforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Linear blend skinning: vertices (V, 3) moved by weights (V, 24) of transforms (24, 3, 4), and the maps' matrices
    (V, 3, 3)."""
    maps = (weights @ transforms.reshape(COUNT, 12)).reshape(-1, 3, 4)
    return (maps[:, :, :3] @ vertices[:, :, None])[:, :, 0] + maps[:, :, 3], maps[:, :, :3]


def dual_quaternion_blend(vertices: np.ndarray, weights: np.ndarray, transforms: np.ndarray) -> np.ndarray:
    """The same by dual quaternions, which bend limbs without thinning them: (V, 3)."""
    turn = Rotation.from_matrix(transforms[:, :, :3]).as_quat(scalar_first=True)
    shift = np.concatenate((np.zeros((COUNT, 1)), transforms[:, :, 3]), axis=1)
    dual = _product(shift, turn) / 2
    # q and -q turn alike: each is taken on the side of the vertex's strongest joint.
    sign = np.where(turn[weights.argmax(1)] @ turn.T < 0, -1.0, 1.0)
    real, dual = (weights * sign) @ turn, (weights * sign) @ dual
    length = np.linalg.norm(real, axis=1, keepdims=True)
    real, dual = real / length, dual / length
    moved = 2 * _product(dual, real * (1.0, -1.0, -1.0, -1.0))[:, 1:]
    return Rotation.from_quat(real, scalar_first=True).apply(vertices) + moved


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of quaternions (..., 4), wxyz."""
    w = a[..., 0] * b[..., 0] - (a[..., 1:] * b[..., 1:]).sum(-1)
    xyz = a[..., :1] * b[..., 1:] + b[..., :1] * a[..., 1:] + np.cross(a[..., 1:], b[..., 1:])
    return np.concatenate((w[..., None], xyz), axis=-1)


def pose_features(rotations: np.ndarray) -> np.ndarray:
    """What pose correctives are linear in: (207,) of local rotations (24, 3, 3), without the pelvis's."""
    return (rotations[1:] - np.eye(3)).ravel()


def turns(angles: dict[int, tuple[float, float, float]]) -> np.ndarray:
    """Local rotations (24, 3, 3): identity but for these joints, degrees about x, then y, then z."""
    rotations = np.tile(np.eye(3), (COUNT, 1, 1))
    for joint, (x, y, z) in angles.items():
        rotations[joint] = Rotation.from_euler("xyz", (x, y, z), degrees=True).as_matrix()
    return rotations
