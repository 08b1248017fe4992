"""The first mesh: on the surface, open only on the mirror plane, refused where it would be no surface."""

import numpy as np
import pytest

from intersyn.body.make.measure import surface_facts
from intersyn.body.make.primitives import Ellipsoid
from intersyn.body.make.remesh import border_edges
from intersyn.body.make.surface_nets import half_surface
from intersyn.body.make.symmetry import mirror_and_weld

BALL = Ellipsoid((0.0, 0.5, 0.1), (0.1, 0.1, 0.1))
BOX = ((0.0, 0.38, -0.03), (0.13, 0.63, 0.22))


def test_half_a_ball():
    vertices, faces = half_surface(BALL.distance, *BOX, cell=0.01)
    assert np.abs(BALL.distance(vertices)).max() < 0.002
    border = np.unique(border_edges(faces))
    assert (vertices[border, 0] == 0).all() and (np.delete(vertices[:, 0], border) > 0).all()
    whole = mirror_and_weld(vertices, faces)
    facts = surface_facts(whole.vertices, whole.faces)
    assert facts.closed and facts.pieces == 1 and facts.genus == 0
    assert facts.volume == pytest.approx(4 / 3 * np.pi * 0.1**3, rel=0.03)  # positive: the faces turn outwards


def checkers(points: np.ndarray) -> np.ndarray:
    """A ball of cubes that touch only along their edges."""
    cubes = np.sin(points / 0.02 * np.pi).prod(1) * 0.01
    return np.maximum(BALL.distance(points), cubes)


def test_what_is_no_surface_is_refused():
    with pytest.raises(ValueError, match=r"cells of 10\.0 mm is no closed surface"):
        half_surface(checkers, *BOX, cell=0.01)
    with pytest.raises(ValueError, match="leaves the box"):
        half_surface(BALL.distance, BOX[0], (0.13, 0.5, 0.22), cell=0.01)
