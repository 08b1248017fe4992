import numpy as np
import pytest

from intersyn.body.default import default_body
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
