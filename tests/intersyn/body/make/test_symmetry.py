"""A half and its mirror image share the border and nothing else."""

import numpy as np
import pytest

from intersyn.body.make.measure import surface_facts
from intersyn.body.make.symmetry import mirror_and_weld


def half_pyramid() -> tuple[np.ndarray, np.ndarray]:
    vertices = np.array([(0.0, 0, -1), (0, 0, 1), (0, 1, 0), (1.0, 0, 0)])
    return vertices, np.array([(3, 0, 2), (1, 3, 2), (0, 3, 1)])


def test_welded_halves_are_a_closed_mirror_image():
    mesh = mirror_and_weld(*half_pyramid())
    assert len(mesh.vertices) == 5
    facts = surface_facts(mesh.vertices, mesh.faces)
    assert facts.closed and facts.genus == 0
    assert facts.volume == pytest.approx(2 / 3)
    np.testing.assert_array_equal(mesh.mirrored(mesh.vertices), mesh.vertices)
    np.testing.assert_array_equal(mesh.mirror[mesh.mirror], np.arange(5))


def test_a_half_that_reaches_over_is_refused():
    vertices, faces = half_pyramid()
    with pytest.raises(ValueError, match=r"x < 0, got -1\.0000"):
        mirror_and_weld(vertices * (-1, 1, 1), faces)
