from dataclasses import replace

import pytest

from app.events import preset_form
from app.form import MAX_FRAMES, MIN_FRAMES, Form, FormError, fit, read
from app.presets import PRESETS

GOOD = Form("a person walks", "a person runs", "they dance", "a person bows", "a person waves")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_can_be_asked_for(preset):
    request = read(preset_form(preset))
    assert request.timeline.num_people == 2
    assert request.timeline.frames == preset.frames


def test_a_form_becomes_a_timeline():
    request = read(replace(GOOD, before_one="  a person walks \n", frames=120.0, start=40.0, end=80.0, seed=5.0))
    assert request.timeline.frames == 120
    assert request.timeline.boundaries == (40, 80)
    assert [part.text for part in request.timeline.segments[0].parts] == ["a person walks", "a person runs"]
    assert request.timeline.segments[1].parts[0].people == (0, 1)
    assert request.timeline.segments[2].part_of(1).text == "a person waves"
    assert (request.seed, request.steps) == (5, 16)


def test_a_part_of_no_length_needs_no_text():
    request = read(replace(GOOD, before_one="", before_two="", start=0))
    assert [segment.start for segment in request.timeline.segments] == [0, 130]
    request = read(replace(GOOD, after_one="", after_two="", end=196))
    assert [segment.end for segment in request.timeline.segments] == [70, 196]


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"before_two": " "}, "before-two", "Person two’s text before they meet is empty"),
        ({"together": None}, "together", "The text of what they do together is empty"),
        ({"after_one": "walk " * 61}, "after-one", "has 304 characters: shorten it to 300 or fewer"),
        ({"start": 130, "end": 70}, "plan", "ends at frame 70, before it starts at 130"),
        ({"start": 100, "end": 120}, "plan", r"lasts 20 frames \(1 s\); it needs 30 frames \(1.5 s\)"),
        ({"start": 10}, "plan", "before the interaction lasts 10 frames"),
        ({"end": 190}, "plan", "after the interaction lasts 6 frames"),
        ({"start": -5}, "start", "start of the interaction must be between 0 and 196 frames, got -5"),
        ({"end": 500}, "end", "end of the interaction must be between 0 and 196 frames, got 500"),
        ({"frames": 10_000}, "frames", f"length must be between {MIN_FRAMES} and {MAX_FRAMES} frames, got 10000"),
        ({"frames": None}, "frames", "length must be a whole number of frames"),
        ({"frames": float("inf")}, "frames", "length must be a whole number"),
        ({"frames": float("nan")}, "frames", "length must be a whole number"),
        ({"seed": 1.5}, "seed", "seed must be a whole number"),
        ({"seed": -1}, "seed", "seed must be between 0 and"),
        ({"steps": 0}, "steps", "steps must be between 1 and"),
        ({"guidance": None}, "guidance", "guidance must be between"),
        ({"variant": "best"}, "variant", "There is no variant 'best'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(change, field, sentence):
    with pytest.raises(FormError, match=sentence) as caught:
        read(replace(GOOD, **change))
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((196, 70, 130), (196, 70, 130)),
        ((120, 70, 130), (120, 70, 100)),
        ((80, 70, 130), (80, 30, 60)),
        ((70, 100, 160), (70, 20, 50)),
        ((196, 10, 130), (196, 0, 130)),
        ((5, None, None), (70, 20, 50)),
        ((120, 70, 196), (120, 70, 120)),
        ((190, 70, 120, 120), (190, 70, 190)),
    ],
)
def test_boundaries_follow_the_length(given, expected):
    frames, start, end = fit(*given)
    assert (frames, start, end) == expected
    read(replace(GOOD, frames=frames, start=start, end=end))
