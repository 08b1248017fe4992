"""Frames of a film: one motion, or variants of one side by side, with captions and the timeline."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from intersyn.render.captions import FOOTER, HEADER, Footer, header
from intersyn.render.colours import BACKDROP
from intersyn.render.renderer import shared_renderer
from intersyn.render.scene import Scene, Shot

if TYPE_CHECKING:
    from intersyn.body.model import BodyModel
    from intersyn.motion import Motion

SIZE = (1280, 720)  # pixels
MOST = 4  # variants in one film
GAP = 4  # pixels between pictures


class Film:
    """Variants (label, motion) of one request, all in one frame, seen by one camera at one time.

    fps: of the film, by default the first motion's; motions are resampled to it. The captions are those of the first
    motion that has a timeline. size: (width, height) in pixels.
    Raises `ValueError` for no variants or more than `MOST`.
    """

    def __init__(
        self,
        variants: Sequence[tuple[str, Motion]],
        body: BodyModel,
        fps: float | None = None,
        size: tuple[int, int] = SIZE,
    ) -> None:
        if not 1 <= len(variants) <= MOST:
            raise ValueError(f"a film shows 1 to {MOST} variants, got {len(variants)}")
        self.size, self.fps = size, variants[0][1].fps if fps is None else fps
        scene = Scene([motion.resample(self.fps) for _, motion in variants], body)
        self.frames = scene.frames
        self._layout = _Layout(size, len(variants))
        self._shot = Shot(scene, self._layout.cell)
        timeline = next((motion.timeline for _, motion in variants if motion.timeline is not None), None)
        self._footer = Footer(size[0], self.frames, self.fps, timeline)
        self._still = Image.new("RGB", size, BACKDROP)  # what is the same in all frames
        for (x, y), (label, _) in zip(self._layout.corners, variants):
            self._still.paste(header(self._layout.cell[0], label), (x, y))

    def pictures(self, frames: Sequence[int]) -> Iterator[np.ndarray]:
        """These frames, each (height, width, 3) uint8. Raises `RenderError`.

        While one is drawn the one before it is put together and handed out.
        """
        renderer = shared_renderer()
        waiting: tuple[int, list[Future[np.ndarray]]] | None = None
        for frame, views in zip(frames, self._shot.views(frames)):
            drawing = [renderer.submit(view) for view in views]
            if waiting is not None:
                yield self._compose(*waiting)
            waiting = frame, drawing
        if waiting is not None:
            yield self._compose(*waiting)

    def _compose(self, frame: int, drawing: list[Future[np.ndarray]]) -> np.ndarray:
        picture = np.array(self._still)
        width, height = self._layout.cell
        for (x, y), drawn in zip(self._layout.corners, drawing):
            picture[y + HEADER : y + HEADER + height, x : x + width] = drawn.result()
        picture[-FOOTER:] = self._footer.draw(frame)
        return picture


class _Layout:
    """Where pictures go: up to three in a row. cell: (width, height) of a picture; corners: of their headers."""

    def __init__(self, size: tuple[int, int], count: int) -> None:
        columns = count if count < 4 else 2
        width = (size[0] - GAP * (columns - 1)) // columns
        height = (size[1] - FOOTER) // math.ceil(count / columns)
        self.cell = width, height - HEADER
        self.corners = [(k % columns * (width + GAP), k // columns * height) for k in range(count)]
