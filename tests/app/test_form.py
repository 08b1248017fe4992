"""From the fields to a state: what is asked for, and one sentence for whatever is wrong."""

import pytest

from app.errors import FormError
from app.form import DEFAULT, FIELDS, fields, read, settings_of
from app.limits import MAX_FRAMES
from app.presets import PRESETS
from app.script import Script
from app.state import State
from intersyn.settings import Settings

BODIES = (172, 0.0, 172, 0.0)
GOOD = {
    "script": PRESETS[0].script.value(), "variant": "full", "seed": 0, "steps": 16, "guidance": 2.5, "clean_up": True,
    "contact_guidance": 1, "beside": [],
}  # fmt: skip


def asked(**changes) -> State:
    return read(*{**GOOD, **changes}.values(), *BODIES)


def segments(*frames: int, text: str = "a person walks") -> dict:
    return {"segments": [{"kind": "alone", "frames": n, "one": text, "two": text} for n in frames]}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_can_be_asked_for(preset):
    state = asked(script=preset.script.value())
    assert state.script == preset.script
    assert state.script.timeline().num_people == 2


def test_fields_and_back():
    state = asked(seed=5.0, steps=20.0, guidance=3, beside=["no_rec", "seed"], contact_guidance=0.5)
    assert state.panels == (
        Settings("full", 5, 20, 3.0, True, 0.5),
        Settings("no_rec", 5, 20, 3.0, True, 0.5),
        Settings("full", 6, 20, 3.0, True, 0.5),
    )
    assert state.bodies == BODIES
    assert len(fields(state)) == FIELDS
    assert read(*fields(state), *BODIES) == state


def test_what_the_page_opens_with_is_the_default():
    assert asked().panels == (DEFAULT,)
    assert settings_of(DEFAULT) == tuple(GOOD.values())[1:7]


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"script": None}, "timeline", "A script is an object"),
        ({"script": segments(60, text=" ")}, "scene-0-one", "is empty"),
        ({"script": segments(10)}, "scene-0", "20"),
        ({"script": segments(MAX_FRAMES, 20)}, "timeline", "the longest possible"),
        ({"seed": 1.5}, "seed", "seed must be a whole number"),
        ({"seed": float("nan")}, "seed", "seed must be a whole number"),
        ({"seed": -1}, "seed", "seed must be between 0 and"),
        ({"steps": None}, "steps", "steps must be a whole number"),
        ({"steps": 3}, "steps", "steps must be between 4 and 50, got 3"),
        ({"guidance": None}, "guidance", "guidance must be between"),
        ({"contact_guidance": 3}, "contact-guidance", "contact guidance must be between 0 and 2"),
        ({"variant": "best"}, "variant", "There is no variant 'best'"),
        ({"beside": ["everything"]}, "panels", "There is no panel 'everything'"),
        ({"beside": ["no_rec", "no_smooth", "uncoupled", "seed"]}, "panels", "1 to 4 panels, got 5"),
        ({"script": segments(600), "steps": 50, "beside": ["seed"]}, "steps", "66 steps in all"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(change, field, sentence):
    with pytest.raises(FormError, match=sentence) as caught:
        asked(**change)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    assert caught.value.field == field


def test_texts_are_kept_as_they_were_typed():
    value = segments(60, text="  a person walks \n")
    state = asked(script=value)
    assert state.script == Script.from_value(value)
    assert [part.text for part in state.script.timeline().segments[0].parts] == ["a person walks"] * 2
