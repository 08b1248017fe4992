"""How the body above the legs goes along with the feet: hips and shoulders counter-turn, arms swing, jumpers lean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from intersyn.data.compose.curves import minimum_jerk
from intersyn.data.compose.jumps import Jump, rise
from intersyn.data.compose.posture import posture_offsets
from intersyn.rotations import axis_angle_to_quaternion, quaternion_multiply
from intersyn.skeleton import JOINT

HIPS, CHEST = 0.14, 0.24  # radians that hips turn after, and the chest against them, per metre between the feet
ARMS, ELBOWS = 0.55, 0.25  # radians of swing per metre between the feet
LEAN = 1.6  # radians of lean per metre of a jumper's crouch
BACK, UP = 1.4, 0.5  # radians per metre of crouch that arms are swung back, and radians they are forward in flight


def carried(
    rotations: Tensor, tracks: np.ndarray, jumps: Sequence[Jump], time: np.ndarray
) -> tuple[Tensor, np.ndarray]:
    """Local rotations (T, 22, 4) that go along with feet and jumps, and metres (T,) by which the pelvis goes back.

    tracks (2, T, 3): where the body of each foot would stand, see `stance_tracks`.
    """
    yaw = tracks[..., 2].mean(0)
    x, z = (tracks[0, :, :2] - tracks[1, :, :2]).T
    ahead = np.sin(yaw) * x + np.cos(yaw) * z  # of the left foot before the right one
    depth = np.maximum(-rise(jumps, time), 0)
    lean = LEAN * depth
    turns, shift = posture_offsets({"lean": lean, "nod": -0.7 * lean, "twist": CHEST * ahead}, len(time))
    turns[:, 0, 1] -= HIPS * ahead
    flight = np.zeros_like(time)
    for jump in jumps:
        end = jump.time + jump.flight
        flight += minimum_jerk(time, jump.time - jump.push, jump.time) * (1 - minimum_jerk(time, end - 0.1, end + 0.4))
    swing = UP * flight - BACK * depth * (1 - flight)
    for name, sign in (("left", 1), ("right", -1)):
        # forward is about the trunk's left axis, backwards
        turns[:, JOINT[f"{name}_shoulder"], 0] = -(swing - sign * ARMS * ahead)
        turns[:, JOINT[f"{name}_elbow"], 1] = -sign * (ELBOWS * np.abs(ahead) + 0.35 * flight)
    turn = axis_angle_to_quaternion(torch.from_numpy(turns).float())
    out = quaternion_multiply(rotations, turn)
    # an arm's own axes hang with it: it swings about the trunk's
    arms = [JOINT["left_shoulder"], JOINT["right_shoulder"]]
    out[:, arms] = quaternion_multiply(turn[:, arms], rotations[:, arms])
    return out, shift[:, 0]
