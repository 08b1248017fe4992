"""Posing agrees with smplx, and dual quaternions with rigid motion."""

from collections import defaultdict

import numpy as np
import pytest
import smplx
import torch
from scipy.spatial.transform import Rotation

from intersyn.body.make.build import ASSET, MadeBody
from intersyn.body.make.joints import COUNT, JOINT
from intersyn.body.make.posing import blend, bone_transforms, dual_quaternion_blend, pose_features, turns


def test_posing_is_that_of_smplx():
    body = MadeBody.load(ASSET)
    struct = smplx.utils.Struct(**body.arrays())
    model = smplx.SMPL(model_path="", data_struct=struct, vertex_ids=defaultdict(int))
    rng = np.random.default_rng(0)
    angles, betas = 0.4 * rng.standard_normal((COUNT, 3)), rng.standard_normal(10)
    pose = torch.tensor(angles, dtype=torch.float32).reshape(1, -1)
    shape = torch.tensor(betas, dtype=torch.float32)[None]
    theirs = model(betas=shape, global_orient=pose[:, :3], body_pose=pose[:, 3:]).vertices[0].detach().numpy()
    ours = body.posed(Rotation.from_rotvec(angles).as_matrix(), betas)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_rest_moves_nothing():
    body = MadeBody.load(ASSET)
    np.testing.assert_allclose(body.posed(turns({})), body.v_template, atol=1e-9)
    assert (pose_features(turns({})) == 0).all()


def test_both_blends_are_rigid_where_one_joint_pulls():
    rng = np.random.default_rng(0)
    joints, rotations = rng.standard_normal((COUNT, 3)), Rotation.random(COUNT, rng=0).as_matrix()
    transforms = bone_transforms(rotations, joints)
    vertices, weights = rng.standard_normal((COUNT, 3)), np.eye(COUNT)
    exact = (transforms[:, :, :3] @ vertices[:, :, None])[:, :, 0] + transforms[:, :, 3]
    np.testing.assert_allclose(blend(vertices, weights, transforms)[0], exact, atol=1e-12)
    np.testing.assert_allclose(dual_quaternion_blend(vertices, weights, transforms), exact, atol=1e-9)


def test_dual_quaternions_keep_the_distance_from_the_axis():
    joints = np.zeros((COUNT, 3))
    transforms = bone_transforms(turns({JOINT["left_elbow"]: (120.0, 0.0, 0.0)}), joints)
    weights = np.zeros((1, COUNT))
    weights[0, [JOINT["left_shoulder"], JOINT["left_elbow"]]] = 0.5
    vertex = np.array([(0.1, 0.05, 0.0)])
    linear, dual = blend(vertex, weights, transforms)[0][0], dual_quaternion_blend(vertex, weights, transforms)[0]
    assert np.hypot(*linear[1:]) == pytest.approx(0.025)  # linear blending halves it
    np.testing.assert_allclose(dual, (0.1, 0.05 * np.cos(np.pi / 3), 0.05 * np.sin(np.pi / 3)), atol=1e-12)
