"""Pose correctives: their fit, their mirror image, and what presses folds flat."""

from dataclasses import replace

import numpy as np
import pytest

from intersyn.body.make.config import CorrectiveConfig, Fold
from intersyn.body.make.correctives import Scissors, pose_correctives, pressed_flat, sample_rotations
from intersyn.body.make.joints import COUNT, JOINT, rest_joints
from intersyn.body.make.posing import blend, bone_transforms, dual_quaternion_blend, pose_features, turns
from intersyn.body.make.symmetry import BaseMesh

JOINTS = rest_joints((0.785, 1.394, -0.020))
KNEE = JOINT["left_knee"]


def knees() -> tuple[BaseMesh, np.ndarray]:
    """Vertices round both knees, pulled half by the thigh and half by the shin."""
    rng = np.random.default_rng(0)
    left = JOINTS[KNEE] + 0.04 * rng.standard_normal((30, 3))
    weights = np.zeros((60, COUNT))
    for rows, side in ((slice(0, 30), "left"), (slice(30, 60), "right")):
        weights[rows, JOINT[f"{side}_hip"]] = weights[rows, JOINT[f"{side}_knee"]] = 0.5
    mirror = np.concatenate((np.arange(30, 60), np.arange(30)))
    return BaseMesh(np.concatenate((left, left * (-1, 1, 1))), np.zeros((0, 3), int), mirror), weights


def test_they_go_most_of_the_way_to_what_is_wanted():
    mesh, weights = knees()
    config = replace(CorrectiveConfig(), mix=1.0, folds=())
    found = pose_correctives(mesh, weights, JOINTS, config)
    for angle in (60.0, 110.0):
        rotations = turns({KNEE: (angle, 0.0, 0.0)})
        transforms = bone_transforms(rotations, JOINTS)
        wanted = dual_quaternion_blend(mesh.vertices, weights, transforms)[:30]
        plain = blend(mesh.vertices, weights, transforms)[0][:30]
        ours = blend(mesh.vertices + found @ pose_features(rotations), weights, transforms)[0][:30]
        assert np.linalg.norm(ours - wanted) < 0.5 * np.linalg.norm(plain - wanted)


def test_the_other_side_is_the_mirror_image():
    mesh, weights = knees()
    found = pose_correctives(mesh, weights, JOINTS, CorrectiveConfig())
    assert np.abs(found).max() > 1e-3
    left = found @ pose_features(turns({KNEE: (70.0, 10.0, -5.0)}))
    right = found @ pose_features(turns({JOINT["right_knee"]: (70.0, -10.0, 5.0)}))
    np.testing.assert_allclose(mesh.mirrored(right), left, atol=1e-9)
    np.testing.assert_allclose(left[30:], 0, atol=1e-12)


def test_turns_are_tried_on_a_grid_within_the_ranges():
    rotations = sample_rotations(((0, 90), (-10, 10), (0, 0)), spacing=45.0)
    assert rotations.shape == (6, 3, 3)  # 0, 45, 90 about x; both ends about y
    np.testing.assert_allclose(rotations[:, 2, 1], np.sin(np.radians((0, 0, 45, 45, 90, 90))) * np.cos(np.radians(10)))


def test_a_joint_without_ranges_is_named():
    mesh, weights = knees()
    ranges = {name: value for name, value in CorrectiveConfig().ranges.items() if name != "neck"}
    with pytest.raises(ValueError, match="neck"):
        pose_correctives(mesh, weights, JOINTS, replace(CorrectiveConfig(), ranges=ranges))


def test_scissors_close_between_the_bones():
    straight, bent = (Scissors.of(JOINTS, KNEE, turns({KNEE: (x, 0.0, 0.0)})[KNEE]) for x in (0.0, 130.0))
    assert straight.closed == 0 and bent.closed == 1
    assert bent.inwards[2] < -0.3  # behind the knee
    assert bent.normal[2] > 0.8  # the calf behind, the thigh before
    assert abs(bent.normal @ bent.inwards) < 1e-6


def test_what_is_beyond_the_middle_is_put_back():
    scissors = Scissors(np.zeros(3), np.array((0.0, 1.0, 0.0)), np.array((0.0, 0.0, -1.0)), closed=1.0)
    fold = Fold("knee", gap=0.001, fade=0.01, importance=0.0, reach=0.2)
    posed = np.array([(0.0, -0.02, -0.05), (0.0, 0.02, -0.05), (0.0, -0.02, 0.05), (0.0, 0.02, -0.05)])
    pressed = pressed_flat(posed, np.array((1.0, 1.0, 1.0, -1.0)), scissors, fold)
    np.testing.assert_allclose(pressed[:, 1], (0.001, 0.02, -0.02, -0.001))
    np.testing.assert_array_equal(pressed[:, ::2], posed[:, ::2])
