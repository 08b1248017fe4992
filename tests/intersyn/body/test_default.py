import numpy as np
import pytest

from intersyn.body.default import BodyFileError, default_body, load_body
from intersyn.skeleton import PARENTS, REST_FLOOR, REST_JOINTS


def test_default_body_stands_on_the_common_skeleton():
    body = default_body()
    np.testing.assert_allclose(body.joints, REST_JOINTS.numpy(), atol=2e-3)
    assert tuple(body.parents) == PARENTS
    assert body.vertices[:, 1].min() == pytest.approx(REST_FLOOR, abs=1e-4)


def test_default_body_is_closed_and_its_weights_are_shares():
    body = default_body()
    np.testing.assert_allclose(body.weights.sum(1), 1.0, atol=1e-5)
    edges = np.sort(np.concatenate([body.faces[:, [0, 1]], body.faces[:, [1, 2]], body.faces[:, [2, 0]]]), axis=1)
    _, uses = np.unique(edges, axis=0, return_counts=True)
    assert (uses == 2).all()


def test_normals_point_outwards():
    body = default_body()
    corners = body.vertices[body.faces]
    volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert volume > 0.03  # cubic metres: positive only if the faces turn outwards
    top = body.vertices[:, 1].argmax()
    assert body.normals()[top, 1] > 0.9


def test_body_files_that_are_none(tmp_path):
    with pytest.raises(BodyFileError, match="absent.npz is not a body"):
        load_body(tmp_path / "absent.npz")
    np.savez(tmp_path / "poses.npz", poses=np.zeros(3))
    with pytest.raises(BodyFileError, match="poses.npz is not a body"):
        load_body(tmp_path / "poses.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "poses.npz").read_bytes()[:-30])
    with pytest.raises(BodyFileError, match="cut.npz is not a body"):
        load_body(tmp_path / "cut.npz")
    pickled = np.array([{"v_template": 1}], dtype=object)
    np.savez(tmp_path / "pickled.npz", v_template=pickled)
    with pytest.raises(BodyFileError, match="pickled.npz is not a body"):
        load_body(tmp_path / "pickled.npz")
    fields = {"f": np.zeros((1, 3)), "weights": np.zeros((4, 23)), "J_regressor": np.zeros((24, 4))}
    np.savez(tmp_path / "odd.npz", v_template=np.zeros((4, 3)), kintree_table=np.zeros((2, 24)), **fields)
    with pytest.raises(BodyFileError, match=r"weights must be \(4, 24\), got \(4, 23\)"):
        load_body(tmp_path / "odd.npz")
