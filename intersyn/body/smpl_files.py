"""Bodies in SMPL's file format as plain arrays, folded to the project's 22 joints."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from intersyn.body.default import BodyFileError

NUM_JOINTS = 22
NUM_BETAS = 10
POSE_FEATURES = 9 * (NUM_JOINTS - 1)  # entries of the rotation matrices of all joints but the pelvis
KINDS = {24: "smpl", 52: "smplh", 55: "smplx"}  # by the number of joints in the file
FIELDS = ("v_template", "f", "weights", "J_regressor", "kintree_table", "shapedirs", "posedirs")


@dataclass(frozen=True)
class BodyArrays:
    """What a body file holds, for 22 joints. T-pose, metres, in the frame of the file's template.

    template (V, 3); faces (F, 3) int64; weights (V, 22), rows sum to 1; regressor (22, V), which gives the joints;
    parents (22,) int64, -1 for the pelvis; shape (V, 3, 10), how the betas move the vertices; pose (V, 3, 189), how the
    entries of the rotation matrices less the identity do, of joints 1 to 21. All but faces and parents float32.
    """

    kind: str
    template: np.ndarray
    faces: np.ndarray
    weights: np.ndarray
    regressor: np.ndarray
    parents: np.ndarray
    shape: np.ndarray
    pose: np.ndarray


def read_arrays(path: Path) -> BodyArrays:
    """Read an NPZ with SMPL's keys. Never unpickles.

    Raises `BodyFileError` where the file is missing, holds pickled objects, or lacks or misshapes a field.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            fields = {key: file[key] for key in FIELDS}
    except (OSError, KeyError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        raise BodyFileError(
            f"{path.name} is not a body in SMPL's format (NPZ without pickled objects): {error}"
        ) from error
    try:
        return _folded(fields)
    except (ValueError, TypeError) as error:
        raise BodyFileError(f"{path.name} is not a body in SMPL's format: {error}") from error


def _folded(fields: Mapping[str, np.ndarray]) -> BodyArrays:
    """Fingers, jaw and eyes stay at rest, so that their vertices move exactly as those of the joint they hang on."""
    tree = fields["kintree_table"]
    joints = tree.shape[-1] if tree.ndim == 2 else 0
    if joints not in KINDS:
        raise ValueError(f"kintree_table must be (2, 24), (2, 52) or (2, 55), got {tree.shape}")
    template = _floats(fields, "v_template", (None, 3))
    count = len(template)
    weights = _floats(fields, "weights", (count, joints))
    parents = tree[0].astype(np.int64)
    parents[0] = -1
    for joint in range(joints - 1, NUM_JOINTS - 1, -1):  # children come after their parents
        if not 0 <= parents[joint] < joint:
            raise ValueError(f"kintree_table hangs joint {joint} on joint {parents[joint]}")
        weights[:, parents[joint]] += weights[:, joint]
    return BodyArrays(
        kind=KINDS[joints],
        template=template,
        faces=_faces(fields["f"], count),
        weights=weights[:, :NUM_JOINTS],
        regressor=_floats(fields, "J_regressor", (joints, count))[:NUM_JOINTS],
        parents=parents[:NUM_JOINTS],
        shape=_floats(fields, "shapedirs", (count, 3, None), at_least=NUM_BETAS)[..., :NUM_BETAS],
        pose=_floats(fields, "posedirs", (count, 3, None), at_least=POSE_FEATURES)[..., :POSE_FEATURES],
    )


def _floats(
    fields: Mapping[str, np.ndarray], name: str, shape: tuple[int | None, ...], at_least: int = 1
) -> np.ndarray:
    """A field as finite float32 of this shape; None stands for any length, `at_least` so many."""
    array = fields[name]
    fits = array.ndim == len(shape) and all(
        n == want or (want is None and n >= at_least) for n, want in zip(array.shape, shape)
    )
    if not fits:
        expected = ", ".join(f"{at_least} or more" if want is None else str(want) for want in shape)
        raise ValueError(f"{name} must be ({expected}), got {array.shape}")
    array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds numbers that are not finite")
    return array


def _faces(faces: np.ndarray, count: int) -> np.ndarray:
    if faces.ndim != 2 or faces.shape[1] != 3 or not len(faces):
        raise ValueError(f"f must be (F, 3), got {faces.shape}")
    faces = faces.astype(np.int64)
    if faces.min() < 0 or faces.max() >= count:
        raise ValueError(f"f names vertices from {faces.min()} to {faces.max()}, of {count}")
    return faces
