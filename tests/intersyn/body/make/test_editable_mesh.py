"""Edits keep a surface a surface, and are refused where they would not."""

import numpy as np
import pytest

from intersyn.body.make.editable_mesh import EditableMesh
from intersyn.body.make.measure import surface_facts

TETRAHEDRON = (
    np.array([(0.0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]),
    np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]),
)


def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """A flat square of unit cells, two triangles each."""
    x, y = np.meshgrid(np.arange(size + 1.0), np.arange(size + 1.0), indexing="ij")
    a = (np.arange(size)[:, None] * (size + 1) + np.arange(size)).ravel()
    b, c, d = a + size + 1, a + size + 2, a + 1
    faces = np.concatenate((np.stack((a, b, c), -1), np.stack((a, c, d), -1)))
    return np.stack((x.ravel(), y.ravel(), 0 * x.ravel()), -1), faces


def tube() -> tuple[np.ndarray, np.ndarray]:
    """Closed, three rings of three vertices."""
    angle = np.radians((0, 120, 240))
    ring = np.stack((np.cos(angle), np.sin(angle), 0 * angle), -1)
    faces = [(2, 1, 0), (6, 7, 8)]
    for low in (0, 3):
        for k in range(3):
            a, b = low + k, low + (k + 1) % 3
            faces += [(a, b, b + 3), (a, b + 3, a + 3)]
    return np.concatenate([ring + (0, 0, z) for z in range(3)]), np.array(faces)


def area(mesh: EditableMesh) -> float:
    vertices, faces = mesh.arrays()
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return np.cross(b - a, c - a)[:, 2].sum() / 2


def test_splitting_keeps_the_shape():
    mesh = EditableMesh(*TETRAHEDRON)
    assert len(mesh.edges()) == 6
    middle = mesh.split(1, 2)
    assert mesh.positions[middle] == (0.5, 0.5, 0.0)
    facts = surface_facts(*mesh.arrays())
    assert (facts.vertices, facts.faces, facts.closed, facts.genus) == (5, 6, True, 0)
    assert facts.volume == pytest.approx(1 / 6)
    assert not mesh.exists(1, 2) and mesh.length(1, middle) == pytest.approx(2**0.5 / 2)


def test_collapsing_takes_a_vertex_and_two_faces():
    mesh = EditableMesh(*grid(4))
    assert mesh.collapse(12, 13, longest=3.0)
    vertices, faces = mesh.arrays()
    assert (len(vertices), len(faces)) == (24, 30)
    assert mesh.positions[12] == (2.0, 2.5, 0.0)
    assert area(mesh) == pytest.approx(16)


def test_collapsing_towards_a_border_stays_on_it():
    mesh = EditableMesh(*grid(4))
    assert mesh.on_border(2) and not mesh.on_border(7)
    assert mesh.collapse(7, 2, longest=3.0)
    assert mesh.positions[2] == (0.0, 2.0, 0.0)
    assert area(mesh) == pytest.approx(16)


def test_edits_that_would_spoil_the_surface_are_refused():
    waist = EditableMesh(*tube())
    assert surface_facts(*waist.arrays()).closed
    assert not waist.collapse(3, 4, longest=9.0)  # it would pinch
    mesh = EditableMesh(*grid(4))
    assert not mesh.collapse(12, 13, longest=1.0)  # edges would get too long
    strip = EditableMesh(*grid(1))
    assert not strip.collapse(0, 3, longest=9.0)  # from border to border through the inside
    assert len(waist.arrays()[0]) == 9 and len(mesh.arrays()[1]) == 32


def test_flipping_evens_out_neighbours():
    mesh = EditableMesh(*grid(2))
    valence = [len(mesh.neighbours(k)) for k in range(9)]
    wanted = [valence[k] + {0: -1, 4: -1, 1: 1, 3: 1}.get(k, 0) for k in range(9)]
    assert mesh.flip(0, 4, valence, wanted)
    assert mesh.exists(1, 3) and not mesh.exists(0, 4) and valence == wanted
    assert not mesh.flip(1, 3, valence, wanted)
    assert area(mesh) == pytest.approx(4)
