"""How motion passes from one segment to the next: jerk around seams, and the pose's leap across them.

Joints are (T, 22, 3) of one person in metres, in the world, y up. A seam is the first frame of the later segment. The
third differences are per frame (no division by dt), as in FlowMDM (CVPR 2024), so figures of different frame rates do
not compare; everything here that speaks of time counts frames of the motion's own fps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from intersyn.metrics.physics import check_joints
from intersyn.rotations import rotate_xz
from intersyn.skeleton import JOINT

SEAM_RADIUS = 5  # frames to either side of a seam, so that a window has 11


def jerk_curve(joints: Tensor) -> Tensor:
    """FlowMDM's jerk: (..., T, 22, 3) -> (..., T - 3); third difference, L1 over xyz, greatest joint of each frame.

    Entry k is about frames k to k + 3.
    """
    check_joints(joints, 4)
    return joints.diff(n=3, dim=-3).abs().sum(-1).amax(-1)


def second_difference_curve(joints: Tensor) -> Tensor:
    """What L_smooth looks at, (..., T, 22, 3) -> (..., T - 2): RMS over joints of the second difference, m/frame^2.

    Entry k is about frames k to k + 2.
    """
    check_joints(joints, 3)
    return joints.diff(n=2, dim=-3).square().sum(-1).mean(-1).sqrt()


def transition_windows(clips: Iterable[tuple[Tensor, Sequence[int]]], width: int) -> Tensor:
    """The jerk curve about every seam of (joints (T, 22, 3), seams) pairs: (N, width).

    Entry width // 2 straddles the seam. Seams too near an end for a whole window are left out, so N may be 0.
    """
    if width < 1:
        raise ValueError(f"width must be a positive number of frames, got {width}")
    windows = [torch.zeros(0, width)]
    for joints, seams in clips:
        _check_one(joints, 4)
        curve = jerk_curve(joints).cpu()
        starts = [seam - 2 - width // 2 for seam in seams]
        windows += [curve[None, k : k + width] for k in starts if k >= 0 and k + width <= len(curve)]
    return torch.cat(windows)


def transition_curve(clips: Iterable[tuple[Tensor, Sequence[int]]], width: int) -> Tensor:
    """Mean of the `transition_windows`, (width,); `ValueError` if there is none.

    FlowMDM's windows are 60 frames at 20 fps (HumanML3D) and 30 at 30 fps (BABEL).
    """
    windows = transition_windows(clips, width)
    if not len(windows):
        raise ValueError(f"no seam has {width} frames of jerk around it")
    return windows.mean(0)


def peak_jerk(curve: Tensor) -> Tensor:
    """PeakJerk: the greatest value of a mean curve (width,)."""
    _check_curve(curve)
    return curve.amax()


def area_under_jerk(curve: Tensor, reference: float | Tensor) -> Tensor:
    """AUJ: sum over the window of |curve - reference|, with `reference_jerk` of real clips at the same fps."""
    _check_curve(curve)
    return (curve - reference).abs().sum()


def reference_jerk(clips: Iterable[Tensor]) -> Tensor:
    """The jerk of real motion: mean of the jerk curves of clips (T, 22, 3), every frame weighing the same."""
    curves = [jerk_curve(joints) for joints in clips]
    if not curves:
        raise ValueError("the reference jerk needs a clip or more")
    return torch.cat([curve.flatten() for curve in curves]).mean()


def transition_distance(joints: Tensor, seams: Sequence[int]) -> Tensor:
    """TEACH's and STMC's measure: leap of the pose across each seam in cm, (len(seams),).

    Mean over joints of the distance between the frames before and at the seam, less root position and heading. As the
    reference for real motion take the frames at 1/4, 1/2 and 3/4 of clips.
    """
    _check_one(joints, 2)
    _check_seams(seams, 1, len(joints) - 1)
    at = torch.tensor(list(seams), dtype=torch.long, device=joints.device)
    return (_body_frame(joints[at]) - _body_frame(joints[at - 1])).norm(dim=-1).mean(-1) * 100


def seam_statistic(joints: Tensor, seams: Sequence[int]) -> Tensor:
    """Greatest third difference (length, m/frame^3) over joints in the 11 frames about each seam: (len(seams),)."""
    _check_one(joints, 2 * SEAM_RADIUS + 1)
    _check_seams(seams, SEAM_RADIUS, len(joints) - 1 - SEAM_RADIUS)
    third = joints.diff(n=3, dim=0).norm(dim=-1).amax(-1)  # entry k is about frames k to k + 3
    windows = third.unfold(0, 2 * SEAM_RADIUS - 2, 1).amax(-1)  # of frames k to k + 10
    return windows[torch.tensor(list(seams), dtype=torch.long, device=joints.device) - SEAM_RADIUS]


def random_window_statistic(clips: Sequence[Tensor], count: int, generator: torch.Generator | None = None) -> Tensor:
    """The same statistic in `count` random 11-frame windows of raw clips (T, 22, 3), all equally likely: (count,)."""
    windows = []
    for joints in clips:
        if len(joints) >= 2 * SEAM_RADIUS + 1:
            windows.append(seam_statistic(joints, range(SEAM_RADIUS, len(joints) - SEAM_RADIUS)))
    if not windows:
        raise ValueError(f"no clip has {2 * SEAM_RADIUS + 1} frames")
    every = torch.cat(windows)
    return every[torch.randint(len(every), (count,), generator=generator).to(every.device)]


def _body_frame(joints: Tensor) -> Tensor:
    """Joints (N, 22, 3) less the pelvis, turned so that the hips' line is the x axis seen from above."""
    local = joints - joints[:, :1]
    across = joints[:, JOINT["left_hip"]] - joints[:, JOINT["right_hip"]]
    heading = torch.atan2(-across[:, 2], across[:, 0])
    xz = rotate_xz(local[..., ::2], -heading[:, None].expand(local.shape[:-1]))
    return torch.stack((xz[..., 0], local[..., 1], xz[..., 1]), dim=-1)


def _check_one(joints: Tensor, frames: int) -> None:
    check_joints(joints, frames)
    if joints.ndim != 3:
        raise ValueError(f"joints must be (T, 22, 3) of one person, got {tuple(joints.shape)}")


def _check_curve(curve: Tensor) -> None:
    if curve.ndim != 1 or len(curve) == 0:
        raise ValueError(f"a jerk curve must be (width,), got {tuple(curve.shape)}")


def _check_seams(seams: Sequence[int], low: int, high: int) -> None:
    outside = [seam for seam in seams if not low <= seam <= high]
    if outside:
        raise ValueError(f"seams must lie in [{low}, {high}] here, got {outside[0]}")
