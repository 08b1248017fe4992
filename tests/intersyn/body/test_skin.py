"""Skinning: the template at rest, rigid moves, and limbs that turn about their joints."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from intersyn.body.default import default_body
from intersyn.body.skin import skin
from intersyn.rotations import axis_angle_to_quaternion
from intersyn.skeleton import JOINT, REST_JOINTS


def rest(*batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    return axis_angle_to_quaternion(torch.zeros(*batch, 22, 3)), REST_JOINTS[0].expand(*batch, 3).clone()


def test_rest_pose_gives_the_template_back() -> None:
    body = default_body()
    local, root = rest(2, 3)
    vertices = skin(body, local, root)
    assert vertices.shape == (2, 3, len(body.vertices), 3)
    np.testing.assert_allclose(vertices[1, 2], body.vertices, atol=2e-3)  # the skeleton's joints are rounded to mm


def test_a_turned_pelvis_turns_everything() -> None:
    body = default_body()
    local, root = rest(1)
    still = skin(body, local, root)[0] - REST_JOINTS[0].numpy()
    local[0, 0] = axis_angle_to_quaternion(torch.tensor([0.0, torch.pi / 2, 0.0]))
    turned = skin(body, local, root + torch.tensor([1.0, 0.0, 2.0]))[0] - REST_JOINTS[0].numpy()
    np.testing.assert_allclose(turned, np.stack((still[:, 2] + 1, still[:, 1], -still[:, 0] + 2), -1), atol=1e-5)


def test_a_bent_elbow_turns_the_hand_about_it_and_nothing_else() -> None:
    body = default_body()
    local, root = rest()
    still = skin(body, local, root)
    local[JOINT["left_elbow"]] = axis_angle_to_quaternion(torch.tensor([0.0, 0.0, torch.pi / 2]))
    bent = skin(body, local, root)
    hand = body.weights[:, JOINT["left_wrist"]] > 0.999
    elbow = REST_JOINTS[JOINT["left_elbow"]].numpy()
    before, after = still[hand] - elbow, bent[hand] - elbow
    np.testing.assert_allclose(after, np.stack((-before[:, 1], before[:, 0], before[:, 2]), -1), atol=2e-3)
    far = body.weights[:, [JOINT["left_elbow"], JOINT["left_wrist"]]].sum(1) == 0
    np.testing.assert_allclose(bent[far], still[far], atol=1e-6)


def test_shapes_that_do_not_match_are_named() -> None:
    local, root = rest(4)
    with pytest.raises(ValueError, match=r"\(4, 22, 4\).*\(3, 3\)"):
        skin(default_body(), local, root[:3])
