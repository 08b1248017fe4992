"""Transition metrics on motion whose answer is known by hand."""

from __future__ import annotations

import pytest
import torch

from intersyn.metrics import transitions as X
from intersyn.motion import Motion
from intersyn.skeleton import JOINT, REST_JOINTS
from tests.motions import smooth_motion


def leap(frames: int, seam: int, size: float = 0.1) -> torch.Tensor:
    """The rest body, whose left wrist jumps along x at the seam and stays there."""
    joints = REST_JOINTS.expand(frames, 22, 3).clone()
    joints[seam:, JOINT["left_wrist"], 0] += size
    return joints


def test_jerk_curve_of_a_leap() -> None:
    """The third difference of a step is 1, -2, 1 times its size in the three entries that span it."""
    curve = X.jerk_curve(leap(40, 20))
    assert curve.shape == (37,)
    torch.testing.assert_close(curve[17:20], torch.tensor((0.1, 0.2, 0.1)), atol=1e-6, rtol=0)
    assert curve[:17].max() == 0
    assert curve[20:].max() == 0


def test_jerk_is_l1_over_xyz_and_the_greatest_joint() -> None:
    joints = leap(40, 20)
    joints[20:, JOINT["left_wrist"], 1] -= 0.1
    joints[20:, JOINT["head"], 2] += 0.15
    assert float(X.jerk_curve(joints)[18]) == pytest.approx(0.4, abs=1e-6)


def test_second_differences_of_a_leap() -> None:
    """Of one joint among 22, a step is 1 and -1 times its size in the two entries that span it."""
    curve = X.second_difference_curve(leap(40, 20))
    assert curve.shape == (38,)
    torch.testing.assert_close(curve[18:20], torch.full((2,), 0.1 / 22**0.5), atol=1e-6, rtol=0)
    assert curve[:18].max() == 0
    assert curve[20:].max() == 0


def test_transition_curve_peak_and_area() -> None:
    clips = [(leap(60, 30), [30]), (leap(60, 20, 0.3), [20, 2])]  # the seam at 2 has no whole window
    curve = X.transition_curve(clips, 10)
    expected = torch.zeros(10)
    expected[4:7] = torch.tensor((0.2, 0.4, 0.2))
    torch.testing.assert_close(curve, expected, atol=1e-6, rtol=0)
    assert float(X.peak_jerk(curve)) == pytest.approx(0.4, abs=1e-6)
    assert float(X.area_under_jerk(curve, 0.1)) == pytest.approx(7 * 0.1 + 0.1 + 0.3 + 0.1, abs=1e-5)
    with pytest.raises(ValueError, match="no seam has 100 frames"):
        X.transition_curve(clips, 100)


def test_reference_jerk_weighs_frames() -> None:
    short, long = leap(7, 3), leap(403, 200, 0.0)
    assert float(X.reference_jerk([short, long])) == pytest.approx(0.4 / 404, abs=1e-7)
    with pytest.raises(ValueError, match="a clip"):
        X.reference_jerk([])


def test_transition_distance() -> None:
    """10 cm of one joint of 22; moving and turning the whole body across the seam changes nothing."""
    joints = leap(40, 20)
    assert float(X.transition_distance(joints, [20])) == pytest.approx(10 / 22, abs=1e-4)
    turned = joints.clone()
    turned[20:] = torch.stack((joints[20:, :, 2] + 3, joints[20:, :, 1] + 1, 5 - joints[20:, :, 0]), dim=-1)
    distances = X.transition_distance(turned, [20, 10])
    assert float(distances[0]) == pytest.approx(10 / 22, abs=1e-4)
    assert float(distances[1]) == 0


def test_seam_statistic_sees_five_frames_to_either_side() -> None:
    joints = leap(60, 30)
    found = X.seam_statistic(joints, [20, 25, 26, 30, 34, 35, 36])
    # the 11 frames about 25 end at frame 30: one difference that spans the leap lies inside, with 0.1; from 26 on also
    # the one with 0.2; the 11 frames about 35 begin at frame 30, behind the leap
    torch.testing.assert_close(found, torch.tensor((0.0, 0.1, 0.2, 0.2, 0.1, 0.0, 0.0)), atol=1e-6, rtol=0)
    with pytest.raises(ValueError, match=r"\[5, 54\] here, got 55"):
        X.seam_statistic(joints, [55])


def test_random_windows_are_windows() -> None:
    local, root, _ = smooth_motion(1, 3, frames=50)
    clips = list(Motion.from_quaternions(local, root, 20.0).joints())
    drawn = X.random_window_statistic([*clips, clips[0][:5]], 200, torch.Generator().manual_seed(0))
    every = torch.cat([X.seam_statistic(clip, range(5, 45)) for clip in clips])
    assert drawn.shape == (200,)
    assert torch.isin(drawn, every).all()
    again = X.random_window_statistic([*clips, clips[0][:5]], 200, torch.Generator().manual_seed(0))
    assert torch.equal(drawn, again)
    assert float(drawn.mean()) == pytest.approx(float(every.mean()), rel=0.2)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="4 frames or more, got 3"):
        X.jerk_curve(torch.zeros(3, 22, 3))
    with pytest.raises(ValueError, match="11 frames or more, got 8"):
        X.seam_statistic(torch.zeros(8, 22, 3), [5])
    with pytest.raises(ValueError, match="not finite"):
        X.transition_distance(torch.full((8, 22, 3), torch.inf), [5])
    with pytest.raises(ValueError, match="one person"):
        X.seam_statistic(torch.zeros(2, 30, 22, 3), [10])
