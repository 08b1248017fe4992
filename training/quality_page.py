"""The Markdown page and the drawing of `training.quality_curve`."""

from __future__ import annotations

from typing import Any

from training.curves import Panel, svg

UP, DOWN = "↑", "↓"  # what is better; figures without one are best near to real motion's
BETTER = {
    "segment R@1": UP, "sequence R@1": UP, "segment MM distance": DOWN, "KID x1000": DOWN, "contact error cm": DOWN,
    "promises kept": UP, "boundaries kept": UP, "seconds": DOWN,
}  # fmt: skip
DRAWN = ("segment R@1", "KID x1000", "promises kept", "skating mm/frame", "jerk m/s^3", "contact error cm", "seconds")
ABOUT = (
    "Each figure is a mean over the sequences, all made from the same noise; * where it differs from the row of the "
    "defaults by more than half of the 95% interval of the change over sequences (texts for R@1 and MM distance, "
    "blocks of sequences for KID). `real`: the fused clips of the same timelines; figures without an arrow are good as "
    "far as they are near to it."
)
ABOUT_PROMISES = (
    "Promises kept: of the {count} action checks that the real motion of these parts keeps, the share that the made "
    "one keeps. Boundaries kept: within 5 frames by the detector. Seconds: of a processor, for one motion of two "
    "people, made up to {batch_size} at a time on {threads} thread(s); other work on the machine lengthens them."
)
NO_JUDGE = "Without an evaluator R@1, MM distance and KID are left out."
FEW = "These are too few sequences for a pool of segments: R@1 of segments is left out."


def markdown(report: dict[str, Any], picture: str | None) -> str:
    """The page: what was measured, the curves, and a table for steps and one for guidance."""
    default = report["default"]
    networks = ", ".join(f"{name} {steps} steps" for name, steps in report["trained_steps"].items())
    about = (
        f"{report['checkpoint']} ({networks}), variant {report['variant']}: {report['sequences']} sequences of the "
        f"{report['split']} split of the frozen benchmark ([benchmark.md](benchmark.md)). Its defaults are "
        f"{default[0]} DDIM steps and guidance {default[1]:g}."
    )
    lines = ["# Quality against steps and guidance", "", "```", report["command"], "```", "", about, ""]
    lines += [ABOUT, "", ABOUT_PROMISES.format(count=report["promises"], **report)]
    if "segment MM distance" not in report["real"]:
        lines += ["", NO_JUDGE]
    elif "segment R@1" not in report["real"]:
        lines += ["", FEW]
    if report["left_out"]:
        told = ", ".join(f"{steps} steps at guidance {scale:g}" for steps, scale in report["left_out"])
        lines += ["", f"Left out, since they would not have fitted into the time given: {told}."]
    if picture is not None:
        lines += ["", f"![Curves of the figures below]({picture})"]
    for title, name, rows in _sides(report):
        lines += ["", f"## {title}", "", *_table(name, rows, report)]
    return "\n".join(lines) + "\n"


def drawing(report: dict[str, Any]) -> str | None:
    """An SVG of two rows of panels: over steps, and over guidance. None where neither has two points."""
    rows = []
    for (title, name, points), default in zip(_sides(report), report["default"], strict=True):
        if len(points) > 1:
            rows.append([
                Panel(figure, title.lower(), [row[name] for row in points], [row["figures"][figure] for row in points],
                      default, report["real"].get(figure))
                for figure in DRAWN if figure in points[0]["figures"]
            ])  # fmt: skip
    return svg(rows) if rows else None


def _sides(report: dict[str, Any]) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """(title, name, points in order) of either side of the grid; the default is on both."""
    steps, scale = report["default"]
    sides = []
    for title, name, other, fixed in (
        ("Steps", "steps", "guidance_scale", scale),
        ("Guidance", "guidance_scale", "steps", steps),
    ):
        sides.append((title, name, sorted((p for p in report["points"] if p[other] == fixed), key=lambda p: p[name])))
    return sides


def _table(name: str, rows: list[dict[str, Any]], report: dict[str, Any]) -> list[str]:
    figures = list(report["points"][0]["figures"])
    default = dict(zip(("steps", "guidance_scale"), report["default"], strict=True))[name]
    heads = [f"{figure} {BETTER[figure]}" if figure in BETTER else figure for figure in figures]
    lines = [f"| {name.replace('_', ' ')} | {' | '.join(heads)} |", "|---|" + "--:|" * len(figures)]
    for row in rows:
        cells = [_number(row["figures"][f]) + ("*" if row["changed"].get(f) else "") for f in figures]
        label = f"**{row[name]:g}** (default)" if row[name] == default else f"{row[name]:g}"
        lines.append(f"| {label} | {' | '.join(cells)} |")
    real = [_number(report["real"][f]) if f in report["real"] else "" for f in figures]
    return [*lines, f"| real | {' | '.join(real)} |"]


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) >= 0.1 else f"{value:.2g}"
