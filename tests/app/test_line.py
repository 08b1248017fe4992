"""The line in front of the model: who is before whom, and for how long."""

from __future__ import annotations

import pytest

from app.line import Line, Stopped, in_words


class Clock:
    """Seconds, which pass when they are told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(clock: Clock) -> Line:
    return Line(clock)


def served(line: Line, clock: Clock, seconds: float, kind: str = "motions", work: float = 1.0) -> None:
    with line.turn(line.join(kind, work)):
        clock.now += seconds


def test_nothing_is_said_of_times_that_nobody_has_measured(line):
    line.join("motions")
    assert line.before(line.join("motions")) == (1, None)


def test_the_wait_is_what_past_requests_took_by_their_work(line, clock):
    served(line, clock, 2.0, work=100)
    served(line, clock, 10.0, work=200)
    served(line, clock, 7.0, "lesson")
    first, second, last = line.join("motions", 150), line.join("lesson"), line.join("motions", 1)
    assert line.before(first) == (0, 0.0)
    assert line.before(last) == (2, pytest.approx(150 * 12 / 300 + 7))
    with line.turn(first):
        clock.now += 1.5
        assert line.before(last) == (2, pytest.approx(150 * 12 / 300 - 1.5 + 7))
        clock.now += 60  # longer than was thought: no less than nothing is left
        assert line.before(last) == (2, pytest.approx(7))
    assert line.before(second)[0] == 0


def test_whoever_has_their_turn_is_before_all_others(line, clock):
    waiting = line.join("motions")
    with line.turn(line.join("motions")):  # a program, which was first in Gradio's queue
        assert line.before(waiting) == (1, None)
        assert len(line) == 2
    assert line.before(waiting)[0] == 0


def test_loading_is_not_part_of_the_time(line, clock):
    place = line.join("motions")
    with line.turn(place):
        clock.now += 30
        line.start(place)
        clock.now += 3
        assert line.seconds(place) == 3
    line.join("motions")
    assert line.before(line.join("motions")) == (1, 3.0)


def test_what_failed_or_was_stopped_is_not_measured(line, clock):
    with pytest.raises(KeyError), line.turn(line.join("motions")):
        raise KeyError
    place = line.join("motions")
    place.stop.set()
    with pytest.raises(Stopped), line.turn(place):
        pytest.fail("it is no longer wanted")
    assert len(line) == 0
    line.join("motions")
    assert line.before(line.join("motions")) == (1, None)


def test_who_has_cancelled_or_left_is_before_nobody(line, clock):
    cancelled, left = line.join("motions"), line.join("motions", owner="a tab")
    last = line.join("motions", owner="another")
    cancelled.stop.set()
    assert line.before(last)[0] == 1
    line.leave("a tab")
    assert line.before(last) == (0, 0)
    assert line.find(left.key) is None and line.find(last.key) is last
    with line.turn(left):  # who is back after all has a turn
        line.leave("a tab")
        assert line.find(left.key) is left


@pytest.mark.parametrize(
    ("people", "seconds", "words"),
    [
        (1, None, "1 person before you"),
        (2, 21.0, "2 people before you, about 20 s"),
        (1, 0.0, "1 person before you, about 1 s"),
        (3, 7.4, "3 people before you, about 7 s"),
        (9, 89.0, "9 people before you, about 90 s"),
        (24, 200.0, "24 people before you, about 3 min"),
    ],
)
def test_words(people, seconds, words):
    assert in_words(people, seconds) == words
