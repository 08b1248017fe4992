"""Scenes to start from. Each is only text, times and a seed: what is seen comes out of the model when asked."""

from __future__ import annotations

from dataclasses import dataclass

FRAMES = 196
START = 70
END = 130


@dataclass(frozen=True)
class Preset:
    """What the form holds after a click: texts per person and segment, and the interaction's frames."""

    name: str
    before: tuple[str, str]
    together: str
    after: tuple[str, str]
    frames: int = FRAMES
    start: int = START
    end: int = END
    seed: int = 0


PRESETS = (
    Preset(
        "Salsa",
        ("a person walks forward", "a person walks forward"),
        "two people salsa dance",
        ("a person waves with the right hand", "a person bows"),
        start=60,
        end=140,
    ),
    Preset(
        "A polite meeting",
        ("a person walks forward", "a person walks forward"),
        "two people bow to each other",
        ("a person waves with the left hand", "a person walks and turns right"),
    ),
    Preset(
        "Seen off",
        ("a person walks and turns left", "a person raises both hands"),
        "the first person waves goodbye and the second person walks away",
        ("a person bows", "a person walks forward happily"),
    ),
    Preset(
        "A greeting",
        ("a person walks forward", "a person walks forward"),
        "two people wave to each other",
        ("a person runs", "a person walks backward"),
        start=60,
        end=120,
    ),
    Preset(
        "Sparring",
        ("a person runs", "a person waves with both hands"),
        "two people box each other",
        ("a person bows", "a person bows"),
        start=50,
        end=130,
    ),
    Preset(
        "A chase",
        ("a person walks forward", "a person waves with both hands"),
        "the first person chases the second person",
        ("a person raises the right hand", "a person runs"),
    ),
)
