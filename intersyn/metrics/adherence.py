"""Does an interaction begin and end where the timeline says, judged by a detector's opinion of every frame.

The detector (`models.boundary_detector`) gives each frame the probability that people interact. These are the pure
functions that turn it into frames of delay. `ValueError` for shapes that do not fit.
"""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.timeline import Timeline

NEAR = 5  # frames within which a boundary counts as kept


def best_boundary(probability: Tensor, boundary: int, rising: bool, reach: int) -> int:
    """The frame near `boundary` that splits the probabilities (T,) best into before and after.

    rising: an interaction begins there. Among the frames boundary - reach .. boundary + reach, the one that makes the
    sum of log-likelihoods over these frames greatest, when everything before is one kind and everything from it on the
    other: more robust than the first frame above one half. Of equally good ones the farthest from
    the boundary: a motion in which nothing changes keeps none.
    """
    if probability.ndim != 1:
        raise ValueError(f"probability must be (T,), got {tuple(probability.shape)}")
    low, high = max(0, boundary - reach), min(len(probability), boundary + reach)
    if not low < boundary < high:
        raise ValueError(f"boundary {boundary} needs a frame on either side of it within 0..{len(probability)}")
    p = probability[low:high].double().clamp(1e-4, 1 - 1e-4)
    after, before = (p.log(), (1 - p).log()) if rising else ((1 - p).log(), p.log())
    zero = p.new_zeros(1)
    score = torch.cat((zero, before.cumsum(0))) + torch.cat((after.flip(0).cumsum(0).flip(0), zero))
    places = torch.arange(low, high + 1)
    best = places[score >= score.max() - 1e-9]
    return int(best[(best - boundary).abs().argmax()])


def delays(probability: Tensor, spans: list[tuple[int, int]], reach: int = 20) -> Tensor:
    """Frames (N,) by which the interactions [start, end) of one sequence begin and end late (negative: early).

    Starts and ends at the sequence's own ends have no boundary to look at and are left out.
    """
    found = []
    for start, end in spans:
        for boundary, rising in ((start, True), (end, False)):
            if 0 < boundary < len(probability):
                found.append(best_boundary(probability, boundary, rising, reach) - boundary)
    return torch.tensor(found, dtype=torch.long)


def seam_delays(probability: Tensor, timeline: Timeline, reach: int = 20) -> list[int | None]:
    """Frames by which people meet or part late at each seam of a timeline; None where a seam does neither.

    Between interactions that follow each other directly no detector of interacting sees a boundary.
    """
    together = [any(part.is_interaction for part in segment.parts) for segment in timeline.segments]
    found: list[int | None] = []
    for seam, before, after in zip(timeline.boundaries, together, together[1:], strict=False):
        found.append(None if before == after else best_boundary(probability, seam, after, reach) - seam)
    return found


def adherence(delay: Tensor, within: int = NEAR) -> Tensor:
    """Share of delays (N,) of `within` frames or less; NaN for none."""
    return (delay.abs() <= within).double().mean()
