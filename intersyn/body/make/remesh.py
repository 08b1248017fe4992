"""Even triangles of wanted sizes on a surface, after Botsch and Kobbelt: split, collapse, flip, relax, project."""

from __future__ import annotations

import numpy as np

from intersyn.body.make.config import MeshConfig
from intersyn.body.make.editable_mesh import BORDER_VALENCE, INNER_VALENCE, EditableMesh
from intersyn.body.make.shape import Figure

TOO_LONG, TOO_SHORT = 4 / 3, 0.8  # times the wanted edge length
QUANTUM = 2.0**-22  # metres: positions are multiples of it, so that processors take the same decisions


def target_lengths(points: np.ndarray, config: MeshConfig) -> np.ndarray:
    """Wanted edge length (N,) in metres at points (N, 3) of the half x >= 0."""
    lengths = np.full(len(points), config.edge)
    for zone in config.zones:
        far = np.maximum(sum(((points[:, k] - zone.centre[k]) / zone.radii[k]) ** 2 for k in range(3)) - 1, 0)
        lengths = np.minimum(lengths, zone.edge + (config.edge - zone.edge) * np.minimum(far / zone.fade, 1))
    return _rounded(lengths)


def remesh(
    vertices: np.ndarray, faces: np.ndarray, figure: Figure, config: MeshConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Mesh the half x >= 0 of a figure anew; its border stays on x = 0.

    vertices (V, 3) near the surface, faces (F, 3). Returns vertices (W, 3) on the surface, faces (G, 3).
    """
    vertices = _rounded(vertices)
    for _ in range(config.rounds):
        mesh = EditableMesh(vertices, faces)
        lengths = target_lengths(vertices, config).tolist()
        _split_long(mesh, lengths)
        _collapse_short(mesh, lengths)
        _even_valences(mesh)
        vertices, faces = mesh.arrays()
        border = border_edges(faces)
        for _ in range(config.relaxations):
            vertices = _relaxed(vertices, faces, border, figure, config)
            vertices = project(vertices, figure, np.unique(border), config.projections)
    return vertices, faces


def _split_long(mesh: EditableMesh, lengths: list[float]) -> None:
    for a, b in sorted(mesh.edges(), key=lambda edge: (-mesh.length(*edge), edge)):
        wanted = (lengths[a] + lengths[b]) / 2
        if mesh.length(a, b) > TOO_LONG * wanted:
            mesh.split(a, b)
            lengths.append(wanted)


def _collapse_short(mesh: EditableMesh, lengths: list[float]) -> None:
    for a, b in sorted(mesh.edges(), key=lambda edge: (mesh.length(*edge), edge)):
        wanted = (lengths[a] + lengths[b]) / 2
        if mesh.exists(a, b) and mesh.length(a, b) < TOO_SHORT * wanted:
            mesh.collapse(a, b, TOO_LONG * wanted)


def _even_valences(mesh: EditableMesh) -> None:
    valence = [len(mesh.neighbours(vertex)) for vertex in range(len(mesh.positions))]
    wanted = [
        BORDER_VALENCE if count and mesh.on_border(vertex) else INNER_VALENCE for vertex, count in enumerate(valence)
    ]
    for _ in range(2):
        for a, b in mesh.edges():
            mesh.flip(a, b, valence, wanted)


def border_edges(faces: np.ndarray) -> np.ndarray:
    """Edges (E, 2) that only one of the faces (F, 3) has."""
    edges, uses = np.unique(
        np.sort(np.concatenate((faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]])), 1), axis=0, return_counts=True
    )
    return edges[uses == 1]


def project(vertices: np.ndarray, figure: Figure, border: np.ndarray, steps: int) -> np.ndarray:
    """Move vertices (V, 3) onto the surface; those of `border` (indices) stay on x = 0."""
    for _ in range(steps):
        slope = figure.gradient(vertices)
        slope[border, 0] = 0
        steep = np.maximum((slope**2).sum(1), 0.05)  # where fillets meet the field is nearly flat
        vertices = vertices - np.clip(figure.distance(vertices) / steep, -0.01, 0.01)[:, None] * slope
        vertices[border, 0] = 0
    return _rounded(vertices)


def _relaxed(
    vertices: np.ndarray, faces: np.ndarray, border: np.ndarray, figure: Figure, config: MeshConfig
) -> np.ndarray:
    """Vertices moved along the surface towards the middle of their triangles, larger ones weighing more."""
    corners = vertices[faces]
    middle = (corners[:, 0] + corners[:, 1] + corners[:, 2]) / 3
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    weight = np.sqrt((normal**2).sum(1)) / target_lengths(middle, config) ** 2
    total, share = np.zeros_like(vertices), np.zeros(len(vertices))
    for corner in faces.T:
        np.add.at(total, corner, middle * weight[:, None])
        np.add.at(share, corner, weight)
    move = total / share[:, None] - vertices
    ends = np.concatenate((border, border[:, ::-1]))
    total = np.zeros_like(vertices)
    np.add.at(total, ends[:, 0], vertices[ends[:, 1]])
    on_border = np.unique(border)
    move[on_border] = total[on_border] / 2 - vertices[on_border]  # a border vertex has two neighbours on it
    slope = figure.gradient(vertices)
    slope /= np.sqrt((slope**2).sum(1))[:, None]
    move -= (move * slope).sum(1)[:, None] * slope
    return vertices + config.relaxation * move


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.round(values / QUANTUM) * QUANTUM
