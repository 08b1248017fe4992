"""Signed distance: a cube by hand, bodies in poses by all their triangles and by exact winding numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from intersyn.body.default import default_body
from intersyn.body.skin import skin
from intersyn.body.surface import Surface
from intersyn.rotations import axis_angle_to_quaternion
from intersyn.skeleton import JOINT, REST_JOINTS
from tests.winding import winding_number

CORNERS = np.array([(x, y, z) for x in (0.0, 1) for y in (0.0, 1) for z in (0.0, 1)])
SIDES = np.array([(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)])
CUBE = CORNERS, np.concatenate((SIDES[:, [0, 1, 2]], SIDES[:, [0, 2, 3]]))


def posed(**turns: tuple[float, float, float]) -> np.ndarray:
    axis_angle = torch.zeros(22, 3)
    for joint, turn in turns.items():
        axis_angle[JOINT[joint]] = torch.tensor(turn)
    return skin(default_body(), axis_angle_to_quaternion(axis_angle), REST_JOINTS[0])


def test_cube_by_hand() -> None:
    points = np.array([(0.5, 0.5, 0.9), (0.5, 0.5, 1.2), (1.3, 1.4, 0.5), (2.0, 2.0, 2.0), (0.5, 0.5, 9.0)])
    distance, triangle = Surface(*CUBE).distance(points, 3.0)
    np.testing.assert_allclose(distance, (-0.1, 0.2, 0.5, 3**0.5, np.inf), atol=1e-6)
    assert triangle[4] == -1
    assert set(CUBE[1][triangle[0]]) <= {1, 3, 5, 7}


@pytest.mark.parametrize(
    "turns",
    [
        {"left_shoulder": (0.0, 0.0, -0.9), "right_shoulder": (0.0, 0.0, 0.9), "spine1": (0.5, 0.0, 0.0)},
        {"left_shoulder": (0.0, -1.2, 0.0), "left_elbow": (0.0, -1.5, 0.0), "head": (0.4, 0.3, 0.0)},
        {"left_hip": (-1.3, 0.0, 0.0), "left_knee": (1.4, 0.0, 0.0), "right_wrist": (0.0, 0.0, 1.0)},
    ],
)
def test_bodies_by_exact_winding_numbers(turns: dict) -> None:
    vertices, faces = posed(**turns), default_body().faces
    generator = np.random.default_rng(0)
    points = vertices[generator.integers(0, len(vertices), 150)] + generator.normal(0, 0.02, (150, 3))
    distance, _ = Surface(vertices, faces).distance(points, 0.2)
    winding = winding_number(points, vertices, faces)
    np.testing.assert_allclose(winding, np.round(winding), atol=1e-3)
    assert 30 < (winding > 0.5).sum() < 120
    # a fold of the skin enters the body: there the nearest sheet decides, and may take inside for outside
    wrong = (winding > 0.5) != (distance < 0)
    assert wrong.mean() <= 0.02
    assert (winding[wrong] > 0.5).all()


def test_nearest_triangle_is_the_nearest_of_all() -> None:
    vertices, faces = posed(left_elbow=(0.0, -2.0, 0.0)), default_body().faces
    generator = np.random.default_rng(1)
    points = vertices[generator.integers(0, len(vertices), 100)] + generator.normal(0, 0.03, (100, 3))
    distance, triangle = Surface(vertices, faces).distance(points, 0.2)
    u = generator.dirichlet((1.0, 1.0, 1.0), 20)  # points all over every triangle
    spread = np.einsum("kc,fcd->fkd", u, vertices[faces]).reshape(-1, 3)
    for point, found in zip(points, np.abs(distance)):
        assert found <= np.linalg.norm(spread - point, axis=1).min() + 1e-6
    own = vertices[faces[triangle]]
    assert (np.linalg.norm(own.mean(1) - points, axis=1) < np.abs(distance) + 0.02).all()


def test_closest_points_lie_on_their_triangles_at_the_distance_found() -> None:
    generator = np.random.default_rng(2)
    vertices, faces = posed(), default_body().faces
    points = vertices[generator.integers(0, len(vertices), 100)] + generator.normal(0, 0.02, (100, 3))
    surface = Surface(vertices, faces, points, 0.2)
    distance, triangle = surface.distance(points, 0.2)
    closest = surface.closest(points, triangle)
    np.testing.assert_allclose(np.linalg.norm(closest - points, axis=1), np.abs(distance), atol=1e-9)
    a, b, c = (vertices[faces[triangle, k]].astype(np.float64) for k in range(3))
    for k in range(len(points)):
        shares = np.linalg.lstsq(np.stack((a[k], b[k], c[k]), 1), closest[k], rcond=None)[0]
        assert shares.min() > -1e-5 and shares.sum() == pytest.approx(1, abs=1e-4)
