"""What the pipeline does beyond the paper, measured: long sequences, many segments, more people, contact guidance.

    python -m training.measure_beyond long          # window borders beside the rest; parts much longer than training's
    python -m training.measure_beyond segments      # five to seven segments beside three
    python -m training.measure_beyond people        # three and four people beside two
    python -m training.measure_beyond contact       # with contact guidance and without, from the same noise

Prints Markdown tables: means with half of the 95% interval over sequences. --sheet FOLDER also draws stills.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import torch
import tyro
from torch import Tensor

from intersyn.metrics import physics, transitions
from intersyn.metrics.contact import best_contact_error
from intersyn.metrics.replication import over_replications, paired_change
from intersyn.motion import Motion
from intersyn.pipeline import WINDOW_OVERLAP, InterSynPipeline, Request
from intersyn.timeline import Part, Segment, Timeline
from intersyn.touches import Contact
from intersyn.windows import Windows
from training import contact_sheet

SOLOS = (
    "a person walks forward", "a person waves with the right hand", "a person walks and turns left",
    "a person raises both hands", "a person runs", "a person bows",
)  # fmt: skip
TOGETHER = ("two people salsa dance", "two people bow to each other", "two people box each other")
FAR = 12  # frames: a window of 11 about a place farther from all borders and seams does not reach them
Row = dict[str, float]
Rows = dict[str, list[Row]]


@dataclass(frozen=True)
class Config:
    """Which study, of which checkpoint, over how many sequences."""

    study: Annotated[Literal["long", "segments", "people", "contact"], tyro.conf.Positional]
    checkpoint: str | None = None
    sequences: int = 24
    frames: int = 600  # of the long sequences
    scales: tuple[float, ...] = (0.0, 1.0)  # of contact guidance; 0 must be among them
    steps: int | None = None
    seed: int = 0
    threads: int = 1
    device: str = "cpu"
    sheet: Path | None = None


def plan(groups: Sequence[Sequence[Sequence[int]]], each: int, shift: int = 0) -> Timeline:
    """Segments of `each` frames from who is together with whom: plan([[[0], [1]], [[0, 1]]], 40). Texts by `shift`."""
    segments = []
    for k, people in enumerate(groups):
        parts = tuple(
            Part(tuple(members), SOLOS[(members[0] + k + shift) % len(SOLOS)] if len(members) == 1
                 else TOGETHER[(members[0] + k + shift) % len(TOGETHER)])
            for members in people
        )  # fmt: skip
        segments.append(Segment(k * each, (k + 1) * each, parts))
    return Timeline(tuple(segments))


def pattern(kinds: str, each: int, shift: int = 0) -> Timeline:
    """Two people: s alone, i together."""
    return plan([[[0], [1]] if kind == "s" else [[0, 1]] for kind in kinds], each, shift)


def speed(joints: Tensor, fps: float) -> float:
    """Mean speed of all joints in m/s: what falls to nothing where motion collapses."""
    return float(joints.diff(dim=-3).norm(dim=-1).mean()) * fps


def span_figures(motion: Motion, start: int, end: int, people: Sequence[int]) -> Row:
    """Of some people in frames [start, end): speed, jerk and skating."""
    joints = motion.joints()[list(people), start:end]
    return {
        "speed m/s": speed(joints, motion.fps),
        "jerk m/s^3": float(physics.jerk(joints, motion.fps).mean()),
        "skating mm/frame": float(physics.foot_skating(joints, motion.fps)[0].nanmean()),
    }


def pair_figures(motion: Motion, start: int, end: int, pairs: Iterable[tuple[int, int]]) -> Row:
    """Mean over pairs of people in frames [start, end): penetration and distances."""
    joints, pairs = motion.joints()[:, start:end], list(pairs)
    a, b = (joints[[pair[k] for pair in pairs]] for k in (0, 1))
    depth, share = physics.capsule_penetration(a, b)
    return {
        "capsule penetration mm": float(depth.mean()),
        "deeper than 2 cm": float(share.mean()),
        "pelvis distance m": float((a[..., 0, ::2] - b[..., 0, ::2]).norm(dim=-1).mean()),
    }


def mean_row(rows: Sequence[Row]) -> Row:
    """The mean of each figure over rows that have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(torch.tensor([row[name] for row in rows if name in row]).nanmean()) for name in names}


def by_kind(motion: Motion) -> Row:
    """Figures of solos and of interactions, each averaged over the segments, and of pairs who are not together."""
    rows: dict[str, list[Row]] = {"alone": [], "together": [], "bystanders": []}
    for segment in motion.timeline.segments:
        span = segment.start, segment.end
        met = set()
        for part in segment.parts:
            pairs = [(a, b) for a in part.people for b in part.people if a < b]
            met.update(pairs)
            kind = "together" if pairs else "alone"
            rows[kind].append(
                span_figures(motion, *span, part.people) | (pair_figures(motion, *span, pairs) if pairs else {})
            )
        people = range(motion.num_people)
        if rest := [(a, b) for a in people for b in people if a < b and (a, b) not in met and motion.num_people > 2]:
            rows["bystanders"].append(
                {"capsule penetration mm": pair_figures(motion, *span, rest)["capsule penetration mm"]}
            )
    return {f"{kind}: {name}": value for kind, r in rows.items() if r for name, value in mean_row(r).items()}


def table(rows: Rows, base: str | None = None) -> str:
    """Markdown: a line per figure, a column per setting; with `base`, its paired change beside every other mean."""
    names = dict.fromkeys(name for column in rows.values() for row in column for name in row)
    lines = ["| | " + " | ".join(rows) + " |", "|---|" + "--:|" * len(rows)]
    for name in names:
        cells = []
        for setting, column in rows.items():
            values = torch.tensor([row.get(name, torch.nan) for row in column], dtype=torch.float64)
            known = values[~values.isnan()]
            cell = str(over_replications(known)) if len(known) > 1 else ""
            if base is not None and setting != base and cell:
                before = torch.tensor([row.get(name, torch.nan) for row in rows[base]], dtype=torch.float64)
                change = paired_change(before, values)
                cell += f" ({change.mean:+.3g} ± {change.half_width:.2g})"
            cells.append(cell)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


class Unblended(Windows):
    """The control of `long`: every frame from the one window whose middle is nearest."""

    def merge(self, x: Tensor) -> Tensor:
        middle = torch.tensor(self.starts) + self.size / 2
        at = torch.arange(self.frames)
        nearest = (at[:, None] + 0.5 - middle).abs().argmin(-1)
        every = x.unflatten(0, (len(self.starts), -1))
        frame = (at - torch.tensor(self.starts)[nearest]).tolist()
        return torch.stack([every[w, :, :, k] for w, k in zip(nearest.tolist(), frame, strict=True)], dim=2)


class UnblendedPipeline(InterSynPipeline):
    """The pipeline with that control."""

    def windows(self, request: Request) -> Windows:
        whole = super().windows(request)
        return Unblended(whole.frames, whole.size, whole.starts)


def borders(windows: Windows) -> list[int]:
    """Frames at which a window begins or ends, or the nearest window changes."""
    begin, end = windows.starts[1:], [start + windows.size for start in windows.starts[:-1]]
    middle = [(a + b) // 2 for a, b in zip(begin, end, strict=True)]
    return sorted({*begin, *end, *middle} - {0, windows.frames})


def border_figures(motion: Motion, windows: Windows) -> Row:
    """The seam statistic (mm/frame^3) about window borders, about segment seams, and away from both."""
    places, seams = borders(windows), list(motion.timeline.boundaries)
    reach = transitions.SEAM_RADIUS
    inside = range(reach, motion.frames - reach)
    found = {"window borders": [p for p in places if min(abs(p - s) for s in seams) >= FAR], "segment seams": seams}
    found["elsewhere"] = [f for f in inside if min(abs(f - p) for p in places + seams) >= FAR]
    figures = {}
    for name, frames in found.items():
        if frames:
            statistic = torch.stack([transitions.seam_statistic(person, frames) for person in motion.joints()])
            figures[name] = float(statistic.mean()) * 1000
    if "window borders" in figures:
        figures["borders / elsewhere"] = figures["window borders"] / figures["elsewhere"]
    return figures


def study_long(pipe: InterSynPipeline, config: Config) -> None:
    """Seven segments in `frames` frames; then one part alone for all of them beside one of training's length."""
    windows = Windows.cover(config.frames, pipe.config.window_frames, WINDOW_OVERLAP)
    hard = UnblendedPipeline(pipe.text_encoder, pipe.ins, pipe.rec, pipe.config).to(config.device)
    rows: Rows = {"blended": [], "not blended": []}
    whole: Rows = {"196 frames": [], f"{config.frames} frames": []}
    for k in range(config.sequences):
        timeline = pattern("sisisis", config.frames // 7, k)
        timeline = Timeline(
            (*timeline.segments[:-1], Segment(6 * (config.frames // 7), config.frames, timeline.segments[-1].parts))
        )
        for name, maker in (("blended", pipe), ("not blended", hard)):
            motion = maker(timeline, seed=config.seed + k, steps=config.steps)
            rows[name].append(border_figures(motion, windows))
            _draw(config, motion, f"long-{k}-{name}", k)
        for name, frames in (("196 frames", 196), (f"{config.frames} frames", config.frames)):
            figures = {}
            for kind in "si":
                motion = pipe(pattern(kind, frames, k), seed=config.seed + k, steps=config.steps)
                told = "alone" if kind == "s" else "together"
                middle = frames // 2
                figures |= {
                    f"{told}: {n}": v for n, v in span_figures(motion, middle - 40, middle + 40, (0, 1)).items()
                }
                _draw(config, motion, f"one-part-{k}-{kind}-{frames}", k)
            whole[name].append(figures)
    print(f"Seam statistic, mm/frame^3; {config.frames} frames, windows at {', '.join(map(str, windows.starts))}:\n")
    print(table(rows), "\nOne part for the whole sequence, its middle 80 frames:\n", table(whole), sep="\n")


def study_segments(pipe: InterSynPipeline, config: Config) -> None:
    """Segments of 40 frames: three, five, six, seven."""
    rows: Rows = {}
    for kinds in ("sis", "sisis", "sisisi", "sisisis"):
        for k in range(config.sequences):
            motion = pipe(pattern(kinds, 40, k), seed=config.seed + k, steps=config.steps)
            rows.setdefault(kinds, []).append(by_kind(motion))
            _draw(config, motion, f"segments-{kinds}-{k}", k)
    print(table(rows))


PEOPLE = {
    "2 people": [[[0], [1]], [[0, 1]], [[0], [1]]],
    "3, in turn": [[[0], [1], [2]], [[0, 1], [2]], [[0], [1, 2]], [[0], [1], [2]]],
    "4, in pairs, then 1-2": [[[0], [1], [2], [3]], [[0, 1], [2, 3]], [[0], [1, 2], [3]], [[0], [1], [2], [3]]],
    "3 together": [[[0], [1], [2]], [[0, 1, 2]], [[0], [1], [2]]],
    "4 together": [[[0], [1], [2], [3]], [[0, 1, 2, 3]], [[0], [1], [2], [3]]],
}


def study_people(pipe: InterSynPipeline, config: Config) -> None:
    """Three and four people in pairs in turn, at the same time, and all together; segments of 49 frames."""
    rows: Rows = {}
    for name, groups in PEOPLE.items():
        for k in range(config.sequences):
            motion = pipe(plan(groups, 49, k), seed=config.seed + k, steps=config.steps)
            rows.setdefault(name, []).append(by_kind(motion))
            _draw(config, motion, f"people-{name}-{k}".replace(" ", "-").replace(",", ""), k)
    print(table(rows))


def study_contact(pipe: InterSynPipeline, config: Config) -> None:
    """Salsa, where people come closest; then, for a third of the sequences, a handshake whose palms are named."""
    pair, rows, touch = (0, "right_palm", 1, "right_palm"), {}, {}
    for k in range(config.sequences):
        before, after = SOLOS[k % len(SOLOS)], SOLOS[(k + 1) % len(SOLOS)]
        for scale in config.scales:
            settings = {"seed": config.seed + k, "steps": config.steps, "contact_guidance": scale}
            begin = time.process_time()
            motion = pipe(Timeline.solo_interact_solo(before, TOGETHER[0], after, 196, 60, 140), **settings)
            seconds = time.process_time() - begin
            figures = pair_figures(motion, 60, 140, [(0, 1)]) | span_figures(motion, 0, 196, (0, 1))
            rows.setdefault(f"{scale:g}", []).append(figures | {"processor seconds": seconds})
            _draw(config, motion, f"contact-{k}-{scale:g}", k)
            if k % 3:
                continue
            contacts = [Contact(*pair, 95, 105)] if scale else []
            shake = Timeline.solo_interact_solo(before, "two people shake hands", after, 196, 60, 140)
            motion = pipe(shake, contacts=contacts, **settings)
            error = float(best_contact_error(motion, (pair,), 60, 140)) * 100
            figures = pair_figures(motion, 60, 140, [(0, 1)]) | span_figures(motion, 0, 196, (0, 1))
            touch.setdefault(f"{scale:g}", []).append({"palms apart cm": error, **figures})
            _draw(config, motion, f"handshake-{k}-{scale:g}", k)
    print("Scale of the guidance; in brackets the change from 0 on the same noise.\n\n" + table(rows, "0"))
    print("\nA handshake, palms named for frames 95 to 105:\n\n" + table(touch, "0"))


def _draw(config: Config, motion: Motion, name: str, k: int) -> None:
    """Stills of the first three sequences."""
    if config.sheet is not None and k < 3:
        config.sheet.mkdir(parents=True, exist_ok=True)
        contact_sheet.draw(motion, config.sheet / f"{name}.png", name, stills=16)


def main(config: Config) -> None:
    torch.set_num_threads(config.threads)
    pipe = InterSynPipeline.from_pretrained(config.checkpoint, config.device)
    studies = {"long": study_long, "segments": study_segments, "people": study_people, "contact": study_contact}
    studies[config.study](pipe, config)


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
