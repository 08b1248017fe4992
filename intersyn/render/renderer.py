"""The one renderer of the process: a thread that owns the OpenGL context, and a queue before it."""

from __future__ import annotations

import atexit
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from intersyn.render.gl import RenderError, require_gl

if TYPE_CHECKING:
    from intersyn.render.gpu import Gpu, View


class Renderer:
    """Draws views one after another, whichever threads ask for them.

    There should be one per process (`shared_renderer`): a second context in another thread would take the first one's
    display away when it closes.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="intersyn-render")
        self._gpu: Gpu | None = None

    def submit(self, view: View) -> Future[np.ndarray]:
        """The picture (height, width, 3) uint8 to come; its `result()` raises `RenderError` where drawing failed.

        Raises `RenderError` at once where there is no OpenGL.
        """
        require_gl()
        return self._thread.submit(self._draw, view)

    def draw(self, view: View) -> np.ndarray:
        """The picture (height, width, 3) uint8. Raises `RenderError`."""
        return self.submit(view).result()

    def close(self) -> None:
        """Free the context; the next picture makes a new one."""
        self._thread.submit(self._close).result()

    def _draw(self, view: View) -> np.ndarray:
        from intersyn.render.gpu import Gpu

        try:
            if self._gpu is None:
                self._gpu = Gpu()
            return self._gpu.draw(view)
        except Exception as error:  # PyOpenGL raises its own kinds; none may reach the page as it is
            self._close()
            words = " ".join(str(error).split())[:160] or type(error).__name__
            raise RenderError(f"OpenGL could not draw the picture ({words}): try again.") from error

    def _close(self) -> None:
        gpu, self._gpu = self._gpu, None
        if gpu is not None:
            try:
                gpu.close()
            except Exception:  # a context that is already gone cannot be freed, and nobody needs it
                return


@cache
def shared_renderer() -> Renderer:
    """The process's renderer; its context is made with the first picture and freed when Python ends."""
    renderer = Renderer()
    atexit.register(renderer._thread.shutdown)
    return renderer
