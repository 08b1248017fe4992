"""Skin weights: who owns what, shares that sum to one and mirror, borders as wide as told."""

from dataclasses import replace

import numpy as np
import pytest

from intersyn.body.make.config import Region, WeightConfig
from intersyn.body.make.joints import JOINT, MIRROR, rest_joints
from intersyn.body.make.measure import volume
from intersyn.body.make.symmetry import BaseMesh, mirror_and_weld
from intersyn.body.make.weights import blur_widths, laplacian, regions, skin_weights

JOINTS = rest_joints((0.785, 1.394, -0.020))
CONFIG = WeightConfig()


def tube(radius: float = 0.05, rings: int = 60) -> BaseMesh:
    """Along x from -0.6 to 0.6 at the height of the arms, closed by its ends' middles."""
    x = np.linspace(0, 0.6, rings)
    angle = np.linspace(0, 2 * np.pi, 17)[:-1]
    ring = np.stack((0 * angle, radius * np.cos(angle), radius * np.sin(angle)), -1) + (0, 1.4, 0)
    vertices = np.concatenate([ring + (along, 0, 0) for along in x] + [np.array([(0.6, 1.4, 0.0)])])
    faces = []
    for k in range(rings - 1):
        for j in range(16):
            a, b = 16 * k + j, 16 * k + (j + 1) % 16
            faces += [(a, b, b + 16), (a, b + 16, a + 16)]
    last = 16 * (rings - 1)
    faces += [(last + j, last + (j + 1) % 16, len(vertices) - 1) for j in range(16)]
    return mirror_and_weld(vertices, np.array(faces))


def test_places_belong_to_the_joints_one_expects():
    places = {
        "pelvis": (0.0, 0.95, 0.08), "spine2": (0.05, 1.23, 0.08), "head": (0.02, 1.65, 0.08),
        "left_shoulder": (0.3, 1.4, 0.02), "right_elbow": (-0.6, 1.4, 0.0), "left_wrist": (0.73, 1.4, 0.0),
        "left_hand": (0.84, 1.39, 0.0), "left_knee": (0.1, 0.3, -0.05), "right_foot": (-0.1, 0.02, 0.15),
    }  # fmt: skip
    owners = regions(np.array(list(places.values())), CONFIG)
    assert [list(JOINT)[k] for k in owners.argmax(1)] == list(places)
    assert (owners.max(1) == 1).all() and (owners.sum(1) == 1).all()


def test_the_midline_is_shared():
    between = regions(np.array([(0.0, 0.8, 0.0)]), CONFIG)[0]
    assert between[JOINT["left_hip"]] == between[JOINT["right_hip"]] == 0.5


def test_shares_sum_to_one_are_few_and_mirror():
    mesh = tube()
    weights = skin_weights(mesh, JOINTS, CONFIG)
    np.testing.assert_allclose(weights.sum(1), 1)
    assert weights.min() >= 0 and (weights > 0).sum(1).max() <= CONFIG.influences
    np.testing.assert_allclose(weights[mesh.mirror][:, MIRROR], weights, atol=1e-12)


def test_a_wider_border_is_blurred_more():
    mesh = tube()
    elbow = JOINT["left_elbow"]
    two = (Region("shoulder", ()), Region("elbow", ((1, 0, 0, 0.45),)))
    shares = []
    for width in (0.02, 0.06):
        config = replace(CONFIG, regions=two, widths=CONFIG.widths | {"elbow": width}, tight=())
        weights = skin_weights(mesh, JOINTS, config)
        assert weights[np.isclose(mesh.vertices[:, 0], 0.6), elbow].min() > 0.95
        shares.append(weights[(mesh.vertices[:, 0] > 0.38) & (mesh.vertices[:, 0] < 0.44), elbow].mean())
    assert 0 < shares[0] < shares[1] < 0.5


def test_tight_places_are_blurred_less_on_both_sides():
    armpit = np.array([(0.165, 1.325, -0.018), (-0.165, 1.325, -0.018)])
    loose = blur_widths(armpit, JOINTS, replace(CONFIG, tight=()))
    np.testing.assert_allclose(blur_widths(armpit, JOINTS, CONFIG), loose * (1 - CONFIG.tight[0].amount))


def test_a_joint_without_a_width_is_named():
    widths = {name: width for name, width in CONFIG.widths.items() if name != "knee"}
    with pytest.raises(ValueError, match="left_knee, right_knee"):
        blur_widths(np.zeros((1, 3)), JOINTS, replace(CONFIG, widths=widths))


def test_cotangents_and_areas_are_those_of_geometry():
    mesh = tube()
    start, end, cotangent, area = laplacian(mesh.vertices, mesh.faces)
    assert volume(mesh.vertices, mesh.faces) > 0
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    assert area.sum() == pytest.approx(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)
    energy = (cotangent * (mesh.vertices[start, 0] - mesh.vertices[end, 0]) ** 2).sum()
    normal = np.cross(b - a, c - a)
    slope = 1 - (normal[:, 0] / np.linalg.norm(normal, axis=1)) ** 2  # squared gradient of x along each face
    exact = (slope * np.linalg.norm(normal, axis=1)).sum() / 2
    assert energy == pytest.approx(exact, rel=2e-3)
