"""The upper body goes along: arms against legs, hips with them; at rest nothing changes."""

from __future__ import annotations

import numpy as np
import torch

from intersyn.data.compose.carriage import carried
from intersyn.data.compose.jumps import Jump
from intersyn.rotations import axis_angle_to_quaternion
from intersyn.skeleton import JOINT, global_rotations, joints_from_global

FRAMES = 40
TIME = np.arange(FRAMES) / 20


def hanging() -> torch.Tensor:
    turns = torch.zeros(FRAMES, 22, 3)
    for name, sign in (("left", 1), ("right", -1)):
        turns[:, JOINT[f"{name}_shoulder"], 2] = -1.4 * sign
    return axis_angle_to_quaternion(turns)


def joints(rotations: torch.Tensor) -> torch.Tensor:
    return joints_from_global(global_rotations(rotations), torch.zeros(FRAMES, 3))


def test_with_feet_together_nothing_changes() -> None:
    tracks = np.zeros((2, FRAMES, 3))
    out, back = carried(hanging(), tracks, (), TIME)
    assert torch.allclose(joints(out), joints(hanging()), atol=1e-5) and np.allclose(back, 0)


def test_the_arm_opposite_to_the_leading_foot_swings_forward() -> None:
    tracks = np.zeros((2, FRAMES, 3))
    tracks[0, :, 1] = 0.5  # the left foot ahead
    out, _ = carried(hanging(), tracks, (), TIME)
    moved = (joints(out) - joints(hanging()))[0]
    assert moved[JOINT["right_wrist"], 2] > 0.05 > -0.03 > moved[JOINT["left_wrist"], 2]
    assert moved[JOINT["left_hip"], 2] > 0.003 > -0.003 > moved[JOINT["right_hip"], 2]


def test_turned_people_swing_alike() -> None:
    ahead, turned = np.zeros((2, FRAMES, 3)), np.zeros((2, FRAMES, 3))
    ahead[0, :, 1] = 0.5
    turned[0, :, 0], turned[..., 2] = 0.5, np.pi / 2  # faces +x
    assert torch.allclose(carried(hanging(), ahead, (), TIME)[0], carried(hanging(), turned, (), TIME)[0], atol=1e-6)


def test_jumpers_lean_with_their_hips_back_and_swing_up() -> None:
    jump = Jump(1.2, 0.25)
    out, back = carried(hanging(), np.zeros((2, FRAMES, 3)), [jump], TIME)
    body = joints(out)
    deepest = int(np.argmin(np.abs(TIME - (jump.time - jump.push))))
    assert body[deepest, JOINT["neck"], 2] > 0.08 and back[deepest] > 0.02
    assert body[deepest, JOINT["left_wrist"], 2] < body[deepest, JOINT["left_shoulder"], 2]
    flying = int(np.argmin(np.abs(TIME - jump.time - 0.2)))
    assert body[flying, JOINT["left_wrist"], 2] > body[flying, JOINT["left_shoulder"], 2] + 0.1
