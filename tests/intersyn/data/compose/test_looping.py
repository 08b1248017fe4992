"""Recordings made longer: every frame near the recording, no jumps, of the length asked for."""

from __future__ import annotations

import math

import pytest
import torch

from intersyn.data.compose.looping import lengthened, window


def test_a_periodic_recording_goes_on_periodically() -> None:
    t = torch.arange(70) * (2 * math.pi / 22)
    poses = torch.stack((t.sin(), t.cos()), -1)
    cut = lengthened(poses, 200, fade=6, shortest=16)
    assert len(cut.first) == len(cut.second) == len(cut.weight) == 200
    made = cut.positions(poses)
    expected = torch.arange(200) * (2 * math.pi / 22)
    assert torch.allclose(made, torch.stack((expected.sin(), expected.cos()), -1), atol=1e-3)


def test_passes_join_without_a_jump() -> None:
    wandering = torch.randn(90, 3, generator=torch.Generator().manual_seed(0)).cumsum(0)
    made = lengthened(wandering, 240, fade=15, shortest=30).positions(wandering)
    assert made.diff(dim=0).norm(dim=-1).max() < 2 * wandering.diff(dim=0).norm(dim=-1).max()


def test_a_long_enough_recording_is_played_as_it_is() -> None:
    poses = torch.rand(50, 3)
    assert torch.equal(lengthened(poses, 40, 5, 10).positions(poses), poses[:40])
    assert torch.equal(window(7, 3).positions(poses), poses[7:10])


def test_too_short_recordings_are_refused() -> None:
    with pytest.raises(ValueError, match="20 frames"):
        lengthened(torch.rand(20, 3), 60, 10, 15)
    with pytest.raises(ValueError, match="passes of 5"):
        lengthened(torch.rand(60, 3), 90, 10, 5)
