"""What an export may be told and what it may be given."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from intersyn.timeline import MAX_PEOPLE

if TYPE_CHECKING:  # torch takes seconds to import, and the command line's --help shows what can be exported
    from intersyn.body.model import BodyModel
    from intersyn.export.project import Project
    from intersyn.motion import Motion

UNITS = {"m": 1.0, "cm": 100.0}  # per metre
MAX_FPS = 240.0

ProgressCallback = Callable[[int, int], None]  # (done, total)
CancelledCallback = Callable[[], bool]


class ExportError(ValueError):
    """An export that cannot be; the message is one sentence for the person who asked for it."""


@dataclass(frozen=True)
class ExportOptions:
    """Settings of all formats; each writer reads those that concern it.

    fps: frames per second of the file (None: the motion's). body: the body to export (None: `load_body_model()`).
    seed, variant: how the motion was made, for formats that can say so. units: "m" or "cm", of BVH.
    project: what the motion was made from, for project files.
    frame: which frame of the motion is the picture or the mesh, for formats of one frame. beside: further motions, with
    their labels, that films and pictures show at the motion's side.
    Raises `ExportError` for values out of range.
    """

    fps: float | None = None
    body: BodyModel | None = None
    seed: int | None = None
    variant: str | None = None
    project: Project | None = None
    units: str = "m"
    frame: int = 0
    beside: tuple[tuple[str, Motion], ...] = ()

    def __post_init__(self) -> None:
        if self.fps is not None and not (math.isfinite(self.fps) and 1 <= self.fps <= MAX_FPS):
            raise ExportError(f"The frame rate must be between 1 and {MAX_FPS:g} frames per second, got {self.fps:g}.")
        if self.units not in UNITS:
            raise ExportError(f"The units must be {' or '.join(UNITS)}, got {self.units!r}.")
        if isinstance(self.frame, bool) or not isinstance(self.frame, int) or self.frame < 0:
            raise ExportError(f"The frame must be a whole number from 0, got {self.frame!r}.")

    def body_model(self) -> BodyModel:
        """The body to export. Raises `BodyFileError` where the server's own file is unusable."""
        from intersyn.body.model import load_body_model

        return load_body_model() if self.body is None else self.body


def check_exportable(motion: Motion) -> None:
    """Raise `ExportError` unless `motion` has one to eight people and finite numbers only."""
    if not 1 <= motion.num_people <= MAX_PEOPLE:
        raise ExportError(f"A motion of 1 to {MAX_PEOPLE} people can be exported, got {motion.num_people} people.")
    for name in ("poses", "trans", "betas"):
        values = getattr(motion, name)
        finite = values.isfinite()
        if not finite.all():
            person = int((~finite).flatten(1).any(1).nonzero()[0])
            raise ExportError(f"The {name} of person {person} hold numbers that are not finite: it cannot be exported.")


def at_export_rate(motion: Motion, options: ExportOptions) -> Motion:
    """The motion, checked, at the frame rate asked for (resampled, it has no timeline). Raises `ExportError`."""
    check_exportable(motion)
    if options.fps is None or options.fps == motion.fps:
        return motion
    return motion.resample(options.fps)
