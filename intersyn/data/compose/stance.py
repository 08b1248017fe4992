"""Where people stand and step: a base placed on its way over the floor, and where its feet shall be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from intersyn.data.compose.bases import Base
from intersyn.data.compose.carriage import carried
from intersyn.data.compose.curves import minimum_jerk
from intersyn.data.compose.footsteps import Footstep, Place
from intersyn.data.compose.jumps import Jump, hop, rise
from intersyn.data.compose.legs import feet_of, reach_feet, too_high
from intersyn.data.compose.swings import foot_path, stance_tracks
from intersyn.rotations import quaternion_multiply, rotate_xz, yaw_quaternion
from intersyn.skeleton import FOOT_REST_HEIGHT, LEG_LENGTH
from intersyn.timeline import DEFAULT_FPS

SMOOTH = 2.2  # frames: the body's way is that of the feet, evened out
SHIFT = 0.32  # of the way to the standing foot that the pelvis goes while the other swings
SHIFT_LEAD = 0.16  # seconds by which it begins before the swing
DIP = 0.6  # of what a rigid leg would lower the pelvis by between two steps
STILL = 0.004  # metres a planted foot may move to the next frame, and its sole be off the floor


@dataclass(frozen=True)
class Ground:
    """A person on the floor of the world. rotations (T, 22, 4) local and root (T, 3): the base on its way, its legs
    bent to the feet; path (T, 3): planned x, z, yaw, smooth, yaw not wrapped; feet (T, 4, 3): where FOOT_JOINTS shall
    be; planted (T, 4): they stand on the floor. Metres, radians.
    """

    rotations: Tensor
    root: Tensor
    path: Tensor
    feet: Tensor
    planted: Tensor


def place(
    base: Base,
    start: Place,
    footsteps: Sequence[Footstep] = (),
    frames: int | None = None,
    jumps: Sequence[Jump] = (),
) -> Ground:
    """A standing base put at `start`, that takes footsteps and jumps.

    Each foot rests where it stands in the base on average. The pelvis follows the feet, over the foot that stands while
    the other swings, with the base's own sway; legs follow the feet. frames: by default all of the base. Raises
    `ValueError` where the base is shorter.
    """
    frames = base.frames if frames is None else frames
    if not 0 < frames <= base.frames:
        raise ValueError(f"a base of {base.frames} frames cannot fill {frames}")
    time = np.arange(frames) / DEFAULT_FPS
    rests = _rests(base)
    tracks = stance_tracks(start, footsteps, time)
    off = hop(jumps, time)
    feet = np.stack([foot_path(tracks[k], rests[k], footsteps, k, time, off) for k in (0, 1)], 2)  # (T, 2, foot, 3)
    path = smooth(tracks.mean(0), SMOOTH)

    rotations, back = carried(base.rotations[:frames], tracks, jumps, time)
    root = base.root[:frames]
    way, turn = torch.from_numpy(path).float(), torch.from_numpy(path[:, 2]).float()
    rotations[:, 0] = quaternion_multiply(yaw_quaternion(turn), rotations[:, 0])
    sway = root[:, ::2] + torch.from_numpy(_weight_shift(rests, footsteps, time)).float()
    sway = sway - torch.stack((torch.zeros(frames), torch.from_numpy(back).float()), -1)
    floor = way[:, :2] + rotate_xz(sway, turn)
    height = root[:, 1] + torch.from_numpy(rise(jumps, time) - _dip(tracks)).float()
    root = torch.stack((floor[:, 0], height, floor[:, 1]), -1)
    feet = torch.from_numpy(feet.reshape(frames, 4, 3)).float()
    return settled(rotations, root, way, feet, on_floor(feet))


def settled(rotations: Tensor, root: Tensor, path: Tensor, feet: Tensor, planted: Tensor) -> Ground:
    """The pelvis lowered to where both legs reach feet (T, 4, 3), and the legs bent to them."""
    high = too_high(rotations, root, feet)
    # lowered a little before and after as well, so that it dips rather than drops
    widened = torch.nn.functional.max_pool1d(high[None, None], 5, 1, 2)[0, 0]
    lower = torch.from_numpy(smooth(widened.double().numpy()[:, None], 1.2)[:, 0]).float()
    root = root - torch.stack((torch.zeros_like(lower), lower, torch.zeros_like(lower)), -1)
    return Ground(reach_feet(rotations, root, feet), root, path, feet, planted)


def on_floor(feet: Tensor, near: float = STILL) -> Tensor:
    """(T, 4) True where a target of feet (T, 4, 3) stays where it is, on the floor, until the next frame.

    near: metres it may move, and be too high. The last frame repeats.
    """
    step = feet.diff(dim=0).norm(dim=-1)
    step = torch.cat((step, step[-1:])) if len(step) else feet.new_zeros(1, 4)
    return (feet[..., 1] - FOOT_REST_HEIGHT < near) & (step < near)


def _rests(base: Base) -> np.ndarray:
    """(2, 3): x, z and yaw of each toe in the frame of the body, on average over the base."""
    feet = feet_of(base.rotations, base.root).mean(0).double().numpy()
    bone = feet[2:] - feet[:2]
    return np.stack((feet[2:, 0], feet[2:, 2], np.arctan2(bone[:, 0], bone[:, 2])), -1)


def _weight_shift(rests: np.ndarray, footsteps: Sequence[Footstep], time: np.ndarray) -> np.ndarray:
    """(T, 2) metres in the body's frame by which the pelvis moves over the foot that stands."""
    shift = np.zeros((len(time), 2))
    centre = rests[:, :2].mean(0)
    for step in footsteps:
        away = minimum_jerk(time, step.time - SHIFT_LEAD, step.time + 0.4 * step.duration)
        back = minimum_jerk(time, step.time + 0.6 * step.duration, step.end + SHIFT_LEAD)
        over = (rests[1 - step.foot, :2] - centre) * np.array((1.0, 0.3))
        shift += SHIFT * over * (away * (1 - back))[:, None]
    return shift


def _dip(tracks: np.ndarray) -> np.ndarray:
    """Metres (T,) by which the pelvis is lower while the feet are apart."""
    apart = np.linalg.norm(tracks[0, :, :2] - tracks[1, :, :2], axis=-1)
    return smooth(DIP * (LEG_LENGTH - np.sqrt(LEG_LENGTH**2 - np.minimum(apart / 2, 0.6) ** 2))[:, None], 1.0)[:, 0]


def smooth(values: np.ndarray, sigma: float, straight: bool = False) -> np.ndarray:
    """(T, D) evened out along time by a Gaussian of `sigma` frames.

    Beyond its ends it stands still, or goes straight on as it does on average over the last second.
    """
    reach = math.ceil(3 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    if straight:
        span = min(int(DEFAULT_FPS), len(values) - 1)
        beyond = np.arange(1, reach + 1)[:, None] / max(span, 1)
        padded[:reach] -= beyond[::-1] * (values[span] - values[0])
        padded[-reach:] += beyond * (values[-1] - values[-1 - span])
    return np.stack([np.convolve(column, kernel / kernel.sum(), "valid") for column in padded.T], -1)
