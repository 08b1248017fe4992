"""What one visitor may ask of a public server, in one place. Handlers and the API check it, whatever the browser did.

Times are of two CPU cores, as a free Space has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from intersyn.settings import Settings

# --- One request ---
# 196 frames in 16 steps take 0.7 s of processor time, 400 take 1.9, 600 (five windows) 2.9 and 800 take 3.5. Half a
# minute of motion holds seven segments, is made in about two seconds on two quiet cores, and in less than ten with
# four panels: what a visitor waits for, with others behind them in the queue.
MAX_FRAMES = 600
PEOPLE = 2  # the page's scenes; the command line makes more
MAX_PANELS = 4
MIN_STEPS, MAX_STEPS = 4, 50
MAX_GUIDANCE = 10
MAX_CONTACT_GUIDANCE = 2
MAX_SEED = 2**31 - 1  # what a number field of a browser holds exactly
# Of `work_of`: 600 frames in four panels of 16 steps, or 196 in four of 50. Ten seconds.
MAX_WORK = 40_000
# What contact guidance takes for each denoising step, and for the result, in such steps (of 196 frames).
GUIDED_STEP, GUIDED_RESULT = 0.7, 7.0

# --- Files that are made ---
MAX_FILE_FRAMES = 30_000  # all people together
MAX_PICTURES = 1_800  # of a film: half a minute at 60 per second, minutes of work
FILMS_AT_ONCE = 1

# --- Files that are opened ---
MAX_UPLOAD_BYTES = 30_000_000  # of one file; Gradio is told as well and refuses it while it arrives
MAX_UPLOAD_FRAMES = 14_400  # two minutes at AMASS's 120 per second
MAX_UPLOAD_PEOPLE = 4  # the viewer has so many colours
MAX_LINK_CHARACTERS = 6_000  # proxies in front of servers take addresses of 8 kB

# --- The server ---
GENERATIONS_AT_ONCE = 1  # two at once on the same cores would only make both wait
MAX_WAITING = 24  # requests in the queue; whoever comes later is told at once to come back
LOOK_SECONDS = 2  # how often whoever waits is told what is before them
HANDLERS_AT_ONCE = 4  # of everything that is quick
RESULTS_KEPT = 12  # of one session's history
RESULTS_BYTES = 200_000_000  # of all sessions' results together, some six hundred motions of half a minute
SESSIONS = 500  # visitors whose state is remembered; the one unseen for longest is forgotten first
STATE_SECONDS = 3_600  # how long a visitor's state outlives their last request
CACHE_SWEEP_SECONDS, CACHE_SECONDS = 900, 7_200  # how often files are looked at, and how old they may grow


class LimitError(ValueError):
    """More than the server has time for; the message is one sentence for whoever asked.

    `field` is the element id of what to change on the page.
    """

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def work_of(frames: int, panels: Sequence[Settings]) -> int:
    """Frames times steps, all panels together: what the time that a request takes grows with."""
    return frames * sum(panel.steps for panel in panels)


def expected_work(frames: int, panels: Sequence[Settings]) -> float:
    """`work_of` with contact guidance counted in steps too, for estimates of waiting."""
    guided = sum(GUIDED_STEP * panel.steps + GUIDED_RESULT for panel in panels if panel.contact_guidance)
    return work_of(frames, panels) + frames * guided


def check_request(frames: int, people: int, panels: Sequence[Settings]) -> None:
    """Raise `LimitError` for what the page and its API do not make: `frames` of `people`, once for each panel."""
    if people != PEOPLE:
        raise LimitError(f"The page makes scenes of {PEOPLE} people, got {people}: use the command line.", "timeline")
    if frames > MAX_FRAMES:
        raise LimitError(
            f"The scene has {frames} frames, and the page makes up to {MAX_FRAMES}: shorten it, or use the command "
            "line.",
            "timeline",
        )
    if not 1 <= len(panels) <= MAX_PANELS:
        raise LimitError(f"The page shows 1 to {MAX_PANELS} panels, got {len(panels)}.", "panels")
    for panel in panels:
        for value, low, high, what, field in (
            (panel.seed, 0, MAX_SEED, "seed", "seed"),
            (panel.steps, MIN_STEPS, MAX_STEPS, "number of steps", "steps"),
            (panel.guidance_scale, 0, MAX_GUIDANCE, "text guidance", "guidance"),
            (panel.contact_guidance, 0, MAX_CONTACT_GUIDANCE, "contact guidance", "contact-guidance"),
        ):
            if not low <= value <= high:
                raise LimitError(f"The {what} must be between {low} and {high}, got {value}.", field)
    work = work_of(frames, panels)
    if work > MAX_WORK:
        most = MAX_WORK // frames
        raise LimitError(
            f"With {frames} frames the panels can have {most} steps in all, not {work // frames}: choose fewer steps, "
            "fewer panels or a shorter scene.",
            "steps",
        )
