"""Curves as SVG: well formed, in place, and not from nothing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from training.curves import HEIGHT, WIDTH, Panel, svg

NAMESPACE = {"s": "http://www.w3.org/2000/svg"}


def test_panels_stand_in_rows_and_points_inside_them() -> None:
    panel = Panel("R@1 & more", "steps", (4, 16, 50), (0.2, 0.6, float("nan")), marked=16, real=0.9)
    root = ElementTree.fromstring(svg([[panel, panel], [panel]]))
    assert (root.get("width"), root.get("height")) == (str(2 * WIDTH), str(2 * HEIGHT))
    panels = root.findall("s:g", NAMESPACE)
    assert [g.get("transform") for g in panels] == [f"translate({x} {y})" for x, y in ((0, 0), (WIDTH, 0), (0, HEIGHT))]
    circles = panels[0].findall("s:circle", NAMESPACE)
    assert len(circles) == 2  # what is not a number is not drawn
    (x0, y0), (x1, y1) = [(float(c.get("cx")), float(c.get("cy"))) for c in circles]
    assert 0 < x0 < x1 < WIDTH and 0 < y1 < y0 < HEIGHT  # a greater figure is higher
    assert [c.get("fill") != "#fff" for c in circles] == [False, True]
    assert "R@1 & more" in [text.text for text in panels[0].findall("s:text", NAMESPACE)]


def test_one_point_is_no_curve() -> None:
    with pytest.raises(ValueError, match="'KID' has 1"):
        svg([[Panel("KID", "steps", (4, 16), (1.0, float("nan")))]])
