"""The Markdown page of `training.evaluate`: a table for each question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.suite_figures import CLEANED, CONTACT, MOTION, TOGETHER
from training.suite_meshes import EVERY, TOUCHING
from training.suite_tables import RAW, REAL

SEAMS = ("PeakJerk mm", "AUJ mm", "seam mm/frame^3", "transition distance cm")
KEPT = "boundaries within 5 frames"
LAYOUT = "real, other texts"
HANDS = "hand contact error cm, median"
DISTANCES = ("KID x1000", "FID", "interior KID x1000", "interior FID", "diversity", "multimodality")
TOPS = tuple(f"{what} R@{k}" for what in ("segment", "sequence") for k in (1, 2, 3))

Figures = dict[str, dict[str, Any]]

ABOUT_ROWS = (
    f"`{REAL}` is the fused test clips of the same timelines. Figures are means over sequences, then over "
    "replications, each with other noise; ± is half of the 95% interval over replications. `full+contact` has contact "
    "guidance, a switch of the pipeline that is part of no variant. Protocol: docs/benchmark.md."
)
ABOUT_TEXTS = (
    "R-precision: segments in pools of 32 different classes of (action, side, role); sequences among 16 texts and the "
    "same 16 with one part exchanged. MM distance: of vectors of length 1. The last row is real motion in the same "
    "pools with every text told by another action's: what is found by the layout alone, which every method is given."
)
ABOUT_DISTANCES = (
    "KID and FID of whole sequences against other fused test sequences, and of segments' interiors against crops of "
    f"raw clips. The floor is real against real: the rows `{REAL}` and, for interiors, `{RAW}`. FID is shown from 2000 "
    "vectors a side."
)
ABOUT_SEAMS = (
    "PeakJerk and AUJ: windows of {window} frames about the seams, against the mean jerk of raw recordings, {jerk:.1f} "
    "mm/frame^3. Seam: the greatest third difference within 5 frames of it. Raw clips: the same in random windows, and "
    "the transition distance at a quarter, half and three quarters of recordings."
)
ABOUT_CONTACT = (
    "Contact error: how near the labelled points come in the best 5 frames of an interaction, mean over its pairs of "
    "points; ratio: the share of the frames labelled as touching in which they are within 5 cm. Boundaries: found by "
    f"the detector where the timeline puts them; the row `{REAL}` is its own rate."
)
ABOUT_MESHES = (
    "The mesh of the default body: depth of the vertex that is farthest inside the other person, mm, mean over every "
    f"{EVERY}th frame of an interaction (deepest of them in brackets), mean over interactions, first replication. "
    f"`{REAL}`: the held-out clips of the same interactions, composed, captured together, or placed side by side. "
    f"Ratio: of full to them, where they are {TOUCHING:g} mm or deeper. REC: what it changes, from the same noise; ± "
    "is half of the 95% interval over interactions, * where it leaves out 0."
)
ABOUT_CHANGES = (
    "Mean change per sequence from the same noise, with the part less without it; ± is half of the 95% interval over "
    "sequences, * where it leaves out 0."
)


def markdown(report: dict[str, Any]) -> str:
    """The page: the command and what was measured first, then the tables."""
    lines = [f"# Evaluation of {report['checkpoint']}", "", "```", report["command"], "```", "", *_preface(report)]
    for sentence in report["lacking"]:
        lines += ["", f"**{sentence}**"]
    if "evaluator" in report:
        lines += ["", *_texts(report), "", *_distribution(report["evaluator"])]
    meshes, changes = _meshes(report["meshes"]), _changes(report["changes"])
    for section in (_seams(report), _motion(report), _interactions(report), meshes, changes):
        lines += ["", *section]
    if "actions" in report:
        lines += ["", *_actions(report["actions"])]
    return "\n".join(lines) + "\n"


def table(figures: Figures, names: Sequence[str]) -> list[str]:
    """A row per variant and a column per figure that any of them has."""
    shown = [name for name in names if any(name in found for found in figures.values())]
    lines = [f"| | {' | '.join(shown)} |", "|---|" + "--:|" * len(shown)]
    for variant, found in figures.items():
        if any(name in found for name in shown):
            lines.append(f"| {variant} | {' | '.join(_number(found.get(name)) for name in shown)} |")
    return lines


def _preface(report: dict[str, Any]) -> list[str]:
    networks = ", ".join(f"{name} {steps} steps" for name, steps in report["trained_steps"].items())
    patterns = ", ".join(f"{count} {'-'.join(name)}" for name, count in report["patterns"].items())
    judges = [f"{name} {judge['sha256'][:12]}" for name, judge in report["judges"].items() if judge]
    return [
        f"Frozen interleaved benchmark, {report['split']} split: {report['sequences']} sequences of two people "
        f"({patterns}), held-out wordings, {report['replications']} replications; {report['steps']} DDIM steps, "
        f"guidance {report['guidance_scale']:g}. Trained: {networks}. Data {report['data'][:12]}"
        + (f"; judges {', '.join(judges)}." if judges else "."),
        "",
        ABOUT_ROWS,
    ]


def _texts(report: dict[str, Any]) -> list[str]:
    found, real = report["evaluator"], report["evaluator"][REAL]
    shown = {name: values for name, values in found.items() if name != RAW} | {LAYOUT: report["layout"]}
    lines = [
        "## Text", "",
        ABOUT_TEXTS, "",
        *table(shown, (*TOPS, "segment MM distance", "sequence MM distance")), "",
        "Share of the real motion's R@1 in the same pools, by pattern:", "",
    ]  # fmt: skip
    columns = [name for name in real if name.startswith(("segment R@1", "sequence R@1"))]
    ratios = {
        name: {c: {"mean": values[c]["mean"] / real[c]["mean"]} for c in columns if c in values and real[c]["mean"]}
        for name, values in shown.items()
    }
    ratios[REAL] = {c: real[c] for c in columns}
    return [*lines, *table(ratios, columns), "", f"The row `{REAL}` holds R@1 itself."]


def _distribution(found: Figures) -> list[str]:
    return [
        "## Distribution", "",
        ABOUT_DISTANCES, "",
        *table(found, DISTANCES),
    ]  # fmt: skip


def _seams(report: dict[str, Any]) -> list[str]:
    raw = report["raw"]
    reference = {
        "seam mm/frame^3": {"mean": raw["seam mm/frame^3"]},
        "transition distance cm": {"mean": raw["transition distance cm"]},
    }
    return [
        "## Seams", "",
        ABOUT_SEAMS.format(window=report["window"], jerk=raw["jerk curve mm"]), "",
        *table({**report["figures"], RAW: reference}, SEAMS),
    ]  # fmt: skip


def _motion(report: dict[str, Any]) -> list[str]:
    return [
        "## Motion", "", *table(report["figures"], (*MOTION, *CLEANED)), "",
        "Cleaned: after the clean-up switch (light smoothing, foot lock), which is part of no variant.",
    ]  # fmt: skip


def _interactions(report: dict[str, Any]) -> list[str]:
    lines = ["## Interactions", "", *table(report["figures"], (*TOGETHER, *CONTACT, HANDS, KEPT)), ""]
    lines.append(ABOUT_CONTACT)
    every = report["contacts"]
    actions = sorted({action for found in every.values() for action in found})
    if actions:
        lines += ["", "Median contact error in cm and mean contact ratio by action:", ""]
        lines += [f"| | n | {' | '.join(every)} |", "|---|--:|" + "--:|" * len(every)]
    for action in actions:
        cells = [
            f"{f['error cm']:.1f}, {f['ratio']:.2f}" if (f := found.get(action)) else "" for found in every.values()
        ]
        lines.append(f"| {action} | {every[REAL].get(action, {}).get('n', 0)} | {' | '.join(cells)} |")
    return lines


def _meshes(rows: Sequence[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    makers = list(rows[0]["depth mm"])
    lines = [
        "## Interpenetration of skins", "",
        ABOUT_MESHES, "",
        f"| interaction | clips | n | {' | '.join(makers)} | ratio | REC |",
        "|---|---|--:|" + "--:|" * (len(makers) + 2),
    ]  # fmt: skip
    for row in rows:
        cells = [f"{row['depth mm'][maker]:.1f} ({row['deepest mm'][maker]:.0f})" for maker in makers]
        ratio = f"{row['ratio']['full']:.2f}" if "full" in row["ratio"] else ""
        change = _number(row.get("REC"), sign=True)
        lines.append(f"| {row['name']} | {row['source']} | {row['n']} | {' | '.join(cells)} | {ratio} | {change} |")
    return lines


def _changes(changes: Figures) -> list[str]:
    if not changes:
        return []
    names = list(dict.fromkeys(name for found in changes.values() for name in found))
    lines = [
        "## What the parts of the method change", "",
        ABOUT_CHANGES, "",
        f"| | {' | '.join(changes)} |", "|---|" + "--:|" * len(changes),
    ]  # fmt: skip
    for name in names:
        lines.append(f"| {name} | {' | '.join(_number(found.get(name), sign=True) for found in changes.values())} |")
    return lines


def _actions(found: dict[str, Any]) -> list[str]:
    makers = list(dict.fromkeys(maker for shares in found["summary"].values() for maker in shares))
    lines = [
        "## Actions", "",
        "Does the motion keep what its text promises: geometry, on held-out wordings. Every action counts alike.", "",
        f"| | {' | '.join(makers)} |", "|---|" + "--:|" * len(makers),
    ]  # fmt: skip
    for group, shares in found["summary"].items():
        lines.append(f"| {group} | {' | '.join(f'{shares[m]:.2f}' if m in shares else '' for m in makers)} |")
    made = [maker for maker in makers if maker != REAL]
    lines += ["", "Others: clips of other actions that happen to keep the promise.", ""]
    lines += [f"| check | action | {' | '.join(made)} | {REAL} | others |", "|---|---|" + "--:|" * (len(made) + 2)]
    for row in found["actions"]:
        cells = [_count(row["made"].get(name)) for name in made]
        star = "" if row["clips"] != "all splits" else " †"
        lines.append(
            f"| {row['check']} | {row['action']} | {' | '.join(cells)} | {_count(row['real'])}{star} | "
            f"{_count(row['others'])} |"
        )
    if any(row["clips"] == "all splits" for row in found["actions"]):
        lines += ["", "† No clip of this split shows the action: real clips of all splits."]
    if found["dropped"]:
        told = ", ".join(f"{row['check']} ({row['action']}: {_count(row['real'])})" for row in found["dropped"])
        lines += ["", f"Dropped, since real clips keep the promise in fewer than 95% of cases: {told}."]
    return lines


def _count(count: Sequence[int] | None) -> str:
    return f"{count[0]} of {count[1]}" if count and count[1] else ""


def _number(found: dict[str, Any] | None, sign: bool = False) -> str:
    if found is None:
        return ""
    mean, half = found["mean"], found.get("plus_minus")
    digits = 0 if abs(mean) >= 100 else 1 if abs(mean) >= 10 else 2 if abs(mean) >= 0.1 or mean == 0 else 3
    text = f"{mean:{'+' if sign else ''}.{digits}f}"
    if half is None:
        return text
    star = "*" if sign and abs(mean) > half else ""
    return f"{text} ± {half:.{digits}f}{star}"
