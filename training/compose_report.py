"""Figures of a composition by act, beside those of real people, and the dataset card that tells them."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from intersyn.data.compose.declaration import Program
from intersyn.data.compose.plan import FPS
from intersyn.data.store import ClipStore
from intersyn.files import atomic_write
from intersyn.rotations import heading_of, quaternion_to_matrix, rotate_xz
from intersyn.skeleton import forward_kinematics
from training.compose_chunks import Chunk, Kept

# Medians of real two-person recordings, and of a study that composed without them: pelvis distance (m), closing
# speed (m/s), peak hand speed (m/s), contact (s).
REAL: dict[str, dict[str, tuple[float, float]]] = {
    "handshake": {
        "pelvis_distance_m": (1.02, 0.92), "closing_speed": (0.37, 0.81), "hand_speed": (1.94, 1.92),
        "meeting_seconds": (1.53, 1.80),
    },
    "hand-over": {
        "pelvis_distance_m": (1.27, 1.03), "closing_speed": (0.21, 0.53), "hand_speed": (2.13, 1.94),
        "meeting_seconds": (0.27, 0.65),
    },
    "hug": {
        "pelvis_distance_m": (0.21, 0.23), "closing_speed": (1.19, 1.69), "hand_speed": (2.98, 2.24),
        "meeting_seconds": (1.0, 1.48),
    },
    "push": {
        "pelvis_distance_m": (0.57, 0.51), "closing_speed": (1.0, 1.52), "hand_speed": (2.74, 2.89),
        "meeting_seconds": (0.60, 0.55),
    },
}  # fmt: skip
_TOLD = {
    "pelvis_distance_m": "least distance, m", "closing_speed": "closing speed, m/s",
    "hand_speed": "peak hand speed, m/s", "meeting_seconds": "contact, s",
}  # fmt: skip


def make_report(
    programs: Sequence[Program], chunks: Mapping[str, Sequence[Chunk]], store: ClipStore,
    chosen: Mapping[str, Sequence[Kept]],
) -> dict[str, Any]:  # fmt: skip
    """Figures by program: attempts, acceptance, reasons of rejection; medians and spread of the accepted clips."""
    by_program = {}
    for program in programs:
        tried = [kept for chunk in chunks[program.name] for kept in chunk.attempts]
        broken = Counter(reason for kept in tried for reason in kept.reasons)
        accepted = chosen.get(program.name, [])
        names = list(tried[0].figures) if tried else []
        by_program[program.name] = {
            "people": program.people,
            "attempts": len(tried),
            "accepted": sum(kept.accepted for kept in tried),
            "kept": len(accepted),
            "reasons": dict(broken.most_common()),
            "seconds_per_clip": _percentiles([kept.seconds for kept in tried])[1],
            "figures": {name: _percentiles([kept.figures[name] for kept in accepted]) for name in names},
            "seconds": _percentiles([kept.frames / FPS for kept in accepted]),
            "meeting_seconds": _percentiles([meeting_seconds(kept) for kept in accepted]),
            "drawn": _drawn(accepted),
            "alike_cm": alike(accepted),
        }
    return {
        "programs": by_program,
        "attempts": sum(entry["attempts"] for entry in by_program.values()),
        "accepted": sum(entry["kept"] for entry in by_program.values()),
        "interactions": sum(entry["kept"] for entry in by_program.values() if entry["people"] > 1),
        "splits": dict(Counter(kept.split for some in chosen.values() for kept in some)),
        "hours": len(store.root) / FPS / 3600,
    }


def meeting_seconds(kept: Kept) -> float:
    """How long two people touch each other, or the same thing at once; NaN where they never do."""
    held = np.zeros((2, kept.frames), bool)
    together = np.zeros(kept.frames, bool)
    for touch in kept.touches:
        if touch.other is None:
            held[touch.person, touch.start : touch.end] = True
        elif touch.other != touch.person:
            together[touch.start : touch.end] = True
    frames = int((together | held.all(0)).sum())
    return frames / FPS if frames else math.nan


def _drawn(accepted: Sequence[Kept]) -> dict[str, list[float]]:
    """5th, 50th and 95th percentile of what was drawn, where it varies."""
    names = sorted({name for kept in accepted for name in kept.draws})
    values = {name: [kept.draws[name] for kept in accepted if name in kept.draws] for name in names}
    return {name: _percentiles(v) for name, v in values.items() if np.ptp(v) > 0}


def _percentiles(values: Sequence[float]) -> list[float]:
    finite = [value for value in values if math.isfinite(value)]
    return [float(value) for value in np.percentile(finite, (5, 50, 95))] if finite else [math.nan] * 3


def alike(accepted: Sequence[Kept]) -> list[float] | None:
    """How much clips of one act differ, cm: least and median distance of each clip to the one most like it.

    The distance of two clips is the root mean square over the joints of everybody at the middle of the key interval (of
    the clip, where there is none), seen from the first person's floor place and heading.
    """
    if len(accepted) < 2:
        return None
    stills = torch.stack([_still(kept) for kept in accepted])  # (N, P * 22, 3)
    apart = torch.cdist(stills.flatten(1), stills.flatten(1)) / math.sqrt(stills.shape[1])
    apart.fill_diagonal_(math.inf)
    nearest = apart.amin(1) * 100
    return [float(nearest.min()), float(nearest.median())]


def _still(kept: Kept) -> Tensor:
    first, last = kept.key or (0, kept.frames)
    frame = min((first + last) // 2, kept.frames - 1)
    rotations, root = (torch.from_numpy(kept.arrays[name][:, frame]) for name in ("rotations", "root"))
    joints = forward_kinematics(rotations, root)[0].flatten(0, 1)
    yaw = heading_of(quaternion_to_matrix(rotations[0, 0]))
    floor = rotate_xz(joints[:, ::2] - root[0, ::2], -yaw.expand(len(joints)))
    return torch.stack((floor[:, 0], joints[:, 1], floor[:, 1]), dim=-1)


def write_card(out: Path, report: Mapping[str, Any]) -> None:
    """OUT/report.json (null where there is nothing to measure) and OUT/README.md."""
    with atomic_write(out / "report.json") as file:
        file.write(json.dumps(_finite(report), indent=1).encode())
    with atomic_write(out / "README.md") as file:
        file.write(card(report).encode())


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def card(report: Mapping[str, Any]) -> str:
    """The dataset card."""
    run, splits = report["run"], ", ".join(f"{name} {count}" for name, count in report["splits"].items())
    lines = [
        "# Composed interactions and solo acts",
        "",
        "Made by `python -m training.compose` from recorded people who stand and walk (`docs/composer.md` says how).",
        "Nobody ever did these things so: none is a recording. The recorded people are of the",
        "Bandai-Namco-Research-Motiondataset, so the clips are CC BY-NC 4.0 (Bandai Namco Research Inc.).",
        "",
        f"{report['accepted']} clips, {report['interactions']} of them of two people, of {report['attempts']} tried;",
        f"{splits}. {report['hours']:.2f} h of one person's motion at 20 fps, {run['megabytes']} MB, made in",
        f"{run['seconds']:.0f} s by {run['workers']} processes of one thread. All people of a clip are of its split.",
        "A fifth of the phrasings of each act are for testing only. Each clip has its touches (who, which parts,",
        "which frames) and its key interval.",
        "",
        "## Acts",
        "",
        "Medians of accepted clips. Contact: distance of the touching points from where they belong. Depth: of one",
        "skin in another during contact. Skating of planted feet and jerk of all joints, beside the recordings each",
        "clip was made from. Alike: how far the most alike other clip of the act is, least and median.",
        "",
        "| act | accepted | contact mm | depth mm | skating mm/frame | jerk m/s³ | s/clip | alike cm | why not |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(name, entry) for name, entry in report["programs"].items()),
    ]
    compared = [name for name in REAL if name in report["programs"] and report["programs"][name]["kept"]]
    if compared:
        lines += [
            "",
            "## Beside real people",
            "",
            "Medians of real two-person recordings, ours (5th to 95th percentile), and those of an earlier study.",
            "",
            "| act | | real | ours | study |",
            "|---|---|---|---|---|",
        ]
        for name in compared:
            for figure, (real, study) in REAL[name].items():
                entry = report["programs"][name]
                low, middle, high = entry["figures"][figure] if figure in entry["figures"] else entry[figure]
                lines.append(
                    f"| {name} | {_TOLD[figure]} | {real:.2f} | {middle:.2f} ({low:.2f} to {high:.2f}) | {study:.2f} |"
                )
    return "\n".join((*lines, ""))


def _row(name: str, entry: Mapping[str, Any]) -> str:
    def median(figure: str, digits: int) -> str:
        value = entry["figures"].get(figure, [math.nan] * 3)[1]
        return f"{value:.{digits}f}" if math.isfinite(value) else "–"

    rejected = ", ".join(f"{reason} {count}" for reason, count in entry["reasons"].items())
    near = "–" if entry["alike_cm"] is None else " / ".join(f"{value:.1f}" for value in entry["alike_cm"])
    return (
        f"| {name} | {entry['accepted']}/{entry['attempts']} | {median('contact_error_median_mm', 0)} "
        f"| {median('penetration_mm', 0)} | {median('skating_mm', 2)} ({median('base_skating_mm', 2)}) "
        f"| {median('jerk', 0)} ({median('base_jerk', 0)}) | {entry['seconds_per_clip']:.2f} | {near} | {rejected} |"
    )
