"""From the rows of the interleaved suite to its figures: over sequences first, then over replications."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from intersyn.metrics import transitions
from intersyn.metrics.adherence import NEAR
from intersyn.metrics.distribution import diversity, fid, kid
from intersyn.metrics.replication import over_replications, paired_change
from intersyn.metrics.retrieval import disjoint_pools, mm_distance, precision_among_texts, r_precision
from training.suite_figures import FIGURES
from training.suite_generation import CONTACT
from training.suite_judges import Embedded
from training.suite_meshes import Depth

REAL, RAW = "real", "raw clips"
POOL = 32  # of segments; of sequences: half of them hard negatives
FID_LEAST = 2000  # rows a side: with fewer the bias is as large as what is measured, and KID is shown alone
DIVERSITY_PAIRS, MODALITY_PAIRS = 300, 10
# What a part of the method changes: (without, with), made from the same noise.
CHANGES = {
    "REC": ("no_rec", "full"),
    "REC, uncoupled": ("uncoupled_no_rec", "uncoupled"),
    "L_smooth": ("no_smooth", "full"),
    "coupling": ("uncoupled", "full"),
    "contact guidance": ("full", f"full{CONTACT}"),
}


@dataclass(frozen=True)
class Row:
    """One sequence as one variant made it. windows (N, W): jerk about its seams. touched, late: see their makers."""

    sequence: int
    replication: int
    variant: str
    figures: dict[str, float]
    windows: Tensor
    touched: list[tuple[str, bool, float, float]]
    late: list[int]
    embedded: Embedded | None
    depths: list[Depth] = field(default_factory=list)  # of the first replication


@dataclass(frozen=True)
class Asked:
    """What was asked for, as the evaluator reads it. wholes, wrong (N, D); parts, of all sequences in a row (M, D).

    classes (M): what each part may be asking for. patterns (N), part_patterns (M): of the sequence each belongs to.
    """

    wholes: Tensor
    wrong: Tensor
    parts: Tensor
    classes: Sequence[Hashable]
    patterns: Sequence[str]
    part_patterns: Sequence[str]


@dataclass(frozen=True)
class Reference:
    """Other real motion: fused sequences (R, D), and crops of raw clips as long as segments' interiors (S, D)."""

    wholes: Tensor
    interiors: Tensor


def estimate(values: Sequence[float]) -> dict[str, float] | None:
    """Mean over replications and half of its 95% interval (None for one replication); None without a number."""
    numbers = [value for value in values if value == value]
    if not numbers:
        return None
    if len(numbers) == 1:
        return {"mean": numbers[0], "plus_minus": None, "n": 1}
    found = over_replications(torch.tensor(numbers))
    return {"mean": found.mean, "plus_minus": found.half_width, "n": len(numbers)}


def by_replication(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows of one variant, one list per replication, in order of sequences."""
    found: dict[int, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row.replication, row.sequence)):
        found.setdefault(row.replication, []).append(row)
    return list(found.values())


def sequence_figures(rows: Sequence[Row], reference_jerk: float) -> dict[str, Any]:
    """Every figure of `FIGURES`, PeakJerk, AUJ, boundaries kept and hand contacts, over replications."""
    found: dict[str, list[float]] = {}
    for group in by_replication(rows):
        for name in FIGURES:
            values = [row.figures[name] for row in group if row.figures.get(name, torch.nan) == row.figures.get(name)]
            found.setdefault(name, []).append(sum(values) / len(values) if values else float("nan"))
        windows = torch.cat([row.windows for row in group])
        if len(windows):
            curve = windows.mean(0)
            found.setdefault("PeakJerk mm", []).append(float(transitions.peak_jerk(curve)) * 1000)
            auj = float(transitions.area_under_jerk(curve, reference_jerk)) * 1000
            found.setdefault("AUJ mm", []).append(auj)
        late = [value for row in group for value in row.late]
        if late:
            kept = sum(abs(value) <= NEAR for value in late) / len(late)
            found.setdefault("boundaries within 5 frames", []).append(kept)
        errors = [error for row in group for _, of_hands, error, _ in row.touched if of_hands]
        if errors:
            found.setdefault("hand contact error cm, median", []).append(100 * float(torch.tensor(errors).median()))
    return {name: value for name, values in found.items() if (value := estimate(values)) is not None}


def contact_figures(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """{action: median error in cm, mean ratio, how many} over all replications."""
    told: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for action, _, error, ratio in row.touched:
            told.setdefault(action, []).append((error, ratio))
    out = {}
    for action in sorted(told):
        error, ratio = torch.tensor(told[action]).unbind(1)
        out[action] = {"error cm": 100 * float(error.median()), "ratio": float(ratio.nanmean()), "n": len(error)}
    return out


def evaluator_figures(rows: Sequence[Row], asked: Asked, reference: Reference, seed: int) -> dict[str, Any]:
    """R-precision, MM distance, FID, KID, diversity of one variant over replications, and multimodality across them."""
    found: dict[str, list[float]] = {}
    groups = by_replication(rows)
    for r, group in enumerate(groups):
        values = retrieval_figures(group, asked, seed + r) | distribution_figures(group, reference, seed + r)
        for name, value in values.items():
            found.setdefault(name, []).append(value)
    out = {name: estimate(values) for name, values in found.items()}
    if len(groups) > 1:
        generator = torch.Generator().manual_seed(seed)
        samples = torch.stack([_wholes(group) for group in groups], dim=1)  # (N, replications, D)
        out["multimodality"] = estimate([float(diversity(x, MODALITY_PAIRS, generator)) for x in samples])
    return out


def retrieval_figures(rows: Sequence[Row], asked: Asked, seed: int) -> dict[str, float]:
    """R-precision of all, and of each pattern that fills a pool; MM distance."""
    wholes, parts = _wholes(rows), torch.cat([row.embedded.parts for row in rows])
    out = {
        "segment MM distance": float(mm_distance(asked.parts, parts)),
        "sequence MM distance": float(mm_distance(asked.wholes, wholes)),
    }
    for pattern in (None, *sorted(set(asked.patterns))):
        label = f" {pattern}" if pattern else ""
        which = [k for k, name in enumerate(asked.part_patterns) if pattern in (None, name)]
        pools = segment_pools([asked.classes[k] for k in which], seed)
        if pools is not None:
            top = r_precision(asked.parts[which], parts[which], pools)
            out |= {f"segment R@{k + 1}{label}": float(value) for k, value in enumerate(top)}
        which = [k for k, name in enumerate(asked.patterns) if pattern in (None, name)]
        pools = sequence_pools(len(which), seed)
        if len(pools):
            top = precision_among_texts(wholes[which], asked.wholes[which], asked.wrong[which], pools)
            out |= {f"sequence R@{k + 1}{label}": float(value) for k, value in enumerate(top)}
    return out


def segment_pools(classes: Sequence[Hashable], seed: int) -> Tensor | None:
    """Pools of 32 segments of different classes; None where there are too few. Their size is never another."""
    try:
        return disjoint_pools(classes, POOL, torch.Generator().manual_seed(seed))
    except ValueError:
        return None


def sequence_pools(count: int, seed: int) -> Tensor:
    """(M, 16): sixteen sequences, whose texts and hard negatives make 32."""
    half = POOL // 2
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return order[: count // half * half].reshape(-1, half)


def distribution_figures(rows: Sequence[Row], reference: Reference, seed: int) -> dict[str, float]:
    """KID, FID from `FID_LEAST` rows a side, and diversity."""
    wholes, interiors = _wholes(rows), torch.cat([row.embedded.interiors for row in rows])
    out = {}
    if len(wholes) > 1:
        out["diversity"] = float(diversity(wholes, DIVERSITY_PAIRS, torch.Generator().manual_seed(seed)))
    return out | distances(wholes, reference.wholes, "") | distances(interiors, reference.interiors, "interior ")


def distances(ours: Tensor, theirs: Tensor, label: str) -> dict[str, float]:
    """{label + "KID" (in thousandths), label + "FID"} of two sets of vectors, as far as there are enough."""
    out = {}
    if min(len(ours), len(theirs)) > 1:
        out[f"{label}KID x1000"] = 1000 * float(kid(theirs, ours))
    if min(len(ours), len(theirs)) >= FID_LEAST:
        out[f"{label}FID"] = float(fid(theirs, ours))
    return out


def changes(rows: dict[str, list[Row]]) -> dict[str, dict[str, Any]]:
    """{part of the method: {figure: its change per sequence, from the same noise}}, over replications first."""
    out: dict[str, dict[str, Any]] = {}
    for part, (without, with_) in CHANGES.items():
        if without not in rows or with_ not in rows:
            continue
        out[part] = {}
        for name in FIGURES:
            before, after = (_per_sequence(rows[variant], name) for variant in (without, with_))
            if int((~(after - before).isnan()).sum()) > 1:
                found = paired_change(before, after)
                out[part][name] = {"mean": found.mean, "plus_minus": found.half_width}
    return out


def _per_sequence(rows: Sequence[Row], name: str) -> Tensor:
    """(N,) mean over replications; NaN where a sequence has no such figure in one of them."""
    groups = by_replication(rows)
    values = [[row.figures.get(name, float("nan")) for row in group] for group in groups]
    return torch.tensor(values, dtype=torch.float64).mean(0)


def _wholes(rows: Sequence[Row]) -> Tensor:
    return torch.stack([row.embedded.whole for row in rows])
