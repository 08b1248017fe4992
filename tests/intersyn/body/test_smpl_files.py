"""Files of all three kinds, made up: folded to 22 joints they move as in smplx's own classes; wrong ones are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from intersyn.body.model import BodyModel, load_body_model
from intersyn.body.smpl_files import BodyFileError, read_body
from intersyn.motion import Motion
from intersyn.rotations import quaternion_to_axis_angle
from tests.motions import smooth_motion
from tests.smpl_files import Chumpy, body_fields, write_npz, write_pickle

FILES = {"smpl": "SMPL_MALE", "smplh": "SMPLH_MALE", "smplx": "SMPLX_MALE"}


def people(betas: float = 0.0) -> Motion:
    local, root, _ = smooth_motion(5, 2, frames=7)
    shapes = betas * torch.randn(2, 10, generator=torch.Generator().manual_seed(0))
    return Motion(quaternion_to_axis_angle(local), root, shapes, 20.0)


def smplx_vertices(kind: str, path: Path, motion: Motion, transl: torch.Tensor, monkeypatch: Any) -> np.ndarray:
    """Person 0 by the class that smplx has for this kind of file, hands flat and the face at rest."""
    import smplx
    from smplx.utils import Struct

    ids = smplx.body_models.VERTEX_IDS  # points of the licensed meshes, which have more vertices
    monkeypatch.setattr(smplx.body_models, "VERTEX_IDS", {name: dict.fromkeys(ids[name], 0) for name in ids})
    options: dict[str, Any] = {"batch_size": motion.frames}
    if kind != "smpl":
        options |= {"use_pca": False, "flat_hand_mean": True}
    if kind == "smplx":  # its class takes only a path
        body = smplx.SMPLX(str(path), **options)
    else:
        with np.load(path) as file:
            data = Struct(**{name: file[name] for name in file.files})
        body = {"smpl": smplx.SMPL, "smplh": smplx.SMPLH}[kind]("", data_struct=data, **options)
    poses = motion.poses[0].flatten(1)
    pose = torch.nn.functional.pad(poses[:, 3:], (0, 6)) if kind == "smpl" else poses[:, 3:]
    betas = motion.betas[:1].expand(motion.frames, -1)
    with torch.no_grad():
        return body(betas=betas, global_orient=poses[:, :3], body_pose=pose, transl=transl).vertices.numpy()


@pytest.mark.parametrize("kind", FILES)
def test_folded_bodies_move_as_smplx_moves_them(kind: str, tmp_path: Path, monkeypatch: Any) -> None:
    path = write_npz(tmp_path / f"{FILES[kind]}.npz", body_fields(kind))
    body, motion = load_body_model(path), people(betas=1.0)
    assert (body.kind, body.gender) == (kind, "male")
    pelvis = torch.from_numpy(body.rest(motion.betas[0]).joints[0])
    transl = torch.from_numpy(body.place(motion, 0)) - pelvis
    expected = smplx_vertices(kind, path, motion, transl, monkeypatch)
    np.testing.assert_allclose(body.vertices(motion, 0), expected, atol=2e-6)


@pytest.mark.parametrize("kind", FILES)
def test_pickles_hold_the_same_body(kind: str, tmp_path: Path) -> None:
    fields = body_fields(kind)
    expected = read_body(write_npz(tmp_path / "a.npz", fields))
    plain = {name: value for name, value in fields.items() if not name.endswith("2num")}
    python3 = write_pickle(tmp_path / "b.pkl", fields, 4, python2=False)  # with dictionaries inside arrays
    with Chumpy() as chumpy:  # as SMPL of 2015: weights wrapped, shapes the first ten columns of three hundred
        more = np.concatenate((fields["shapedirs"], np.full((*fields["v_template"].shape, 290), 9.0)), axis=2)
        picks = np.arange(more.size).reshape(more.shape)[..., :10]
        wrapped = {
            "shapedirs": chumpy.reordering.Select(
                a=chumpy.ch.Ch(x=more), idxs=picks.ravel(), preferred_shape=picks.shape
            ),
            **{name: chumpy.ch.Ch(x=fields[name]) for name in ("v_template", "weights", "posedirs")},
        }
        python2 = write_pickle(tmp_path / "c.pkl", plain | wrapped)
    for path in (python3, python2):
        found = read_body(path)
        for name, array in vars(expected).items():
            np.testing.assert_array_equal(getattr(found, name), array)
    assert load_body_model(python2).kind == kind


def test_rest_is_the_files_own(tmp_path: Path) -> None:
    fields = body_fields("smplx")
    body = load_body_model(write_npz(tmp_path / "SMPLX_FEMALE.npz", fields))
    rest = body.rest()
    assert body.name == "SMPL-X female"
    np.testing.assert_allclose(rest.vertices, fields["v_template"], atol=1e-6)
    np.testing.assert_allclose(rest.joints, fields["J"][:22], atol=1e-6)
    np.testing.assert_allclose(rest.weights.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(rest.weights[-4:, 21], 1, atol=1e-5)  # the last finger hangs on the right wrist
    motion = people()
    joints = body.joints(motion, 0)
    bones = np.linalg.norm(joints[:, 1:] - joints[:, list(rest.parents[1:])], axis=-1)
    expected = np.linalg.norm(rest.joints[1:] - rest.joints[rest.parents[1:]], axis=-1)
    np.testing.assert_allclose(bones, np.broadcast_to(expected, bones.shape), atol=1e-5)


def test_old_smplx_files_keep_expressions_out_of_the_betas(tmp_path: Path) -> None:
    fields = body_fields("smplx", betas=20)
    found = read_body(write_npz(tmp_path / "a.npz", fields))
    np.testing.assert_array_equal(found.shape, fields["shapedirs"][..., :10].astype(np.float32))


def test_the_environment_names_the_body(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("INTERSYN_BODY", raising=False)
    assert load_body_model().kind == "default"
    assert load_body_model() is load_body_model(gender="female")  # there is but one default body
    monkeypatch.setenv("INTERSYN_BODY", str(tmp_path))
    with pytest.raises(BodyFileError, match="holds no body"):
        load_body_model()
    write_npz(tmp_path / "smpl" / "SMPL_FEMALE.npz", body_fields("smpl", seed=1))
    write_npz(tmp_path / "smpl" / "SMPL_MALE.npz", body_fields("smpl", seed=2))
    female, male = load_body_model(gender="female"), load_body_model(gender="male")
    assert [body.name for body in (female, male)] == ["SMPL female", "SMPL male"]
    assert np.abs(female.arrays.template - male.arrays.template).max() > 1e-3
    assert load_body_model(gender="male") is male
    write_npz(tmp_path / "smpl" / "SMPL_MALE.npz", body_fields("smpl", seed=3))
    assert isinstance(again := load_body_model(gender="male"), BodyModel) and again is not male


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in body_fields().items() if key != name}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (without("posedirs"), "it has no posedirs"),
        (body_fields() | {"kintree_table": np.zeros((2, 16), np.int64)}, r"\(2, 55\) and is \(2, 16\)"),
        (body_fields() | {"weights": np.ones((96, 24))}, "no shares of 1"),
        (body_fields() | {"weights": np.ones((96, 23))}, r"weights that is float64\(96, 23\) where .* \(96, 24\)"),
        (body_fields() | {"shapedirs": np.zeros((96, 3, 9))}, r"shapedirs .*\(96, 3, 10 or more\)"),
        (body_fields() | {"v_template": np.full((96, 3), np.nan)}, "v_template that are not finite"),
        (body_fields() | {"v_template": np.full((96, 3), 1e300)}, "v_template that are not finite"),
        (body_fields() | {"f": np.array([[0, 1, 96]])}, "vertices 0 to 96, and only 96 vertices"),
        (body_fields() | {"v_template": np.array([["a"] * 3] * 96)}, "v_template that is <U1"),
        (body_fields() | {"posedirs": np.array({}, dtype=object)}, "posedirs is no plain array"),
    ],
)
def test_wrong_files_are_named_in_one_sentence(tmp_path: Path, fields: dict, message: str) -> None:
    path = write_npz(tmp_path / "odd.npz", fields)
    with pytest.raises(BodyFileError, match=rf"^odd\.npz [^\n]*{message}[^\n]*\.$"):
        read_body(path)


def test_files_that_are_no_bodies(tmp_path: Path) -> None:
    with pytest.raises(BodyFileError, match=r"absent\.npz cannot be read: No such file"):
        read_body(tmp_path / "absent.npz")
    whole = write_npz(tmp_path / "cut.npz", body_fields()).read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[:-300])
    with pytest.raises(BodyFileError, match=r"cut\.npz"):
        read_body(tmp_path / "cut.npz")
    middle = len(whole) // 2
    (tmp_path / "cut.npz").write_bytes(whole[:middle] + b"garbage" + whole[middle + 7 :])
    with pytest.raises(BodyFileError, match=r"cut\.npz is damaged"):
        read_body(tmp_path / "cut.npz")
    (tmp_path / "notes.pkl").write_text("SMPL is on the other disk")
    with pytest.raises(BodyFileError, match=r"notes\.pkl is no pickle"):
        read_body(tmp_path / "notes.pkl")
    (tmp_path / "notes.pkl").write_bytes(b"Pby reference\n.")
    with pytest.raises(BodyFileError, match=r"^notes\.pkl is no pickle, or a damaged one: [^\n]*[^.]\.$"):
        read_body(tmp_path / "notes.pkl")
    fields = body_fields()
    fields["kintree_table"][0, 4] = 3
    write_npz(tmp_path / "tree.npz", fields)
    with pytest.raises(BodyFileError, match=r"tree\.npz .* hang together otherwise"):
        load_body_model(tmp_path / "tree.npz")


def test_a_pickle_that_asks_for_more_is_refused_by_name(tmp_path: Path) -> None:
    import os

    class Trap:
        def __reduce__(self) -> tuple:
            return os.system, ("true",)

    path = write_pickle(tmp_path / "basicModel.pkl", body_fields() | {"J": Trap()}, python2=False)
    sentence = rf"^basicModel\.pkl asks for {os.name}\.system, which a body file has no need of\.$"
    with pytest.raises(BodyFileError, match=sentence):
        load_body_model(path)
