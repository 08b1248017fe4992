"""Two skins against each other: cubes by hand, bodies far apart, touching and one within the other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from intersyn.body.default import default_body
from intersyn.body.mesh_contact import mesh_contact, own_arm_depth
from intersyn.body.skin import skin
from intersyn.rotations import axis_angle_to_quaternion
from intersyn.skeleton import JOINT, JOINT_NAMES, REST_JOINTS
from tests.intersyn.body.test_surface import CUBE


def face_to_face(apart: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Two bodies in T-pose who face each other, pelvises so far apart: (T, V, 3) each."""
    axis_angle = torch.zeros(len(apart), 22, 3)
    root = REST_JOINTS[0].repeat(len(apart), 1)
    first = skin(default_body(), axis_angle_to_quaternion(axis_angle), root)
    axis_angle[:, JOINT["pelvis"], 1] = torch.pi
    root = root + torch.tensor([(0.0, 0.0, z) for z in apart])
    return first, skin(default_body(), axis_angle_to_quaternion(axis_angle), root)


def test_cubes_by_hand() -> None:
    corners, faces = CUBE
    frames = np.stack([corners] * 3) * 0.1
    moved = frames * 0.5 + np.array([(0.025, 0.025, 0.09), (0.025, 0.025, 0.13), (0.025, 0.025, 0.5)])[:, None]
    contact = mesh_contact(frames, faces, moved, faces)
    np.testing.assert_allclose(contact.depth_mm, (10, 0, 0), atol=1e-3)
    np.testing.assert_allclose(contact.gap_mm, (0, 30, np.inf), atol=1e-3)
    assert contact.deep_vertices.tolist() == [4, 0, 0]
    assert contact.nearest[2].tolist() == [-1, -1]
    assert set(faces[contact.nearest[1, 0]]) <= {1, 3, 5, 7}  # the side towards +z of the large cube
    assert set(faces[contact.nearest[1, 1]]) & {0, 2, 4, 6}


def test_bodies_that_come_nearer() -> None:
    body = default_body()
    first, second = face_to_face((2.0, 0.45, 0.35, 0.25))
    contact = mesh_contact(first, body.faces, second, body.faces)
    assert contact.depth_mm[:2].tolist() == [0, 0] and (contact.deep_vertices[:2] == 0).all()
    assert (np.diff(contact.depth_mm[1:]) > 0).all()
    assert (np.diff(contact.deep_vertices[2:]) > 0).all()
    other_way = mesh_contact(second, body.faces, first, body.faces)
    np.testing.assert_allclose(contact.depth_mm, other_way.depth_mm)
    for triangle in contact.nearest[1]:  # toes stand out the farthest
        assert JOINT_NAMES[body.weights[body.faces[triangle, 0]].argmax()] in ("left_foot", "right_foot")


def test_an_arm_in_ones_own_body() -> None:
    body = default_body()
    axis_angle = torch.zeros(3, 22, 3)
    axis_angle[1:, JOINT["left_shoulder"], 2] = -1.25  # down beside the thigh
    axis_angle[2, JOINT["left_elbow"], 2] = -0.6  # the hand in the hip
    depth = own_arm_depth(body, skin(body, axis_angle_to_quaternion(axis_angle), REST_JOINTS[0].repeat(3, 1)))
    assert depth[0] == depth[1] == 0
    assert 30 < depth[2] < 80
    with pytest.raises(ValueError, match=r"\(2, 8, 3\)"):
        own_arm_depth(body, np.stack([CUBE[0]] * 2))


def test_frames_that_do_not_match_are_named() -> None:
    corners, faces = CUBE
    with pytest.raises(ValueError, match=r"\(2, 8, 3\) and \(1, 8, 3\)"):
        mesh_contact(np.stack([corners] * 2), faces, corners[None], faces)
