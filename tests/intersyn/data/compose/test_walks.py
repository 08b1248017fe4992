"""Real strides along curves and up to somebody: planted feet stay, and who arrives stands where planned."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from intersyn.data.compose.bases import Bases
from intersyn.data.compose.footsteps import walk_steps
from intersyn.data.compose.legs import feet_of
from intersyn.data.compose.walks import walk_along, walk_in
from intersyn.data.store import ClipStore
from intersyn.rotations import heading_of, quaternion_to_matrix, wrap_angle
from intersyn.skeleton import FOOT_REST_HEIGHT


@pytest.fixture(scope="module")
def bases(people: ClipStore) -> Bases:
    return Bases(people, "train")


@pytest.mark.parametrize("curve", [0.0, 0.3, -0.4])
def test_a_curved_walk_stays_on_its_circle(bases: Bases, curve: float) -> None:
    base = bases.walking(np.random.default_rng(0), 80, 1.1)
    start = (1.0, 2.0, 0.7)
    ground = walk_along(base, curve, start)
    assert ground.path[0].tolist() == pytest.approx(start, abs=0.05)
    turned = float(ground.path[-1, 2] - ground.path[0, 2])
    assert turned == pytest.approx(curve * float(base.root[-1, 2]), abs=0.05)
    heading = heading_of(quaternion_to_matrix(ground.rotations[:, 0]))
    assert wrap_angle(heading - ground.path[:, 2]).abs().max() < 0.25
    assert (ground.root[:, ::2] - ground.path[:, :2]).norm(dim=-1).max() < 0.12
    step = ground.feet.diff(dim=0).norm(dim=-1)
    both = ground.planted[:-1] & ground.planted[1:]
    assert both.any(0).all() and step[both].mean() < 0.004
    assert (feet_of(ground.rotations, ground.root) - ground.feet).norm(dim=-1).max() < 0.02


def test_who_arrives_stands_where_planned(bases: Bases) -> None:
    rng = np.random.default_rng(2)
    walk, stand = bases.arriving(rng, 1.5), bases.standing(rng, 90)
    end = (0.3, -0.2, 1.1)
    frames = walk.strike.frame + 40
    ground = walk_in(walk, stand, end, frames)
    assert len(ground.root) == frames
    assert ground.path[-1].tolist() == pytest.approx(end, abs=0.03)
    assert ground.planted[-8:].all() and ground.planted.any(-1).float().mean() > 0.9
    assert (ground.feet[..., 1] - FOOT_REST_HEIGHT).min() > -0.02
    # came along the way it faces
    way = ground.path[0, :2] - torch.tensor(end[:2])
    assert float(way.norm()) > 1.3
    assert abs(math.remainder(math.atan2(-way[0], -way[1]) - end[2], math.tau)) < 0.2
    assert ground.feet.diff(n=2, dim=0).norm(dim=-1).max() * 400 < 90
    speed = ground.root.diff(dim=0)[:, ::2].norm(dim=-1) * 20
    assert speed[-15:].max() < 0.1 and speed.diff().abs().max() < 0.45


def test_who_has_arrived_may_step_on(bases: Bases) -> None:
    rng = np.random.default_rng(2)
    walk, stand = bases.arriving(rng, 1.5), bases.standing(rng, 150)
    end, goal = (0.3, -0.2, 1.1), (0.1, 0.2, 2.0)
    frames = walk.strike.frame + 90
    later = walk_in(walk, stand, end, frames, walk_steps(end, goal, (walk.strike.frame + 30) / 20, 0.45, rng))
    before = walk_in(walk, stand, end, frames)
    assert torch.allclose(later.feet[: walk.strike.frame + 25], before.feet[: walk.strike.frame + 25])
    assert later.path[-1].tolist() == pytest.approx(goal, abs=0.03)
    assert later.planted[-5:].all()


def test_a_walk_without_a_strike_does_not_arrive(bases: Bases) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="strike"):
        walk_in(bases.walking(rng, 60, 1.1), bases.standing(rng, 60), (0.0, 0.0, 0.0), 60)
    with pytest.raises(ValueError, match="60"):
        walk_in(bases.arriving(rng, 1.0), bases.standing(rng, 60), (0.0, 0.0, 0.0), 90)
