"""Formulas for the page: a small part of TeX's notation as MathML, which browsers set by themselves.

Letters, numbers and operators; `_` and `^` with one token or a {group}; \\hat, \\bar, \\sqrt, \\frac, and \\quad for a
space. Greek letters and symbols are written as they are. A run of letters is one name; single letters are variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

_TOKEN = re.compile(r"\\[a-z]+|[A-Za-z]+|[\u0370-\u03ff]|[\d.]+(?<!\.)|\S")
_ACCENTS = {r"\hat": "^", r"\bar": "¯"}


def formula(*lines: str) -> str:
    """One displayed formula in as many lines. Raises `ValueError` for notation that is not understood."""
    rows = "".join(f"<mtr><mtd>{_line(line)}</mtd></mtr>" for line in lines)
    return f'<math display="block"><mtable columnalign="left" rowspacing="0.6em">{rows}</mtable></math>'


def inline(text: str) -> str:
    """A formula within a sentence."""
    return f"<math>{_line(text)}</math>"


def _line(text: str) -> str:
    tokens = iter(_TOKEN.findall(text))
    row, closed = _row(tokens)
    if closed:
        raise ValueError(f"a brace too many in {text!r}")
    return row


def _row(tokens: Iterator[str]) -> tuple[str, bool]:
    """MathML up to the brace that closes this group or the end, and whether there was one."""
    parts: list[str] = []
    for token in tokens:
        if token == "}":
            return f"<mrow>{''.join(parts)}</mrow>", True
        if token in "_^":
            if not parts:
                raise ValueError(f"nothing stands before {token!r}")
            parts.append(_script(parts.pop(), token, _next(tokens)))
        else:
            parts.append(_atom(token, tokens))
    return f"<mrow>{''.join(parts)}</mrow>", False


def _script(base: str, kind: str, script: str) -> str:
    """With one script, or with a second one beside the first: x_t^2."""
    one, other = ("msub", "msup") if kind == "_" else ("msup", "msub")
    if base.startswith(f"<{other}>") and base.endswith(f"</{other}>"):
        inside = base[len(other) + 2 : -len(other) - 3]
        if kind == "^":
            return f"<msubsup>{inside}{script}</msubsup>"
        raise ValueError("a subscript is written before the superscript")
    return f"<{one}>{base}{script}</{one}>"


def _next(tokens: Iterator[str]) -> str:
    token = next(tokens, None)
    if token is None:
        raise ValueError("a formula ends where something is expected")
    return _atom(token, tokens)


def _atom(token: str, tokens: Iterator[str]) -> str:
    if token == "{":
        row, closed = _row(tokens)
        if not closed:
            raise ValueError("a brace is missing")
        return row
    if token in _ACCENTS:
        return f'<mover accent="true">{_next(tokens)}<mo stretchy="false">{_ACCENTS[token]}</mo></mover>'
    if token == r"\sqrt":
        return f"<msqrt>{_next(tokens)}</msqrt>"
    if token == r"\frac":
        return f"<mfrac>{_next(tokens)}{_next(tokens)}</mfrac>"
    if token == r"\quad":
        return '<mspace width="1.4em"/>'
    if token.startswith("\\"):
        raise ValueError(f"there is no {token} here")
    if token[0].isdigit():
        return f"<mn>{token}</mn>"
    if token.isalpha() or "\u0370" <= token[0] <= "\u03ff":
        return f"<mi>{token}</mi>"
    return f"<mo>{escape('−' if token == '-' else token)}</mo>"
