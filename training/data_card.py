"""The dataset card and the report that `training.prepare` writes beside the clips."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean, median
from typing import Any

from intersyn.data.store import SPLITS, ClipStore
from intersyn.files import atomic_write

LICENCES = {
    "bandai": "Bandai-Namco-Research-Motiondataset 1 and 2, Bandai Namco Research Inc., CC BY-NC 4.0",
    "cmu": "CMU Graphics Lab Motion Capture Database, free to use, not to be resold as data",
    "salsa": "CMU Graphics Lab Motion Capture Database, subjects 60 and 61, free to use, not to be resold as data",
    "humanml3d": "HumanML3D motions (AMASS licence, not redistributable) and texts (MIT)",
    "interhuman": "InterHuman, CC BY-NC-SA 4.0, redistribution prohibited",
}
CMU_CREDIT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)


def write_card(out: Path, report: Mapping[str, Any]) -> None:
    """Write README.md (for people) and report.json (the same figures) into `out`."""
    with atomic_write(out / "report.json", "w") as file:
        json.dump(report, file, indent=1)
    with atomic_write(out / "README.md", "w") as file:
        file.write(card_text(report))


def make_report(
    store: ClipStore, quality: Mapping[str, Mapping[str, float]], problems: Mapping[str, str]
) -> dict[str, Any]:
    """Hours and clips per source, split, label and style, and the measured quality per source."""
    groups: dict[str, dict[str, list]] = {name: defaultdict(list) for name in ("source", "label", "style")}
    for clip in store.clips:
        groups["source"][clip.source].append(clip)
        groups["label"][f"{clip.source}/{clip.action}"].append(clip)
        groups["style"][f"{clip.source}/{clip.style}"].append(clip)

    def sizes(clips: list) -> dict[str, float]:
        row = {"clips": len(clips), "hours": round(sum(clip.frames for clip in clips) / store.fps / 3600, 4)}
        return row | {split: sum(clip.split == split for clip in clips) for split in SPLITS}

    report: dict[str, Any] = {
        name: {key: sizes(clips) for key, clips in sorted(rows.items())} for name, rows in groups.items()
    }
    for source, clips in groups["source"].items():
        report["source"][source] |= _quality([quality[clip.name] for clip in clips])
    report["skipped"] = dict(sorted(problems.items()))
    return report


def _quality(rows: list[Mapping[str, float]]) -> dict[str, float]:
    out = {}
    for name in ("leg_error", "arm_error", "skating", "source_skating"):
        values = [row[name] for row in rows if not math.isnan(row.get(name, math.nan))]
        if values:
            out[name] = fmean(values) if "skating" in name else median(values)
    return out


def card_text(report: Mapping[str, Any]) -> str:
    """The dataset card in Markdown."""
    lines = ["# Prepared motion clips", ""]
    lines += ["Made by `python -m training.prepare`. One skeleton (SMPL's first 22 joints, the project's rest pose),",
              "20 frames per second, metres, y up, floor at 0. Mirrored copies are made when drawn.", ""]  # fmt: skip
    lines += ["## Sources", ""]
    lines += [
        "| source | clips | hours | train / val / test | legs / arms off by, degrees | skating, mm/frame (source's) |"
    ]
    lines += ["|---|---|---|---|---|---|"]
    for source, row in report["source"].items():
        error = f"{row['leg_error']:.2f} / {row['arm_error']:.2f}" if "leg_error" in row else "-"
        slide = "-"
        if "skating" in row:
            slide = f"{1000 * row['skating']:.2f}"
            slide += f" ({1000 * row['source_skating']:.2f})" if "source_skating" in row else ""
        splits = " / ".join(str(row[split]) for split in SPLITS)
        lines.append(f"| {source} | {row['clips']} | {row['hours']:.2f} | {splits} | {error} | {slide} |")
    lines += ["", "Off by: angle between our thighs and shins (upper arms and forearms) and the source's; median over"]
    lines += ["frames, then over clips. Skating: how far feet in contact slide, mean over frames, then over clips.", ""]
    run = report["run"]
    memory = "" if run["peak_gigabytes"] is None else f" and {run['peak_gigabytes']:.2f} GB of memory at most"
    lines += [
        f"This run read {run['read_anew']} of {run['recordings']} recordings anew (the rest came from the cache) and"
    ]
    lines += [
        f"took {run['seconds']:.0f} s{memory}. `clips.zip` has {run['megabytes']:.1f} MB; packing moves joints by"
    ]
    lines += [f"{run['packing_error_mm']:.2f} mm (median) and {run['most_packing_error_mm']:.2f} mm at most.", ""]
    for title, name in (("Labels", "label"), ("Styles", "style")):
        lines += [f"## {title}", "", f"| {name} | clips | minutes | train / val / test |", "|---|---|---|---|"]
        for key, row in report[name].items():
            splits = " / ".join(str(row[split]) for split in SPLITS)
            lines.append(f"| {key} | {row['clips']} | {60 * row['hours']:.1f} | {splits} |")
        lines.append("")
    lines += ["## Licences", ""]
    lines += [f"- {source}: {LICENCES[source]}" for source in report["source"]]
    if {"cmu", "salsa"} & set(report["source"]):
        lines += ["", CMU_CREDIT]
    lines += ["", "## Skipped recordings", ""]
    lines += [f"- {name}: {reason}" for name, reason in report["skipped"].items()] or ["None."]
    return "\n".join(lines) + "\n"
