"""Who does what, when: the object that the page edits, the pipeline takes, project files store and training draws.

A `Segment` is a frame interval [start, end) whose parts partition everyone: a part of one person is a solo, of more an
interaction. The paper's default is solo, interaction, solo; one to seven segments in any order are valid.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MIN_SOLO_FRAMES = 20
MIN_INTERACTION_FRAMES = 30
MAX_SEGMENTS = 7
MAX_PEOPLE = 8
MAX_FRAMES = 1400
MAX_TEXT_CHARACTERS = 300
DEFAULT_FPS = 20.0


class TimelineError(ValueError):
    """A timeline that cannot be; the message is one sentence for the person who wrote it."""


@dataclass(frozen=True)
class Part:
    """What the given people do, together when there are several. `people` are indices in order of role."""

    people: tuple[int, ...]
    text: str

    @property
    def is_interaction(self) -> bool:
        return len(self.people) > 1


@dataclass(frozen=True)
class Segment:
    """Frames [start, end) and the parts that fill them."""

    start: int
    end: int
    parts: tuple[Part, ...]

    @property
    def frames(self) -> int:
        return self.end - self.start

    def part_of(self, person: int) -> Part:
        return next(part for part in self.parts if person in part.people)


@dataclass(frozen=True)
class Timeline:
    """Segments that touch and cover [0, frames). Validated on construction; raises `TimelineError`."""

    segments: tuple[Segment, ...]
    fps: float = DEFAULT_FPS

    def __post_init__(self) -> None:
        validate(self)

    @property
    def frames(self) -> int:
        return self.segments[-1].end

    @property
    def num_people(self) -> int:
        return sum(len(part.people) for part in self.segments[0].parts)

    @property
    def boundaries(self) -> tuple[int, ...]:
        """The inner seams: the first frame of every segment but the first."""
        return tuple(segment.start for segment in self.segments[1:])

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    def to_dict(self) -> dict[str, Any]:
        return {
            "fps": self.fps,
            "segments": [
                {
                    "start": segment.start,
                    "end": segment.end,
                    "parts": [{"people": list(part.people), "text": part.text} for part in segment.parts],
                }
                for segment in self.segments
            ],
        }

    @staticmethod
    def from_json(text: str) -> Timeline:
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise TimelineError(f"The timeline is not valid JSON: {error.msg} at line {error.lineno}.") from error
        except (ValueError, RecursionError) as error:
            raise TimelineError("The timeline is nested too deep or holds a number that is too long.") from error
        return Timeline.from_dict(data)

    @staticmethod
    def from_dict(data: Any) -> Timeline:
        if not isinstance(data, dict) or not isinstance(data.get("segments"), list):
            raise TimelineError('A timeline is an object with a list "segments".')
        unknown = set(data) - {"fps", "segments"}
        if unknown:
            raise TimelineError(f"A timeline has no field {sorted(unknown)[0]!r}; it has fps and segments.")
        segments = tuple(_read_segment(k, item) for k, item in enumerate(data["segments"], start=1))
        return Timeline(segments, fps=_number(data.get("fps", DEFAULT_FPS), "fps"))

    @staticmethod
    def load(path: str | Path) -> Timeline:
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise TimelineError(f"Cannot read the timeline {path}: {error.strerror or error}.") from error
        except UnicodeDecodeError as error:
            raise TimelineError(f"Cannot read the timeline {path}: it is no text file.") from error
        return Timeline.from_json(text)

    @staticmethod
    def solo_interact_solo(
        solo_a: tuple[str, str] | str,
        interaction: str,
        solo_b: tuple[str, str] | str,
        frames: int = 196,
        interaction_start: int = 70,
        interaction_end: int = 130,
    ) -> Timeline:
        """The paper's default for two people. A single solo text goes to both; a pair is one text per person."""
        before = (solo_a, solo_a) if isinstance(solo_a, str) else solo_a
        after = (solo_b, solo_b) if isinstance(solo_b, str) else solo_b
        for name, value in (("frames", frames), ("start", interaction_start), ("end", interaction_end)):
            _integer(value, f"the interaction's {name}" if name != "frames" else "frames")
        if not 0 <= interaction_start < interaction_end <= frames:
            raise TimelineError(
                f"The interaction must start before it ends, inside the {frames} frames: "
                f"got {interaction_start} to {interaction_end}."
            )
        solos = (_solos(before), _solos(after))
        segments = [Segment(interaction_start, interaction_end, (Part((0, 1), interaction),))]
        if interaction_start > 0:
            segments.insert(0, Segment(0, interaction_start, solos[0]))
        if interaction_end < frames:
            segments.append(Segment(interaction_end, frames, solos[1]))
        return Timeline(tuple(segments))


def _solos(texts: tuple[str, ...]) -> tuple[Part, ...]:
    return tuple(Part((person,), text) for person, text in enumerate(texts))


def validate(timeline: Timeline) -> None:
    """Raise `TimelineError` with one precise sentence if the timeline breaks a rule of the format."""
    segments = timeline.segments
    if not 1 <= len(segments) <= MAX_SEGMENTS:
        raise TimelineError(f"A timeline has 1 to {MAX_SEGMENTS} segments, got {len(segments)}.")
    if not 1 <= timeline.fps <= 240:
        raise TimelineError(f"The frame rate must be between 1 and 240 frames per second, got {timeline.fps:g}.")
    people = {person for part in segments[0].parts for person in part.people}
    if not 1 <= len(people) <= MAX_PEOPLE:
        raise TimelineError(f"A timeline has 1 to {MAX_PEOPLE} people, got {len(people)}.")
    if people != set(range(len(people))):
        raise TimelineError(f"People are numbered from 0 without gaps, got {sorted(people)}.")
    expected = 0
    for number, segment in enumerate(segments, start=1):
        _validate_segment(number, segment, expected, people)
        expected = segment.end
    if timeline.frames > MAX_FRAMES:
        raise TimelineError(f"A timeline has at most {MAX_FRAMES} frames, got {timeline.frames}.")


def _validate_segment(number: int, segment: Segment, expected_start: int, people: set[int]) -> None:
    if segment.start != expected_start:
        raise TimelineError(
            f"Segment {number} starts at frame {segment.start}, but must start at {expected_start}: segments touch."
        )
    members = [person for part in segment.parts for person in part.people]
    if sorted(members) != sorted(people):
        raise TimelineError(
            f"Segment {number} must name every person exactly once: expected {sorted(people)}, got {sorted(members)}."
        )
    for part in segment.parts:
        kind, least = ("interaction", MIN_INTERACTION_FRAMES) if part.is_interaction else ("solo", MIN_SOLO_FRAMES)
        if segment.frames < least:
            raise TimelineError(
                f"Segment {number} lasts {segment.frames} frames, but a segment with {_article(kind)} {kind} "
                f"needs {least} or more: move its boundaries apart."
            )
        validate_text(part.text, f"segment {number}")


def validate_text(text: str, where: str) -> None:
    """Raise `TimelineError` unless `text` is a usable description."""
    if not isinstance(text, str) or not text.strip():
        raise TimelineError(f"The text of {where} is empty: write what the people do there.")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise TimelineError(
            f"The text of {where} has {len(text)} characters: shorten it to {MAX_TEXT_CHARACTERS} or fewer."
        )
    if any("\ud800" <= character <= "\udfff" for character in text):  # JSON can spell it, no file can hold it
        raise TimelineError(f"The text of {where} holds half a character: write it anew.")


def swap_roles(text: str) -> str:
    """The same interaction told with the two people exchanged ("the first person" <-> "the second person")."""
    pairs = (("the first person", "the second person"), ("person one", "person two"), ("person 1", "person 2"))
    table = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    pattern = re.compile(
        r"\b(" + "|".join(sorted(map(re.escape, table), key=len, reverse=True)) + r")\b", re.IGNORECASE
    )

    def replace(match: re.Match[str]) -> str:
        found = match.group(0)
        other = table[found.lower()]
        return other[0].upper() + other[1:] if found[0].isupper() else other

    return pattern.sub(replace, text)


def mirror_text(text: str) -> str:
    """Left and right exchanged, and the turning senses with them (one pass, so "counterclockwise" survives)."""
    table = {"left": "right", "right": "left", "lefts": "rights", "rights": "lefts", "leftward": "rightward",
             "rightward": "leftward", "leftwards": "rightwards", "rightwards": "leftwards", "clockwise":
             "counterclockwise", "counterclockwise": "clockwise", "anticlockwise": "clockwise",
             "counter-clockwise": "clockwise", "anti-clockwise": "clockwise"}  # fmt: skip
    pattern = re.compile(r"\b(" + "|".join(sorted(table, key=len, reverse=True)) + r")\b", re.IGNORECASE)

    def replace(match: re.Match[str]) -> str:
        other = table[match.group(0).lower()]
        return other.capitalize() if match.group(0)[0].isupper() else other

    return pattern.sub(replace, text)


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"


def _read_segment(number: int, data: Any) -> Segment:
    if not isinstance(data, dict) or set(data) != {"start", "end", "parts"}:
        raise TimelineError(f"Segment {number} must have start, end and parts, nothing else.")
    parts = data["parts"]
    if not isinstance(parts, list) or not parts:
        raise TimelineError(f"Segment {number} needs a list of parts, one or more.")
    return Segment(
        _integer(data["start"], f"the start of segment {number}"),
        _integer(data["end"], f"the end of segment {number}"),
        tuple(_read_part(number, part) for part in parts),
    )


def _read_part(number: int, data: Any) -> Part:
    if not isinstance(data, dict) or set(data) != {"people", "text"} or not isinstance(data["people"], list):
        raise TimelineError(f"Each part of segment {number} must have people (a list) and text, nothing else.")
    people = tuple(_integer(person, f"a person in segment {number}", "number") for person in data["people"])
    if not people:
        raise TimelineError(f"A part of segment {number} names nobody.")
    return Part(people, data["text"])


def _integer(value: Any, what: str, kind: str = "number of frames") -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TimelineError(f"{what[0].upper()}{what[1:]} must be a whole {kind}, got {value!r}.")
    return value


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TimelineError(f"{what} must be a number, got {value!r}.")
    try:
        return float(value)
    except OverflowError as error:  # a whole number of more than 308 figures
        raise TimelineError(f"{what} must be a number that is not beyond all bounds.") from error
