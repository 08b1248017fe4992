"""Figures of a body: is its skin closed and free of crossings, and what is left of a joint when it bends?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from intersyn.body.make.build import MadeBody
from intersyn.body.make.joints import JOINT, descendants
from intersyn.body.make.posing import turns
from intersyn.body.surface import Surface

# How joints of the left side bend: degrees about x, y and z per degree of bending.
BENDS = {
    "left_elbow": (0.0, -1.0, 0.0),
    "left_knee": (1.0, 0.0, 0.0),
    "left_hip": (-1.0, 0.0, 0.0),
    "left_shoulder": (0.0, -1.0, 0.0),  # the arm forwards
}
REACH = {"left_elbow": 0.12, "left_knee": 0.13, "left_hip": 0.20, "left_shoulder": 0.16}  # metres: what is the joint
DEEPEST = 0.10  # metres


@dataclass(frozen=True)
class SurfaceFacts:
    """closed: every edge has two faces that run along it in opposite directions. volume: cubic metres."""

    vertices: int
    faces: int
    closed: bool
    pieces: int
    genus: int
    volume: float


def surface_facts(vertices: np.ndarray, faces: np.ndarray) -> SurfaceFacts:
    """Of vertices (V, 3) and faces (F, 3)."""
    ways = np.concatenate((faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]))
    there, back = (np.unique(way, axis=0) for way in (ways, ways[:, ::-1]))
    closed = len(there) == len(ways) and np.array_equal(there, back)
    graph = coo_array((np.ones(len(ways)), ways.T), shape=(len(vertices), len(vertices)))
    pieces = connected_components(graph, directed=False)[0]
    euler = len(vertices) - len(np.unique(np.sort(ways, 1), axis=0)) + len(faces)
    return SurfaceFacts(len(vertices), len(faces), closed, pieces, pieces - euler // 2, volume(vertices, faces))


def mirror_error(body: MadeBody) -> float:
    """Metres by which a vertex is off the mirror image of its partner, at most."""
    return float(np.abs(body.v_template[body.mirror] * (-1.0, 1.0, 1.0) - body.v_template).max())


def volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    """Cubic metres inside a closed mesh; where it overlaps itself that counts twice."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def bend(joint: str, degrees: float) -> np.ndarray:
    """Local rotations (24, 3, 3) with one joint of `BENDS` bent. Raises `ValueError` for another."""
    if joint not in BENDS:
        raise ValueError(f"bending is defined for {', '.join(BENDS)}, not for {joint!r}")
    x, y, z = BENDS[joint]
    return turns({JOINT[joint]: (x * degrees, y * degrees, z * degrees)})


def volume_kept(body: MadeBody, joint: str, degrees: float, correctives: bool = True) -> float:
    """The volume round a bent joint over that at rest; 1 is all of it.

    Measured on the skin within `REACH` of the joint at rest, closed across by fans from the middle of its borders.
    """
    near = np.linalg.norm(body.v_template - body.J[JOINT[joint]], axis=1) < REACH[joint]
    patch = body.f[near[body.f].all(1)]
    posed = body.posed(bend(joint, degrees), correctives=correctives)
    return _capped_volume(posed, patch) / _capped_volume(body.v_template, patch)


def fold_depth(body: MadeBody, joint: str, degrees: float, correctives: bool = True) -> tuple[float, int]:
    """How deep the skin beyond a bent joint lies in the rest of the body, metres, and how many vertices of it do.

    The rest is what moves with the joint by less than half, closed by a fan across the joint.
    """
    vertices = body.posed(bend(joint, degrees), correctives=correctives)
    moving = body.weights[:, descendants(JOINT[joint])].sum(1)
    near = np.linalg.norm(vertices - body.J[JOINT[joint]], axis=1) < DEEPEST + 0.15
    beyond = vertices[(moving > 0.5) & near]
    rest = body.f[(moving[body.f] < 0.5).all(1)]
    inside = beyond[winding_number(beyond, np.concatenate((vertices[rest], _fans(vertices, rest)))) > 0.5]
    if not len(inside):
        return 0.0, 0
    distance, _ = Surface(vertices, rest, inside, DEEPEST).distance(inside, DEEPEST)
    return float(np.abs(distance).max()), len(inside)


def winding_number(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """How often closed skins wind round points (N, 3): 0 outside, 1 inside; triangles (F, 3 corners, 3)."""
    found = []
    for point in points:
        a, b, c = (triangles - point).swapaxes(0, 1)
        length_a, length_b, length_c = (np.sqrt((corner * corner).sum(1)) for corner in (a, b, c))
        over = (a * np.cross(b, c)).sum(1)
        under = length_a * length_b * length_c + (a * b).sum(1) * length_c
        under = under + (b * c).sum(1) * length_a + (c * a).sum(1) * length_b
        found.append(np.arctan2(over, under).sum() / (2 * np.pi))
    return np.array(found)


def _capped_volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    """Of a piece of skin, faces (F, 3), with a fan across each of its borders."""
    a, b, c = _fans(vertices, faces).swapaxes(0, 1)
    return volume(vertices, faces) + float((a * np.cross(b, c)).sum() / 6)


def _fans(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Triangles (N, 3 corners, 3) from the middle of every border of a piece of skin that close it."""
    ways = np.concatenate((faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]))
    known = set(map(tuple, ways.tolist()))
    border = np.array([(b, a) for a, b in ways.tolist() if (b, a) not in known])
    graph = coo_array((np.ones(len(border)), border.T), shape=(len(vertices), len(vertices)))
    loop = connected_components(graph, directed=False)[1][border[:, 0]]
    fans = []
    for name in np.unique(loop):
        a, b = vertices[border[loop == name].T]
        fans.append(np.stack((np.broadcast_to(a.mean(0), a.shape), a, b), axis=1))
    return np.concatenate(fans)


def crossings(vertices: np.ndarray, faces: np.ndarray) -> int:
    """How many times an edge pierces a triangle with which it shares no corner; 0 where the skin is clear of itself.

    vertices (V, 3), faces (F, 3).
    """
    edges = np.unique(np.sort(np.concatenate((faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]])), 1), axis=0)
    middle = vertices[edges].mean(1)
    centre = vertices[faces].mean(1)
    reach = np.linalg.norm(vertices[faces] - centre[:, None], axis=2).max() + np.linalg.norm(
        vertices[edges[:, 0]] - middle, axis=1
    )
    near = cKDTree(centre).query_ball_point(middle, reach)
    edge = np.repeat(np.arange(len(edges)), [len(found) for found in near])
    face = np.concatenate([np.asarray(found, int) for found in near])
    touching = (edges[edge][:, :, None] == faces[face][:, None, :]).any((1, 2))
    edge, face = edge[~touching], face[~touching]
    return int(_pierces(*vertices[edges[edge]].swapaxes(0, 1), *vertices[faces[face]].swapaxes(0, 1)).sum())


def _pierces(p: np.ndarray, q: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Whether segments p q (N, 3) go through triangles a b c."""

    def side(u: np.ndarray, v: np.ndarray, w: np.ndarray, x: np.ndarray) -> np.ndarray:
        return ((u - x) * np.cross(v - x, w - x)).sum(1)

    apart = side(a, b, c, p) * side(a, b, c, q) < 0
    turns_ = np.stack((side(p, a, b, q), side(p, b, c, q), side(p, c, a, q)))
    return apart & ((turns_ > 0).all(0) | (turns_ < 0).all(0))
