"""Figures of solids that are known, and what is promised of the default body."""

import numpy as np
import pytest

from intersyn.body.make.build import ASSET, MadeBody
from intersyn.body.make.measure import (
    bend,
    crossings,
    fold_depth,
    mirror_error,
    surface_facts,
    volume_kept,
    winding_number,
)
from intersyn.skeleton import REST_FLOOR, REST_JOINTS

CUBE = np.array([(x, y, z) for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)])
SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
CUBE_FACES = np.array([corners for a, b, c, d in SIDES for corners in ((a, b, c), (a, c, d))])


def torus() -> tuple[np.ndarray, np.ndarray]:
    around = np.linspace(0, 2 * np.pi, 13)[:-1]
    u, v = (angle.ravel() for angle in np.meshgrid(around, around, indexing="ij"))
    vertices = np.stack(((2 + np.cos(v)) * np.cos(u), (2 + np.cos(v)) * np.sin(u), np.sin(v)), -1)
    i, j = np.divmod(np.arange(144), 12)
    a, b, c, d = i * 12 + j, (i + 1) % 12 * 12 + j, (i + 1) % 12 * 12 + (j + 1) % 12, i * 12 + (j + 1) % 12
    return vertices, np.concatenate((np.stack((a, b, c), -1), np.stack((a, c, d), -1)))


def two_cubes(shift: float) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate((CUBE, CUBE + (shift, 0.3, 0.3))), np.concatenate((CUBE_FACES, CUBE_FACES + 8))


@pytest.fixture(scope="module")
def body() -> MadeBody:
    return MadeBody.load(ASSET)


def test_facts_of_known_solids():
    cube = surface_facts(CUBE, CUBE_FACES)
    assert (cube.closed, cube.pieces, cube.genus) == (True, 1, 0)
    assert cube.volume == pytest.approx(1)
    assert surface_facts(*torus()).genus == 1
    assert surface_facts(*two_cubes(2.0)).pieces == 2
    assert not surface_facts(CUBE, CUBE_FACES[1:]).closed
    assert not surface_facts(CUBE, np.concatenate((CUBE_FACES[1:], CUBE_FACES[:1, ::-1]))).closed  # one faces inwards


def test_crossings_are_seen():
    assert crossings(*two_cubes(2.0)) == 0
    assert crossings(*two_cubes(0.9)) > 0
    assert crossings(*torus()) == 0


def test_winding_numbers():
    points = np.array([(0.5, 0.5, 0.5), (0.95, 0.5, 0.5), (2.5, 0.5, 0.5)])
    vertices, faces = two_cubes(0.9)
    np.testing.assert_allclose(winding_number(points, vertices[faces]), (1, 2, 0), atol=1e-9)


def test_the_default_body_is_one_closed_mirror_image_of_the_promised_size(body):
    facts = surface_facts(body.v_template, body.f)
    assert facts.closed and facts.pieces == 1 and facts.genus == 0
    assert 5000 <= facts.vertices <= 8000
    assert mirror_error(body) == 0
    assert ASSET.stat().st_size < 2_000_000
    assert 1.6 < np.ptp(body.v_template[:, 1]) < 1.8


def test_its_joints_and_its_floor_are_the_common_ones(body):
    joints = (body.J_regressor @ body.v_template)[:22]
    np.testing.assert_allclose(joints, REST_JOINTS.numpy(), atol=1e-6)
    np.testing.assert_allclose(body.J[:22], REST_JOINTS.numpy(), atol=1e-6)
    assert body.v_template[:, 1].min() == pytest.approx(REST_FLOOR, abs=5e-5)


@pytest.mark.parametrize("joint", ["left_elbow", "left_knee", "left_hip", "left_shoulder"])
def test_joints_keep_their_volume_at_a_right_angle(body, joint):
    assert volume_kept(body, joint, 0.0) == pytest.approx(1)
    assert 0.95 < volume_kept(body, joint, 90.0) < 1.02
    assert volume_kept(body, joint, 90.0, correctives=False) < volume_kept(body, joint, 90.0)


def test_a_deep_crouch_presses_thigh_and_calf_flat(body):
    assert fold_depth(body, "left_knee", 30.0) == (0.0, 0)
    assert fold_depth(body, "left_knee", 120.0)[0] < 0.005
    assert fold_depth(body, "left_knee", 140.0)[0] < 0.02
    assert fold_depth(body, "left_knee", 120.0, correctives=False)[0] > 0.015


def test_other_joints_do_not_bend():
    with pytest.raises(ValueError, match="not for 'neck'"):
        bend("neck", 20.0)
