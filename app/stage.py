"""Putting motions on the screen: what the viewer is handed, whoever made them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app import gallery
from app.bodies import Sliders
from app.panels import labels_of
from app.plots import plot_outputs, what_changed
from app.presets import Preset
from app.session import Session
from app.state import State
from app.viewer import Shown, manifest

if TYPE_CHECKING:
    from intersyn.motion import Motion


class Stage:
    """The viewer and what is measured of it, for handlers that show something."""

    def __init__(self, sliders: Sliders) -> None:
        self.sliders = sliders

    def show(self, session: Session, motions: Sequence[Motion], name: str, state: State | None = None) -> None:
        """From now on these motions, panel by panel, are on the visitor's screen. state: what they were made from."""
        labels, notes = [""] * len(motions), [""] * len(motions)
        if state is not None and len(motions) > 1:
            labels = labels_of(state.panels)
            notes = what_changed(motions, state.panels, labels)
        dressed = [motion if motion.betas.any() else self.sliders.figures(motion) for motion in motions]
        session.show(dressed, name, labels, notes, state)

    @contextmanager
    def manifest(
        self, session: Session, bodies: Sequence[float | None], example: bool = False
    ) -> Iterator[dict[str, Any]]:
        """The viewer's value for what the session shows; its files live until Gradio has copied them."""
        with tempfile.TemporaryDirectory(prefix="intersyn-") as folder:
            rows = zip(session.motions, session.labels, session.notes, strict=True)
            shown = [Shown(self.sliders.dress(motion, bodies), label, note) for motion, label, note in rows]
            yield manifest(shown, Path(folder), example)

    @contextmanager
    def opening(self, bodies: Sequence[float | None]) -> Iterator[tuple[dict[str, Any], Preset]]:
        """What `manifest` gives once the gallery's first scene is shown, before torch is there, and its preset."""

        def dress(betas: np.ndarray) -> np.ndarray:
            return self.sliders.dressed_betas(betas if betas.any() else self.sliders.figure_betas(*betas.shape), bodies)

        with tempfile.TemporaryDirectory(prefix="intersyn-") as folder:
            yield gallery.opening(Path(folder), dress)

    def plots(self, session: Session) -> Iterator[tuple[Any, ...]]:
        """Values for the plots of what the session shows."""
        if not session.motions:
            return
        with tempfile.TemporaryDirectory(prefix="intersyn-") as folder:
            yield plot_outputs(session.motions, session.labels, session.notes, Path(folder))
