"""Figures of `training.evaluate` summed up: means with bootstrap intervals, and a Markdown page of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Row = dict[str, Any]
RESAMPLES = 1000
REAL = "real"
MOTION = ("skating mm/frame", "skating m/s", "contact share", "floating mm", "sinking mm", "jerk m/s^3")
CLEANED = ("cleaned skating mm/frame", "cleaned jerk m/s^3")
SEAMS = ("PeakJerk mm", "AUJ mm", "seam mm/frame^3", "leap cm")
TOGETHER = ("penetration mm", "frames deeper than 2 cm", "pelvis distance m", "nearest joints m")


def interval(values: Sequence[float]) -> dict[str, float] | None:
    """Mean, half of the 95% bootstrap interval over sequences, and how many there are; None without any."""
    values = np.array([value for value in values if np.isfinite(value)])
    if not len(values):
        return None
    means = values[_resampled(len(values))].mean(1)
    return {"mean": float(values.mean()), "plus_minus": _half(means), "n": len(values)}


def seam_figures(windows: Sequence[Sequence[Sequence[float]]], reference: float) -> dict[str, Any]:
    """PeakJerk and AUJ in mm of the mean curve of all windows; resampled over sequences. windows[k] is (N_k, width)."""
    windows = [np.array(w) for w in windows if len(w)]
    if not windows:
        return {}
    sums, counts = np.stack([w.sum(0) for w in windows]), np.array([len(w) for w in windows])
    every = np.concatenate((np.arange(len(windows))[None], _resampled(len(windows))))  # the sample itself first
    curves = sums[every].sum(1) / counts[every].sum(1)[:, None]
    out = {}
    for name, values in (("PeakJerk mm", curves.max(1)), ("AUJ mm", np.abs(curves - reference).sum(1))):
        out[name] = {"mean": float(values[0]) * 1000, "plus_minus": _half(values[1:]) * 1000, "n": int(counts.sum())}
    return out


def summary(sequences: list[Row], texts: list[Row], reference_jerk: float) -> dict[str, Any]:
    """{"figures": {variant: {figure: interval}}, "pairs": {kind: ...}, "texts": {check: {maker: ...}}}.

    An interval also holds "differs" where the same sequences' mean difference to the base variant (`full`, or the first
    there is) is outside its own 95% interval around 0.
    """
    variants = list(dict.fromkeys(row["variant"] for row in sequences))
    base = "full" if "full" in variants else next((name for name in variants if name != REAL), REAL)
    by_variant = {name: [row for row in sequences if row["variant"] == name] for name in variants}
    figures: dict[str, Any] = {}
    for name, rows in by_variant.items():
        compare = name not in (REAL, base)
        figures[name] = _intervals(rows, by_variant[base], (*MOTION, *CLEANED, *SEAMS, *TOGETHER), compare)
        figures[name] |= seam_figures([row["windows"] for row in rows], reference_jerk)
    pairs: dict[str, Any] = {}
    for kind in dict.fromkeys(row["pairs"] for row in sequences):
        chosen = {name: [row for row in rows if row["pairs"] == kind] for name, rows in by_variant.items()}
        pairs[kind] = {
            name: _intervals(rows, chosen[base], TOGETHER, name not in (REAL, base)) for name, rows in chosen.items()
        }
    told: dict[str, Any] = {}
    for row in texts:
        told.setdefault(row["check"], {}).setdefault(row["maker"], []).append(row)
    checks = {check: {maker: _text_figures(rows) for maker, rows in makers.items()} for check, makers in told.items()}
    clips = {row["check"]: row["clips"] for row in texts if row["maker"] == REAL}
    return {"base": base, "figures": figures, "pairs": pairs, "texts": checks, "text_clips": clips}


def markdown(report: dict[str, Any]) -> str:
    """The page: command first, then the tables."""
    networks = ", ".join(f"{name} {steps} steps" for name, steps in report["trained_steps"].items())
    networks += f", rec {report['rec_steps']} steps" if report["rec_steps"] is not None else ""
    kinds = ", ".join(f"{count} with {kind}" for kind, count in report["drawn"].items())
    drawn = (
        f"{report['sequences']} interleaved test sequences of two people ({kinds}), wordings reserved for testing; "
        f"{report['steps']} DDIM steps, guidance {report['guidance_scale']:g}, seed {report['seed']}. "
        f"Trained: {networks}."
    )
    legend = (
        "`real` is the fused test clips with the same timelines. ± is half of the 95% bootstrap interval over "
        f"sequences; * differs from `{report['base']}` on the same sequences and noise (95%)."
    )
    jerk = (
        f"PeakJerk and AUJ: windows of {report['window']} frames about the seams, against the raw test clips' mean of "
        f"{report['reference_jerk'] * 1000:.1f} mm/frame^3. Seam: the greatest third difference within 5 frames of it; "
        f"random windows of the raw clips have {report['raw_windows_mm']:.1f}. Leap: the pose's step across the seam."
    )
    tail = "Cleaned: after the clean-up switch (light smoothing, foot lock), which is part of no variant."
    lines = [f"# Evaluation of {report['checkpoint']}", "", "```", report["command"], "```", "", drawn, legend, ""]
    lines += ["## Motion", "", *_table(report["figures"], (*MOTION, *CLEANED)), "", tail, ""]
    lines += ["## Seams", "", jerk, "", *_table(report["figures"], SEAMS), "", "## Interactions", ""]
    for kind, figures in report["pairs"].items():
        if any(figures.values()):
            lines += [f"{kind.capitalize()}:", "", *_table(figures, TOGETHER), ""]
    lines += ["## Texts", "", "Single actions asked for by reserved wordings, beside test clips of these actions.", ""]
    makers = list(dict.fromkeys(maker for check in report["texts"].values() for maker in check if maker != REAL))
    lines += [f"| text | figure | {' | '.join((*makers, REAL))} |", "|---|---|" + "--:|" * (len(makers) + 1)]
    for check, by_maker in report["texts"].items():
        names = list(dict.fromkeys(name for figures in by_maker.values() for name in figures))
        for name in names:
            cells = [_text_cell(name, by_maker.get(maker, {}).get(name)) for maker in (*makers, REAL)]
            elsewhere = report["text_clips"].get(check, "test") != "test"
            cells[-1] += " †" if elsewhere else ""
            lines.append(f"| {check} | {name} | {' | '.join(cells)} |")
    if "all splits" in report["text_clips"].values():
        lines += ["", "† No test clip shows this action: real clips of all splits."]
    return "\n".join(lines) + "\n"


def _intervals(rows: list[Row], base: list[Row], names: Sequence[str], compare: bool) -> dict[str, Any]:
    out = {}
    for name in names:
        found = interval([row[name] for row in rows if name in row])
        if found is None:
            continue
        if compare:
            ours, theirs = ({row["sequence"]: row[name] for row in side if name in row} for side in (rows, base))
            difference = interval([ours[k] - theirs[k] for k in ours if k in theirs])
            found["differs"] = difference is not None and abs(difference["mean"]) > difference["plus_minus"] > 0
        out[name] = found
    return out


def _text_figures(rows: list[Row]) -> dict[str, Any]:
    names = [name for name in rows[0] if name not in ("check", "maker", "text", "order", "clips")]
    return {name: interval([row[name] for row in rows]) for name in names}


def _text_cell(name: str, found: dict[str, float] | None) -> str:
    if found is None:
        return ""
    if name.startswith("share"):
        return f"{round(found['mean'] * found['n'])} of {found['n']}"
    return _number(found)


def _table(figures: dict[str, dict[str, Any]], names: Sequence[str]) -> list[str]:
    shown = [name for name in names if any(name in found for found in figures.values())]
    lines = [f"| | {' | '.join(shown)} |", "|---|" + "--:|" * len(shown)]
    for variant, found in figures.items():
        cells = [_number(found[name]) if name in found else "" for name in shown]
        lines.append(f"| {variant} | {' | '.join(cells)} |")
    return lines


def _number(found: dict[str, Any]) -> str:
    digits = 0 if abs(found["mean"]) >= 100 else 1 if abs(found["mean"]) >= 10 else 2
    star = "*" if found.get("differs") else ""
    return f"{found['mean']:.{digits}f} ± {found['plus_minus']:.{digits}f}{star}"


def _resampled(count: int) -> np.ndarray:
    """(RESAMPLES, count) the same draws for the same count."""
    return np.random.default_rng(count).integers(count, size=(RESAMPLES, count))


def _half(values: np.ndarray) -> float:
    low, high = np.percentile(values, (2.5, 97.5))
    return float(high - low) / 2
