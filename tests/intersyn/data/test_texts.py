from __future__ import annotations

import pytest

from intersyn.data.phrases import ACTIONS, STYLES
from intersyn.data.texts import action_of, clean, describe, fraction, phrasings
from intersyn.timeline import mirror_text


@pytest.mark.parametrize(
    ("text", "mirrored"),
    [
        ("a person waves the left hand", "a person waves the right hand"),
        ("Left foot, right foot", "Right foot, left foot"),
        ("turns counterclockwise, then clockwise", "turns clockwise, then counterclockwise"),
        ("a left-handed punch to the right", "a right-handed punch to the left"),
        ("leftover food is bright", "leftover food is bright"),
        ("anti-clockwise", "clockwise"),
    ],
)
def test_mirroring_swaps_sides_at_once(text, mirrored):
    assert mirror_text(text) == mirrored


def test_mirrored_twice_is_the_same_text():
    for action in ACTIONS:
        for text in sum(phrasings(action), ()):
            assert mirror_text(mirror_text(text)) == text


def test_every_action_is_said_in_many_ways_a_fifth_of_them_for_testing():
    for action, templates in ACTIONS.items():
        assert len(set(templates)) == len(templates) >= 8
        train, test = phrasings(action)
        assert len(train) + len(test) == len(templates)
        assert 0.15 <= len(test) / len(templates) <= 0.26
        assert {templates[0], templates[1]}.isdisjoint(text.removeprefix("a person ") for text in test)


def test_no_training_text_mirrored_or_not_is_a_test_text():
    for style in STYLES:
        both = [phrasings(action, style) for action in ACTIONS]
        train = {text for texts, _ in both for text in texts}
        test = {text for _, texts in both for text in texts}
        assert not test & (train | {mirror_text(text) for text in train})


def test_mirror_images_of_actions_have_mirrored_texts():
    for left in (action for action in ACTIONS if "left" in action):
        train, test = phrasings(left, "happy")
        mirrored = phrasings(mirror_text(left), "happy")
        assert ([mirror_text(t) for t in train], [mirror_text(t) for t in test]) == ([*mirrored[0]], [*mirrored[1]])


def test_a_style_is_an_adverb_phrase_and_people_are_a_person():
    train, _ = phrasings("walk", "giant")
    assert all(any(text.endswith(adverb) for adverb in STYLES["giant"]) for text in train)
    assert {adverb for adverb in STYLES["giant"] if any(text.endswith(adverb) for text in train)} == {*STYLES["giant"]}
    assert all(text.startswith("a person ") for text in train)
    assert all(text.startswith(("two ", "a couple")) for text in phrasings("salsa")[0])


def test_unknown_action_or_style_is_refused():
    with pytest.raises(ValueError, match="'fly'"):
        phrasings("fly")
    with pytest.raises(ValueError, match="'grumpy'"):
        phrasings("walk", "grumpy")


def test_descriptions_are_cleaned_classed_and_kept():
    assert clean("  Walk/Stride . ") == "walk or stride"
    assert clean("dance - expressive  arms, pirouette") == "dance, expressive arms, pirouette"
    assert action_of("run/jog") == "run"
    assert action_of("dance - cartwheel-like start") == "dance"
    assert action_of("two people shake hands") == "handshake"
    assert action_of("something else") == "other"
    train, test = describe("dance - expressive arms, pirouette", "dance")
    assert train[0] == "a person dances, expressive arms, pirouette" and test == phrasings("dance")[1]


def test_the_hash_is_fixed():
    """The split of every recording rests on it, on every machine."""
    assert fraction("salsa/01") == pytest.approx(0.415956, abs=1e-6)
    assert 0 <= min(fraction(str(k)) for k in range(100)) < 0.1
