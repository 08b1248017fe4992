"""Solids are where they say, and their distances are distances near the surface."""

import numpy as np
import pytest

from intersyn.body.make.primitives import Ellipsoid, HalfSpace, Loft, RoundCone, Section, smooth_minimum

TUBE = Loft(
    1,
    (Section(0.0, 0, 0, 0.1, 0.1, 0.05, 0.05, 2.0), Section(0.5, 0, 0, 0.1, 0.1, 0.05, 0.05, 2.0)),
    caps=(0.05, 0.02),
)
SOLIDS = [
    Ellipsoid((0.1, 0.2, 0.0), (0.1, 0.15, 0.2)),
    Ellipsoid((0.0, 0.0, 0.0), (0.1, 0.2, 0.05), tilt=30.0),
    RoundCone((0.0, 0.0, 0.0), (0.2, 0.1, 0.0), 0.1, 0.05),
    TUBE,
    HalfSpace((0.0, 1.0, 0.0), 0.1),
]


def points(count: int = 4000) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.7, (count, 3))


def test_blending_rounds_only_where_the_two_are_close():
    a, b = np.array([0.0, 0.0, 0.5]), np.array([0.0, 0.2, 0.1])
    blended = smooth_minimum(a, b, 0.12)
    np.testing.assert_allclose(blended, [-0.02, 0.0, 0.1])  # a sixth of the width where both are equal
    np.testing.assert_array_equal(blended, smooth_minimum(b, a, 0.12))


@pytest.mark.parametrize("solid", SOLIDS)
def test_a_step_down_the_distance_arrives_on_the_surface(solid):
    near = points(60_000)
    near = near[np.abs(solid.distance(near)) < 0.01]
    assert len(near) > 20
    step = 1e-5 * np.eye(3)
    slope = np.stack([solid.distance(near + s) - solid.distance(near - s) for s in step], -1) / 2e-5
    landed = near - solid.distance(near)[:, None] * slope / (slope**2).sum(1, keepdims=True)
    assert np.quantile(np.abs(solid.distance(landed)), 0.99) < 1e-3
    assert np.median(np.abs(np.linalg.norm(slope, axis=1) - 1)) < 0.15  # metres mean metres


def test_a_round_cone_is_the_hull_of_its_balls():
    start, end = np.zeros(3), np.array((0.2, 0.1, 0.0))
    share = np.linspace(0, 1, 2001)[:, None]
    centres, radii = start + share * (end - start), (0.1 - 0.05 * share)[:, 0]
    some = points(300)
    brute = (np.linalg.norm(some[:, None] - centres, axis=2) - radii).min(1)
    np.testing.assert_allclose(SOLIDS[2].distance(some), brute, atol=1e-4)


def test_a_loft_goes_through_its_sections_and_ends_at_its_caps():
    on_it = np.array([(0.1, 0.2, 0.0), (-0.1, 0.3, 0.0), (0.0, 0.2, 0.05), (0.0, -0.05, 0.0), (0.0, 0.52, 0.0)])
    np.testing.assert_allclose(TUBE.distance(on_it), 0, atol=1e-9)
    assert TUBE.distance(np.array([(0.0, 0.2, 0.0)]))[0] < 0


def test_an_ellipsoid_tilts_from_y_towards_z():
    top = 0.2 * np.array([(0.0, np.cos(np.radians(30)), np.sin(np.radians(30)))])
    assert abs(SOLIDS[1].distance(top)[0]) < 1e-9
