"""A generation with its steps: the last of them is the pipeline's motion, the first is noise."""

from __future__ import annotations

import pytest
import torch

from intersyn.checkpoint import CheckpointError
from intersyn.pipeline import Cancelled, InterSynPipeline
from intersyn.timeline import Timeline
from intersyn.trace import Trace, trace

DEFAULT = Timeline.solo_interact_solo("a person walks", "two people dance", "a person waves", 100, 40, 70)


@pytest.fixture(scope="module")
def pipe(tiny_checkpoint) -> InterSynPipeline:
    return InterSynPipeline.from_pretrained(tiny_checkpoint)


@pytest.fixture(scope="module")
def traced(pipe) -> Trace:
    return trace(pipe, DEFAULT, seed=4, steps=6)


def test_the_last_step_is_the_motion_of_the_pipeline(pipe, traced):
    without, full = (pipe(DEFAULT, seed=4, steps=6, variant=name) for name in ("no_rec", "full"))
    for motion, expected in ((traced.predictions[-1], without), (traced.refined, full)):
        assert torch.equal(motion.poses, expected.poses)
        assert torch.equal(motion.trans, expected.trans)
        assert motion.timeline == DEFAULT


def test_steps_go_from_noise_to_motion(traced):
    assert len(traced.noisy) == len(traced.predictions) == len(traced.timesteps) == 6
    assert list(traced.timesteps) == sorted(traced.timesteps, reverse=True)
    assert traced.timesteps[-1] == 0
    assert list(traced.signal) == sorted(traced.signal)
    assert traced.signal[0] < 0.01 and traced.signal[-1] > 0.99


def test_the_first_input_is_the_seeds_noise(pipe, traced):
    request = pipe.prepare(DEFAULT)
    noise = pipe.noise(request, 4)
    first = pipe.decode(request, noise, pipe.ins["ins"].normalizer)[0]
    assert torch.equal(first.poses, traced.noisy[0].poses)


def test_it_reports_and_can_be_stopped(pipe):
    heard: list[tuple[int, int]] = []
    trace(pipe, DEFAULT, steps=3, callback=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(Cancelled):
        trace(pipe, DEFAULT, steps=3, callback=lambda done, total: False)


def test_errors_are_the_pipelines(pipe):
    with pytest.raises(ValueError, match="steps"):
        trace(pipe, DEFAULT, steps=0)
    lacking = InterSynPipeline(pipe.text_encoder, {"ins": pipe.ins["ins"]}, None, pipe.config)
    with pytest.raises(CheckpointError, match="no rec"):
        trace(lacking, DEFAULT)
