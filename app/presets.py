"""Scenes to start from: the gallery shows them as the model made them, and one click puts them into the editor."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.script import ALONE, TOGETHER, Scene, Script
from intersyn.settings import Settings

CLEAN = Settings(clean_up=True, contact_guidance=1.0)  # as the page begins


@dataclass(frozen=True)
class Preset:
    """A scene, how its motion is made, and one line on it. works: False for what the model cannot do."""

    name: str
    script: Script
    settings: Settings
    note: str
    works: bool = True


def _alone(frames: int, one: str, two: str) -> Scene:
    return Scene(ALONE, frames, one, two)


def _together(frames: int, text: str) -> Scene:
    return Scene(TOGETHER, frames, together=text)


PRESETS = (
    Preset(
        "Salsa",
        Script(
            (
                _alone(50, "a person walks forward", "a person walks forward"),
                _together(100, "two people salsa dance"),
                _alone(46, "a person waves with the right hand", "a person bows"),
            )
        ),
        CLEAN,
        "They dance together, then one waves and one bows.",
    ),
    Preset(
        "Handshake",
        Script(
            (
                _alone(50, "a person walks forward", "a person walks forward"),
                _together(80, "two people shake hands"),
                _alone(60, "a person walks and turns left", "a person walks and turns left"),
            )
        ),
        replace(CLEAN, seed=1),
        "They walk up, bring their hands together and walk off.",
    ),
    Preset(
        "Hug",
        Script(
            (
                _alone(40, "a person walks forward", "a person walks forward"),
                _together(90, "two people hug"),
                _alone(50, "a person walks backward", "a person waves with the right hand"),
            )
        ),
        CLEAN,
        "Both come near, hold each other and let go.",
    ),
    Preset(
        "High five",
        Script(
            (
                _alone(40, "a person walks forward", "a person walks forward"),
                _together(60, "two people high five"),
                _alone(60, "a person raises both hands", "a person raises both hands"),
            )
        ),
        replace(CLEAN, seed=2),
        "Hands meet in front of them, and both cheer.",
    ),
    Preset(
        "Push",
        Script(
            (
                _alone(40, "a person walks forward", "a person looks around"),
                _together(70, "the first person pushes the second person and the second person stumbles back"),
                _alone(50, "a person walks and turns right", "a person shakes their head"),
            )
        ),
        replace(CLEAN, seed=1),
        "The first shoves with both hands, the second stumbles back.",
    ),
    Preset(
        "Hello, goodbye",
        Script(
            (
                _alone(40, "a person walks forward", "a person walks forward"),
                _together(60, "two people wave to each other"),
                _alone(40, "a person walks forward", "a person walks forward"),
                _together(70, "two people shake hands"),
                _alone(50, "a person walks and turns right", "a person walks and turns right"),
            )
        ),
        CLEAN,
        "Five segments in one go: they meet twice.",
    ),
    Preset(
        "Bow",
        Script(
            (
                _alone(50, "a person walks forward", "a person walks forward"),
                _together(70, "two people bow to each other"),
                _alone(50, "a person waves with the left hand", "a person walks backward"),
            )
        ),
        CLEAN,
        "A polite greeting, at a distance.",
    ),
    Preset(
        "Leapfrog",
        Script(
            (
                _alone(40, "a person runs", "a person walks forward"),
                _together(80, "the first person leapfrogs over the second person"),
                _alone(50, "a person runs", "a person walks forward"),
            )
        ),
        CLEAN,
        "Nobody in its data jumps over anybody: it makes up something else.",
        works=False,
    ),
)
