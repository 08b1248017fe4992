"""Postures in words, seen on the skeleton: which way each goes, and that feet stay where they stand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from intersyn.data.compose.posture import bent_leg, posture_offsets
from intersyn.rotations import axis_angle_to_quaternion, quaternion_apply
from intersyn.skeleton import JOINT, LEG_LENGTH, REST_JOINTS, forward_kinematics


def body(**values: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Joints (22, 3) and global quaternions (22, 4) of the rest pose with a posture, pelvis shifted as it says."""
    vectors, shift = posture_offsets({name: np.array([value]) for name, value in values.items()}, 1)
    back, down = shift[0]
    root = REST_JOINTS[0] + torch.tensor([0.0, -down, -back])
    return forward_kinematics(axis_angle_to_quaternion(torch.from_numpy(vectors[0]).float()), root.float())


def face(**values: float) -> torch.Tensor:
    return quaternion_apply(body(**values)[1][JOINT["head"]], torch.tensor([0.0, 0.0, 1.0]))


def test_without_words_nothing_moves() -> None:
    vectors, shift = posture_offsets({}, 5)
    assert vectors.shape == (5, 22, 3) and shift.shape == (5, 2)
    assert not vectors.any() and not shift.any()


@pytest.mark.parametrize(
    ("word", "axis"), [("lean", (1, 0, 0)), ("twist", (0, 1, 0)), ("tilt", (0, 0, -1)), ("nod", (1, 0, 0))]
)
def test_shares_make_the_whole_angle(word: str, axis: tuple[int, int, int]) -> None:
    _, rotations = body(**{word: 0.4})
    expected = axis_angle_to_quaternion(0.4 * torch.tensor(axis, dtype=torch.float32))
    torch.testing.assert_close(rotations[JOINT["head"]], expected, atol=1e-6, rtol=0)


def test_words_go_the_way_they_say() -> None:
    head, rest = JOINT["head"], REST_JOINTS
    assert body(lean=0.3)[0][head, 2] > rest[head, 2] + 0.05  # forward
    assert body(tilt=0.3)[0][head, 0] > rest[head, 0] + 0.05  # to the left
    assert body(twist=0.3)[0][JOINT["right_shoulder"], 2] > rest[JOINT["right_shoulder"], 2] + 0.04  # right one ahead
    assert face(nod=0.4)[1] < -0.3
    assert face(turn_head=0.4)[0] > 0.3
    _, rotations = body(tilt_head=0.4)
    assert quaternion_apply(rotations[head], torch.tensor([0.0, 1.0, 0.0]))[0] > 0.3  # the crown goes left
    for side in ("left", "right"):
        shoulder = JOINT[f"{side}_shoulder"]
        assert body(shrug=0.2)[0][shoulder, 1] > rest[shoulder, 1] + 0.01


def test_who_leans_keeps_the_legs() -> None:
    joints, rotations = body(lean=0.8)
    for side in ("left", "right"):
        hip, ankle = (JOINT[f"{side}_{name}"] for name in ("hip", "ankle"))
        torch.testing.assert_close(rotations[ankle], torch.tensor([1.0, 0, 0, 0]), atol=1e-6, rtol=0)
        rest = REST_JOINTS[ankle] - REST_JOINTS[hip]
        torch.testing.assert_close(joints[ankle] - joints[hip], rest, atol=1e-5, rtol=0)
    assert joints[0, 2] < REST_JOINTS[0, 2] - 0.08  # the hips go back


@pytest.mark.parametrize("lowered", [0.05, 0.2, 0.4])
def test_who_crouches_stands_where_they_stood(lowered: float) -> None:
    joints, rotations = body(crouch=lowered)
    assert joints[0, 1] == pytest.approx(float(REST_JOINTS[0, 1]) - lowered)
    for side in ("left", "right"):
        ankle = JOINT[f"{side}_ankle"]
        torch.testing.assert_close(rotations[ankle], torch.tensor([1.0, 0, 0, 0]), atol=1e-6, rtol=0)
        assert (joints[ankle] - REST_JOINTS[ankle]).norm() < 0.035  # bones at rest are not quite one line
    assert joints[JOINT["left_knee"], 2] > REST_JOINTS[JOINT["left_knee"], 2] + 0.05  # knees go forward


def test_legs_bend_by_the_cosine_rule() -> None:
    assert [float(angle[0]) for angle in bent_leg(np.zeros(1))] == pytest.approx([0, 0, 0], abs=2e-3)
    hip, knee, ankle = bent_leg(np.array([LEG_LENGTH / 2]))
    assert knee[0] == pytest.approx(2 * np.pi / 3, abs=0.02)  # half as long: an equilateral triangle
    assert hip[0] + ankle[0] == pytest.approx(knee[0])
    deepest = [float(angle[0]) for angle in bent_leg(np.array([2.0]))]
    assert np.isfinite(deepest).all()


def test_postures_add_up_over_time() -> None:
    lean, nod = np.linspace(0, 0.5, 7), np.full(7, 0.1)
    both, shift = posture_offsets({"lean": lean, "nod": nod}, 7)
    parts = [posture_offsets({name: value}, 7) for name, value in (("lean", lean), ("nod", nod))]
    np.testing.assert_allclose(both, parts[0][0] + parts[1][0])
    np.testing.assert_allclose(shift, parts[0][1] + parts[1][1])


def test_unknown_words_are_named() -> None:
    with pytest.raises(ValueError, match="'slouch'.*lean.*crouch"):
        posture_offsets({"slouch": np.zeros(3)}, 3)
