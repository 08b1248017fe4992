"""Body files of SMPL's family, made up: the keys, types and sizes of the licensed ones on a mesh of a few vertices."""

from __future__ import annotations

import pickle
import struct
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from intersyn.skeleton import PARENTS, REST_JOINTS

FINGERS = 15
ROOT_PARENT = np.uint32(2**32 - 1)  # how SMPL's files say that the pelvis has no parent


def parents_of(kind: str) -> list[int]:
    """The kinematic tree: 24 joints for SMPL, 52 for SMPL-H, 55 for SMPL-X."""
    parents = list(PARENTS)
    if kind == "smpl":
        return [*parents, 20, 21]
    if kind == "smplx":
        parents += [15, 15, 15]  # jaw and eyes
    for wrist in (20, 21):
        start = len(parents)
        parents += [wrist if k % 3 == 0 else start + k - 1 for k in range(FINGERS)]
    return parents


def body_fields(kind: str = "smpl", seed: int = 0, betas: int | None = None) -> dict[str, Any]:
    """A body of tetrahedra, one at every joint, that bend into each other; every field of such a file.

    Every pose and shape direction moves vertices, those of fingers and face as well.
    """
    rng = np.random.default_rng(seed)
    parents = parents_of(kind)
    joints = np.zeros((len(parents), 3))
    joints[: len(PARENTS)] = REST_JOINTS.numpy() + rng.normal(0, 0.01, (len(PARENTS), 3))
    for j in range(len(PARENTS), len(parents)):
        joints[j] = joints[parents[j]] + rng.normal(0, 0.03, 3)
    corners = 0.04 * np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)])
    vertices = (joints[:, None] + corners).reshape(-1, 3)
    count = len(vertices)
    owner = np.repeat(np.arange(len(parents)), 4)
    weights = np.zeros((count, len(parents)))
    share = rng.uniform(0.5, 1, count)
    weights[np.arange(count), owner] = share
    weights[np.arange(count), [max(parents[j], 0) for j in owner]] += 1 - share
    regressor = sparse.csc_matrix((np.full(count, 0.25), (owner, np.arange(count))), shape=(len(parents), count))
    faces = np.array([(0, 1, 2), (0, 3, 1), (0, 2, 3), (1, 3, 2)])
    fields = {
        "v_template": vertices,
        "f": (4 * np.arange(len(parents))[:, None, None] + faces).reshape(-1, 3).astype(np.uint32),
        "weights": weights,
        "J_regressor": regressor,
        "J": joints,
        "kintree_table": np.array([[ROOT_PARENT, *parents[1:]], range(len(parents))], dtype=np.uint32),
        "shapedirs": rng.normal(0, 0.003, (count, 3, betas or {"smpl": 10, "smplh": 16, "smplx": 400}[kind])),
        "posedirs": rng.normal(0, 0.003, (count, 3, 9 * (len(parents) - 1))),
        "bs_type": "lrotmin",
        "bs_style": "lbs",
    }
    if kind != "smpl":
        for side in "lr":
            fields[f"hands_components{side}"] = rng.normal(0, 1, (45, 45))
            fields[f"hands_mean{side}"] = rng.normal(0, 0.5, 45)  # the hands' mean pose is not flat
            fields[f"hands_coeffs{side}"] = rng.normal(0, 1, (1554, 45))
    if kind == "smplx":
        fields |= {
            "lmk_faces_idx": rng.integers(0, len(fields["f"]), 51),
            "lmk_bary_coords": rng.dirichlet((1, 1, 1), 51),
            "dynamic_lmk_faces_idx": rng.integers(0, len(fields["f"]), (79, 17)),
            "dynamic_lmk_bary_coords": rng.dirichlet((1, 1, 1), (79, 17)),
            "vt": rng.uniform(0, 1, (count, 2)),
            "ft": fields["f"],
            "joint2num": np.array({"Pelvis": 0}, dtype=object),  # the licensed NPZ hold two of these
            "part2num": np.array({"hips": 0}, dtype=object),
        }
    return fields


def write_npz(path: Path, fields: dict[str, Any]) -> Path:
    """As SMPL-X's NPZ: the regressor dense, two fields pickled objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dense = {name: field.toarray() if sparse.issparse(field) else field for name, field in fields.items()}
    np.savez(path, **dense)
    return path


def write_pickle(path: Path, data: object, protocol: int = 2, python2: bool = True) -> Path:
    """As the SMPL of 2015: bytes as text, and the module names of Python 2, numpy 1 and scipy 0.x."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        (_Python2Pickler if python2 else pickle.Pickler)(file, protocol).dump(data)
    return path


class _Python2Pickler(pickle._Pickler):
    dispatch = dict(pickle._Pickler.dispatch)
    moved = {
        "numpy._core.multiarray": "numpy.core.multiarray",
        "scipy.sparse._csc": "scipy.sparse.csc",
        "scipy.sparse._csr": "scipy.sparse.csr",
        "scipy.sparse._coo": "scipy.sparse.coo",
    }

    def save_bytes(self, data: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)
        self.memoize(data)

    def save_global(self, obj: Any, name: str | None = None) -> None:
        module = self.moved.get(getattr(obj, "__module__", None))
        if module is None:
            super().save_global(obj, name)
        else:
            self.write(pickle.GLOBAL + f"{module}\n{obj.__name__}\n".encode())
            self.memoize(obj)

    dispatch[bytes] = save_bytes
    dispatch[type] = save_global
    dispatch[types.FunctionType] = save_global
    dispatch[types.BuiltinFunctionType] = save_global


class Chumpy:
    """Stands in for the library chumpy while something is pickled: `with Chumpy() as chumpy: chumpy.ch.Ch(x=...)`."""

    classes = {"ch": ("Ch",), "ch_ops": ("subtract",), "reordering": ("Select", "Reshape", "transpose")}

    def __enter__(self) -> Chumpy:
        def init(self: Any, **terms: Any) -> None:
            self.__dict__.update(_dirty_vars={"x"}, _itr=None, _make_dense=False, _depends_on_deps={}, **terms)

        sys.modules["chumpy"] = types.ModuleType("chumpy")
        for module, names in self.classes.items():
            made = types.ModuleType(f"chumpy.{module}")
            for name in names:
                setattr(made, name, type(name, (), {"__init__": init, "__module__": made.__name__}))
            sys.modules[made.__name__] = made
            setattr(self, module, made)
        return self

    def __exit__(self, *error: object) -> None:
        for name in ("chumpy", *(f"chumpy.{module}" for module in self.classes)):
            del sys.modules[name]
