"""The two people's bodies: which file they come from, their sliders, and what a slider means in betas."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from app.parts import QUIET, heading
from intersyn.body.default import default_arrays
from intersyn.body.smpl_files import BodyArrays

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from intersyn.motion import Motion

BODY_VARIABLE = "INTERSYN_BODY"
PEOPLE = (("Person one", "one"), ("Person two", "two"))
HEIGHT, WEIGHT, BELLY, LIMBS = 0, 1, 7, 8  # betas of the default body; SMPL's first two are much the same
# How the two differ before anybody touches a slider: nothing that changes bones, which the motion was made for.
FIGURES = ({BELLY: 0.4, LIMBS: 1.2}, {BELLY: -0.8, LIMBS: -1.3})
HEIGHT_REACH = 15  # centimetres up and down from the middle figure
BUILD_REACH = 2.0


@dataclass(frozen=True)
class Sliders:
    """What the sliders of one body mean.

    name: of the body, for users; "" for the project's own. height: centimetres of the middle figure. growth:
    centimetres for each unit of the first beta. fuller: 1 or -1, the sign of the second beta that makes people heavier.
    """

    name: str
    height: float
    growth: float
    fuller: int

    @property
    def middle(self) -> list[float]:
        """Where all four sliders stand at first: height and build of person one, then of person two."""
        return [round(self.height), 0.0] * len(PEOPLE)

    def figures(self, motion: Motion) -> Motion:
        """The motion with the page's own two figures, plain but not the same."""
        return replace(motion, betas=motion.betas.new_tensor(self.figure_betas(*motion.betas.shape)))

    def figure_betas(self, people: int, count: int) -> np.ndarray:
        """What `figures` wear: float32 (people, count)."""
        betas = np.zeros((people, count), np.float32)
        if not self.name:
            for person, figure in zip(betas, FIGURES):
                for beta, value in figure.items():
                    person[beta] = value
        return betas

    def dress(self, motion: Motion, values: Sequence[float | None]) -> Motion:
        """The motion with the height and build that the sliders say; the other betas stay as they are."""
        betas = self.dressed_betas(motion.betas.cpu().numpy(), values)
        return replace(motion, betas=motion.betas.new_tensor(betas))

    def dressed_betas(self, betas: np.ndarray, values: Sequence[float | None]) -> np.ndarray:
        """What `dress` makes of betas (P, K): a copy."""
        betas = betas.copy()
        for person, pair in zip(betas, self.betas(values)):
            person[[HEIGHT, WEIGHT]] = pair
        return betas

    def betas(self, values: Sequence[float | None]) -> list[tuple[float, float]]:
        """The first two betas of each person. An emptied field counts as the middle; out of range is cut off."""
        pairs = []
        for height, build in zip(values[::2], values[1::2]):
            grown = 0.0 if height is None else height - round(self.height)
            grown = min(max(grown, -HEIGHT_REACH), HEIGHT_REACH)
            pairs.append((grown / self.growth, self.fuller * min(max(build or 0.0, -BUILD_REACH), BUILD_REACH)))
        return pairs

    def values(self, betas: Sequence[Sequence[float]]) -> list[float]:
        """The inverse of `betas`, for people with betas (P, 2 or more) of their own, within the sliders' range."""
        values = self.middle
        for k, person in enumerate(betas[: len(PEOPLE)]):
            grown = min(max(round(person[HEIGHT] * self.growth), -HEIGHT_REACH), HEIGHT_REACH)
            build = min(max(round(person[WEIGHT] * self.fuller, 1), -BUILD_REACH), BUILD_REACH)
            values[2 * k : 2 * k + 2] = [round(self.height) + grown, build]
        return values

    @property
    def to_viewer(self) -> str:
        """JavaScript: hand the sliders to the viewer. Nothing is asked of the server."""
        return f"""(...values) => {{
  const scale = {json.dumps([self.growth, self.fuller, round(self.height)])};
  const betas = (height, build) => [(height - scale[2]) / scale[0], scale[1] * build];
  document.body.dataset.intersynBodies = JSON.stringify([betas(values[0], values[1]), betas(values[2], values[3])]);
  document.dispatchEvent(new Event("intersyn-bodies"));
}}"""


def served_body() -> tuple[BodyArrays, str]:
    """The body that the page shows, with its name ("" for the project's own).

    Raises `BodyFileError` where the environment names a file that cannot be used.
    """
    if not os.environ.get(BODY_VARIABLE):
        return default_arrays(), ""
    from intersyn.body.model import load_body_model  # brings torch

    model = load_body_model()
    return model.arrays, "" if model.kind == "default" else model.name


def measure(body: BodyArrays, name: str) -> Sliders:
    """How the first two betas of this body change its height and its volume."""
    height = np.ptp(body.template[:, 1])
    grown = np.ptp((body.template + body.shape[..., HEIGHT])[:, 1])
    fuller = _volume(body, body.template + body.shape[..., WEIGHT]) > _volume(body, body.template)
    return Sliders(name, 100 * float(height), 100 * float(grown - height), 1 if fuller else -1)


def _volume(body: BodyArrays, vertices: np.ndarray) -> float:
    """Cubic metres, of a closed mesh."""
    a, b, c = vertices[body.faces].swapaxes(0, 1)
    return float((a * np.cross(b, c)).sum() / 6)


def bodies_card(sliders: Sliders) -> list[gr.Slider]:
    """The card, with its sliders wired to the viewer. Returns them: height and build of person one, of person two."""
    made: list[gr.Slider] = []
    low, high = round(sliders.height) - HEIGHT_REACH, round(sliders.height) + HEIGHT_REACH
    with gr.Column(elem_classes="is-card", elem_id="bodies"):
        with gr.Row(elem_id="bodies-head"):
            heading("Bodies", "change at once, without a new motion")
            reset = gr.Button("Reset", size="sm", elem_id="reset-bodies", scale=0, min_width=72)
        with gr.Row(elem_id="bodies-people"):
            for label, who in PEOPLE:
                with gr.Column(elem_classes=["is-body", f"is-{who}"], min_width=240):
                    height = gr.Slider(
                        low, high, round(sliders.height), step=1, label=f"{label}’s height",
                        info="in centimetres, without shoes", elem_id=f"height-{who}", buttons=[],
                    )  # fmt: skip
                    build = gr.Slider(
                        -BUILD_REACH, BUILD_REACH, 0.0, step=0.1, label=f"{label}’s build",
                        info="from slight to stocky; 0 is the middle", elem_id=f"build-{who}", buttons=[],
                    )  # fmt: skip
                    made += [height, build]
        made_for = f"Motions are made for people of {round(sliders.height)} cm: between taller or smaller ones"
        if sliders.name:
            made_for = f"The page shows {sliders.name} from the server’s own file. Motions are made for our own figure"
        gr.HTML(f'<p class="is-aside">{made_for}, hands may not quite meet.</p>', apply_default_css=False)
    gr.on([slider.change for slider in made], None, made, None, js=sliders.to_viewer, **QUIET)
    reset.click(None, None, made, js=f"() => {json.dumps(sliders.middle)}", **QUIET)
    return made
