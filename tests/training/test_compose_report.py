"""Figures of composed clips that are made from their records alone."""

import math

import pytest
import torch

from intersyn.data.store import Touch
from training.compose_chunks import Kept
from training.compose_report import alike, meeting_seconds


def record(touches=(), turn: float = 0.0, shift: float = 0.0, bend: float = 0.0, frames: int = 40) -> Kept:
    """Two people at rest, a metre apart, seen from elsewhere."""
    rotations = torch.zeros(2, frames, 22, 4)
    rotations[..., 0] = 1.0
    yaw = torch.tensor([math.cos(turn / 2), 0.0, math.sin(turn / 2), 0.0])
    rotations[:, :, 0] = yaw
    rotations[:, :, 18] = torch.tensor([math.cos(bend / 2), 0.0, math.sin(bend / 2), 0.0])
    root = torch.zeros(2, frames, 3)
    root[1, :, 0], root[1, :, 2] = math.sin(turn), math.cos(turn)
    arrays = {"rotations": rotations.numpy(), "root": (root + torch.tensor([shift, 0.0, shift])).numpy()}
    return Kept(0, "train", frames, 1.0, (), {}, {}, tuple(touches), None, (), 0.0, arrays)


def test_people_meet_while_they_touch_each_other_or_hold_the_same_thing():
    assert math.isnan(meeting_seconds(record()))
    assert math.isnan(meeting_seconds(record([Touch(0, "right_palm", 0, "belly", 0, 20)])))
    assert meeting_seconds(record([Touch(0, "right_palm", 1, "right_palm", 10, 20)])) == pytest.approx(0.5)
    giving = [Touch(0, "right_palm", None, "parcel", 0, 20), Touch(1, "right_palm", None, "parcel", 16, 40)]
    assert meeting_seconds(record(giving)) == pytest.approx(0.2)


def test_the_same_clip_elsewhere_is_alike_and_a_bent_arm_is_not():
    least, median = alike([record(), record(turn=1.0, shift=3.0)])
    assert least == pytest.approx(0.0, abs=0.01)
    assert median == pytest.approx(0.0, abs=0.01)
    least, _ = alike([record(), record(bend=0.5)])
    assert least > 0.5  # centimetres, averaged over all joints
    assert alike([record()]) is None
