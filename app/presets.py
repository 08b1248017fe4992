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
        ("a person walks forward slowly", "a person walks forward"),
        "two people bow to each other",
        ("a person waves with the left hand", "a person walks away"),
    ),
    Preset(
        "Hello there",
        ("a person walks forward", "a person stands and looks around"),
        "two people wave at each other",
        ("a person walks forward", "a person walks forward"),
    ),
    Preset(
        "Sparring",
        ("a person walks forward like a fighter", "a person walks forward"),
        "the first person punches and the second person steps back",
        ("a person kicks", "a person runs"),
    ),
    Preset(
        "Side by side",
        ("a person waves with both hands", "a person claps"),
        "two people walk side by side",
        ("a person dances", "a person dances"),
    ),
)
