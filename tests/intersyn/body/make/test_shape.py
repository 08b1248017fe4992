"""Solids are put together in order, and the figure is its own mirror image."""

import numpy as np

from intersyn.body.make.figure import FIGURE
from intersyn.body.make.primitives import Ellipsoid, HalfSpace
from intersyn.body.make.shape import Figure, Group, Piece

BALL = Ellipsoid((0.0, 0.0, 0.0), (0.1, 0.1, 0.1))


def test_pieces_add_and_carve():
    below = HalfSpace((0.0, 1.0, 0.0), 0.0)
    some = np.random.default_rng(0).uniform(-0.15, 0.15, (500, 3))
    bowl = Group((Piece(BALL), Piece(below, 1e-9, carve=True))).distance(some)
    np.testing.assert_allclose(bowl, np.maximum(BALL.distance(some), -some[:, 1]), atol=1e-9)
    both = Group((Piece(BALL), Piece(below, 1e-9))).distance(some)
    np.testing.assert_allclose(both, np.minimum(BALL.distance(some), some[:, 1]), atol=1e-9)


def test_a_figure_is_described_by_its_half():
    eared = Figure(Group((Piece(BALL), Piece(Ellipsoid((0.1, 0.0, 0.0), (0.03, 0.03, 0.03)), 0.01))))
    assert eared.distance(np.array([(-0.12, 0.0, 0.0)]))[0] < 0
    np.testing.assert_allclose(eared.gradient(np.array([(-0.13, 0.0, 0.0)])), [(-1.0, 0.0, 0.0)], atol=1e-4)


def test_the_default_figure_is_where_its_joints_are():
    inside = [(0.0, 0.965, 0.0), (0.097, 0.48, 0.004), (-0.45, 1.4, -0.026), (0.0, 1.62, 0.0)]
    outside = [(0.0, 0.6, 0.0), (0.0, 1.8, 0.0), (0.3, 1.2, 0.0), (0.1, -0.02, 0.0)]
    assert (FIGURE.distance(np.array(inside)) < -0.02).all()
    assert (FIGURE.distance(np.array(outside)) > 0.01).all()
