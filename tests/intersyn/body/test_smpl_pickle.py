"""Pickled body files: their arrays are read, whoever wrote them; whatever else they ask for is refused."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from intersyn.body.smpl_pickle import PickleError, read_pickle
from tests.smpl_files import Chumpy, write_pickle

VALUES = np.random.default_rng(0).normal(size=(4, 3, 5))


def read(path: Path) -> np.ndarray:
    return read_pickle(path, ("a",))["a"]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("dtype", ["float64", "float32", ">f8", "uint32", "int64", "bool"])
def test_arrays_of_every_protocol(tmp_path: Path, protocol: int, dtype: str) -> None:
    for array in (VALUES.astype(dtype), np.asfortranarray(VALUES.astype(dtype)), VALUES.astype(dtype)[:, ::2]):
        found = read(write_pickle(tmp_path / "a.pkl", {"a": array, "b": "text"}, protocol, python2=False))
        np.testing.assert_array_equal(found, array)
    scalar = VALUES.astype(dtype)[0, 0, 0]
    assert read(write_pickle(tmp_path / "a.pkl", {"a": scalar}, protocol, python2=False)) == scalar


def test_arrays_of_python_2(tmp_path: Path) -> None:
    path = write_pickle(tmp_path / "a.pkl", {"a": VALUES, "b": np.uint32(7)})
    assert b"numpy.core.multiarray" in path.read_bytes()
    assert b"_codecs" not in path.read_bytes()
    np.testing.assert_array_equal(read(path), VALUES)


@pytest.mark.parametrize("make", [sparse.csc_matrix, sparse.csr_matrix, sparse.coo_matrix, sparse.csc_array])
@pytest.mark.parametrize("python2", [True, False])
def test_sparse_matrices(tmp_path: Path, make: type, python2: bool) -> None:
    dense = np.where(VALUES[0] > 0.5, VALUES[0], 0)
    np.testing.assert_array_equal(read(write_pickle(tmp_path / "a.pkl", {"a": make(dense)}, 2, python2)), dense)


def test_sparse_matrices_whose_indices_lead_out_are_refused(tmp_path: Path) -> None:
    matrix = sparse.csc_matrix(np.eye(3))
    matrix.indices[1] = 9_999_999
    with pytest.raises(PickleError, match="damaged"):
        read(write_pickle(tmp_path / "a.pkl", {"a": matrix}))
    huge = sparse.csc_matrix((10**9, 1))
    with pytest.raises(PickleError, match="size"):
        read(write_pickle(tmp_path / "a.pkl", {"a": huge}))


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_what_chumpy_wrapped(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "a.pkl"
    with Chumpy() as chumpy:
        plain = chumpy.ch.Ch(x=VALUES)
        indices = np.arange(VALUES.size).reshape(VALUES.shape)[..., :2].ravel()
        select = chumpy.reordering.Select(a=plain, idxs=indices, preferred_shape=(4, 3, 2))
        flat = chumpy.reordering.Reshape(a=select, newshape=(4, 6))
        for wrapped, array in (
            (plain, VALUES),
            (select, VALUES[..., :2]),
            (flat, VALUES[..., :2].reshape(4, 6)),
            (chumpy.reordering.transpose(a=flat, axes=None), VALUES[..., :2].reshape(4, 6).T),
        ):
            write_pickle(path, {"a": wrapped}, protocol, python2=protocol == 2)
            np.testing.assert_array_equal(read(path), array)
        write_pickle(path, {"a": VALUES, "b": chumpy.ch_ops.subtract(a=plain, b=plain)})
        np.testing.assert_array_equal(read(path), VALUES)  # what nobody needs may be anything of chumpy's
        write_pickle(path, {"a": chumpy.ch_ops.subtract(a=plain, b=plain)})
        with pytest.raises(PickleError, match=r"holds a chumpy\.ch_ops\.subtract as its a"):
            read(path)
    assert "chumpy" not in sys.modules


class Call:
    """Pickles as a call."""

    def __init__(self, function: object, *args: object) -> None:
        self.call = function, args

    def __reduce__(self) -> tuple:
        return self.call


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (Call(os.system, "touch {}"), r"(posix|nt)\.system"),
        (Call(eval, "open('{}', 'w')"), r"(__builtin__|builtins)\.eval"),
        (Call(getattr, os, "system"), r"(__builtin__|builtins)\.getattr"),
        (Call(np.fromfile, "{}"), r"numpy\S*\.fromfile"),
        (Call(np.load, "{}", None, True), r"numpy\S*\.load"),
        (Call(np.random.default_rng), r"numpy\S*\.default_rng"),
        (Call(sparse.load_npz, "{}"), r"scipy\S*\.load_npz"),
        (Call(Path, "{}"), r"pathlib\S*\.Path"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_calls_are_refused_by_name_and_not_made(tmp_path: Path, call: Call, name: str, protocol: int) -> None:
    made = tmp_path / "made"
    function, args = call.call
    args = tuple(arg.format(made) if isinstance(arg, str) else arg for arg in args if arg is not os)
    path = write_pickle(tmp_path / "a.pkl", {"a": VALUES, "b": Call(function, *args)}, protocol, python2=False)
    with pytest.raises(PickleError, match=rf"asks for {name}, which a body file has no need of"):
        read(path)
    assert not made.exists()


@pytest.mark.parametrize(
    "program",
    [
        b"cchumpy.os\nsystem\n(S'touch {}'\ntR.",  # called like chumpy's: a mere record
        b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI63\ntb.",
        b"cnumpy\nndarray\n(tR(I1\n(I2\ntcnumpy\ndtype\n(S'f8'\ntRI00\nS'short'\ntb.",
        b"c__builtin__\nset\n(lR.",
        b"(lp0\nS'touch {}'\na.",
        b"cnumpy\nndarray\nN}S'__setstate__'\ncnumpy\ndtype\ns\x86b.",  # to change the class itself
    ],
)
def test_crafted_values_do_nothing_and_are_no_arrays(tmp_path: Path, program: bytes) -> None:
    made = tmp_path / "made"
    path = tmp_path / "a.pkl"
    path.write_bytes(b"(dS'a'\n" + program.replace(b"{}", str(made).encode())[:-1] + b"s.")
    with pytest.raises(PickleError):
        read(path)
    assert not made.exists()
    np.testing.assert_array_equal(read(write_pickle(tmp_path / "b.pkl", {"a": VALUES})), VALUES)  # nothing is left over


def test_objects_in_arrays_are_no_numbers(tmp_path: Path) -> None:
    with pytest.raises(PickleError, match="holds O8 as its a, which are no numbers"):
        read(write_pickle(tmp_path / "a.pkl", {"a": np.array([{}, "x"], dtype=object)}))


def test_damaged_pickles_and_those_of_something_else(tmp_path: Path) -> None:
    whole = write_pickle(tmp_path / "a.pkl", {"a": VALUES}).read_bytes()
    for data in (
        b"",
        b"no pickle",
        whole[: len(whole) // 2],
        whole.replace(b"K\x04K\x03K\x05\x87", b"K\x04K\x03K\x09\x87"),
    ):
        (tmp_path / "a.pkl").write_bytes(data)
        with pytest.raises(PickleError, match="no pickle, or a damaged one"):
            read(tmp_path / "a.pkl")
    with pytest.raises(PickleError, match="holds a list and not a dictionary"):
        read(write_pickle(tmp_path / "a.pkl", [1, 2]))
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent.pkl")
    assert read_pickle(write_pickle(tmp_path / "a.pkl", {"b": VALUES}), ("a",)) == {}


def test_a_record_within_itself_ends(tmp_path: Path) -> None:
    with Chumpy() as chumpy:
        loop = chumpy.ch.Ch(x=None)
        loop.x = loop
        path = write_pickle(tmp_path / "a.pkl", {"a": loop})
    with pytest.raises(PickleError, match="damaged"):
        read(path)
