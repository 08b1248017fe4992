"""The script: what the timeline editor edits and share links carry. A `Timeline` comes out of it and goes into it.

It differs from a `Timeline` in that a text may still be missing, and in that every segment keeps the texts of both
kinds: switching a segment from alone to together and back loses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from typing import Any

from app.errors import FormError
from intersyn.timeline import (
    DEFAULT_FPS,
    MAX_FRAMES,
    MAX_SEGMENTS,
    MAX_TEXT_CHARACTERS,
    MIN_INTERACTION_FRAMES,
    MIN_SOLO_FRAMES,
    Part,
    Segment,
    Timeline,
    TimelineError,
)

ALONE, TOGETHER = "alone", "together"
LEAST = {ALONE: MIN_SOLO_FRAMES, TOGETHER: MIN_INTERACTION_FRAMES}
TEXTS = {ALONE: ("one", "two"), TOGETHER: ("together",)}  # which of a scene's texts count
WHOSE = {
    "one": "person one’s text",
    "two": "person two’s text",
    "together": "the text of what they do together",
}
FIELD = "timeline"  # element id of the editor; its segments are scene-0, scene-1, their texts scene-0-one and so on


@dataclass(frozen=True)
class Scene:
    """One segment. `kind` (alone or together) says which texts count; the others are kept for when it changes."""

    kind: str
    frames: int
    one: str = ""
    two: str = ""
    together: str = ""


@dataclass(frozen=True)
class Script:
    """One to seven scenes in a row, 20 frames per second. Checked on construction; raises `FormError`."""

    scenes: tuple[Scene, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.scenes) <= MAX_SEGMENTS:
            raise FormError(f"A script has 1 to {MAX_SEGMENTS} segments, got {len(self.scenes)}.", FIELD)
        for index, scene in enumerate(self.scenes):
            _check(index, scene)
        self.check_length(MAX_FRAMES)

    @property
    def frames(self) -> int:
        return sum(scene.frames for scene in self.scenes)

    def check_length(self, most: int) -> None:
        """Raise `FormError` if there are more than `most` frames in all."""
        if self.frames > most:
            raise FormError(
                f"The script lasts {_time(self.frames)}; the longest possible is {_time(most)}: shorten or remove a "
                "segment.",
                FIELD,
            )

    @staticmethod
    def from_value(value: Any, max_frames: int = MAX_FRAMES) -> Script:
        """The script of the editor's value, {"segments": [{"kind", "frames", "one", "two", "together"}]}.

        The value may come from anywhere: whatever is wrong with it is one sentence of a `FormError`. Missing texts are
        empty.
        """
        if not isinstance(value, dict) or not isinstance(value.get("segments"), list):
            raise FormError('A script is an object with a list "segments".', FIELD)
        _check_keys(value, {"segments"}, "A script", FIELD)
        if len(value["segments"]) > MAX_SEGMENTS:  # before each of what may be millions is looked at
            raise FormError(f"A script has 1 to {MAX_SEGMENTS} segments, got {len(value['segments'])}.", FIELD)
        script = Script(tuple(_read(index, item) for index, item in enumerate(value["segments"])))
        script.check_length(max_frames)
        return script

    def value(self) -> dict[str, Any]:
        """What `from_value` reads."""
        return {"segments": [asdict(scene) for scene in self.scenes]}

    def timeline(self) -> Timeline:
        """Who does what, when. Raises `FormError` with the field of a text that is missing."""
        segments: list[Segment] = []
        start = 0
        for index, scene in enumerate(self.scenes):
            for name in TEXTS[scene.kind]:
                if not getattr(scene, name).strip():
                    raise FormError(
                        f"{_whose(index, name)} is empty: say in a few words what happens.", f"scene-{index}-{name}"
                    )
            segments.append(Segment(start, start + scene.frames, _parts(scene)))
            start += scene.frames
        try:
            return Timeline(tuple(segments))
        except TimelineError as error:
            raise FormError(str(error), FIELD) from error

    @staticmethod
    def from_timeline(timeline: Timeline) -> Script:
        """The script of a timeline of two people, its times brought to 20 frames per second.

        Raises `FormError` for other numbers of people, and where a segment is then too short.
        """
        if timeline.num_people != 2:
            raise FormError(f"The page edits scenes of two people, got {timeline.num_people}.", FIELD)
        edges = [round(edge * DEFAULT_FPS / timeline.fps) for edge in (0, *timeline.boundaries, timeline.frames)]
        return Script(
            tuple(
                _scene(segment, after - before) for segment, before, after in zip(timeline.segments, edges, edges[1:])
            )
        )


def _scene(segment: Segment, frames: int) -> Scene:
    first, second = segment.part_of(0), segment.part_of(1)
    if first.is_interaction:
        return Scene(TOGETHER, frames, together=first.text)
    return Scene(ALONE, frames, one=first.text, two=second.text)


def _parts(scene: Scene) -> tuple[Part, ...]:
    texts = [getattr(scene, name).strip() for name in TEXTS[scene.kind]]
    if scene.kind == TOGETHER:
        return (Part((0, 1), texts[0]),)
    return tuple(Part((person,), text) for person, text in enumerate(texts))


def _read(index: int, item: Any) -> Scene:
    what, field = f"Segment {index + 1}", f"scene-{index}"
    if not isinstance(item, dict):
        raise FormError(f"{what} must be an object with kind, frames and texts.", field)
    _check_keys(item, [each.name for each in fields(Scene)], what, field)
    frames = item.get("frames")
    # JSON written by JavaScript may spell a whole number as 60.0.
    if isinstance(frames, float) and math.isfinite(frames) and frames == int(frames):
        frames = int(frames)
    return Scene(item.get("kind"), frames, *(item.get(name, "") for name in WHOSE))


def _check(index: int, scene: Scene) -> None:
    what, field = f"Segment {index + 1}", f"scene-{index}"
    if not isinstance(scene.kind, str) or scene.kind not in LEAST:
        raise FormError(f"{what} must be alone or together.", field)
    if isinstance(scene.frames, bool) or not isinstance(scene.frames, int):
        raise FormError(f"{what} must last a whole number of frames.", field)
    if not LEAST[scene.kind] <= scene.frames <= MAX_FRAMES:
        raise FormError(
            f"{what} ({scene.kind}) must last {LEAST[scene.kind]} to {MAX_FRAMES} frames"
            + (f", got {_time(scene.frames)}." if abs(scene.frames) < 10**9 else "."),
            field,
        )
    for name in WHOSE:
        text, shown = getattr(scene, name), name in TEXTS[scene.kind]
        where = f"{field}-{name}" if shown else field
        if not isinstance(text, str):
            raise FormError(f"{_whose(index, name)} must be a text.", where)
        if len(text.strip()) > MAX_TEXT_CHARACTERS:
            raise FormError(
                f"{_whose(index, name)} has {len(text.strip())} characters: shorten it to {MAX_TEXT_CHARACTERS} or "
                "fewer.",
                where,
            )
        if any("\ud800" <= character <= "\udfff" for character in text):  # JSON can spell it, no file can hold it
            raise FormError(f"{_whose(index, name)} holds half a character: write it anew.", where)


def _check_keys(item: dict[Any, Any], known: Collection[str], what: str, field: str) -> None:
    for key in item:
        if key not in known:
            raise FormError(f"{what} has a field that is unknown here: {str(key)[:30]!r}.", field)


def _whose(index: int, name: str) -> str:
    return f"Segment {index + 1}: {WHOSE[name]}"


def _time(frames: int) -> str:
    return f"{frames} frames ({frames / DEFAULT_FPS:g} s)"
