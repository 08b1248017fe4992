"""The model behind the page: loaded once, asked for one motion at a time, stoppable between denoising steps."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.form import Request

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from intersyn.motion import Motion

CHECKPOINT_VARIABLE = "INTERSYN_CHECKPOINT"


class GenerationError(RuntimeError):
    """Why there is no motion; the message is one sentence for the person at the page."""


class Stopped(Exception):
    """The visitor asked to stop."""


@dataclass(frozen=True)
class Progress:
    """Steps done of all; `steps` 0 while the model is still being loaded."""

    done: int
    steps: int


class Generator:
    """Runs requests in a thread of their own and reports while they run."""

    def __init__(self, source: str | None = None) -> None:
        """`source`: a checkpoint folder or Hub name; None takes the environment's, else the bundled one."""
        self.source = source or os.environ.get(CHECKPOINT_VARIABLE) or None
        self._pipeline: Any = None
        self._lock = threading.Lock()

    @property
    def is_loaded(self) -> bool:
        return self._pipeline is not None

    def run(self, request: Request, stop: threading.Event) -> Iterator[Progress | Motion]:
        """Progress, then the Motion. Raises `GenerationError`, or `Stopped` once `stop` was set."""
        news: queue.Queue[Progress | Motion | BaseException] = queue.Queue()
        worker = threading.Thread(target=self._work, args=(request, stop, news), name="generation", daemon=True)
        if not self.is_loaded:
            yield Progress(0, 0)
        worker.start()
        try:
            while True:
                item = news.get()
                if isinstance(item, BaseException):
                    raise item
                yield item
                if not isinstance(item, Progress):
                    return
        finally:
            stop.set()  # whoever listened is gone: the worker need not finish

    def _work(self, request: Request, stop: threading.Event, news: queue.Queue) -> None:
        try:
            motion = self._generate(request, stop, news)
            news.put(Stopped() if motion is None else motion)
        except Exception as error:  # a thread's traceback would reach nobody
            news.put(as_generation_error(error))

    def _generate(self, request: Request, stop: threading.Event, news: queue.Queue) -> Motion | None:
        """The motion, or None where `stop` was set in time."""
        pipeline = self.load()
        from intersyn.pipeline import Cancelled

        def callback(done: int, steps: int) -> bool:
            news.put(Progress(done, steps))
            return not stop.is_set()

        if not callback(0, request.steps):
            return None
        try:
            return pipeline(
                request.timeline,
                seed=request.seed,
                variant=request.variant,
                steps=request.steps,
                guidance_scale=request.guidance,
                clean_up=request.clean_up,
                callback=callback,
            )
        except Cancelled:
            return None

    def warm_up(self) -> None:
        """Load in the background, so that the first visitor waits less; what fails is reported when it is needed."""

        def load() -> None:
            with contextlib.suppress(Exception):
                self.load()

        threading.Thread(target=load, name="warm-up", daemon=True).start()

    def load(self) -> Any:
        """The pipeline, loaded on the first call."""
        with self._lock:
            if self._pipeline is None:
                from intersyn.checkpoint import BUNDLED, CONFIG
                from intersyn.pipeline import InterSynPipeline

                if self.source is None and not (BUNDLED / CONFIG).is_file():
                    raise GenerationError(
                        "No checkpoint is bundled with this copy, so nothing can be generated: set the environment "
                        f"variable {CHECKPOINT_VARIABLE} to a checkpoint’s folder or Hub name and start again."
                    )
                self._pipeline = InterSynPipeline.from_pretrained(self.source)
            return self._pipeline


def as_generation_error(error: Exception) -> GenerationError:
    """One sentence for any failure; those nobody foresaw are also printed with their traceback."""
    from intersyn.checkpoint import CheckpointError

    if isinstance(error, GenerationError):
        return error
    if isinstance(error, (CheckpointError, ValueError)):
        wrapped = GenerationError(str(error))
    else:
        import traceback

        traceback.print_exception(error)
        wrapped = GenerationError(f"The model failed unexpectedly ({type(error).__name__}); your texts are kept.")
    wrapped.__cause__ = error
    return wrapped
