"""What the page remembers of one visitor, on the server, for as long as the tab is open."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.form import Request

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from intersyn.motion import Motion


@dataclass
class Session:
    """Handlers take it and change it.

    motion: what the viewer shows, with betas that lack only what the sliders say. name: how its files are called.
    request: what it was generated from, if it was. asked: whether the visitor has asked for anything, so that what is
    shown on opening comes too late. stop: ends the export that is running.
    """

    motion: Motion | None = None
    name: str = ""
    request: Request | None = None
    asked: bool = False
    stop: threading.Event | None = None

    def show(self, motion: Motion, name: str, request: Request | None = None) -> None:
        """From now on this motion is on the screen."""
        self.motion, self.name, self.request = motion, f"intersyn_{name}", request
