"""Motions side by side: each equals the one made alone, and what they share is made once."""

from __future__ import annotations

import pytest
import torch

from intersyn.checkpoint import CheckpointError
from intersyn.comparison import compare, total_steps
from intersyn.pipeline import Cancelled, InterSynPipeline
from intersyn.settings import Settings
from intersyn.timeline import Timeline

TIMELINE = Timeline.solo_interact_solo("a person walks", "two people dance", "a person waves", 90, 30, 60)
PANELS = (
    Settings("full", steps=3),
    Settings("no_rec", steps=3),
    Settings("uncoupled", steps=3),
    Settings("full", seed=1, steps=3),
    Settings("full", steps=2, clean_up=True, contact_guidance=1.0),
)


@pytest.fixture(scope="module")
def pipe(tiny_checkpoint) -> InterSynPipeline:
    return InterSynPipeline.from_pretrained(tiny_checkpoint)


def test_each_motion_is_the_one_that_would_be_made_alone(pipe):
    for settings, motion in zip(PANELS, compare(pipe, TIMELINE, PANELS), strict=True):
        alone = pipe(
            TIMELINE,
            seed=settings.seed,
            variant=settings.variant,
            steps=settings.steps,
            guidance_scale=settings.guidance_scale,
            clean_up=settings.clean_up,
            contact_guidance=settings.contact_guidance,
        )
        assert torch.equal(motion.poses, alone.poses)
        assert torch.equal(motion.trans, alone.trans)


def test_what_two_variants_share_is_sampled_once(pipe):
    seen = []
    compare(pipe, TIMELINE, PANELS, lambda done, total: seen.append((done, total)))
    assert total_steps(PANELS) == 3 + 3 + 3 + 2
    assert seen == [(k, 11) for k in range(1, 12)]


def test_cancelling_ends_all(pipe):
    with pytest.raises(Cancelled):
        compare(pipe, TIMELINE, PANELS, lambda done, total: done < 5)


def test_what_cannot_be_made_is_refused_before_anything_is_sampled(pipe):
    without = InterSynPipeline(pipe.text_encoder, {"ins": pipe.ins["ins"]}, None, pipe.config)
    with pytest.raises(CheckpointError, match="no rec"):
        compare(without, TIMELINE, PANELS, lambda done, total: pytest.fail("sampled"))
    with pytest.raises(ValueError, match="seed"):
        Settings(seed=-1)
