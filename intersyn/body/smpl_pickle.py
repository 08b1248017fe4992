"""Reading the pickled body files of SMPL's makers without running anything that is in them.

A pickle is a program: it names classes and functions and calls them. Here every name it may use stands for a mere
record of what it was called with; arrays are then made from the records of numpy and scipy, with every size checked.
Old SMPL files wrap their arrays in objects of the library chumpy, which is not needed: its records hold the arrays.
"""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

# Names that body files use, by what they make. numpy and scipy have moved theirs over the years.
_ARRAY = {f"numpy.{core}.multiarray._reconstruct" for core in ("core", "_core")}
_BUFFER = {f"numpy.{core}.numeric._frombuffer" for core in ("core", "_core")}
_SCALAR = {f"numpy.{core}.multiarray.scalar" for core in ("core", "_core")}
_SPARSE = {
    f"scipy.sparse.{module}.{kind}_{form}": kind
    for kind in ("csc", "csr", "coo")
    for module in (kind, f"_{kind}")
    for form in ("matrix", "array")
}
_REBUILT = {"copy_reg._reconstructor", "copyreg._reconstructor"}
_ENCODED = {"_codecs.encode"}
_PLAIN = {f"{builtins}.{name}" for builtins in ("__builtin__", "builtins") for name in ("object", "set", "bytearray")}
_ALLOWED = {"numpy.ndarray", "numpy.dtype", *_ARRAY, *_BUFFER, *_SCALAR, *_SPARSE, *_REBUILT, *_ENCODED, *_PLAIN}
_CHUMPY = re.compile(r"chumpy(\.\w+)*\.\w+")
_DTYPE = re.compile(r"[biuf][1248]")
_MOST = 200_000_000  # numbers in one array: SMPL-X's largest has 15 million


class PickleError(ValueError):
    """A pickle that holds what no body file needs, or is damaged; the message is the end of a sentence."""


class _Record:
    """What a pickle would have made: the name it asked for, the arguments and the state it gave. Does nothing."""

    name = ""

    def __new__(cls, *args: Any) -> _Record:
        record = super().__new__(cls)
        record.args, record.state = args, None
        return record

    def __init__(self, *args: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Recorder(pickle.Unpickler):
    def __init__(self, file: Any) -> None:
        super().__init__(file, encoding="latin1")  # Python 2 wrote the bytes of its arrays as text
        self.records: dict[str, type[_Record]] = {}

    def find_class(self, module: str, name: str) -> type[_Record]:
        path = f"{module}.{name}"
        if path not in _ALLOWED and not _CHUMPY.fullmatch(path):
            raise PickleError(f"asks for {path}, which a body file has no need of")
        return self.records.setdefault(path, type(name, (_Record,), {"name": path}))


def read_pickle(path: Path, fields: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The named arrays of a pickled dictionary, those that it holds.

    Raises `PickleError` where the file asks for anything but arrays or is no such dictionary, `OSError` where it
    cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = _Recorder(file).load()
        if not isinstance(data, dict):
            raise PickleError(f"holds a {type(data).__name__} and not a dictionary of arrays")
        return {name: _array(data[name], name) for name in fields if name in data}
    except (PickleError, OSError):
        raise
    except Exception as error:  # a damaged pickle can raise anything, as pickle's documentation says
        raise PickleError(f"is no pickle, or a damaged one: {error}") from error


def _array(value: Any, field: str) -> np.ndarray:
    """The array that a record, or whatever else stands in the dictionary, describes."""
    name = _name(value)
    if name in _ARRAY:
        *_, shape, dtype, fortran, data = value.state
        return _from_bytes(data, dtype, shape, "F" if fortran else "C", field)
    if name in _BUFFER:
        data, dtype, shape, order = value.args
        return _from_bytes(data, dtype, shape, order, field)
    if name in _SCALAR:
        dtype, data = value.args
        return _from_bytes(data, dtype, (), "C", field)
    if name in _SPARSE:
        return _dense(_SPARSE[name], value.state, field)
    if name == "chumpy.ch.Ch":
        return _array(value.state["x"], field)
    if name == "chumpy.reordering.Select":
        chosen = _array(value.state["a"], field).ravel()[_array(value.state["idxs"], field)]
        return chosen.reshape(value.state.get("preferred_shape", chosen.shape))
    if name == "chumpy.reordering.Reshape":
        return _array(value.state["a"], field).reshape(value.state["newshape"])
    if name == "chumpy.reordering.transpose":
        return _array(value.state["a"], field).transpose(value.state.get("axes"))
    raise PickleError(f"holds a {name} as its {field}, which is no array")


def _name(value: Any) -> str:
    if not isinstance(value, _Record):
        return type(value).__name__
    if value.name in _REBUILT:  # how the oldest pickles make objects: the class is an argument
        return value.args[0].name
    return value.name


def _from_bytes(data: Any, dtype: Any, shape: tuple[int, ...], order: str, field: str) -> np.ndarray:
    code = dtype.args[0] if _name(dtype) == "numpy.dtype" else None
    if not isinstance(code, str) or not _DTYPE.fullmatch(code):
        raise PickleError(f"holds {code or 'nothing that numpy knows'} as its {field}, which are no numbers")
    state = dtype.state or (3, "<")
    numbers = np.frombuffer(_bytes(data), np.dtype(code).newbyteorder(state[1] if state[1] in "<>" else "="))
    return numbers.reshape(shape, order=order)


def _bytes(data: Any) -> bytes:
    if isinstance(data, str):
        return data.encode("latin1")
    if _name(data) in _ENCODED or (isinstance(data, _Record) and data.name in _PLAIN):
        return _bytes(data.args[0])
    return bytes(memoryview(data))


def _dense(kind: str, state: dict[str, Any], field: str) -> np.ndarray:
    shape = tuple(int(n) for n in state["_shape" if "_shape" in state else "shape"])
    if len(shape) != 2 or min(shape) < 0 or shape[0] * shape[1] > _MOST:
        raise PickleError(f"has a {field} of size {shape}")
    data = _array(state["data"], field)
    if kind == "coo":
        coords = state["coords"] if "coords" in state else (state["row"], state["col"])
        return sparse.coo_array((data, tuple(_array(axis, field) for axis in coords)), shape=shape).toarray()
    make = sparse.csc_array if kind == "csc" else sparse.csr_array
    matrix = make((data, _array(state["indices"], field), _array(state["indptr"], field)), shape=shape)
    matrix.check_format(full_check=True)  # toarray trusts the indices
    return matrix.toarray()
