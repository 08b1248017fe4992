"""The model behind the page: one request at a time, stoppable between denoising steps."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import gpu
from app.gpu import CHECKPOINT_VARIABLE, GenerationError
from app.limits import expected_work
from app.line import Line, Place, Stopped

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from intersyn.motion import Motion
    from intersyn.pipeline import InterSynPipeline
    from intersyn.settings import Settings
    from intersyn.timeline import Timeline


@dataclass(frozen=True)
class Progress:
    """Steps done of all; `steps` 0 while the model is still being loaded. left: seconds, once that can be said."""

    done: int
    steps: int
    left: float | None = None


@dataclass(frozen=True)
class Made:
    """The motions of the panels, and what contact guidance read off the texts of two people (`touches.read_pairs`)."""

    motions: list[Motion]
    touches: dict[str, str | None]


class Generator:
    """Runs requests, and tells how far they are."""

    def __init__(self, source: str | None = None) -> None:
        """`source`: a checkpoint folder or Hub name; None takes the environment's, else the bundled one."""
        self.source = source or os.environ.get(CHECKPOINT_VARIABLE) or None
        self.line = Line()

    @property
    def is_loaded(self) -> bool:
        return gpu.is_loaded(self.source)

    def join(self, timeline: Timeline, panels: Sequence[Settings], owner: str = "") -> Place:
        """A place in the line for these panels. owner: whose it is."""
        return self.line.join("motions", expected_work(timeline.frames, panels), owner)

    def run(
        self, timeline: Timeline, panels: Sequence[Settings], place: Place | None = None
    ) -> Iterator[Progress | Made]:
        """Progress, then what was made; at `place` in the line, which is joined now where there is none.

        Raises `GenerationError`, or `Stopped` once the place's `stop` was set.
        """
        place = place or self.join(timeline, panels)
        with (
            self.line.turn(place),
            closing(gpu.run_on_gpu(gpu.request_of(self.source, timeline, panels))) as news,
        ):
            for item in news:
                if place.stop.is_set():
                    raise Stopped
                if item["kind"] == "error":
                    raise GenerationError(item["message"])
                if item["kind"] == "motions":
                    break
                done, total = (item["done"], item["total"]) if item["kind"] == "step" else (0, 0)
                if done == 0:
                    self.line.start(place)
                passed = self.line.seconds(place)
                yield Progress(done, total, passed / done * (total - done) if done else None)
        yield Made(gpu.to_motions(item["motions"], timeline), item["touches"])

    def warm_up(self) -> None:
        """Load in the background, so that the first visitor waits less."""
        gpu.warm_up(self.source)

    def load(self) -> InterSynPipeline:
        """The pipeline, loaded on the first call. Raises `GenerationError`, `CheckpointError`."""
        return gpu.load_pipeline(self.source)
