"""Formulas: the notation the page uses comes out as well-formed MathML."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from app.mathml import formula, inline


def words(markup: str) -> str:
    return "".join(ElementTree.fromstring(markup).itertext())


def test_names_numbers_and_operators() -> None:
    markup = inline("L_rela = 0.5 - |φ_y|")
    assert words(markup) == "Lrela=0.5−|φy|"
    assert "<msub><mi>L</mi><mi>rela</mi></msub>" in markup
    assert "<mn>0.5</mn>" in markup


def test_scripts_groups_and_accents() -> None:
    markup = inline(r"\hat{x}_0^2 + \sqrt{1 - \bar{α}_t} + \frac{1}{σ^2}")
    root = ElementTree.fromstring(markup)
    assert [len(root.findall(f".//{tag}")) for tag in ("msubsup", "msub", "msup", "mover", "msqrt", "mfrac")] == [
        1, 1, 1, 2, 1, 1,
    ]  # fmt: skip


def test_lines_and_escapes() -> None:
    markup = formula("a < b", "c = 1.")
    assert len(ElementTree.fromstring(markup).findall(".//mtr")) == 2
    assert words(markup) == "a<bc=1."


@pytest.mark.parametrize("wrong", ["{a", "a}", "_b", r"\nothing", "a_", "x^2_t"])
def test_what_is_not_understood(wrong: str) -> None:
    with pytest.raises(ValueError):
        inline(wrong)
