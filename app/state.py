"""What the page is asked for, whole: share links carry it, project files hold most of it, the history remembers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.limits import PEOPLE, check_request
from app.script import Script
from intersyn.settings import Settings

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from app.bodies import Sliders
    from intersyn.export.project import Project
    from intersyn.pipeline import InterSynPipeline

MAX_BODY = 1_000.0  # of any slider's value; the sliders themselves cut it to their own range
_KINDS = (("variant", str), ("seed", int), ("steps", int), ("guidance_scale", float), ("clean_up", bool),
          ("contact_guidance", float))  # fmt: skip
_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class State:
    """A script, how each panel is made, and the values of the sliders for the two bodies (see `app.bodies.Sliders`).

    Checked on construction against the limits of the page; raises `ValueError` with one sentence. Texts may be missing
    as in any `Script`.
    """

    script: Script
    panels: tuple[Settings, ...]
    bodies: tuple[float, ...]

    def __post_init__(self) -> None:
        check_request(self.script.frames, PEOPLE, self.panels)
        if len(self.bodies) != 2 * PEOPLE:
            raise ValueError(f"Two bodies have {2 * PEOPLE} values, got {len(self.bodies)}.")
        for value in self.bodies:
            if not is_number(value) or not abs(value) <= MAX_BODY:
                raise ValueError(f"A value of a body must be a number up to {MAX_BODY:g}.")

    def project(self, pipeline: InterSynPipeline) -> Project:
        """The project of this state. Betas are left out: they are the motion's (see `export.project.write_project`).

        Raises `FormError` where a text is missing.
        """
        from intersyn.export.project import Project

        first, *beside = self.panels
        return Project.of(
            pipeline,
            self.script.timeline(),
            seed=first.seed,
            variant=first.variant,
            steps=first.steps,
            guidance_scale=first.guidance_scale,
            clean_up=first.clean_up,
            contact_guidance=first.contact_guidance,
            beside=beside,
        )

    @staticmethod
    def of_project(project: Project, sliders: Sliders) -> State:
        """What a project file asks the page for. Raises `ValueError` for what the page does not make."""
        bodies = sliders.values(project.betas) if project.betas else sliders.middle
        return State(Script.from_timeline(project.timeline), project.settings, tuple(map(float, bodies)))


def read_settings(values: Sequence[Any]) -> Settings:
    """`Settings` of the values of its fields in their order, of any type; raises `ValueError` with one sentence."""
    if len(values) != len(_KINDS):
        raise ValueError(f"A panel has {len(_KINDS)} settings, got {len(values)}.")
    for (name, kind), value in zip(_KINDS, values):
        right = is_number(value) if kind is float else type(value) is kind
        if not right:
            raise ValueError(f"The setting {name} must be {_NAMES[kind]}, got {repr(value)[:40]}.")
    return Settings(*(float(value) if kind is float else value for (_, kind), value in zip(_KINDS, values)))


def is_number(value: Any) -> bool:
    """Whether this is a finite number that a float can hold."""
    return type(value) in (int, float) and abs(value) < 1e9  # false for nan; exact for ints of any length
