"""The named points lie on the skin of the default body, on the right joint, and mirror into each other."""

import numpy as np
import pytest
import torch

from intersyn.body.default import default_body
from intersyn.body.points import POINT_NAMES, POINTS, mirrored_point, point_position
from intersyn.skeleton import REST_JOINTS


def rest(name):
    identity = torch.tensor([1.0, 0, 0, 0]).expand(22, 4)
    return point_position(name, REST_JOINTS, identity)


@pytest.mark.parametrize("name", POINT_NAMES)
def test_lies_on_the_skin_with_its_normal_outwards(name):
    body = default_body()
    distance = np.linalg.norm(body.vertices - rest(name).numpy(), axis=1)
    near = distance.argmin()
    assert distance[near] < 0.02
    assert body.normals()[near] @ np.array(POINTS[name].normal) > 0.3


@pytest.mark.parametrize("name", POINT_NAMES)
def test_directions_are_unit_and_across(name):
    normal, fingers = torch.tensor(POINTS[name].normal), torch.tensor(POINTS[name].fingers)
    assert normal.norm() == pytest.approx(1, abs=0.01)
    assert fingers.norm() == pytest.approx(1, abs=0.01)
    assert abs(normal @ fingers) < 0.01


def test_the_other_side_is_the_mirror_image():
    for name in POINT_NAMES:
        there = rest(mirrored_point(name)) * torch.tensor([-1.0, 1.0, 1.0])
        assert torch.allclose(rest(name), there, atol=2e-3)


def test_moves_with_its_joint():
    turned = torch.tensor([1.0, 0, 0, 0]).expand(22, 4).clone()
    turned[:] = torch.tensor([0.7071068, 0, 0.7071068, 0])  # a quarter turn to the left
    joints = torch.zeros(22, 3)
    palm = point_position("left_palm", joints, turned)
    offset = POINTS["left_palm"].offset
    assert torch.allclose(palm, torch.tensor([offset[2], offset[1], -offset[0]]), atol=1e-5)


def test_unknown_name_is_named():
    with pytest.raises(ValueError, match="left_paw"):
        point_position("left_paw", torch.zeros(22, 3), torch.zeros(22, 4))
