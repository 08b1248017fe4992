"""Random timelines: valid, of every kind, and none of them breaks the pipeline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from intersyn.motion import Motion
from intersyn.pipeline import InterSynPipeline
from training.robustness import Config, check, draw_timeline, main, problem


def test_timelines_are_of_every_kind() -> None:
    drawn = [draw_timeline(np.random.default_rng(k)) for k in range(300)]
    assert {timeline.num_people for timeline in drawn} == set(range(1, 9))
    assert {len(timeline.segments) for timeline in drawn} == set(range(1, 8))
    sizes = {len(part.people) for timeline in drawn for segment in timeline.segments for part in segment.parts}
    assert {1, 2, 3} <= sizes
    together = [sum(p.is_interaction for p in segment.parts) for timeline in drawn for segment in timeline.segments]
    assert max(together) > 1


def test_the_same_generator_draws_the_same() -> None:
    assert draw_timeline(np.random.default_rng(5)) == draw_timeline(np.random.default_rng(5))


def test_what_is_wrong_with_a_motion_is_found() -> None:
    timeline = draw_timeline(np.random.default_rng(0))
    people, frames = timeline.num_people, timeline.frames
    fine = Motion(torch.zeros(people, frames, 22, 3), torch.zeros(people, frames, 3), torch.zeros(people, 10), 20.0)
    assert problem(timeline, fine) is None
    holed = fine.trans.clone()
    holed[0, 3, 1] = torch.nan
    assert "trans" in problem(timeline, replace(fine, trans=holed))
    short = replace(fine, poses=fine.poses[:, :-1], trans=fine.trans[:, :-1])
    assert "trans is" in problem(timeline, short)


@pytest.mark.slow
def test_three_hundred_timelines(tiny_checkpoint) -> None:
    """The command asks for a thousand, of the bundled checkpoint; here its random networks stand in."""
    assert check(InterSynPipeline.from_pretrained(tiny_checkpoint), Config(timelines=300)) == []


def test_exit_code_says_whether_all_went_well(tiny_checkpoint, capsys) -> None:
    assert main(Config(timelines=3, checkpoint=str(tiny_checkpoint), repeat_every=1)) == 0
    assert "3 timelines, 0 failed" in capsys.readouterr().out
