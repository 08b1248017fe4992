"""Timelines: JSON there and back, one precise sentence for each thing that can be wrong, texts with roles and sides."""

from __future__ import annotations

import json

import pytest

from intersyn.timeline import (
    MAX_PEOPLE,
    MAX_TEXT_CHARACTERS,
    Part,
    Segment,
    Timeline,
    TimelineError,
    mirror_text,
    swap_roles,
)
from tests.motions import timeline

WALK, WAVE = "a person walks", "a person waves"


def solo(start: int, end: int, *texts: str) -> Segment:
    return Segment(start, end, tuple(Part((person,), text) for person, text in enumerate(texts)))


def test_the_default_of_the_paper() -> None:
    plan = Timeline.solo_interact_solo(WALK, "two people dance", (WAVE, WALK))
    assert plan.frames == 196
    assert plan.num_people == 2
    assert plan.boundaries == (70, 130)
    assert plan.segments[1].parts == (Part((0, 1), "two people dance"),)
    assert plan.segments[2].part_of(1).text == WALK
    assert plan.segments[0].frames == 70


def test_solos_may_be_left_out() -> None:
    assert Timeline.solo_interact_solo(WALK, "they talk", WAVE, 60, 0, 60).boundaries == ()
    assert Timeline.solo_interact_solo(WALK, "they talk", WAVE, 80, 0, 60).boundaries == (60,)


def test_json_there_and_back(tmp_path) -> None:
    plan = Timeline.solo_interact_solo("walks “quoted” é", "they talk", WAVE)
    path = tmp_path / "plan.json"
    path.write_text(plan.to_json(), encoding="utf-8")
    assert Timeline.load(path) == plan
    assert Timeline.from_dict(json.loads(plan.to_json())) == plan


@pytest.mark.parametrize("pattern", ["s", "i", "si", "is", "isi", "ssiis", "sisisis"])
def test_any_order_is_valid(pattern: str) -> None:
    assert len(timeline(pattern).segments) == len(pattern)


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ((), "1 to 7 segments, got 0"),
        (tuple(solo(20 * k, 20 * k + 20, WALK) for k in range(8)), "1 to 7 segments, got 8"),
        ((solo(5, 40, WALK),), "Segment 1 starts at frame 5, but must start at 0"),
        ((solo(0, 40, WALK), solo(41, 80, WALK)), "Segment 2 starts at frame 41, but must start at 40"),
        ((solo(0, 19, WALK),), "Segment 1 lasts 19 frames.* a solo needs 20"),
        ((solo(0, 30, WALK), Segment(30, 20, (Part((0,), WALK),))), "Segment 2 lasts -10 frames"),
        ((Segment(0, 29, (Part((0, 1), "they talk"),)),), "29 frames.* an interaction needs 30"),
        ((solo(0, 40, WALK, WAVE), solo(40, 80, WALK)), r"Segment 2 must name every person.* \[0, 1\], got \[0\]"),
        ((Segment(0, 40, (Part((0,), WALK), Part((0,), WAVE))),), r"exactly once.*got \[0, 0\]"),
        ((Segment(0, 40, (Part((1,), WALK),)),), r"numbered from 0 without gaps, got \[1\]"),
        ((solo(0, 40, *[WALK] * (MAX_PEOPLE + 1)),), "1 to 8 people, got 9"),
        ((solo(0, 40, "  "),), "text of segment 1 is empty"),
        ((solo(0, 40, "x" * (MAX_TEXT_CHARACTERS + 1)),), "has 301 characters: shorten it to 300"),
        ((solo(0, 1401, WALK),), "at most 1400 frames, got 1401"),
    ],
)
def test_what_is_wrong_is_said(segments: tuple[Segment, ...], message: str) -> None:
    with pytest.raises(TimelineError, match=message):
        Timeline(segments)


@pytest.mark.parametrize("fps", [0, -20, float("nan"), 1000])
def test_absurd_rates_are_refused(fps: float) -> None:
    with pytest.raises(TimelineError, match="frame rate"):
        Timeline((solo(0, 40, WALK),), fps=fps)


@pytest.mark.parametrize(("start", "end"), [(100, 60), (-1, 60), (50, 300), (60, 60)])
def test_crossed_boundaries(start: int, end: int) -> None:
    with pytest.raises(TimelineError, match=f"got {start} to {end}"):
        Timeline.solo_interact_solo(WALK, "they talk", WAVE, 196, start, end)


GOOD = {"start": 0, "end": 40, "parts": [{"people": [0], "text": WALK}]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "object with a list"),
        ({"segments": "no"}, "object with a list"),
        ({"segments": [GOOD], "tempo": 3}, "no field 'tempo'"),
        ({"segments": [GOOD], "fps": "20"}, "fps must be a number"),
        ({"segments": [3]}, "Segment 1 must have start, end and parts"),
        ({"segments": [{**GOOD, "parts": []}]}, "needs a list of parts"),
        ({"segments": [{**GOOD, "end": 40.5}]}, "end of segment 1 must be a whole number of frames, got 40.5"),
        ({"segments": [{**GOOD, "end": True}]}, "whole number"),
        ({"segments": [{**GOOD, "parts": [{"people": [0]}]}]}, "people \\(a list\\) and text"),
        ({"segments": [{**GOOD, "parts": [{"people": [], "text": WALK}]}]}, "names nobody"),
        ({"segments": [{**GOOD, "parts": [{"people": [0], "text": 5}]}]}, "text of segment 1 is empty"),
        (
            {"segments": [{**GOOD, "parts": [{"people": ["0"], "text": WALK}]}]},
            "A person in segment 1 must be a whole number, got '0'",
        ),
        ({"segments": [{**GOOD, "colour": 1}]}, "start, end and parts, nothing else"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(data: object, message: str) -> None:
    with pytest.raises(TimelineError, match=message):
        Timeline.from_dict(data)


def test_files_that_are_no_timelines(tmp_path) -> None:
    with pytest.raises(TimelineError, match="not valid JSON"):
        Timeline.from_json("{")
    with pytest.raises(TimelineError, match=r"Cannot read the timeline .*nothing\.json: No such file or directory\.$"):
        Timeline.load(tmp_path / "nothing.json")
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TimelineError, match="it is no text file"):
        Timeline.load(binary)


def test_swap_roles() -> None:
    text = "The first person punches the second person, then person 2 bows to person one."
    swapped = swap_roles(text)
    assert swapped == "The second person punches the first person, then person 1 bows to person two."
    assert swap_roles(swapped) == text
    assert swap_roles("two people walk") == "two people walk"


def test_mirror_text() -> None:
    text = "Left hand up, turns counterclockwise to the right, brightly"
    assert mirror_text(text) == "Right hand up, turns clockwise to the left, brightly"
    assert mirror_text(mirror_text(text)) == text
