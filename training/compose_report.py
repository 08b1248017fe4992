"""What came out of composing: the store, figures by program, the dataset card, and pictures."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from intersyn.data.compose.declaration import Program
from intersyn.data.compose.plan import FPS
from intersyn.data.store import COMPOSED, Clip, ClipStore
from intersyn.files import atomic_write
from training.compose_chunks import Chunk, Kept
from training.scenes import Scene
from training.stills import sheet, stills, video

SHOWN = 6  # clips on a contact sheet


def gather(
    programs: Sequence[Program], chunks: Mapping[str, Sequence[Chunk]], goals: Mapping[str, Mapping[str, int]]
) -> tuple[ClipStore, dict[str, list[Kept]]]:
    """The store of the accepted clips, the first of each split, as many as asked for; and their records by program."""
    clips: list[Clip] = []
    parts: dict[str, list[torch.Tensor]] = {"rotations": [], "root": [], "contacts": []}
    chosen: dict[str, list[Kept]] = {}
    start = 0
    for program in programs:
        train, test = program.texts
        left = dict(goals[program.name])
        for kept in (kept for chunk in chunks[program.name] for kept in chunk.attempts if kept.accepted):
            if not left.get(kept.split):
                continue
            left[kept.split] -= 1
            chosen.setdefault(program.name, []).append(kept)
            take = f"{COMPOSED}/{program.name}/{kept.split}-{kept.number:05d}"
            names = [f"{take}/{'ab'[role]}" for role in range(program.people)]
            for role, name in enumerate(names):
                clips.append(
                    Clip(
                        name=name, source=COMPOSED, recording=take, action=program.name, style="normal",
                        split=kept.split, start=start, frames=kept.frames, texts=train, test_texts=test, key=kept.key,
                        partner=names[1 - role] if program.people > 1 else None, role=role, touches=kept.touches,
                        base=kept.bases,
                    )
                )  # fmt: skip
                start += kept.frames
                for field, values in parts.items():
                    values.append(torch.from_numpy(kept.arrays[field][role]))
    if not clips:
        tried = [kept for some in chunks.values() for chunk in some for kept in chunk.attempts]
        why = Counter(reason for kept in tried for reason in kept.reasons)
        told = ", ".join(f"{reason} {count}" for reason, count in why.most_common())
        raise ValueError(f"none of {len(tried)} clips was accepted; they broke these limits: {told}")
    return ClipStore(*(torch.cat(values) for values in parts.values()), tuple(clips), FPS), chosen


def make_report(
    programs: Sequence[Program], chunks: Mapping[str, Sequence[Chunk]], store: ClipStore,
    chosen: Mapping[str, Sequence[Kept]],
) -> dict[str, Any]:  # fmt: skip
    """Figures by program: attempts, acceptance, reasons of rejection, and medians over the accepted clips."""
    by_program = {}
    for program in programs:
        tried = [kept for chunk in chunks[program.name] for kept in chunk.attempts]
        broken = Counter(reason for kept in tried for reason in kept.reasons)
        accepted = chosen.get(program.name, [])
        figures = {
            name: _median([kept.figures[name] for kept in accepted]) for name in (tried[0].figures if tried else ())
        }
        by_program[program.name] = {
            "people": program.people,
            "attempts": len(tried),
            "accepted": sum(kept.accepted for kept in tried),
            "kept": len(accepted),
            "reasons": dict(broken.most_common()),
            "seconds_per_clip": _median([kept.seconds for kept in tried]),
            "frames": [min(k.frames for k in accepted), max(k.frames for k in accepted)] if accepted else None,
            "figures": figures,
            "spread": _spread(accepted),
        }
    return {
        "programs": by_program,
        "attempts": sum(entry["attempts"] for entry in by_program.values()),
        "accepted": sum(entry["kept"] for entry in by_program.values()),
        "hours": len(store.root) / FPS / 3600,
    }


def _spread(accepted: Sequence[Kept]) -> dict[str, list[float]]:
    """The 5th and 95th percentile of what was drawn."""
    names = sorted({name for kept in accepted for name in kept.draws})
    values = {name: [kept.draws[name] for kept in accepted if name in kept.draws] for name in names}
    return {name: [float(np.percentile(v, p)) for p in (5, 95)] for name, v in values.items() if np.ptp(v) > 0}


def _median(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return float(np.median(finite)) if finite else math.nan


def write_card(out: Path, report: Mapping[str, Any]) -> None:
    """OUT/report.json and OUT/README.md."""
    with atomic_write(out / "report.json") as file:
        file.write(json.dumps(report, indent=1).encode())
    with atomic_write(out / "README.md") as file:
        file.write(card(report).encode())


def card(report: Mapping[str, Any]) -> str:
    """The dataset card."""
    lines = [
        "# Composed interactions and solo acts",
        "",
        f"{report['accepted']} clips of {report['attempts']} tried: {report['hours']:.2f} h of one person, 20 fps.",
        "",
        "| act | accepted | contact mm | depth mm | skating mm/frame (base) | jerk m/s³ (base) | s/clip | why not |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, entry in report["programs"].items():
        f = entry["figures"]
        rejected = ", ".join(f"{reason} {count}" for reason, count in entry["reasons"].items())
        lines.append(
            f"| {name} | {entry['accepted']}/{entry['attempts']} | {f.get('contact_error_median_mm', math.nan):.0f} | "
            f"{f.get('penetration_mm', math.nan):.0f} | {f.get('skating_mm', math.nan):.2f} "
            f"({f.get('base_skating_mm', math.nan):.2f}) | {f.get('jerk', math.nan):.0f} "
            f"({f.get('base_jerk', math.nan):.0f}) | {entry['seconds_per_clip']:.2f} | {rejected} |"
        )
    return "\n".join((*lines, ""))


def write_pictures(folder: Path, programs: Sequence[Program], chosen: Mapping[str, Sequence[Kept]]) -> None:
    """For each program a contact sheet of some clips, and every frame of the first as a grid of stills and a video."""
    folder.mkdir(parents=True, exist_ok=True)
    for program in programs:
        accepted = list(chosen.get(program.name, ()))
        scenes = [scene(program, kept) for kept in accepted[:: max(1, len(accepted) // SHOWN)][:SHOWN]]
        if not scenes:
            continue
        sheet(scenes, folder / f"{program.name}.png")
        stills(scenes[0], 1, folder / f"{program.name}-frames.png")
        video(scenes[0], folder / f"{program.name}.mp4")


def scene(program: Program, kept: Kept) -> Scene:
    """An accepted clip to look at."""
    marks = sorted({frame for touch in kept.touches for frame in range(touch.start, touch.end)})
    things = torch.from_numpy(kept.arrays["things"])
    return Scene(
        torch.from_numpy(kept.arrays["rotations"]),
        torch.from_numpy(kept.arrays["root"]),
        f"{program.name} {kept.split} {kept.number}",
        program.texts[0][kept.number % len(program.texts[0])],
        tuple(marks),
        things if len(things) else None,
        kept.thing_radius or 0.06,
    )
