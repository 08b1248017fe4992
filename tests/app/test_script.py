import json

import pytest

from app.errors import FormError
from app.script import Scene, Script
from intersyn.timeline import MAX_FRAMES, Part, Segment, Timeline

ALONE = Scene("alone", 60, "a person walks", "a person runs", "they dance")
TOGETHER = Scene("together", 80, "", "kept", " two people hug ")


def value(*changes: dict) -> dict:
    """The value of a script with one segment, alone, for each of the changes to it."""
    plain = {"kind": "alone", "frames": 40, "one": "a person walks", "two": "a person runs", "together": ""}
    return {"segments": [plain | change for change in changes]}


def test_a_value_survives_the_way_to_the_browser_and_back():
    script = Script((ALONE, TOGETHER, ALONE))
    assert Script.from_value(json.loads(json.dumps(script.value()))) == script
    assert script.frames == 200


def test_a_script_becomes_a_timeline():
    timeline = Script((ALONE, TOGETHER)).timeline()
    assert timeline == Timeline(
        (
            Segment(0, 60, (Part((0,), "a person walks"), Part((1,), "a person runs"))),
            Segment(60, 140, (Part((0, 1), "two people hug"),)),
        )
    )


def test_a_timeline_becomes_a_script():
    timeline = Timeline.solo_interact_solo(("walk", "run"), "hug", ("bow", "wave"))
    script = Script.from_timeline(timeline)
    assert [scene.frames for scene in script.scenes] == [70, 60, 66]
    assert script.scenes[0] == Scene("alone", 70, one="walk", two="run")
    assert script.scenes[1] == Scene("together", 60, together="hug")
    assert script.timeline() == timeline


def test_who_comes_first_in_a_segment_does_not_matter():
    timeline = Timeline((Segment(0, 40, (Part((1,), "run"), Part((0,), "walk"))),))
    assert Script.from_timeline(timeline).scenes == (Scene("alone", 40, "walk", "run"),)


def test_other_frame_rates_keep_their_seconds_and_touch():
    solo = (Part((0,), "walk"), Part((1,), "run"))
    timeline = Timeline((Segment(0, 91, solo), Segment(91, 182, (Part((0, 1), "hug"),))), fps=30)
    assert [scene.frames for scene in Script.from_timeline(timeline).scenes] == [61, 60]
    with pytest.raises(FormError, match="must last 20 to 1400 frames, got 13 frames"):
        Script.from_timeline(Timeline((Segment(0, 20, solo),), fps=30))


def test_only_scenes_of_two_become_scripts():
    with pytest.raises(FormError, match="two people, got 1"):
        Script.from_timeline(Timeline((Segment(0, 40, (Part((0,), "walk"),)),)))


@pytest.mark.parametrize(
    ("scene", "field", "whose"),
    [
        (Scene("alone", 40, "", "run", "hug"), "scene-1-one", "Segment 2: person one’s text is empty"),
        (Scene("alone", 40, "walk", " \n", "hug"), "scene-1-two", "Segment 2: person two’s text is empty"),
        (Scene("together", 40, "walk", "run"), "scene-1-together", "the text of what they do together is empty"),
    ],
)
def test_a_missing_text_may_be_carried_but_not_generated(scene, field, whose):
    script = Script((ALONE, scene))
    assert Script.from_value(script.value()) == script
    with pytest.raises(FormError, match=whose) as caught:
        script.timeline()
    assert caught.value.field == field


def test_texts_that_do_not_count_may_be_missing():
    assert Script((Scene("together", 40, together="hug"),)).timeline().frames == 40
    assert Script.from_value({"segments": [{"kind": "alone", "frames": 40.0}]}).scenes == (Scene("alone", 40),)


@pytest.mark.parametrize(
    ("bad", "field", "sentence"),
    [
        (None, "timeline", 'A script is an object with a list "segments"'),
        ([], "timeline", "A script is an object"),
        ({"segments": "abc"}, "timeline", "A script is an object"),
        ({"segments": []}, "timeline", "1 to 7 segments, got 0"),
        (value(*[{}] * 8), "timeline", "1 to 7 segments, got 8"),
        ({"segments": [None] * 10_000}, "timeline", "got 10000"),
        ({"segments": [], "fps": 20}, "timeline", "A script has a field that is unknown here: 'fps'"),
        ({"segments": [3]}, "scene-0", "Segment 1 must be an object"),
        (value({}, {"colour": 1}), "scene-1", "Segment 2 has a field that is unknown here: 'colour'"),
        (value({"x" * 1000: 1}), "scene-0", "unknown here: 'x{30}'"),
        (value({"kind": "apart"}), "scene-0", "Segment 1 must be alone or together"),
        (value({"kind": ["alone"]}), "scene-0", "must be alone or together"),
        (value({"kind": None}), "scene-0", "must be alone or together"),
        (value({}, {"frames": "60"}), "scene-1", "Segment 2 must last a whole number of frames"),
        (value({"frames": True}), "scene-0", "a whole number of frames"),
        (value({"frames": 60.5}), "scene-0", "a whole number of frames"),
        (value({"frames": float("nan")}), "scene-0", "a whole number of frames"),
        (value({"frames": float("inf")}), "scene-0", "a whole number of frames"),
        (value({"frames": None}), "scene-0", "a whole number of frames"),
        (value({"frames": 19}), "scene-0", r"\(alone\) must last 20 to 1400 frames, got 19 frames \(0.95 s\)"),
        (value({"kind": "together", "frames": 29}), "scene-0", r"\(together\) must last 30 to 1400 frames"),
        (value({"frames": -10}), "scene-0", "got -10 frames"),
        (value({"frames": 10**5000}), "scene-0", "must last 20 to 1400 frames.$"),
        (value({"frames": 1e300}), "scene-0", "must last 20 to 1400 frames.$"),
        (value(*[{"frames": 300}] * 5), "timeline", r"lasts 1500 frames \(75 s\); the longest possible is 1400"),
        (value({"one": 5}), "scene-0-one", "person one’s text must be a text"),
        (value({"two": None}), "scene-0-two", "person two’s text must be a text"),
        (value({"two": "walk " * 61}), "scene-0-two", "has 304 characters: shorten it to 300 or fewer"),
        (value({"together": "walk " * 61}), "scene-0", "the text of what they do together has 304 characters"),
        (value({"one": "\ud83d"}), "scene-0-one", "half a character"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(bad, field, sentence):
    with pytest.raises(FormError, match=sentence) as caught:
        Script.from_value(bad)
    assert caught.value.field == field


def test_the_page_may_allow_less_than_the_model():
    script = Script((ALONE, TOGETHER))
    assert Script.from_value(script.value(), max_frames=140) == script
    with pytest.raises(FormError, match=r"lasts 140 frames \(7 s\); the longest possible is 139 frames \(6.95 s\)"):
        Script.from_value(script.value(), max_frames=139)
    assert Script((Scene("alone", MAX_FRAMES),)).frames == MAX_FRAMES
