"""Transition figures of motions whose seams were made by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from intersyn.metrics.reference import Range, Reference
from intersyn.metrics.seams import seams
from intersyn.motion import Motion
from intersyn.skeleton import JOINT
from tests.motions import timeline

BAND = Range(1.0, 0.5, 2.0)
REFERENCE = Reference(20.0, BAND, 0.01, BAND, BAND, BAND, {}, {})


def bending(fps: float = 20.0) -> Motion:
    """Two people, of whom the first has an elbow bent at once at frame 40; seams at 40, 80 and 120."""
    poses = torch.zeros(2, 160, 22, 3)
    poses[0, 40:, JOINT["left_elbow"], 1] = -0.5
    trans = torch.zeros(2, 160, 3) + torch.tensor((0.0, 0.965, 0.0))
    return Motion(poses, trans, torch.zeros(2, 10), fps, replace(timeline("siis"), fps=fps))


def test_figures_of_each_seam() -> None:
    first, second, third = seams(bending(), REFERENCE)
    assert (first.frame, second.frame, third.frame) == (40, 80, 120)
    assert [seam.together for seam in (first, second, third)] == [(False, True), (True, True), (True, False)]
    wrist = 2 * 0.25 * math.sin(0.25)  # the leap of one joint, 25 cm from the elbow
    assert first.distance == pytest.approx(100 * wrist / 22 / 2, rel=1e-2)
    along = (0.25 * (1 - math.cos(0.5)), 0.25 * math.sin(0.5))
    assert first.peak_jerk == pytest.approx(2 * sum(along) / 2, rel=2e-2)
    assert second.peak_jerk == 0 and second.distance == pytest.approx(0, abs=1e-4)
    assert second.area_under_jerk == pytest.approx(30 * 0.01)
    assert {seam.late for seam in (first, second, third)} == {None}


def test_a_detector_says_who_is_late() -> None:
    probability = torch.full((160,), 0.1)
    probability[44:119] = 0.9
    assert [seam.late for seam in seams(bending(), REFERENCE, probability)] == [4, None, -1]


def test_other_frame_rates_have_no_area_and_motions_of_nobody_asked_no_seams() -> None:
    found = seams(bending(30.0), REFERENCE)
    assert all(math.isnan(seam.area_under_jerk) and seam.peak_jerk >= 0 for seam in found)
    assert seams(replace(bending(), timeline=None), REFERENCE) == []


@pytest.mark.parametrize("pattern", ["si", "is"])
def test_the_shortest_segments_have_a_whole_window(pattern: str) -> None:
    lengths = [20 if kind == "s" else 30 for kind in pattern]
    line = timeline(pattern)
    segments = (replace(line.segments[0], end=lengths[0]),
                replace(line.segments[1], start=lengths[0], end=sum(lengths)))  # fmt: skip
    motion = replace(bending().slice(0, 50), timeline=replace(line, segments=segments))
    (only,) = seams(motion, REFERENCE)
    assert only.peak_jerk >= 0 and only.distance >= 0
