"""Standing people who step and jump: rigid feet above the floor, that stand still while they are planted."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from intersyn.data.compose.bases import Base, Bases
from intersyn.data.compose.footsteps import ahead_of, march_steps, walk_steps
from intersyn.data.compose.jumps import GRAVITY, Jump
from intersyn.data.compose.legs import feet_of
from intersyn.data.compose.stance import Ground, place, smooth
from intersyn.data.store import ClipStore
from intersyn.skeleton import FOOT_REST_HEIGHT, JOINT, OFFSETS, global_rotations, joints_from_global

START = (0.4, -1.0, 2.0)
BONE = float(OFFSETS[JOINT["left_foot"]].norm())


@pytest.fixture(scope="module")
def base(people: ClipStore) -> Base:
    return Bases(people, "train").standing(np.random.default_rng(0), 80, ["normal"])


def programs(base: Base) -> dict[str, Ground]:
    rng = np.random.default_rng(0)
    return {
        "stand": place(base, START),
        "forward": place(base, START, walk_steps(START, ahead_of(START, 1.2, 0.1), 0.4, 0.45, rng)),
        "back": place(base, START, walk_steps(START, ahead_of(START, -0.6, 0.0), 0.4, 0.34, rng)),
        "turn": place(base, START, walk_steps(START, ahead_of(START, 0.0, 0.0, math.pi / 2), 0.4, 0.45, rng)),
        "march": place(base, START, march_steps(START, 0.4, 3.5, 0.5, 0.25)),
        "jump": place(base, START, jumps=[Jump(1.5, 0.2)]),
    }


@pytest.mark.parametrize("name", ["stand", "forward", "back", "turn", "march", "jump"])
def test_feet_are_rigid_above_the_floor_and_still_when_planted(base: Base, name: str) -> None:
    ground = programs(base)[name]
    feet = ground.feet
    assert (feet[..., 1] - FOOT_REST_HEIGHT).min() > -1e-4
    assert (feet[:, 2:] - feet[:, :2]).norm(dim=-1) == pytest.approx(BONE, abs=1e-4)
    step = feet.diff(dim=0).norm(dim=-1)
    assert step[ground.planted[:-1] & ground.planted[1:]].max() < 0.005
    assert step.max() * 20 < 6.0
    assert ground.planted[0].all() and ground.planted[-1].all()
    if name != "jump":
        assert ground.planted.any(-1).all()  # walking is never flying


@pytest.mark.parametrize("name", ["stand", "forward", "back", "turn", "march", "jump"])
def test_legs_reach_the_feet(base: Base, name: str) -> None:
    ground = programs(base)[name]
    assert (feet_of(ground.rotations, ground.root) - ground.feet).norm(dim=-1).max() < 0.01
    # the pelvis moves smoothly
    assert ground.root.diff(n=2, dim=0).norm(dim=-1).max() < 0.06


@pytest.mark.parametrize("name", ["forward", "back", "turn", "march", "jump"])
def test_knees_bend_forward_and_do_not_jump(base: Base, name: str) -> None:
    ground = programs(base)[name]
    joints = joints_from_global(global_rotations(ground.rotations), ground.root)
    hip, knee, ankle = (joints[:, [JOINT[f"left_{j}"], JOINT[f"right_{j}"]]] for j in ("hip", "knee", "ankle"))
    out = torch.linalg.cross(knee - hip, ankle - hip)  # to the left, where the knee is before the line
    left = hip[:, :1] - hip[:, 1:]
    assert ((out * left).sum(-1) > -1e-3).all()
    assert knee.diff(n=2, dim=0).norm(dim=-1).max() * 400 < 80


def test_people_get_where_they_walk(base: Base) -> None:
    made = programs(base)
    forward, turn = made["forward"].path, made["turn"].path
    assert forward[0].tolist() == pytest.approx(START, abs=1e-4)
    assert forward[-1].tolist() == pytest.approx(ahead_of(START, 1.2, 0.1), abs=1e-3)
    assert float(turn[-1, 2]) == pytest.approx(START[2] + math.pi / 2, abs=1e-3)
    for ground in made.values():
        assert (ground.root[:, ::2] - ground.path[:, :2]).norm(dim=-1).max() < 0.12


def test_the_heel_leaves_first_and_lands_first(base: Base) -> None:
    ground = programs(base)["forward"]
    up = ground.feet[..., 1] - FOOT_REST_HEIGHT > 0.006
    for ankle, toe in ((0, 2), (1, 3)):
        assert up[:, ankle].nonzero()[0] < up[:, toe].nonzero()[0]
        assert up[:, ankle].nonzero()[-1] <= up[:, toe].nonzero()[-1]


def test_the_pelvis_goes_over_the_foot_that_stands(base: Base) -> None:
    start = (0.0, 0.0, 0.0)
    steps = walk_steps(start, (0.0, 0.3, 0.0), 1.0, 0.5, np.random.default_rng(0), foot=0)
    moved = place(base, start, steps).root[:, 0] - place(base, start).root[:, 0]
    assert moved[24:27].max() < -0.01  # left swings: to the right (-x)
    assert moved[34:37].min() > 0.01


def test_marching_lifts_the_feet(base: Base) -> None:
    ground = programs(base)["march"]
    assert 0.2 < float((ground.feet[..., 1] - FOOT_REST_HEIGHT).max()) < 0.4
    assert (ground.path[:, :2] - ground.path[:1, :2]).abs().max() < 1e-4


def test_flight_is_ballistic(base: Base) -> None:
    ground = programs(base)["jump"]
    jump = Jump(1.5, 0.2)
    flying = [k for k in range(80) if jump.time + 0.03 < k / 20 < jump.time + jump.flight - 0.03]
    still = place(base, START).root[:, 1]
    height = (ground.root[:, 1] - still)[flying]
    assert height.diff(n=2) * 400 == pytest.approx(-GRAVITY, rel=0.15)
    assert 0.2 < float(height.max()) < 0.3
    assert not ground.planted[flying].any()
    assert float((ground.root[:, 1] - still)[20:30].min()) < -0.15  # crouches before


def test_what_does_not_fit_is_refused(base: Base) -> None:
    with pytest.raises(ValueError, match="80"):
        place(base, START, frames=100)
    with pytest.raises(ValueError, match="height"):
        Jump(1.0, 0.0)


def test_smoothing_keeps_straight_lines() -> None:
    line = np.stack((np.arange(50) * 0.1, np.full(50, 2.0)), -1)
    assert smooth(line, 3.0, straight=True) == pytest.approx(line)
    assert smooth(line, 3.0)[0, 0] > 0.05
    assert torch.isfinite(torch.from_numpy(smooth(line[:1], 3.0, straight=True))).all()
