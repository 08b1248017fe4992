"""How deep the skins of two people lie in each other, by interaction, beside the real clips of the same interactions.

Every `EVERY`-th frame of every interaction of the first replication, on the mesh of the default body. The depth of an
interaction is the mean over these frames of the deepest vertex; where nobody touches it is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from intersyn.data.store import COMPOSED, Clip
from intersyn.metrics.interpenetration import mesh_depth
from intersyn.metrics.replication import paired_change
from intersyn.motion import Motion
from training.frozen_benchmark import Entry

EVERY = 4  # frames: a fifth of a second
TOUCHING = 1.0  # mm of depth in the real clips from which a ratio to them says something
ALL = "all"
TOGETHER = "solos placed together"  # of two recordings that never met: their people hardly ever touch


@dataclass(frozen=True)
class Depth:
    """An interaction: what it is, where its real clips are from, and how deep a motion's skins are, in mm.

    source: composed, captured (two people recorded together), or placed (two recordings put side by side).
    """

    name: str
    source: str
    mean: float
    deepest: float


def depths(motion: Motion, entry: Entry, clips: dict[str, Clip]) -> list[Depth]:
    """Of every interaction of an entry's timeline, in order."""
    found = []
    for segment, roles in zip(entry.timeline.segments, entry.cast, strict=True):
        if segment.parts[0].is_interaction:
            depth = mesh_depth(motion, frames=slice(segment.start, segment.end, EVERY))
            name, source = kind_of(*(clips[role.clip] for role in roles))
            found.append(Depth(name, source, float(depth.mean()), float(depth.max())))
    return found


def kind_of(first: Clip, second: Clip) -> tuple[str, str]:
    """(interaction, source of its real clips), see `Depth`."""
    if first.partner != second.name:
        return TOGETHER, "placed"
    return first.action, COMPOSED if first.source == COMPOSED else "captured"


def mesh_figures(found: dict[str, list[list[Depth]]], real: str) -> list[dict[str, Any]]:
    """A row for all interactions, for each source, for each interaction; from {maker: its depths in every sequence}.

    `real` is the maker that stands for the clips.

    {"name", "source", "n", "depth mm": {maker: mean}, "deepest mm": {maker: mean}, "ratio": {maker: to the real clips,
    where these are `TOUCHING`}, "REC": its change per interaction from the same noise, with half of its 95% interval}.
    """
    flat = {maker: [depth for sequence in rows for depth in sequence] for maker, rows in found.items()}
    kinds = sorted({(depth.source, depth.name) for depth in flat[real]})
    groups = [(ALL, source) for source in ("", *dict(kinds)) if kinds]
    rows = []
    for name, source in (*groups, *((name, source) for source, name in kinds)):
        which = [k for k, d in enumerate(flat[real]) if source in ("", d.source) and name in (ALL, d.name)]
        rows.append(_row(name, source, which, flat, real))
    return rows


def _row(name: str, source: str, which: Sequence[int], flat: dict[str, list[Depth]], real: str) -> dict[str, Any]:
    def values(figure: str) -> dict[str, Tensor]:
        return {
            maker: torch.tensor([getattr(depths[k], figure) for k in which], dtype=torch.float64)
            for maker, depths in flat.items()
        }

    each, deepest = values("mean"), values("deepest")
    mean = {maker: float(depth.mean()) for maker, depth in each.items()}
    row: dict[str, Any] = {
        "name": name,
        "source": source,
        "n": len(which),
        "depth mm": mean,
        "deepest mm": {maker: float(depth.mean()) for maker, depth in deepest.items()},
        "ratio": {maker: mean[maker] / mean[real] for maker in mean if maker != real and mean[real] >= TOUCHING},
    }
    if {"full", "no_rec"} <= set(mean) and len(which) > 1:
        change = paired_change(each["no_rec"], each["full"])
        row["REC"] = {"mean": change.mean, "plus_minus": change.half_width}
    return row
