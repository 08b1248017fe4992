"""A picture of a made body: from all sides, its head, what each beta does, and how its joints bend."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from intersyn.body.make.build import MadeBody
from intersyn.body.make.directions import BETA_NAMES
from intersyn.body.make.joints import JOINT, descendants
from intersyn.body.make.measure import bend
from intersyn.body.make.posing import turns
from intersyn.files import atomic_write
from intersyn.render.camera import Camera
from training.rasteriser import rasterise

WIDTH, GAP, HEADING = 1600, 2, 18  # pixels
PAPER, INK = "#ffffff", "#33363a"
BACKDROP, SKIN = (240, 242, 243), (176, 192, 214)
# Light as the camera sees it: right, up, towards the camera; then how strong it is.
LIGHTS = (((-0.5, 0.65, 0.6), 0.68), ((0.8, 0.1, 0.5), 0.20))
AMBIENT = 0.34
BETA = 2.5
DEGREES = (0.0, 45.0, 90.0, 130.0)
COLOURS = 96  # of the palette that keeps the file small
# Where a bent joint is looked at from: azimuth and elevation in degrees, and how far around it, metres.
BEND_VIEWS = {
    "left_elbow": (15.0, 55.0, 0.24),
    "left_knee": (105.0, 5.0, 0.26),
    "left_hip": (60.0, 8.0, 0.36),
    "left_shoulder": (25.0, 30.0, 0.30),
}


def draw(vertices: np.ndarray, faces: np.ndarray, camera: Camera) -> np.ndarray:
    """A mesh, vertices (V, 3) metres and faces (F, 3), as a picture (height, width, 3) uint8."""
    fine = camera.scaled(2)  # four samples a pixel
    at, face, share, _ = rasterise(*fine.project(vertices), faces, fine.size)
    corners = vertices[faces]
    normals = np.zeros_like(vertices)
    np.add.at(normals, faces, np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, None])
    normal = (normals[faces[face]] * share[:, :, None]).sum(1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    lit = np.full(len(at), AMBIENT)
    for direction, strength in LIGHTS:
        towards = np.array(direction) / np.linalg.norm(direction) * (1, 1, -1) @ camera.axes
        lit += strength * ((1 + normal @ towards) / 2) ** 2  # soft: no hard edge where the light ends
    width, height = fine.size
    picture = np.tile(np.array(BACKDROP, float), (width * height, 1))
    picture[at] = np.minimum(lit[:, None] * SKIN, 255)
    return picture.reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3)).astype(np.uint8)


def write_sheet(body: MadeBody, path: str | Path) -> None:
    """Write the PNG."""
    rows = [
        (_around(body), 300),
        (_shapes(body, -BETA), 270),
        (_shapes(body, BETA), 270),
        (_bends(body, ("left_elbow", "left_knee")), 200),
        (_bends(body, ("left_hip", "left_shoulder")), 200),
    ]
    sheet = Image.new("RGB", (WIDTH, sum(height + HEADING + GAP for _, height in rows)), PAPER)
    pen, font, top = ImageDraw.Draw(sheet), ImageFont.load_default(13), 0
    for cells, height in rows:
        width = WIDTH // len(cells)
        for k, cell in enumerate(cells):
            camera = Camera.framing(cell.frame, cell.azimuth, (width - GAP, height), elevation=cell.elevation)
            pen.text((k * width + 3, top + 1), cell.label, fill=INK, font=font)
            sheet.paste(Image.fromarray(draw(cell.vertices, cell.faces, camera)), (k * width, top + HEADING))
        top += height + HEADING + GAP
    with atomic_write(path) as file:
        sheet.quantize(COLOURS, dither=Image.Dither.NONE).save(file, format="PNG", optimize=True)


@dataclass(frozen=True)
class Cell:
    """One picture of the sheet: vertices (V, 3), faces (F, 3), the points (N, 3) to frame, and from where, degrees."""

    label: str
    vertices: np.ndarray
    faces: np.ndarray
    frame: np.ndarray
    azimuth: float
    elevation: float


def _around(body: MadeBody) -> list[Cell]:
    rest = body.v_template
    head = rest[(rest[:, 1] > body.J[JOINT["neck"], 1]) & (np.abs(rest[:, 0]) < 0.1)]
    whole = [Cell(name, rest, body.f, rest, angle, 4.0) for name, angle in (("front", 0), ("side", 90), ("back", 180))]
    return whole + [Cell(name, rest, body.f, head, angle, 3.0) for name, angle in (("head", 0), ("", 40), ("", 90))]


def _shapes(body: MadeBody, beta: float) -> list[Cell]:
    lowered = turns({JOINT["left_shoulder"]: (0.0, 0.0, -62.0), JOINT["right_shoulder"]: (0.0, 0.0, 62.0)})
    frame = body.posed(lowered, BETA * np.eye(10)[0])  # one scale for all: the tallest's
    return [
        Cell(f"{name} {beta:+}", body.posed(lowered, beta * unit), body.f, frame, 30.0, 4.0)
        for name, unit in zip(BETA_NAMES, np.eye(10))
    ]


def _bends(body: MadeBody, joints: tuple[str, ...]) -> list[Cell]:
    other_leg = body.weights[:, descendants(JOINT["right_hip"])].sum(1) > 0.5
    alone = body.f[~other_leg[body.f].any(1)]  # the other leg would stand behind the knee
    cells = []
    for joint in joints:
        azimuth, elevation, reach = BEND_VIEWS[joint]
        frame = body.J[JOINT[joint]] + reach * np.concatenate((np.eye(3), -np.eye(3)))
        for degrees in DEGREES:
            label = f"{joint.removeprefix('left_')} {degrees:.0f}"
            faces = alone if joint == "left_knee" else body.f
            cells.append(Cell(label, body.posed(bend(joint, degrees)), faces, frame, azimuth, elevation))
    return cells
