"""SMPL, SMPL-H and SMPL-X files as plain arrays, folded to the project's 22 joints."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from intersyn.body.smpl_pickle import read_pickle

NUM_JOINTS = 22
NUM_BETAS = 10
POSE_FEATURES = 9 * (NUM_JOINTS - 1)  # entries of the rotation matrices of all joints but the pelvis
KINDS = {24: "smpl", 52: "smplh", 55: "smplx"}  # by the number of joints in the file
FIELDS = ("v_template", "f", "weights", "J_regressor", "kintree_table", "shapedirs", "posedirs")


class BodyFileError(ValueError):
    """A file that holds no body; the message says what is wrong, in one sentence."""


@dataclass(frozen=True)
class BodyArrays:
    """What a body file holds, for 22 joints. T-pose, metres, in the frame of the file's template.

    kind: "smpl", "smplh" or "smplx". template (V, 3); faces (F, 3) int64; weights (V, 22), rows sum to 1; regressor
    (22, V), which gives the joints; parents (22,) int64, -1 for the pelvis; shape (V, 3, 10), how the betas move the
    vertices; pose (V, 3, 189), how the entries of the rotation matrices less the identity do, of joints 1 to 21. All
    but faces and parents float32.
    """

    kind: str
    template: np.ndarray
    faces: np.ndarray
    weights: np.ndarray
    regressor: np.ndarray
    parents: np.ndarray
    shape: np.ndarray
    pose: np.ndarray


def read_body(path: str | Path) -> BodyArrays:
    """Read one body file, NPZ or pickle, by what is in it and not by its name. Never unpickles: see `smpl_pickle`.

    Raises `BodyFileError` where it is missing, asks for anything but arrays, or lacks or misshapes one that is needed.
    """
    path = Path(path)
    try:
        return _folded(_read(path))
    except KeyError as error:
        raise BodyFileError(f"{path.name} is no body of SMPL's family: it has no {error.args[0]}.") from error
    except OSError as error:
        raise BodyFileError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        said = " ".join(str(error).split()).rstrip(".")  # pickle and numpy say some things in several lines
        raise BodyFileError(f"{path.name} {said}.") from error


def _read(path: Path) -> dict[str, np.ndarray]:
    """The arrays of FIELDS. Raises `KeyError`, `OSError`, or `ValueError` whose message goes after the file's name."""
    if not zipfile.is_zipfile(path):
        return read_pickle(path, FIELDS)
    damage = (ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError)
    try:
        file = np.load(path, allow_pickle=False)
    except damage as error:
        raise ValueError(f"is damaged: {error}") from error
    fields = {}
    with file:
        for name in FIELDS:
            if name in file.files:
                try:
                    fields[name] = file[name]
                except damage as error:
                    raise ValueError(f"is damaged, or its {name} is no plain array: {error}") from error
    return fields


def _folded(fields: Mapping[str, np.ndarray]) -> BodyArrays:
    """Fingers, jaw and eyes stay at rest, so that their vertices move exactly as those of the joint they hang on."""
    tree = fields["kintree_table"]
    if tree.ndim != 2 or len(tree) != 2 or tree.shape[1] not in KINDS:
        raise ValueError(
            f"is no body of SMPL's family: its kintree_table must be (2, 24), (2, 52) or (2, 55) and is {tree.shape}"
        )
    joints = tree.shape[1]
    parents = tree[0].astype(np.int64)
    parents[0] = -1
    if (parents >= np.arange(joints)).any() or (parents[1:] < 0).any():
        raise ValueError("is no body of SMPL's family: its kintree_table is no tree with parents first")
    template = _floats(fields, "v_template", None, 3)
    count = len(template)
    weights = _floats(fields, "weights", count, joints)
    if (weights < -1e-6).any() or np.abs(weights.sum(1) - 1).max() > 1e-2:
        raise ValueError("is no body of SMPL's family: its weights are no shares of 1")
    for joint in range(joints - 1, NUM_JOINTS - 1, -1):  # children come after their parents
        weights[:, parents[joint]] += weights[:, joint]
    return BodyArrays(
        kind=KINDS[joints],
        template=template,
        faces=_faces(fields["f"], count),
        weights=weights[:, :NUM_JOINTS],
        regressor=_floats(fields, "J_regressor", joints, count)[:NUM_JOINTS],
        parents=parents[:NUM_JOINTS],
        shape=_floats(fields, "shapedirs", count, 3, columns=NUM_BETAS),
        pose=_floats(fields, "posedirs", count, 3, columns=POSE_FEATURES),
    )


def _floats(fields: Mapping[str, np.ndarray], name: str, *shape: int | None, columns: int | None = None) -> np.ndarray:
    """A field as finite float32 of this shape, a copy; None stands for any length.

    columns: how many of the last axis to keep, where it may be longer.
    """
    array = fields[name]
    if columns is not None and array.ndim:
        array = array[..., :columns]
        shape = (*shape, columns)
    fits = array.ndim == len(shape) and all(want in (None, n) for n, want in zip(array.shape, shape, strict=True))
    if not fits or array.dtype.kind not in "fiu":
        expected = ", ".join("any" if want is None else str(want) for want in shape)
        more = " or more" if columns is not None else ""
        found = fields[name]
        raise ValueError(f"has a {name} that is {found.dtype}{found.shape} where a body has numbers ({expected}{more})")
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused below
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"has numbers in {name} that are not finite")
    return array


def _faces(faces: np.ndarray, count: int) -> np.ndarray:
    if faces.ndim != 2 or faces.shape[1] != 3 or not len(faces) or faces.dtype.kind not in "fiu":
        raise ValueError(f"has an f that is {faces.dtype}{faces.shape} where a body has triangles (F, 3)")
    faces = faces.astype(np.int64)
    if faces.min() < 0 or faces.max() >= count:
        raise ValueError(f"has triangles of vertices {faces.min()} to {faces.max()}, and only {count} vertices")
    return faces
