"""The page that puts runs beside each other, and the paper's figures beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

REAL = "real"
HEADING = "# Ablations and baselines\n\n"
# Table and column names of training.evaluate's JSON -> heading.
COLUMNS = {
    ("evaluator", "segment R@1"): "segment R@1",
    ("evaluator", "sequence R@1"): "sequence R@1",
    ("evaluator", "FID"): "FID",
    ("evaluator", "KID x1000"): "KID x1000",
    ("evaluator", "segment MM distance"): "segment MM distance",
    ("figures", "seam mm/frame^3"): "seam mm/frame^3",
    ("figures", "jerk m/s^3"): "jerk m/s^3",
    ("figures", "skating mm/frame"): "skating mm/frame",
    ("figures", "capsule penetration mm"): "capsule penetration mm",
    ("figures", "hand contact error cm, median"): "hand contact error cm",
    ("figures", "boundaries within 5 frames"): "boundaries kept",
}
PATTERNS = ("sis", "sisi", "sisis")  # tested on which layout: segment R@1 of each
# InterSyn (ICCV 2025, arXiv 2508.10297), its table of the interleaved benchmark: R@1, FID, MM distance.
PAPER = {
    "s-i-s (default)": (0.298, 0.417, 3.707),
    "s-i-s-i": (0.242, 0.469, 3.958),
    "s-i-s-i-s": (0.115, 0.638, 4.436),
    "without coordinator": (0.103, 0.847, 5.842),
    "without L_rela": (0.283, 0.537, 3.838),
    "without L_smooth": (0.295, 0.431, 3.712),
}
SCOPE = (
    "The paper's figures come from other data (HumanML3D and InterHuman) and from an evaluator that it does not name, "
    "so no figure of ours may be compared with one of them, and nothing is claimed from their sizes. What may be "
    "compared is the order of lines within each table: whether leaving a part out hurts there and here. The paper does "
    "not say whether its layouts are those of training or of testing; here the lines are of training, and the second "
    "table has each of them tested by layout. Of its table of times only one result is known: t_s = 0 with a random "
    "t_i was best."
)


@dataclass(frozen=True)
class Line:
    """A line of the page: a variant of a run's checkpoint, and the line of the paper's table that it stands for."""

    run: str
    variant: str
    title: str
    paper: str | None


def page(
    lines: Sequence[Line],
    found: Mapping[str, Mapping[str, Any]],
    what: Mapping[str, str],
    trained_by: str | None = None,
) -> str:
    """Markdown from training.evaluate's reports by run; lines without figures are named at the end.

    trained_by: the last command that trained them.
    """
    first = next(iter(found.values()))
    there = [line for line in lines if line.variant in found.get(line.run, {}).get("figures", {})]
    out = [
        SCOPE,
        "",
        "All runs have the same data, seed, batch size and number of steps; ± is half of a 95% interval over noise,",
        "which says nothing about training with another seed.",
        "",
    ]
    commands = [*filter(None, [trained_by]), *(report["command"] for report in found.values())]
    out += ["```", *commands, "```", ""]
    if len({_measured(report) for report in found.values()}) > 1:
        out += ["**The runs were not all measured alike (sequences, replications, steps or guidance differ).**", ""]
    headings = [name for key, name in COLUMNS.items() if any(_value(found[li.run], key, li.variant) for li in there)]
    keys = {name: key for key, name in COLUMNS.items()}
    rows = [("real motion", [_cell(first, keys[name], REAL) for name in headings])]
    rows += [(line.title, [_cell(found[line.run], keys[name], line.variant) for name in headings]) for line in there]
    out += ["## Ours", "", *_table(headings, rows), ""]
    out += _by_layout(there, found)
    out += ["## The paper's (other data, other evaluator)", ""]
    stands = {line.paper: line.title for line in lines if line.paper}
    paper = [(name, [*(f"{value:.3f}" for value in PAPER[name]), stands.get(name, "")]) for name in PAPER]
    out += [*_table(["R@1", "FID", "MM distance", "our line"], paper), ""]
    out += ["## Runs", "", *(f"- `{name}`: {text}; {_steps(found.get(name))}" for name, text in what.items()), ""]
    if missing := [line.title for line in lines if line not in there]:
        out += [f"Not measured yet: {'; '.join(missing)}.", ""]
    return "\n".join(out)


def _by_layout(lines: Sequence[Line], found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Segment R@1 by the layout of the test sequences, where it was measured."""
    keys = {f"tested on {'-'.join(pattern)}": ("evaluator", f"segment R@1 {pattern}") for pattern in PATTERNS}
    if not any(_value(found[line.run], key, line.variant) for line in lines for key in keys.values()):
        return []
    rows = [(line.title, [_cell(found[line.run], key, line.variant) for key in keys.values()]) for line in lines]
    return ["## Segment R@1 by layout", "", *_table(list(keys), rows), ""]


def _measured(report: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(report.get(name) for name in ("split", "sequences", "replications", "steps", "guidance_scale"))


def _value(report: Mapping[str, Any], key: tuple[str, str], row: str) -> Mapping[str, Any] | None:
    return report.get(key[0], {}).get(row, {}).get(key[1])


def _cell(report: Mapping[str, Any], key: tuple[str, str], row: str) -> str:
    found = _value(report, key, row)
    if not found:
        return ""
    spread = "" if found.get("plus_minus") is None else f" ± {found['plus_minus']:.2g}"
    return f"{found['mean']:.3g}{spread}"


def _steps(report: Mapping[str, Any] | None) -> str:
    if report is None:
        return "not evaluated"
    steps = ", ".join(f"{name} {count}" for name, count in report.get("trained_steps", {}).items())
    return f"trained steps: {steps}"


def _table(headings: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    lines = [f"| | {' | '.join(headings)} |", "|---|" + "--:|" * len(headings)]
    return lines + [f"| {title} | {' | '.join(cells)} |" for title, cells in rows]
