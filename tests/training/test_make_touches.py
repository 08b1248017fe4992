"""The table of touches: the commonest way, of a clip of middling length; phrasings with their mirror images."""

from __future__ import annotations

from types import SimpleNamespace

from intersyn.text import TextEncoder
from intersyn.touches import Action, Contact, TouchReader
from training.make_touches import rates, sentences, touches_of, visitors


def clip(name: str, *touches: tuple) -> SimpleNamespace:
    fields = ("person", "part", "other", "other_part", "start", "end")
    return SimpleNamespace(name=name, touches=[SimpleNamespace(**dict(zip(fields, t, strict=True))) for t in touches])


def palms(start: int, end: int, part: str = "right_palm") -> tuple:
    return (0, part, 1, "right_palm", start, end)


def test_the_commonest_way_at_middling_length_from_the_first_touch_on() -> None:
    clips = [
        clip("a", palms(10, 15)),
        clip("b", palms(20, 28)),
        clip("c", palms(30, 50)),
        clip("d", palms(5, 6, "left_fist")),
    ]
    assert touches_of(clips) == [[0, "right_palm", 1, "right_palm", 0, 8]]


def test_own_touches_do_not_count() -> None:
    own = (0, "right_palm", 0, "mouth", 3, 9)
    world = (0, "right_palm", None, "table", 3, 9)
    assert touches_of([clip("a", own, world)]) == []
    assert touches_of([clip("a", own, palms(12, 20))]) == [[0, "right_palm", 1, "right_palm", 0, 8]]


def test_sentences_stand_in_every_reading_once() -> None:
    told = sentences("pat", ("the first person pats the left shoulder of the second person", "they touch"))
    assert "the second person pats the right shoulder of the first person" in told
    assert told.count("they touch") == 1 and len(told) == 5


def test_rates_count_parts_of_the_body_whichever_side() -> None:
    def touch(point: str) -> tuple[Contact, ...]:
        return (Contact(0, point, 1, "right_palm", 0, 5),)

    shake, pat = "two people shake hands", "the first person pats the head of the second person"
    table = {"shake": Action((shake,), touch("right_palm")), "pat": Action((pat,), touch("head_top")),
             "bow": Action(("two people bow to each other",), ())}  # fmt: skip
    reader = TouchReader(TextEncoder.from_pretrained(), table)
    asked = {shake: {"shake"}, pat: {"shake"}, "two people bow to each other": {"bow"}}
    assert rates(reader, asked) == (
        "2 texts that touch: 50% read right, 50% as another touch; 1 that do not: 0% read as a touch"
    )
    assert set().union(*visitors(reader.actions).values()) <= set(table)
