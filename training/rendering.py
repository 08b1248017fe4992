"""Pictures of the default body without a graphics card: skinning, light, shadow and a floor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.sparse import csr_matrix
from torch import Tensor

from intersyn.body.default import default_body
from intersyn.render.camera import Camera
from intersyn.render.colours import BACKDROP, person_colour
from intersyn.rotations import quaternion_to_matrix
from intersyn.skeleton import NUM_JOINTS, REST_JOINTS, global_rotations, joints_from_global
from training.rasteriser import rasterise

THING = (104, 176, 104)
FLOOR, LINE, SHADOW = (243, 243, 239), (205, 207, 204), (120, 126, 138)
GRID = 0.5  # metres between the lines on the floor
LIGHT = (-0.45, 0.78, 0.44)  # towards the light, as the camera sees it: from its left, above, behind it
AMBIENT, SKY, DIRECT = 0.46, 0.12, 0.52
RIM = 0.04  # metres of depth between neighbouring pixels that count as an outline
OUTLINE = 0.62
CELL = 0.025  # metres of floor per cell of the shadow map
CONTACT_HEIGHT = 0.12  # metres below which a body darkens the floor under it


def skin(rotations: Tensor, root: Tensor, every: int = 1) -> Tensor:
    """Vertices (..., V, 3) of the default body, metres in the world, by linear blend skinning.

    rotations: local quaternions (..., 22, 4); root: pelvis positions (..., 3) in metres; every: leave out all but each
    `every`-th vertex, where an outline is enough.
    """
    if root.shape != (*rotations.shape[:-2], 3):
        raise ValueError(f"root must be {(*rotations.shape[:-2], 3)} to match rotations, got {tuple(root.shape)}")
    world = global_rotations(rotations)
    turn = quaternion_to_matrix(world)
    shift = joints_from_global(world, root) - (turn @ REST_JOINTS.to(turn)[:, :, None]).squeeze(-1)
    bones = torch.cat((turn, shift[..., None]), dim=-1)  # (..., 22, 3, 4)
    return _rest_basis()[::every].to(bones) @ bones.transpose(-2, -1).flatten(-3, -2)


@cache
def _rest_basis() -> Tensor:
    """(V, 22 * 4) each vertex at rest, homogeneous, times its weight for each joint: posing is one product."""
    body = default_body()
    rest = np.concatenate((body.vertices, np.ones((len(body.vertices), 1), np.float32)), axis=1)
    return torch.from_numpy(body.weights[:, :, None] * rest[:, None]).reshape(len(rest), NUM_JOINTS * 4)


@cache
def _corner_sums() -> csr_matrix:
    """(V, F) adds up over the faces round each vertex."""
    body = default_body()
    faces = np.repeat(np.arange(len(body.faces)), 3)
    ones = np.ones(faces.size, np.float32)
    return csr_matrix((ones, (body.faces.ravel(), faces)), shape=(len(body.vertices), len(body.faces)))


@dataclass(frozen=True)
class Ball:
    """A thing: centre (3,) and radius, metres."""

    centre: np.ndarray
    radius: float


@cache
def _sphere(rings: int = 12, sectors: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Unit sphere: vertices (N, 3), faces (F, 3) counter-clockwise from outside."""
    tilt, turn = np.meshgrid(np.linspace(0, np.pi, rings + 1), np.linspace(0, 2 * np.pi, sectors + 1), indexing="ij")
    points = np.stack((np.sin(tilt) * np.sin(turn), np.cos(tilt), np.sin(tilt) * np.cos(turn)), -1)
    a = (np.arange(rings)[:, None] * (sectors + 1) + np.arange(sectors)).ravel()
    b = a + sectors + 1
    faces = np.concatenate((np.stack((a, b, b + 1), -1), np.stack((a, b + 1, a + 1), -1)))
    return points.reshape(-1, 3).astype(np.float32), faces


class Stage:
    """The empty floor as one camera sees it, computed once; `draw` puts people and things on it."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self._fine = camera.scaled(2)  # four samples a pixel
        width, height = self._fine.size
        x, y = np.meshgrid(np.arange(width) + 0.5 - width / 2, height / 2 - np.arange(height) - 0.5)
        rays = np.stack((x, y, np.full_like(x, self._fine.focal)), -1).reshape(-1, 3) @ camera.axes
        self._on_floor = np.flatnonzero(rays[:, 1] < -0.02 * self._fine.focal)
        rays = rays[self._on_floor]
        reach = -camera.eye[1] / rays[:, 1]
        floor = camera.eye + rays * reach[:, None]
        self._floor = floor[:, ::2].T.astype(np.float32)  # (2, N) x and z of each pixel's floor
        pixel = reach * np.linalg.norm(rays, axis=1) / self._fine.focal  # metres of floor per pixel, across the view
        backdrop = np.tile(np.array(BACKDROP, np.float32), (width * height, 1))
        lines = np.zeros(len(pixel), np.float32)
        for along in self._floor:
            off = np.abs(along / GRID - np.round(along / GRID)) * GRID
            lines = np.maximum(lines, np.clip((0.006 + pixel - off) / pixel, 0, 1) * np.minimum(1, 0.03 / pixel))
        colour = np.array(FLOOR) + lines[:, None] * (np.array(LINE) - np.array(FLOOR))
        haze = np.clip(reach * self._fine.focal / (-camera.eye @ camera.axes[2] + 6.0) - 0.9, 0, 1)[:, None]
        backdrop[self._on_floor] = colour + haze * (np.array(BACKDROP) - colour)
        self._backdrop = backdrop
        self._light = (np.array(LIGHT) / np.linalg.norm(LIGHT) * (1, 1, -1)) @ _upright(camera.axes)

    def draw(self, people: np.ndarray, balls: tuple[Ball, ...] = ()) -> np.ndarray:
        """People's vertices (P, V, 3) in metres, as `skin` gives them, to a picture (height, width, 3) uint8."""
        vertices, colours, faces = self._meshes(np.asarray(people, np.float32), balls)
        at, face, weights, near = rasterise(*self._fine.project(vertices), faces, self._fine.size)
        picture = self._backdrop.copy()
        self._cast_shadow(picture, vertices)
        corners = faces[face]
        picture[at] = sum(colours[corners[:, k]] * weights[:, k, None] for k in range(3))
        width, height = self._fine.size
        far = np.full(width * height, 1e3, np.float32)
        far[at] = 1 / near
        picture *= _outlines(far.reshape(height, width)).reshape(-1, 1)
        rows = picture.reshape(height // 2, 2, width, 3)
        rows = (rows[:, 0] + rows[:, 1]).reshape(height // 2, width // 2, 2, 3)
        return ((rows[:, :, 0] + rows[:, :, 1]) * 0.25 + 0.5).clip(0, 255).astype(np.uint8)

    def _meshes(self, people: np.ndarray, balls: tuple[Ball, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Vertices (N, 3), their lit colours (N, 3) and faces (F, 3) of everything."""
        body = default_body()
        if people.ndim != 3 or people.shape[1:] != body.vertices.shape:
            raise ValueError(f"people must be (P, {len(body.vertices)}, 3), got {people.shape}")
        vertices, colours, faces, count = [], [], [], 0
        for person, skinned in enumerate(people):
            corners = skinned[body.faces]
            normals = _corner_sums() @ np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            colours.append(self._lit(normals, person_colour(person)))
            vertices.append(skinned)
            faces.append(body.faces + count)
            count += len(skinned)
        unit, sphere_faces = _sphere()
        for ball in balls:
            vertices.append(ball.centre + ball.radius * unit)
            colours.append(self._lit(unit, THING))
            faces.append(sphere_faces + count)
            count += len(unit)
        return np.concatenate(vertices), np.concatenate(colours), np.concatenate(faces)

    def _lit(self, normals: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
        normals = normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
        direct = np.maximum(normals @ self._light, 0)
        return ((AMBIENT + SKY * normals[:, 1] + DIRECT * direct)[:, None] * np.array(colour)).astype(np.float32)

    def _cast_shadow(self, picture: np.ndarray, vertices: np.ndarray) -> None:
        """Darken the floor where the bodies stand in the light, and more just under what is near the floor.

        The skin's vertices lie closer together than the blur is wide, so counting them on a map is enough.
        """
        height = np.maximum(vertices[:, 1:2], 0)
        cast = vertices[:, ::2] - height * self._light[::2] / self._light[1]
        low = np.minimum(cast.min(0), vertices[:, ::2].min(0)) - 0.3
        cells = np.ceil((np.maximum(cast.max(0), vertices[:, ::2].max(0)) + 0.3 - low) / CELL).astype(int) + 1
        dark = np.zeros(cells, np.float32)
        for points, weight, blur in (
            (cast, np.full(len(cast), 0.7), 1.6),
            (vertices[:, ::2], np.clip(1 - height[:, 0] / CONTACT_HEIGHT, 0, 1), 1.2),
        ):
            rows = np.ravel_multi_index(tuple(((points - low) / CELL).astype(int).T), cells)
            density = np.bincount(rows, weight, minlength=cells.prod()).reshape(cells)
            dark = 1 - (1 - dark) * np.exp(-gaussian_filter(density, blur))
        x, z = ((along - edge) * np.float32(1 / CELL) for along, edge in zip(self._floor, low))
        inside = np.flatnonzero((x > 0) & (x < cells[0] - 1) & (z > 0) & (z < cells[1] - 1))
        amount = map_coordinates(dark, (x[inside], z[inside]), order=1, prefilter=False)[:, None] * np.float32(0.62)
        rows = self._on_floor[inside]
        picture[rows] += amount * (np.array(SHADOW, np.float32) - picture[rows])


def _upright(axes: np.ndarray) -> np.ndarray:
    """The camera's axes turned level, so that the light's height does not depend on where one looks from."""
    forward = axes[2] * (1, 0, 1)
    return np.stack((axes[0], (0, 1, 0), forward / np.linalg.norm(forward)))


def _outlines(depth: np.ndarray) -> np.ndarray:
    """(height, width) factors: darker where a neighbouring pixel lies much nearer or farther."""
    factor = np.ones_like(depth)
    for axis in (0, 1):
        step = np.diff(depth, axis=axis)
        nearer = [slice(None)] * 2
        for sign, sides in ((1, slice(None, -1)), (-1, slice(1, None))):
            nearer[axis] = sides
            view = factor[tuple(nearer)]
            view[sign * step > RIM] = OUTLINE
    return factor
