"""From the page's fields to a request, with one clear sentence for whatever is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.presets import END, FRAMES, START
from intersyn.timeline import (
    DEFAULT_FPS,
    MAX_TEXT_CHARACTERS,
    MIN_INTERACTION_FRAMES,
    MIN_SOLO_FRAMES,
    Timeline,
    TimelineError,
)

MIN_FRAMES = 2 * MIN_SOLO_FRAMES + MIN_INTERACTION_FRAMES
MAX_FRAMES = FRAMES  # the longest sequence that the networks were trained on
MAX_SEED = 2**31 - 1
MAX_STEPS = 100
MAX_GUIDANCE = 10.0
STEPS = (4, 50)  # of the page's sliders
GUIDANCE = (1.0, 6.0)
DEFAULT_STEPS = 16
DEFAULT_GUIDANCE = 2.5
VARIANTS = {
    "full": "Full model",
    "no_rec": "No coordinator",
    "no_smooth": "No seam loss",
    "uncoupled": "Uncoupled",
    "uncoupled_no_rec": "Uncoupled, no coordinator",
}


class FormError(ValueError):
    """Something on the page that cannot be generated; the message is one sentence for the person at the page.

    `field` is the element id of the field that is wrong, so that the page can point at it.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Form:
    """The page's fields as Gradio hands them over, unchecked, in the order of the page's inputs."""

    before_one: str
    before_two: str
    together: str
    after_one: str
    after_two: str
    frames: float | None = FRAMES
    start: float | None = START
    end: float | None = END
    variant: str = "full"
    seed: float | None = 0
    steps: float | None = DEFAULT_STEPS
    guidance: float | None = DEFAULT_GUIDANCE
    clean_up: bool = True


@dataclass(frozen=True)
class Request:
    """A checked form."""

    timeline: Timeline
    variant: str
    seed: int
    steps: int
    guidance: float
    clean_up: bool


def read(form: Form) -> Request:
    """Check everything; raises `FormError`."""
    frames = _whole(form.frames, "frames", "The length", MIN_FRAMES, MAX_FRAMES, " frames")
    start = _whole(form.start, "start", "The start of the interaction", 0, frames, " frames")
    end = _whole(form.end, "end", "The end of the interaction", 0, frames, " frames")
    _check_times(frames, start, end)
    before = (form.before_one, form.before_two)
    after = (form.after_one, form.after_two)
    if start > 0:
        _check_text(before[0], "before-one", "Person one’s text before they meet")
        _check_text(before[1], "before-two", "Person two’s text before they meet")
    _check_text(form.together, "together", "The text of what they do together")
    if end < frames:
        _check_text(after[0], "after-one", "Person one’s text afterwards")
        _check_text(after[1], "after-two", "Person two’s text afterwards")
    if form.variant not in VARIANTS:
        raise FormError(f"There is no variant {form.variant!r}.", "variant")
    seed = _whole(form.seed, "seed", "The seed", 0, MAX_SEED)
    steps = _whole(form.steps, "steps", "The number of steps", 1, MAX_STEPS)
    if form.guidance is None or not 0 <= form.guidance <= MAX_GUIDANCE:
        raise FormError(f"The guidance must be between 0 and {MAX_GUIDANCE:g}.", "guidance")
    try:
        timeline = Timeline.solo_interact_solo(
            _stripped(before), form.together.strip(), _stripped(after), frames, start, end
        )
    except TimelineError as error:
        raise FormError(str(error)) from error
    return Request(timeline, form.variant, seed, steps, float(form.guidance), bool(form.clean_up))


def fit(frames: float | None, start: float | None, end: float | None, before: int = FRAMES) -> tuple[int, int, int]:
    """Boundaries that fit a new length: moved only as far as the shortest segments demand.

    A missing field becomes its default. `before` is the length so far: an interaction that went on to the very end
    still does.
    """
    frames = max(MIN_FRAMES, min(MAX_FRAMES, int(FRAMES if frames is None else frames)))
    start = int(START if start is None else start)
    end = int(END if end is None else end)
    latest = frames - MIN_SOLO_FRAMES
    end = frames if end >= before else min(max(end, MIN_INTERACTION_FRAMES), latest)
    start = max(0, min(start, end - MIN_INTERACTION_FRAMES))
    return frames, start if start >= MIN_SOLO_FRAMES else 0, end


def _check_times(frames: int, start: int, end: int) -> None:
    if end <= start:
        raise FormError(
            f"The interaction ends at frame {end}, before it starts at {start}: swap the two boundaries.", "plan"
        )
    if end - start < MIN_INTERACTION_FRAMES:
        raise FormError(
            f"The interaction lasts {_time(end - start)}; it needs {_time(MIN_INTERACTION_FRAMES)} or more.", "plan"
        )
    for length, where in ((start, "before the interaction"), (frames - end, "after the interaction")):
        if 0 < length < MIN_SOLO_FRAMES:
            raise FormError(
                f"The part {where} lasts {_time(length)}; it needs {_time(MIN_SOLO_FRAMES)} or more, or none at all.",
                "plan",
            )


def _time(frames: int) -> str:
    return f"{frames} frames ({frames / DEFAULT_FPS:g} s)"


def _check_text(text: str | None, field: str, what: str) -> None:
    if not text or not text.strip():
        raise FormError(f"{what} is empty: say in a few words what happens.", field)
    if len(text.strip()) > MAX_TEXT_CHARACTERS:
        length = len(text.strip())
        raise FormError(f"{what} has {length} characters: shorten it to {MAX_TEXT_CHARACTERS} or fewer.", field)


def _whole(value: float | None, field: str, what: str, low: int, high: int, unit: str = "") -> int:
    if value is None or isinstance(value, bool) or not math.isfinite(value) or value != int(value):
        raise FormError(f"{what} must be a whole number{' of' + unit if unit else ''}.", field)
    if not low <= value <= high:
        raise FormError(f"{what} must be between {low} and {high}{unit}, got {value:g}.", field)
    return int(value)


def _stripped(texts: tuple[str, str]) -> tuple[str, str]:
    return (texts[0] or "").strip(), (texts[1] or "").strip()
