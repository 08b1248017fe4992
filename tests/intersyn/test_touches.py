"""What texts say people touch, and where in a motion that is put."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from intersyn.text import TextEncoder
from intersyn.timeline import Part, Segment, Timeline
from intersyn.touches import (
    APPROACH,
    REACH,
    Action,
    Contact,
    Read,
    TouchReader,
    Wish,
    load_actions,
    placed,
    read_pairs,
    wishes_of,
)

PALMS = Contact(0, "right_palm", 1, "right_palm", 0, 10)


@pytest.fixture(scope="module")
def reader() -> TouchReader:
    return TouchReader(TextEncoder.from_pretrained())


def apart(near: dict[tuple[int, str, int, str], tuple[int, int]], frames: int = 100) -> Callable:
    """0.6 m between all points, 0.1 m between those named, in frames from and to."""

    def distance(contacts: Sequence[Contact]) -> Tensor:
        found = torch.full((len(contacts), frames), 0.6)
        for row, contact in zip(found, contacts, strict=True):
            start, end = near.get(contact.pair, (0, 0))
            row[start:end] = 0.1
        return found

    return distance


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("two people shake hands", {("right_palm", "right_palm")}),
        ("the first person pushes the second person", {("right_palm", "left_chest"), ("left_palm", "right_chest")}),
        ("two people salsa dance", set()),
        ("two people bow to each other", set()),
        ("colourless green ideas sleep furiously", set()),
    ],
)
def test_texts_name_what_touches(reader: TouchReader, text: str, points: set[tuple[str, str]]) -> None:
    (read,) = reader([text])
    assert {(touch.point, touch.other_point) for touch in read.touches} == points


def test_a_text_like_nothing_known_names_no_touch_but_says_what_it_is_nearest_to() -> None:
    encoder = TextEncoder.from_pretrained()
    reader = TouchReader(encoder, {"handshake": Action(("two people shake hands",), (PALMS,))})
    known, unknown = reader(["two people shake hands", "a person walks backward"])
    assert known.touches == (PALMS,) and known.similarity == pytest.approx(1, abs=1e-4)
    assert unknown.action == "handshake" and unknown.similarity < 0.75 and unknown.touches == ()
    assert reader([]) == []


def test_the_table_is_read_and_checked(tmp_path: Path) -> None:
    actions = load_actions()
    assert all(action.texts for action in actions.values())
    for action in actions.values():
        assert not action.touches or min(touch.start for touch in action.touches) == 0
        assert all(touch.start < touch.end and touch.person != touch.other for touch in action.touches)
    wrong = tmp_path / "touches.json"
    wrong.write_text(json.dumps({"shake": {"texts": ["they shake"], "touches": [[0, "left_paw", 1, "chest", 0, 3]]}}))
    with pytest.raises(ValueError, match="left_paw"):
        load_actions(wrong)


def test_a_touch_is_put_where_people_come_nearest() -> None:
    contacts = placed(Wish((0, 1), 20, 90, (PALMS,)), apart({PALMS.pair: (43, 60)}))
    (contact,) = contacts
    assert contact.pair == PALMS.pair and contact.end - contact.start == 10
    assert contact.start >= 43 and contact.end <= 60


def test_side_and_roles_are_those_of_the_motion() -> None:
    reach = Contact(0, "right_palm", 1, "left_chest", 0, 6)
    done = (2, "left_palm", 1, "right_chest")  # person 2 is the first of the pair that is named second
    (contact,) = placed(Wish((1, 2), 0, 60, (reach,)), apart({done: (20, 40)}))
    assert contact.pair == done


def test_touches_keep_their_order_and_short_ones_last_a_moment() -> None:
    claps = tuple(Contact(0, "right_palm", 1, "left_palm", k, k + 1) for k in (0, 20, 40))
    found = placed(Wish((0, 1), 0, 100, claps), apart({}))
    assert [contact.end - contact.start for contact in found] == [5, 5, 5]
    assert found[2].start - found[1].start == 20


def test_what_does_not_fit_is_cut() -> None:
    held = Contact(0, "right_palm", 1, "left_palm", 0, 80)
    (contact,) = placed(Wish((0, 1), 10, 50, (held,)), apart({}))
    assert (contact.start, contact.end) == (10 + APPROACH, 50 - APPROACH)
    claps = tuple(Contact(0, "right_palm", 1, "left_palm", k, k + 3) for k in (0, 70))
    assert len(placed(Wish((0, 1), 10, 50, claps), apart({}))) == 1


def test_in_a_moment_nobody_touches() -> None:
    assert placed(Wish((0, 1), 10, 13, (PALMS,)), apart({})) == []


def test_people_who_stay_apart_are_not_dragged_together() -> None:
    far = lambda contacts: torch.full((len(contacts), 100), REACH + 0.1)  # noqa: E731
    assert placed(Wish((0, 1), 0, 100, (PALMS,)), far) == []


def test_wishes_are_those_of_pairs() -> None:
    def read(texts: Sequence[str]) -> list[Read]:
        return [Read("handshake", 1.0, (PALMS,) if text == "they shake hands" else ()) for text in texts]

    pair, group = Part((1, 0), "they shake hands"), Part((0, 1, 2), "they shake hands")
    alone = Part((2,), "they shake hands")
    timeline = Timeline(
        (
            Segment(0, 40, (pair, alone)),
            Segment(40, 80, (group,)),
            Segment(80, 120, (Part((0, 2), "they dance"), Part((1,), "a person waits"))),
        )
    )
    assert wishes_of(timeline, read) == [Wish((0, 1), 0, 40, (PALMS,))]
    assert read_pairs(timeline, read) == {"they shake hands": "handshake", "they dance": None}
