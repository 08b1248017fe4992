"""From the page's fields to a `State`, and back; one clear sentence for whatever is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from app.errors import FormError
from app.limits import MAX_CONTACT_GUIDANCE, MAX_FRAMES, MAX_GUIDANCE, MAX_SEED, MAX_STEPS, MIN_STEPS, LimitError
from app.panels import SWITCHES, VARIANTS, beside_of, panels_of
from app.script import Script
from app.state import State
from intersyn.settings import Settings

DEFAULT_STEPS = 16
DEFAULT_GUIDANCE = 2.5
DEFAULT = Settings(steps=DEFAULT_STEPS, guidance_scale=DEFAULT_GUIDANCE, clean_up=True, contact_guidance=1.0)
FIELDS = 8  # the editor's value, then the settings in the order of `settings_of`, then what stands beside


def read(
    script: Any, variant: str, seed: float | None, steps: float | None, guidance: float | None, clean_up: bool,
    contact_guidance: float | None, beside: Sequence[str], *bodies: float | None,
) -> State:  # fmt: skip
    """Check everything, texts included. bodies: of the sliders. Raises `FormError`."""
    checked = Script.from_value(script, MAX_FRAMES)
    checked.timeline()
    if variant not in VARIANTS:
        raise FormError(f"There is no variant {variant!r}.", "variant")
    if unknown := [name for name in beside or () if name not in SWITCHES]:
        raise FormError(f"There is no panel {unknown[0]!r}.", "panels")
    first = Settings(
        variant,
        _whole(seed, "seed", "The seed", 0, MAX_SEED),
        _whole(steps, "steps", "The number of steps", MIN_STEPS, MAX_STEPS),
        _between(guidance, "guidance", "The text guidance", MAX_GUIDANCE),
        bool(clean_up),
        _between(contact_guidance, "contact-guidance", "The contact guidance", MAX_CONTACT_GUIDANCE),
    )
    try:
        return State(checked, panels_of(first, beside or ()), tuple(float(value or 0) for value in bodies))
    except LimitError as error:
        raise FormError(str(error), error.field) from error


def fields(state: State) -> tuple[Any, ...]:
    """The values of the fields that `read` makes this state from, without the bodies."""
    first = state.panels[0]
    return state.script.value(), *settings_of(first), beside_of(state.panels)


def settings_of(panel: Settings) -> tuple[Any, ...]:
    return panel.variant, panel.seed, panel.steps, panel.guidance_scale, panel.clean_up, panel.contact_guidance


def _whole(value: float | None, field: str, what: str, low: int, high: int) -> int:
    if value is None or isinstance(value, bool) or not math.isfinite(value) or value != int(value):
        raise FormError(f"{what} must be a whole number.", field)
    if not low <= value <= high:
        raise FormError(f"{what} must be between {low} and {high}, got {value:g}.", field)
    return int(value)


def _between(value: float | None, field: str, what: str, high: float) -> float:
    if value is None or not 0 <= value <= high:
        raise FormError(f"{what} must be between 0 and {high:g}.", field)
    return float(value)
