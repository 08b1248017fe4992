"""The one renderer of the process: a queue, and behind it the process that draws."""

from __future__ import annotations

import atexit
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import Timer
from typing import TYPE_CHECKING

import numpy as np

from intersyn.body.browser import unpack_arrays
from intersyn.render.gl import PATIENCE, RenderError, python_with, require_gl

if TYPE_CHECKING:
    from intersyn.render.gpu import View


class Renderer:
    """Draws views one after another, whichever threads ask for them.

    One per process (`shared_renderer`) is enough: several would only share the same processor.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="intersyn-render")
        self._worker: subprocess.Popen[bytes] | None = None

    def submit(self, view: View) -> Future[np.ndarray]:
        """The picture (height, width, 3) uint8 to come; its `result()` raises `RenderError` where drawing failed.

        Raises `RenderError` at once where there is no OpenGL.
        """
        backend = require_gl()
        return self._thread.submit(self._draw, view, backend)

    def draw(self, view: View) -> np.ndarray:
        """The picture (height, width, 3) uint8. Raises `RenderError`."""
        return self.submit(view).result()

    def close(self) -> None:
        """End the process that draws; the next picture starts a new one."""
        self._thread.submit(self._end).result()

    def _draw(self, view: View, backend: str) -> np.ndarray:
        from intersyn.render.worker import pack_view, receive, send

        message = pack_view(view)
        if self._worker is None:
            command, environment = python_with(backend, "from intersyn.render.worker import main; main()")
            self._worker = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        watch = Timer(PATIENCE, self._worker.kill)
        watch.start()
        try:
            send(self._worker.stdin, message)
            answer = receive(self._worker.stdout)
        except OSError:
            answer = None
        finally:
            watch.cancel()
        if answer is None:
            raise RenderError(f"OpenGL stopped while drawing the picture (code {self._end()}): try again.")
        arrays, facts = unpack_arrays(answer)
        if "error" in facts:
            self._end()
            raise RenderError(f"OpenGL could not draw the picture ({facts['error']}): try again.")
        return arrays["picture"]

    def _end(self) -> int | None:
        """Its exit code."""
        worker, self._worker = self._worker, None
        if worker is None:
            return None
        try:
            worker.communicate(timeout=PATIENCE)  # it ends with its input
        except (OSError, subprocess.TimeoutExpired):
            worker.kill()
        return worker.wait()


@cache
def shared_renderer() -> Renderer:
    """The renderer of this process; drawing starts with the first picture and ends with Python."""
    renderer = Renderer()
    atexit.register(renderer._end)  # its thread has ended by then
    return renderer
