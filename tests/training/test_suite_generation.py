"""Batched generation gives what the pipeline gives for each timeline alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from intersyn.metrics import physics
from intersyn.pipeline import VARIANTS, InterSynPipeline
from tests.motions import timeline
from training.suite_generation import batches, cleaned, generate


def test_a_batch_is_what_each_timeline_gives_alone(tiny_checkpoint: Path) -> None:
    pipe = InterSynPipeline.from_pretrained(tiny_checkpoint)
    lines = [timeline("sis", frames=41), timeline("is", frames=30), timeline("ss", frames=33)]
    made = generate(pipe, lines, [5, 6, 7], VARIANTS, 2, 1.5)
    assert list(made) == list(VARIANTS)
    for name, results in made.items():
        for line, seed, (motion, _) in zip(lines, (5, 6, 7), results, strict=True):
            alone = pipe(line, seed=seed, variant=name, steps=2, guidance_scale=1.5)
            torch.testing.assert_close(motion.joints(), alone.joints(), atol=1e-3, rtol=0)
    motion, contacts = made["full"][0]
    assert float(physics.jerk(cleaned(motion, contacts).joints(), 20.0).mean()) < float(
        physics.jerk(motion.joints(), 20.0).mean()
    )


def test_batches_are_of_similar_lengths_and_hold_everyone() -> None:
    found = list(batches([5, 1, 4, 2, 3], 2))
    assert found == [[1, 3], [4, 2], [0]]


def test_timelines_beyond_the_window_are_refused(tiny_checkpoint: Path) -> None:
    pipe = InterSynPipeline.from_pretrained(tiny_checkpoint)
    with pytest.raises(ValueError, match="at most 196 frames, got 200"):
        generate(pipe, [timeline("sis", frames=200)], [0], ["full"], 1, 1.0)
