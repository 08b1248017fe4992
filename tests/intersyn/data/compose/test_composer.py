"""From declarations to judged clips, with made-up recordings and few iterations."""

from pathlib import Path

import numpy as np
import pytest
import torch

from intersyn.data.compose.bases import Bases
from intersyn.data.compose.composer import compose
from intersyn.data.compose.declaration import read_program
from intersyn.data.compose.plan import FPS
from intersyn.data.compose.planning import make_plan
from intersyn.data.compose.solver import SolverConfig
from tests.programs import write_program

QUICK = SolverConfig(iterations=60, restart_iterations=25)


@pytest.fixture(scope="module")
def bases(people) -> Bases:
    return Bases(people, "train")


def planned(tmp_path: Path, bases: Bases, seed: int = 0, **changes):
    program = read_program(write_program(tmp_path, **changes))
    rng = np.random.default_rng(seed)
    return make_plan(program.draw(rng), bases, rng)


def test_a_plan_has_what_the_declaration_says(tmp_path, bases):
    made = planned(tmp_path, bases)
    draft, plan = made.draft, made.plan
    assert plan.frames == int(np.ceil(draft.duration * FPS)) + 1
    assert [reach.person for reach in plan.reaches] == [0, 1]
    (hold,) = made.holds  # two hands that meet are one touch
    touch = hold.touch
    assert (touch.person, touch.part, touch.other, touch.other_part) == (0, "right_palm", 1, "right_palm")
    assert touch.start == pytest.approx(draft.moments["touch"] * FPS, abs=1)
    assert touch.end == pytest.approx(draft.moments["release"] * FPS, abs=2)
    assert made.key[0] <= touch.start < touch.end <= made.key[1] + 1
    assert all(name.startswith("bandai/") for name in made.bases)


def test_the_same_seed_makes_the_same_plan(tmp_path, bases):
    first, second, other = (planned(tmp_path, bases, seed) for seed in (3, 3, 4))
    assert torch.equal(first.plan.rotations, second.plan.rotations)
    assert torch.equal(first.plan.reaches[0].targets[0].position, second.plan.reaches[0].targets[0].position)
    assert first.plan.rotations.shape != other.plan.rotations.shape or not torch.equal(
        first.plan.rotations, other.plan.rotations
    )


def test_an_approach_that_needs_more_time_makes_the_clip_later(tmp_path, bases):
    approach = {"who": "both", "by": 0.9, "until": "touch - 0.1", "pace": 0.5}
    near, far = planned(tmp_path, bases), planned(tmp_path, bases, approach=approach)
    assert far.plan.frames > near.plan.frames + 10
    apart = (far.plan.root[0, 0] - far.plan.root[0, 1])[:, ::2].norm(dim=-1)
    assert float(apart[0] - apart[-1]) == pytest.approx(1.8, abs=0.15)


def test_taps_are_touches_apart(tmp_path, bases):
    reach = [
        {"who": "a", "part": "right_palm", "to": "b.left_shoulder_top", "when": ["reach", "touch", "release", "down"],
         "beat": {"rate": 2.0, "gap": 0.06}},
    ]  # fmt: skip
    made = planned(tmp_path, bases, reach=reach)
    assert len(made.holds) >= 2
    assert all(hold.touch.other_part == "left_shoulder_top" for hold in made.holds)


def test_things_are_held_where_they_are(tmp_path, bases):
    made = planned(
        tmp_path,
        bases,
        things={"parcel": {"radius": 0.05, "path": [{"at": [0, 1.1, 0], "when": "always"}]}},
        reach=[{"who": "a", "part": "right_palm", "to": "parcel", "palm": "up", "when": ["reach", "touch"]}],
    )
    assert tuple(made.plan.things.shape[:2]) == (1, 1)
    (hold,) = made.holds
    assert hold.joint is None
    below = made.plan.things[0, 0, :, :3] - hold.position
    assert torch.allclose(below, torch.tensor([0.0, 0.05, 0.0]).expand_as(below), atol=1e-5)


def test_clips_meet_and_are_judged(tmp_path, bases):
    program = read_program(write_program(tmp_path))
    clips = compose(program, bases, np.random.SeedSequence(1).spawn(3), QUICK)
    assert len(clips) == 3
    for clip in clips:
        frames = clip.planned.plan.frames
        assert clip.rotations.shape == (2, frames, 22, 4)
        assert clip.contacts.shape == (2, frames, 4)
        assert clip.figures.contact_error_median_mm < 15
        assert "contact" not in clip.reasons


def test_a_clip_does_not_depend_on_its_batch(tmp_path, bases):
    program = read_program(write_program(tmp_path))
    seeds = np.random.SeedSequence(2).spawn(2)
    together = compose(program, bases, seeds, QUICK)[1]
    alone = compose(program, bases, seeds[1:], QUICK)[0]
    assert float((together.root - alone.root).norm(dim=-1).max()) < 0.005


def test_walking_people_walk_all_the_time(tmp_path, bases):
    made = planned(
        tmp_path, bases, base="walking", walk={"speed": 1.1, "curve": 0.2}, formation={"kind": "beside", "apart": 0.6},
        reach=[], styles=["normal"],
    )  # fmt: skip
    way = made.plan.root[0, :, -1, ::2] - made.plan.root[0, :, 0, ::2]
    seconds = made.plan.frames / FPS
    assert (way.norm(dim=-1) / seconds > 0.8).all()
    apart = (made.plan.root[0, 0] - made.plan.root[0, 1])[:, ::2].norm(dim=-1)
    assert float(apart.min()) > 0.4
    assert float(apart.max()) < 0.9
