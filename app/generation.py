"""The model behind the page: one request at a time, stoppable between denoising steps."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import gpu
from app.gpu import CHECKPOINT_VARIABLE, GenerationError
from app.state import State

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from intersyn.motion import Motion
    from intersyn.pipeline import InterSynPipeline


class Stopped(Exception):
    """The visitor asked to stop."""


@dataclass(frozen=True)
class Progress:
    """Steps done of all; `steps` 0 while the model is still being loaded. left: seconds, once that can be said."""

    done: int
    steps: int
    left: float | None = None


class Generator:
    """Runs requests, and tells how far they are."""

    def __init__(self, source: str | None = None) -> None:
        """`source`: a checkpoint folder or Hub name; None takes the environment's, else the bundled one."""
        self.source = source or os.environ.get(CHECKPOINT_VARIABLE) or None

    @property
    def is_loaded(self) -> bool:
        return gpu.is_loaded(self.source)

    def run(self, state: State, stop: threading.Event) -> Iterator[Progress | list[Motion]]:
        """Progress, then the motions of the panels. Raises `GenerationError`, or `Stopped` once `stop` was set."""
        timeline = state.script.timeline()
        started = time.perf_counter()
        with closing(gpu.run_on_gpu(gpu.request_of(self.source, timeline, state.panels))) as news:
            for item in news:
                if stop.is_set():
                    raise Stopped
                if item["kind"] == "error":
                    raise GenerationError(item["message"])
                if item["kind"] == "motions":
                    yield gpu.to_motions(item["motions"], timeline)
                    return
                done, total = (item["done"], item["total"]) if item["kind"] == "step" else (0, 0)
                if done == 0:
                    started = time.perf_counter()
                passed = time.perf_counter() - started
                yield Progress(done, total, passed / done * (total - done) if done else None)

    def warm_up(self) -> None:
        """Load in the background, so that the first visitor waits less."""
        gpu.warm_up(self.source)

    def load(self) -> InterSynPipeline:
        """The pipeline, loaded on the first call. Raises `GenerationError`, `CheckpointError`."""
        return gpu.load_pipeline(self.source)
