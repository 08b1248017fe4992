"""The numbers of a declaration: arithmetic over names, and ranges that are drawn, such as "touch + 0.1..0.3"."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)"
# A minus belongs to the range's lower end only where no operand stands before it.
_RANGE = re.compile(
    rf"(?P<low>(?:(?:^|(?<=[(*/+-]))\s*-\s*)?{_NUMBER})\s*\.\.\s*(?P<high>-?\s*{_NUMBER})(?P<whole>\s+whole\b)?"
)
_PREFIX = "name_"
_OPERATIONS: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True)
class Interval:
    """All numbers from low to high, with the arithmetic of such sets."""

    low: float
    high: float

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __mul__(self, other: Interval) -> Interval:
        products = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(products), max(products))

    def __truediv__(self, other: Interval) -> Interval:
        """Raises `ZeroDivisionError` where the divisor can be 0."""
        if other.low <= 0 <= other.high:
            raise ZeroDivisionError
        return self * Interval(1 / other.high, 1 / other.low)


@dataclass(frozen=True)
class Range:
    """Numbers from low to high, both included; whole: integers only."""

    low: float
    high: float
    whole: bool = False


Value = TypeVar("Value", float, Interval)


@dataclass(frozen=True)
class Expression:
    """+ - * / over numbers, names and ranges. names: those it uses."""

    text: str
    tree: ast.expr
    ranges: dict[str, Range]
    names: frozenset[str]

    def draw(self, values: Mapping[str, float], draw: Callable[[Range], float]) -> float:
        """Its value for given names, every range drawn anew. Raises `ZeroDivisionError`."""
        return _evaluate(self.tree, values, self.ranges, float, draw)

    def bounds(self, values: Mapping[str, Interval]) -> Interval:
        """Where its value lies, wherever in their intervals the names and ranges lie.

        It may be wider than need be where a name occurs twice. Raises `ZeroDivisionError` where a divisor can be 0.
        """
        return _evaluate(
            self.tree, values, self.ranges, lambda x: Interval(x, x), lambda range_: Interval(range_.low, range_.high)
        )


def _evaluate(
    tree: ast.expr,
    values: Mapping[str, Value],
    ranges: Mapping[str, Range],
    constant: Callable[[float], Value],
    drawn: Callable[[Range], Value],
) -> Value:
    def value(node: ast.expr) -> Value:
        match node:
            case ast.Constant():
                return constant(float(node.value))
            case ast.Name():
                return drawn(ranges[node.id]) if node.id in ranges else values[node.id]
            case ast.UnaryOp():
                return -value(node.operand)
            case ast.BinOp():
                return _OPERATIONS[type(node.op)](value(node.left), value(node.right))
        raise TypeError(f"{ast.dump(node)} passed the parser")

    return value(tree)


@cache
def parse(text: str) -> Expression:
    """An expression such as "touch - 0.2", "2..5 whole" or "pats / rate + 0..0.1".

    Raises `ValueError` saying why where it is none, or where a range is empty.
    """
    ranges: dict[str, Range] = {}

    def named(match: re.Match[str]) -> str:
        low, high = (float(match[end].replace(" ", "")) for end in ("low", "high"))
        if low > high:
            raise ValueError(f"the range {match[0].strip()} is empty: {low:g} is more than {high:g}")
        if match["whole"] and not (low.is_integer() and high.is_integer()):
            raise ValueError(f"the ends of {match[0].strip()} must be whole")
        name = f"_range{len(ranges)}"
        ranges[name] = Range(low, high, bool(match["whole"]))
        return name

    # Words of Python, such as raise and pass, are good names for moments: the prefix hides them from its parser.
    source = re.sub(r"\b[A-Za-z_]", rf"{_PREFIX}\g<0>", _RANGE.sub(named, text))
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{text!r} is no number, range lo..hi or arithmetic") from error
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = node.id.removeprefix(_PREFIX)
            names.add(node.id)
        elif isinstance(node, ast.BinOp | ast.UnaryOp):
            if type(node.op) not in (*_OPERATIONS, ast.USub):
                raise ValueError(f"{text!r} uses what is not + - * or /")
        elif isinstance(node, ast.Constant):
            if type(node.value) not in (int, float):
                raise ValueError(f"{text!r} holds {node.value!r}, which is no number")
        elif not isinstance(node, ast.operator | ast.unaryop | ast.expr_context):
            raise ValueError(f"{text!r} is no number, range lo..hi or arithmetic")
    return Expression(text, tree, ranges, frozenset(names - set(ranges)))
