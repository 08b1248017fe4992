"""Small curves as SVG, drawn by hand: one panel for each figure, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite

WIDTH, HEIGHT = 250, 170
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 30, 34  # of the plot's frame within its panel
LINE, REAL, TEXT, FRAME = "#1f6feb", "#9a6700", "#24292f", "#d0d7de"


@dataclass(frozen=True)
class Panel:
    """A figure over what was varied. marked: the x that is the default. real: the figure of real motion, or None."""

    title: str
    x_name: str
    x: Sequence[float]
    y: Sequence[float]
    marked: float | None = None
    real: float | None = None


def svg(rows: Sequence[Sequence[Panel]]) -> str:
    """The panels in rows, left to right, as one SVG document. `ValueError` for a panel without two finite points."""
    columns = max(len(row) for row in rows)
    size = f'width="{columns * WIDTH}" height="{len(rows) * HEIGHT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {columns * WIDTH} {len(rows) * HEIGHT}"'
    lines = [
        f'{head} font-family="sans-serif" font-size="11" fill="{TEXT}">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for r, row in enumerate(rows):
        for c, panel in enumerate(row):
            lines += [f'<g transform="translate({c * WIDTH} {r * HEIGHT})">', *_panel(panel), "</g>"]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _panel(panel: Panel) -> list[str]:
    points = sorted((x, y) for x, y in zip(panel.x, panel.y, strict=True) if isfinite(y))
    if len(points) < 2:
        raise ValueError(f"a curve needs two points or more, {panel.title!r} has {len(points)}")
    low, high = _range([y for _, y in points] + ([] if panel.real is None else [panel.real]))
    first, last = points[0][0], points[-1][0]

    def at(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (x - first) / (last - first) * (WIDTH - LEFT - RIGHT)
        return round(across, 1), round(TOP + (high - y) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    out = [f'<text x="{LEFT}" y="18" font-weight="bold">{escape(panel.title)}</text>']
    for y in (low, (low + high) / 2, high):
        height = at(first, y)[1]
        out.append(f'<path d="M{LEFT} {height}H{right}" stroke="{FRAME}"/>')
        out.append(f'<text x="{LEFT - 5}" y="{height + 4}" text-anchor="end">{y:.3g}</text>')
    if panel.real is not None:
        height = at(first, panel.real)[1]
        out.append(f'<path d="M{LEFT} {height}H{right}" stroke="{REAL}" stroke-dasharray="4 3"/>')
        out.append(f'<text x="{right}" y="{height - 3}" text-anchor="end" fill="{REAL}">real</text>')
    way = " ".join(f"{x},{y}" for x, y in (at(*point) for point in points))
    out.append(f'<polyline points="{way}" fill="none" stroke="{LINE}" stroke-width="2"/>')
    shown = -100.0
    for x, y in points:
        across, height = at(x, y)
        default = panel.marked is not None and abs(x - panel.marked) < 1e-9
        fill = LINE if default else "#fff"
        out.append(f'<circle cx="{across}" cy="{height}" r="{4.5 if default else 3}" fill="{fill}" stroke="{LINE}"/>')
        if across - shown >= 18 or default:  # labels do not run into each other
            out.append(f'<text x="{across}" y="{bottom + 14}" text-anchor="middle">{x:g}</text>')
            shown = across
    out.append(f'<text x="{(LEFT + right) / 2}" y="{bottom + 28}" text-anchor="middle">{escape(panel.x_name)}</text>')
    return out


def _range(values: Sequence[float]) -> tuple[float, float]:
    """A little more than these values take."""
    low, high = min(values), max(values)
    margin = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin
