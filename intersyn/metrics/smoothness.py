"""How a motion accelerates about its seams, as L_smooth sees it: second differences of joints, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from intersyn.losses import SMOOTH_WINDOW
from intersyn.metrics.transitions import second_difference_curve
from intersyn.motion import Motion


def seam_accelerations(motion: Motion, reach: int) -> Tensor:
    """RMS over people and joints of the second difference, m/frame^2, about each seam: (seams, 2 reach + 1).

    Entry k is about the frames on both sides of frame seam - reach + k. NaN where the motion has no such frames; raises
    `ValueError` for a motion without a timeline, which has no seams.
    """
    if motion.timeline is None:
        raise ValueError("seams are those of a timeline, and this motion has none")
    curve = motion.trans.new_full((motion.frames,), torch.nan)
    curve[1:-1] = second_difference_curve(motion.joints()).square().mean(0).sqrt()
    curve = torch.nn.functional.pad(curve, (reach, reach), value=torch.nan)
    return torch.stack([curve[seam : seam + 2 * reach + 1] for seam in motion.timeline.boundaries])


def mean_seam_acceleration(motions: Iterable[Motion], reach: int) -> Tensor:
    """The same over all seams of some motions together: RMS, (2 reach + 1,)."""
    return torch.cat([seam_accelerations(motion, reach) for motion in motions]).square().nanmean(0).sqrt()


def within_smooth_window(accelerations: Tensor) -> Tensor:
    """One number for each curve (..., 2 reach + 1) about a seam: RMS over the frames that L_smooth looks at, (...).

    Raises `ValueError` for curves that are shorter than its window.
    """
    reach = accelerations.shape[-1] // 2
    if reach < SMOOTH_WINDOW:
        raise ValueError(f"a curve about a seam needs {2 * SMOOTH_WINDOW + 1} entries, got {accelerations.shape[-1]}")
    window = accelerations[..., reach - SMOOTH_WINDOW : reach + SMOOTH_WINDOW + 1]
    return window.square().nanmean(-1).sqrt()
