"""What the entries of a declaration are read with: chance, the numbers drawn so far, and who and what there is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, sqrt

import numpy as np

from intersyn.body.points import POINT_NAMES
from intersyn.data.compose.document import Item
from intersyn.data.compose.drafting import ALWAYS, Vector, When
from intersyn.data.compose.expressions import Expression, Interval, Range, parse

FRAMES = ("meeting", "own", "place")
DIRECTIONS: dict[str, Vector] = {
    "forward": (1.0, 0.0, 0.0),
    "back": (-1.0, 0.0, 0.0),
    "up": (0.0, 1.0, 0.0),
    "down": (0.0, -1.0, 0.0),
    "left": (0.0, 0.0, 1.0),
    "right": (0.0, 0.0, -1.0),
}
_RESERVED = ("start", "always")
_SLACK = 1e-9  # sums of the same increments may differ by rounding


class Dice:
    """Chance as a declaration needs it."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def number(self, range_: Range) -> float:
        if range_.whole:
            return float(self.rng.integers(int(range_.low), int(range_.high), endpoint=True))
        return float(self.rng.uniform(range_.low, range_.high))

    def pick(self, options: tuple[str, ...]) -> str:
        return options[int(self.rng.integers(len(options)))]


class ExtremeDice(Dice):
    """Every range at one of its ends, and in `turn` k the k-th option of every choice: what a check tries."""

    def __init__(self, rng: np.random.Generator, turn: int) -> None:
        super().__init__(rng)
        self.turn = turn

    def number(self, range_: Range) -> float:
        return float(self.rng.choice((range_.low, range_.high)))

    def pick(self, options: tuple[str, ...]) -> str:
        return options[self.turn % len(options)]


@dataclass
class Scope:
    """Everything that names in one clip's declaration stand for.

    values: numbers of `let` and times of moments; bounds: where each of them lies in any clip; options: what each
    choice could be; choices: what it is here. Every method raises `DeclarationError` at the item it could not read.
    """

    people: int
    dice: Dice
    things: tuple[str, ...] = ()
    values: dict[str, float] = field(default_factory=lambda: {"start": 0.0})
    bounds: dict[str, Interval] = field(default_factory=lambda: {"start": Interval(0.0, 0.0)})
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)

    # Names

    def name(self, item: Item) -> str:
        """A name, each {choice} in it replaced by what was chosen."""

        def chosen(match: re.Match[str]) -> str:
            return self.choices[item.check_known("choice", match[1], self.choices)]

        return re.sub(r"\{(\w+)\}", chosen, item.text())

    def one_of(self, item: Item, what: str, known: tuple[str, ...]) -> str:
        return item.check_known(what, self.name(item), known)

    def part(self, item: Item) -> str:
        return self.one_of(item, "part of the body", POINT_NAMES)

    def frame(self, item: Item | None) -> str:
        """The frame's name; by default that of the meeting, or one's own where there is nobody to meet."""
        if item is None:
            return "meeting" if self.people == 2 else "own"
        return self.one_of(item, "frame", FRAMES if self.people == 2 else ("own", "place"))

    def persons(self, item: Item | None, entry: Item) -> tuple[int, ...]:
        """Who: a, b or both. Alone, it need not be said."""
        if item is None:
            if self.people == 2:
                raise entry.error("it must say who: a, b or both")
            return (0,)
        name = self.one_of(item, "person", ("a", "b", "both") if self.people == 2 else ("a",))
        return {"a": (0,), "b": (1,), "both": (0, 1)}[name]

    def place_on(self, item: Item, who: int, default: int | None = None) -> tuple[int | None, str]:
        """A point on a person ("b.chest", "own.", "partner.") as (person, point), or a thing as (None, its name).

        default: whose point is meant where no person is named; None: that is a thing.
        """
        owner, dot, point = self.name(item).rpartition(".")
        if not dot:
            if default is None:
                return None, item.check_known("thing, or point without its person,", point, self.things)
            return default, item.check_known("part of the body", point, POINT_NAMES)
        people = {"a": 0, "own": who} | ({"b": 1, "partner": 1 - who} if self.people == 2 else {})
        item.check_known("person", owner, people)
        return people[owner], item.check_known("part of the body", point, POINT_NAMES)

    def holds(self, fields: dict[str, Item]) -> bool:
        """Whether an entry's `only` (if any) agrees with the choices."""
        agreed = True
        if "only" in fields:
            for name, wanted in fields["only"].fields("only", self.options).items():
                allowed = [item.check_known(name, item.text(), self.options[name]) for item in wanted.entries()]
                agreed &= self.choices[name] in allowed
        return agreed

    # Numbers

    def number(self, item: Item) -> float:
        """A number, a drawn range, or arithmetic over names."""
        return self._draw(item, self.expression(item))

    def expression(self, item: Item) -> Expression:
        """The item as an expression whose names are all known here and which never divides by 0."""
        try:
            expression = parse(self.name(item))
        except ValueError as error:
            raise item.error(str(error)) from error
        for name in sorted(expression.names):
            item.check_known("name", name, self.values)
        return expression

    def interval(self, item: Item) -> Interval:
        """Where a number lies in any clip."""
        return self._bounds(item, self.expression(item))

    def _draw(self, item: Item, expression: Expression) -> float:
        self._bounds(item, expression)
        return expression.draw(self.values, self.dice.number)

    def _bounds(self, item: Item, expression: Expression) -> Interval:
        try:
            return expression.bounds(self.bounds)
        except ZeroDivisionError as error:
            raise item.error(f"{expression.text!r} divides by what can be 0") from error

    def drawn(self, fields: dict[str, Item], key: str, default: str) -> float:
        """The number of a key, or one drawn from its default."""
        return self.number(fields[key]) if key in fields else parse(default).draw({}, self.dice.number)

    def positive(self, fields: dict[str, Item], key: str, default: str) -> float:
        value = self.drawn(fields, key, default)
        if value <= 0:
            raise fields[key].error(f"{key} must be above 0, got {value:g}")
        return value

    def truth(self, item: Item) -> bool:
        return self.one_of(item, "answer", ("true", "false")) == "true"

    def vector(self, item: Item, size: int = 3) -> tuple[float, ...]:
        """Numbers of a list of `size`."""
        items = item.sequence(f"a vector of {size} numbers")
        if len(items) != size:
            raise item.error(f"a vector of {size} numbers is needed, got {len(items)}")
        return tuple(self.number(part) for part in items)

    def direction(self, item: Item) -> Vector:
        """A unit vector, from the name of a direction or three numbers (forward, up, left)."""
        if item.is_text:
            return DIRECTIONS[self.one_of(item, "direction", tuple(DIRECTIONS))]
        vector = self.vector(item)
        length = sqrt(sum(x * x for x in vector))
        if length < 1e-6:
            raise item.error("a direction must not be 0")
        return tuple(x / length for x in vector)  # type: ignore[return-value]

    # Times

    def when(self, item: Item) -> When:
        """'always', two times (it stays) or four (in from the 1st to the 2nd, out from the 3rd to the 4th).

        What is there at the start was there before it, and is not missing where an approach makes the clip longer.
        """
        if item.is_text:
            self.one_of(item, "time, or list of times,", ("always",))
            return ALWAYS
        items = item.sequence("when")
        if len(items) not in (2, 4):
            raise item.error(f"when is two or four times, got {len(items)}")
        times = self.times(items)
        if times[1] <= _SLACK:
            times = (-inf, -inf, *times[2:])
        return (*times, inf, inf) if len(times) == 2 else times  # type: ignore[return-value]

    def times(self, items: list[Item]) -> tuple[float, ...]:
        """Times from the clip's start on, none of them before the one in front of it."""
        times = [self.number(item) for item in items]
        if times[0] < -_SLACK:
            raise items[0].error(f"{items[0].text()!r} can be before the clip starts ({times[0]:.2f} s)")
        for (former, before), (latter, time) in pairwise(zip(items, times, strict=True)):
            if time < before - _SLACK:
                raise latter.error(
                    f"times are out of order: {latter.text()!r} can come before {former.text()!r} "
                    f"({time:.2f} s before {before:.2f} s)"
                )
        return tuple(times)

    # Definitions

    def define(self, name: str, item: Item, value: float, bounds: Interval) -> None:
        """Give a number a name, which must be new."""
        if not name.isidentifier() or name in _RESERVED:
            raise item.error(f"{name!r} cannot be the name of a number or moment")
        if name in self.values or name in self.choices:
            raise item.error(f"{name!r} is there already")
        self.values[name], self.bounds[name] = value, bounds

    def let(self, item: Item) -> None:
        """Draw what everybody in the clip shares: numbers, and choices, which are lists."""
        for name, value in item.fields("let").items():
            if value.is_list:
                options = tuple(option.text() for option in value.sequence(name))
                if not options:
                    raise value.error(f"the choice {name!r} has no options")
                if name in self.values or name in self.choices:
                    raise value.error(f"{name!r} is there already")
                self.options[name], self.choices[name] = options, self.dice.pick(options)
            else:
                self.define(name, value, self.number(value), self.interval(value))

    def moments(self, item: Item) -> dict[str, float]:
        """Draw the times of all moments, each some seconds after the one before it."""
        times = {"start": 0.0}
        time, bounds = 0.0, Interval(0.0, 0.0)
        for entry in item.sequence("moments"):
            fields = entry.fields("a moment")
            if len(fields) != 1:
                raise entry.error(f"one moment each: 'name: seconds', got {len(fields)}")
            ((name, seconds),) = fields.items()
            step = self.interval(seconds)
            if step.low < 0:
                raise seconds.error(f"the moment {name!r} can come {-step.low:g} s before the one in front of it")
            time, bounds = time + self.number(seconds), bounds + step
            self.define(name, seconds, time, bounds)
            times[name] = time
        if time <= 0:
            raise item.error("the clip must take some time")
        return times
