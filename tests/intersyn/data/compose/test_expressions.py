from __future__ import annotations

import pytest

from intersyn.data.compose.expressions import Interval, Range, parse


def middle(range_: Range) -> float:
    return (range_.low + range_.high) / 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5),
        ("-8..8", 0.0),
        ("touch - 0.2", 1.8),
        ("touch - 0.1..0.3", 1.8),
        ("touch + -0.3..-0.1", 1.8),
        ("2 * (touch + 1) / -3", -2.0),
        ("1 - 2 - 3", -4.0),
        ("2..6 whole / touch", 2.0),
        ("raise + pass", 3.0),
        (".5...7", 0.6),
    ],
)
def test_arithmetic_over_names_and_ranges(text, value):
    assert parse(text).draw({"touch": 2.0, "raise": 1.0, "pass": 2.0}, middle) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "a ** 2",
        "f(1)",
        "a.b",
        "a[0]",
        "'a'",
        "a if b else c",
        "1 < 2",
        "+1",
        "a // 2",
        "1j",
        "__import__('os')",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="number|uses"):
        parse(text)


def test_empty_ranges_and_whole_ranges_with_broken_ends_are_refused():
    with pytest.raises(ValueError, match="0.5 is more than 0.2"):
        parse("touch + 0.5..0.2")
    with pytest.raises(ValueError, match="must be whole"):
        parse("1.5..3 whole")


def test_bounds_hold_every_value():
    expression = parse("a * b - 1..2 / (a + 4)")
    a, b = Interval(-2.0, 3.0), Interval(-1.0, 0.5)
    bounds = expression.bounds({"a": a, "b": b})
    for x in (-2.0, -0.5, 1.0, 3.0):
        for y in (-1.0, 0.0, 0.5):
            for end in ("low", "high"):
                assert (
                    bounds.low <= expression.draw({"a": x, "b": y}, lambda r, end=end: getattr(r, end)) <= bounds.high
                )


def test_bounds_of_plain_sums_are_tight():
    assert parse("a - 0.5..1").bounds({"a": Interval(1.0, 2.0)}) == Interval(0.0, 1.5)


def test_a_divisor_that_can_be_zero_is_found_without_meeting_it():
    with pytest.raises(ZeroDivisionError):
        parse("1 / a").bounds({"a": Interval(-1.0, 2.0)})


def test_names_are_those_an_author_wrote():
    assert parse("touch - in * 0..1").names == {"touch", "in"}
