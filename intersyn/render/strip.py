"""Moments of motions in rows: what happens, seen at one glance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from intersyn.render.captions import caption_font, fitted
from intersyn.render.colours import BACKDROP, INK, QUIET
from intersyn.render.renderer import shared_renderer
from intersyn.render.scene import Scene, Shot

if TYPE_CHECKING:
    from intersyn.body.model import BodyModel
    from intersyn.motion import Motion

CELL = (300, 330)  # pixels of one moment
HEADING, GAP = 34, 4  # pixels


def draw_strip(
    variants: Sequence[tuple[str, Motion]],
    body: BodyModel,
    moments: int,
    cell: tuple[int, int] = CELL,
    azimuth: float | None = None,
    clock: bool = True,
) -> Image.Image:
    """A row of `moments` evenly spaced frames per variant (label, motion) under the label.

    All rows are seen by one camera. clock: whether each moment has its second written on it. Raises `RenderError`, and
    `ValueError` for less than two moments.
    """
    if moments < 2:
        raise ValueError(f"a strip shows 2 moments or more, got {moments}")
    scene = Scene([motion.resample(variants[0][1].fps) for _, motion in variants], body, azimuth)
    shot, renderer = Shot(scene, cell), shared_renderer()
    frames = [round(k * (scene.frames - 1) / (moments - 1)) for k in range(moments)]
    width, row = cell[0], HEADING + cell[1] + GAP
    sheet = Image.new("RGB", (moments * (width + GAP) - GAP, len(variants) * row - GAP), BACKDROP)
    pen = ImageDraw.Draw(sheet)
    for k, (label, _) in enumerate(variants):
        text = fitted(label, caption_font(18), sheet.width - 24)
        pen.text((12, k * row + HEADING / 2), text, fill=INK, font=caption_font(18), anchor="lm")
    for column, (frame, views) in enumerate(zip(frames, shot.views(frames))):
        for k, view in enumerate(views):
            place = column * (width + GAP), k * row + HEADING
            sheet.paste(Image.fromarray(np.ascontiguousarray(renderer.draw(view))), place)
            seconds = f"{frame / scene.fps:.1f} s" if clock else ""
            pen.text((place[0] + 10, place[1] + 6), seconds, fill=QUIET, font=caption_font(14))
    return sheet
