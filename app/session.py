"""What the page remembers of one visitor, on the server, for as long as the tab is open."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.state import State

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from intersyn.motion import Motion


@dataclass
class Session:
    """Handlers take it and change it.

    motions: what the viewer shows, panel by panel, with betas that lack only what the sliders say. labels: what the
    panels are called. notes: a sentence on each. name: how files are called. state: what they were generated from, if
    they were. asked: whether the visitor has asked for anything, so that what is shown on opening comes too late.
    stop: ends the export that is running.
    """

    motions: tuple[Motion, ...] = ()
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    name: str = ""
    state: State | None = None
    asked: bool = False
    stop: threading.Event | None = None

    @property
    def motion(self) -> Motion | None:
        """The one in the first panel."""
        return self.motions[0] if self.motions else None

    def show(
        self, motions: Sequence[Motion], name: str, labels: Sequence[str] = ("",), notes: Sequence[str] = (),
        state: State | None = None,
    ) -> None:  # fmt: skip
        """From now on these motions are on the screen."""
        self.motions, self.labels = tuple(motions), tuple(labels)
        self.notes = tuple(notes) or ("",) * len(motions)
        self.name, self.state = f"intersyn_{name}", state
