"""What the betas do to skin and joints."""

import numpy as np
import pytest

from intersyn.body.make.config import BodyConfig, ShapeConfig
from intersyn.body.make.directions import BETA_NAMES, Skinned, girth, shape_directions, smooth_step, stretch
from intersyn.body.make.joints import COUNT, JOINT, MIRROR, rest_joints

JOINTS = rest_joints(BodyConfig().left_hand)


def on_joints() -> Skinned:
    """One vertex at every joint, owned by it."""
    return Skinned(JOINTS.copy(), np.eye(COUNT), JOINTS)


def test_there_are_ten_and_all_are_mirror_images_of_themselves():
    directions = shape_directions(on_joints(), ShapeConfig())
    assert len(directions) == len(BETA_NAMES) == 10
    for direction in directions:
        np.testing.assert_allclose(direction.joints[list(MIRROR)] * (-1, 1, 1), direction.joints, atol=1e-9)
        np.testing.assert_allclose(direction.vertices[list(MIRROR)] * (-1, 1, 1), direction.vertices, atol=1e-9)
        np.testing.assert_array_equal(direction.joints[0], 0)


def test_height_scales_everything_about_the_pelvis():
    height = shape_directions(on_joints(), ShapeConfig(height=0.1))[BETA_NAMES.index("height")]
    np.testing.assert_allclose(height.joints, 0.1 * (JOINTS - JOINTS[0]))
    np.testing.assert_allclose(height.vertices, height.joints)


def test_stretching_lengthens_bones_and_carries_what_follows():
    longer = stretch(on_joints(), {"knee": 0.1})
    thigh = JOINTS[JOINT["left_knee"]] - JOINTS[JOINT["left_hip"]]
    for name in ("left_knee", "left_ankle", "left_foot"):
        np.testing.assert_allclose(longer.joints[JOINT[name]], 0.1 * thigh)
    np.testing.assert_array_equal(longer.joints[JOINT["left_wrist"]], 0)
    half = Skinned((JOINTS[[JOINT["left_hip"]]] + JOINTS[[JOINT["left_knee"]]]) / 2, np.eye(COUNT)[[1]], JOINTS)
    np.testing.assert_allclose(stretch(half, {"knee": 0.1}).vertices[0], 0.05 * thigh)


def test_girth_moves_away_from_the_bone_only():
    elbow = JOINT["left_elbow"]
    bone = JOINTS[JOINT["left_wrist"]] - JOINTS[elbow]
    across = np.cross(bone, (0, 1, 0)) / np.linalg.norm(bone)
    vertex = JOINTS[elbow] + 0.3 * bone + 0.1 * across
    moved = girth(Skinned(vertex[None], np.eye(COUNT)[[elbow]], JOINTS), {"elbow": 0.2})
    np.testing.assert_allclose(moved.vertices[0], 0.02 * across, atol=1e-12)
    assert (moved.joints == 0).all()


def test_the_belly_is_in_front():
    body = Skinned(np.array([(0.0, 1.06, 0.1), (0.0, 1.06, -0.1)]), np.eye(COUNT)[[JOINT["spine1"]] * 2], JOINTS)
    belly = shape_directions(body, ShapeConfig())[BETA_NAMES.index("belly")]
    assert belly.vertices[0, 2] == pytest.approx(ShapeConfig().belly_depth)
    np.testing.assert_allclose(belly.vertices[1], 0, atol=1e-12)


def test_smooth_steps():
    np.testing.assert_allclose(smooth_step(np.array([-1.0, 0.0, 1.0, 2.0, 3.0]), 0.0, 2.0), [0, 0, 0.5, 1, 1])
