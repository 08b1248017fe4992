"""Remeshing: on the surface, edges as long as wanted, border on the mirror plane, the same every time."""

from dataclasses import replace

import numpy as np
import pytest

from intersyn.body.make.config import MeshConfig, Zone
from intersyn.body.make.measure import surface_facts
from intersyn.body.make.primitives import Ellipsoid
from intersyn.body.make.remesh import border_edges, project, remesh, target_lengths
from intersyn.body.make.shape import Figure
from intersyn.body.make.surface_nets import half_surface
from intersyn.body.make.symmetry import mirror_and_weld

FIGURE = Figure(Ellipsoid((0.0, 0.0, 0.0), (0.1, 0.12, 0.1)))
CONFIG = replace(MeshConfig(), edge=0.02, zones=(Zone((0.0, 0.12, 0.0), (0.04, 0.04, 0.04), 0.012),), rounds=4)


def start() -> tuple[np.ndarray, np.ndarray]:
    return half_surface(FIGURE.distance, (0.0, -0.14, -0.12), (0.13, 0.14, 0.12), 0.012)


def test_wanted_lengths_are_those_of_zones_and_grow_outside():
    lengths = target_lengths(np.array([(0.0, 0.12, 0.0), (0.0, 0.075, 0.0), (0.0, 0.0, 0.0)]), CONFIG)
    assert lengths[0] == pytest.approx(0.012, abs=1e-6)
    assert lengths[0] < lengths[1] < lengths[2]
    assert lengths[2] == pytest.approx(0.02, abs=1e-6)


def test_edges_get_the_wanted_lengths_on_the_surface():
    vertices, faces = remesh(*start(), FIGURE, CONFIG)
    assert np.abs(FIGURE.distance(vertices)).max() < 1e-6
    border = np.unique(border_edges(faces))
    assert (vertices[border, 0] == 0).all() and (np.delete(vertices[:, 0], border) > 0).all()
    edges = np.unique(np.sort(np.concatenate((faces[:, :2], faces[:, 1:], faces[:, ::2])), 1), axis=0)
    ends = vertices[edges]
    ratio = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) / target_lengths(ends.mean(1), CONFIG)
    assert np.median(ratio) == pytest.approx(1, abs=0.1)
    assert ratio.min() > 0.55 and ratio.max() < 1.6
    whole = mirror_and_weld(vertices, faces)
    facts = surface_facts(whole.vertices, whole.faces)
    assert facts.closed and facts.genus == 0 and facts.pieces == 1


def test_the_same_input_gives_the_same_mesh():
    first, second = (remesh(*start(), FIGURE, replace(CONFIG, rounds=2)) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_projecting_keeps_the_border_on_the_plane():
    off = np.array([(0.0, 0.13, 0.01), (0.05, 0.1, 0.05)])
    on = project(off, FIGURE, np.array([0]), steps=4)
    assert np.abs(FIGURE.distance(on)).max() < 1e-6
    assert on[0, 0] == 0
