"""The transition figures of one motion, seam by seam, as a table shows them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from intersyn.metrics.adherence import seam_delays
from intersyn.metrics.reference import WINDOW, Reference
from intersyn.metrics.transitions import area_under_jerk, peak_jerk, transition_distance, transition_windows
from intersyn.motion import Motion


@dataclass(frozen=True)
class Seam:
    """One seam, the first frame of its later segment.

    together: whether people interact before and after it. peak_jerk, area_under_jerk: m/frame^3, of the mean over
    people of the `WINDOW` frames of jerk about it. The area is against recordings, and NaN where their frame rate is
    another. distance: leap of the pose across the seam, cm, mean over people.
    late: frames by which people meet or part late; None where the seam does neither, or nobody judged.
    """

    frame: int
    together: tuple[bool, bool]
    peak_jerk: float
    area_under_jerk: float
    distance: float
    late: int | None = None


def seams(motion: Motion, reference: Reference, probability: Tensor | None = None) -> list[Seam]:
    """Every seam of a motion; none without a timeline. probability (T,): of people interacting, from a detector."""
    if motion.timeline is None:
        return []
    joints, frames = motion.joints(), motion.timeline.boundaries
    together = [any(part.is_interaction for part in segment.parts) for segment in motion.timeline.segments]
    late = [None] * len(frames) if probability is None else seam_delays(probability, motion.timeline)
    leaps = torch.stack([transition_distance(person, frames) for person in joints]).mean(0).tolist()
    found = []
    for k, frame in enumerate(frames):
        # a segment is never so short that this window of both people would leave the motion
        curve = transition_windows(((person, [frame]) for person in joints), WINDOW).mean(0)
        area = float(area_under_jerk(curve, reference.jerk_curve)) if motion.fps == reference.fps else math.nan
        found.append(Seam(frame, (together[k], together[k + 1]), float(peak_jerk(curve)), area, leaps[k], late[k]))
    return found
