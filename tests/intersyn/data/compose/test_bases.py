"""Bases: who stands stands still with idle arms, who walks walks straight, and names tell where from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from intersyn.data.compose.bases import Base, Bases
from intersyn.data.compose.strides import runs
from intersyn.data.store import ClipStore
from intersyn.metrics.physics import foot_skating
from intersyn.rotations import heading_of, quaternion_to_matrix
from intersyn.skeleton import FOOT_JOINTS, FOOT_REST_HEIGHT, JOINT, global_rotations, joints_from_global


@pytest.fixture(scope="module")
def bases(people: ClipStore) -> Bases:
    return Bases(people, "train")


def joints(base: Base) -> torch.Tensor:
    return joints_from_global(global_rotations(base.rotations), base.root)


@pytest.mark.parametrize("frames", [30, 80, 150])
def test_standing_people_are_at_rest(bases: Bases, frames: int) -> None:
    for seed in range(6):
        base = bases.standing(np.random.default_rng(seed), frames)
        body = joints(base)
        assert base.frames == frames and base.contacts.shape == (frames, 4)
        heading = heading_of(quaternion_to_matrix(base.rotations[:, 0]))
        assert abs(float(heading.mean())) < 0.02
        assert base.root[:, ::2].mean(0).abs().max() < 1e-4
        feet = body[:, list(FOOT_JOINTS)]
        assert (feet[..., 1] - FOOT_REST_HEIGHT).mean().abs() < 1e-4
        assert feet.diff(dim=0).norm(dim=-1).max() * 20 < 0.15
        wrists = body[:, [JOINT["left_wrist"], JOINT["right_wrist"]]]
        assert wrists[..., 1].max() < 1.0  # both hang, though everybody recorded has one hand up
        assert wrists.diff(dim=0).norm(dim=-1).max() * 20 < 0.6


def test_names_are_the_recordings_used(bases: Bases) -> None:
    styles = set()
    for seed in range(12):
        base = bases.standing(np.random.default_rng(seed), 60)
        styles.add(base.style)
        assert len(set(base.names)) == len(base.names) >= 2
        assert "bandai/looking-down" not in base.names
        assert base.style == "normal" or base.names[0] == "bandai/one"
    assert styles == {"normal", "feminine"}


def test_the_same_seed_gives_the_same_base(bases: Bases) -> None:
    a, b = (bases.standing(np.random.default_rng(3), 60) for _ in range(2))
    assert torch.equal(a.rotations, b.rotations) and a.names == b.names


@pytest.mark.parametrize(("speed", "frames"), [(0.9, 60), (1.1, 100), (1.3, 140)])
def test_walks_are_straight_and_at_speed(bases: Bases, speed: float, frames: int) -> None:
    base = bases.walking(np.random.default_rng(0), frames, speed)
    assert base.frames == frames
    assert float(base.root[0, 2]) == pytest.approx(0, abs=1e-5)
    assert float(base.root[-1, 2] - base.root[0, 2]) / (frames - 1) * 20 == pytest.approx(speed, rel=0.02)
    assert base.root[:, 0].abs().max() < 0.12
    slide, _ = foot_skating(joints(base), 20.0, base.contacts)
    assert float(slide) < 3.0
    step = joints(base).diff(dim=0).norm(dim=-1)
    assert step.max() < 0.5  # also where strides were repeated


def test_the_nearest_speed_that_somebody_walks_at(bases: Bases) -> None:
    assert bases.walkable(1.1) == 1.1
    slow = bases.walkable(0.1)
    assert 0.1 < slow < 1.1
    assert bases.walking(np.random.default_rng(0), 40, slow).frames == 40
    with pytest.raises(ValueError, match="nobody of styles giant who walks"):
        bases.walkable(1.0, ("giant",))


def test_arriving_ends_with_a_strike(bases: Bases) -> None:
    for distance in (1.0, 2.0):
        base = bases.arriving(np.random.default_rng(1), distance)
        frame, foot = base.strike
        feet = joints(base)[:, list(FOOT_JOINTS)]
        assert float(base.root[0, ::2].norm()) < 0.15
        assert distance - 0.05 < float(base.root[frame, 2]) < distance + 0.4
        assert feet[frame, foot, 2] > feet[frame, 1 - foot, 2] + 0.15
        landed = feet[frame + 1 : frame + 4, foot + 2, ::2]
        assert landed.diff(dim=0).norm(dim=-1).max() < 0.03


def test_arriving_in_so_many_frames(bases: Bases) -> None:
    assert bases.arriving(np.random.default_rng(1), 9.0, frames=40).strike.frame == 39


def test_what_cannot_be_had_is_named(bases: Bases, people: ClipStore) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="elderly"):
        bases.standing(rng, 60, ["elderly"])
    with pytest.raises(ValueError, match="3.0 m/s"):
        bases.walking(rng, 60, 3.0)
    with pytest.raises(ValueError, match="50.0 m"):
        bases.arriving(rng, 50.0)
    with pytest.raises(ValueError, match="'val'"):
        Bases(people, "val").standing(rng, 60)


def test_runs_of_a_mask() -> None:
    assert runs(torch.tensor([1, 1, 0, 1], dtype=torch.bool)) == [(0, 2), (3, 1)]
    assert runs(torch.zeros(3, dtype=torch.bool)) == []
