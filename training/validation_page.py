"""The Markdown page of `training.validate_evaluator`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.judge_figures import FALLING, FIGURES

ABOUT = (
    "What generated motion is judged by, tried on real motion: fused test sequences of the frozen benchmark "
    "([benchmark.md](benchmark.md)). Their clips and wordings were in no training, neither of the judges nor of the "
    "generator."
)
ABOUT_PRECISION = (
    "Segments are looked for among 32 of different classes of (action, side, role); sequences look for their text "
    "among 16 and the same 16 with one part told by another action's text. Mean over five draws of pools; 95% interval "
    "by Wilson over the items. Layout: the same motion when every text, right and wrong, is told by another action's; "
    "it is found then by how long a segment lasts and by who is together when. Every method is given these, so that "
    "figures begin there and not at chance."
)
ABOUT_OTHERWISE = (
    "Nearer to its own text than to one that differs in one thing alone (chance is 0.5). Texts whose change leaves a "
    "meaning that the same clip may have are left out."
)
ABOUT_CORRUPTIONS = (
    "Real motion spoilt by degrees: R@1 has to fall, everything else to rise. MM distance: of vectors of length 1. KID "
    "and FID against as many other real sequences; interiors are segments without the 10 frames next to a seam, "
    "against raw clips. Level 0 is real against real, the floor."
)
ABOUT_VERDICTS = (
    "Yes: the figure improves between no two levels, from the better motion to the worse. ~: it does, within the 95% "
    "interval of the change over the same sequences, so that it could be chance. No: it does beyond that. FID has no "
    "interval, and counts as KID does."
)
ABOUT_WHY = (
    "What it is for: R@1 and MM distance answer to what is done, by whom, with whom and when. KID and FID ask whether "
    "motions are plausible as a set, so that a person who is late, or everybody, hardly changes them: late motion is "
    "plausible. The evaluator was trained with 1 cm of noise and reads four frames at once, so noise up to 2 cm, "
    "smoothing up to 8 frames and sharpening hardly move it, and smoothing, which takes recording noise out, may even "
    "bring motion nearer to its text and to other motion: jitter and stiffness are measured by jerk, seam and skating "
    "figures, not here."
)
BLIND = 0.6  # lower end of the interval of a share whose chance is 0.5
ABOUT_DETECTOR = (
    "A boundary counts as kept where the detector finds it within 5 frames of the timeline's. Composed: clips that the "
    "composer made; captured: two people recorded together; placed: two recordings put side by side."
)
ABOUT_DISPLACED = (
    "The same boundaries, with the timeline's so many frames earlier and later than the motion's. They are looked for "
    "within 20 frames of where the timeline puts them, so that what is left far away is what is found by chance."
)


def markdown(report: dict[str, Any]) -> str:
    """The page: what was measured, then R-precision, corruptions, and the detector."""
    steps, hashes = report["steps"], report["sha256"]
    about = (
        f"{report['sequences']} sequences of the {report['split']} split, {report['segments']} segments. Evaluator "
        f"{hashes['evaluator'][:12]}, {steps['evaluator']} steps; boundary detector {hashes['detector'][:12]}, "
        f"{steps['detector']} steps."
    )
    lines = [
        "# The judges, judged", "",
        "```", report["command"], "```", "",
        ABOUT, "",
        about, "",
        "## R-precision of real motion", "",
        ABOUT_PRECISION, "",
        "| | real motion | 95% | layout | chance | items |", "|---|--:|--:|--:|--:|--:|",
        *(
            f"| {row['name']} | {_rate(row)} | {row['layout']:.3f} | {row['chance']:.3f} | {row['n']} |"
            for row in report["precision"]
        ), "",
        ABOUT_OTHERWISE, "",
        "| what differs | nearer to its own | 95% | items |", "|---|--:|--:|--:|",
        *(f"| {row['name']} | {_rate(row)} | {row['n']} |" for row in report["otherwise"]),
        *_blind(report["otherwise"]), "",
        "## Growing corruption", "",
        ABOUT_CORRUPTIONS, "",
        *_verdicts(report["corruptions"]), "",
        ABOUT_WHY,
    ]  # fmt: skip
    for row in report["corruptions"]:
        lines += ["", *_levels(row)]
    return "\n".join([*lines, "", *_detector(report["detector"])]) + "\n"


def _blind(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A paragraph on what the evaluator cannot tell, if there is anything."""
    names = [row["name"].split(",")[0].removesuffix(" exchanged") for row in rows if row["low"] < BLIND]
    if not names:
        return []
    told = (
        f"So it hardly tells {', or '.join(names)}, apart: its R-precision is no evidence for that. Sides and roles "
        "are judged by the action checks of the benchmark, which are geometry."
    )
    return ["", told]


def verdict(figure: str, row: dict[str, Any]) -> str:
    """Yes, ~ or no, see `ABOUT_VERDICTS`; empty where the corruption does not bear on the figure."""
    if figure not in row["figures"][0]:
        return ""
    back = {step["figure"]: step for step in row["back"]}
    step = back.get(figure.replace("FID", "KID x1000"))
    if step is None:
        return "yes"
    return "~" if step["by"] <= step["plus_minus"] else "**no**"


def _verdicts(rows: Sequence[dict[str, Any]]) -> list[str]:
    names = [name for name in FIGURES if any(name in row["figures"][0] for row in rows)]
    lines = ["Monotone:", "", f"| | {' | '.join(names)} |", "|---|" + ":-:|" * len(names)]
    lines += [f"| {row['name']} | {' | '.join(verdict(name, row) for name in names)} |" for row in rows]
    lines += ["", ABOUT_VERDICTS]
    for row in rows:
        for step in row["back"]:
            if verdict(step["figure"], row) == "**no**":
                sign = "+" if step["figure"] in FALLING else "-"
                half = f" ± {_number(step['plus_minus'])}" if step["plus_minus"] is not None else ""
                where = f"{row['name']}, {step['from']:g} to {step['to']:g} {row['unit']}"
                lines += ["", f"- {where}: {step['figure']} {sign}{_number(step['by'])}{half}"]
    return lines


def _levels(row: dict[str, Any]) -> list[str]:
    names = [name for name in FIGURES if name in row["figures"][0]]
    lines = [f"| {row['name']}, {row['unit']} | {' | '.join(names)} |", "|--:|" + "--:|" * len(names)]
    for level, figures in zip(row["levels"], row["figures"], strict=True):
        lines.append(f"| {level:g} | {' | '.join(_number(figures[name]) for name in names)} |")
    return lines


def _detector(found: dict[str, Any]) -> list[str]:
    return [
        "## The boundary detector", "",
        ABOUT_DETECTOR, "",
        "| boundaries | kept | 95% | items |", "|---|--:|--:|--:|",
        *(f"| {row['name']} | {_rate(row)} | {row['n']} |" for row in found["rates"]), "",
        f"Median distance {found['median off']:g} frames, median delay {found['median late']:g}.", "",
        ABOUT_DISPLACED, "",
        "| frames off | kept | 95% | items |", "|--:|--:|--:|--:|",
        *(f"| {row['frames']} | {_rate(row)} | {row['n']} |" for row in found["displaced"]),
    ]  # fmt: skip


def _rate(row: dict[str, Any]) -> str:
    return f"{row['mean']:.3f} | {row['low']:.3f} to {row['high']:.3f}"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) >= 0.1 else f"{value:.2g}"
