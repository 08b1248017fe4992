"""Batched generation gives what the pipeline gives for each timeline alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from intersyn.metrics import physics
from intersyn.pipeline import VARIANTS, InterSynPipeline
from tests.motions import timeline
from training.suite_generation import CONTACT, batches, cleaned, generate, variant_of


def test_a_batch_is_what_each_timeline_gives_alone(tiny_checkpoint: Path) -> None:
    pipe = InterSynPipeline.from_pretrained(tiny_checkpoint)
    lines = [timeline("sis", frames=31), timeline("i", frames=93), timeline("sis", frames=31)]
    names = (*VARIANTS, f"full{CONTACT}", f"no_rec{CONTACT}")
    made = generate(pipe, lines, [5, 6, 7], names, 2, 1.5)
    assert tuple(made) == names
    for name, results in made.items():
        for line, seed, (motion, _) in zip(lines, (5, 6, 7), results, strict=True):
            contact = float(name.endswith(CONTACT))
            settings = {"steps": 2, "guidance_scale": 1.5, "contact_guidance": contact}
            alone = pipe(line, seed=seed, variant=variant_of(name), **settings)
            torch.testing.assert_close(motion.joints(), alone.joints(), atol=1e-3, rtol=0)
    motion, contacts = made["full"][0]
    assert float(physics.jerk(cleaned(motion, contacts).joints(), 20.0).mean()) < float(
        physics.jerk(motion.joints(), 20.0).mean()
    )


def test_batches_are_of_one_length_and_hold_everyone() -> None:
    assert list(batches([5, 1, 5, 2, 5], 2)) == [[1], [3], [0, 2], [4]]


def test_timelines_that_do_not_fit_are_refused(tiny_checkpoint: Path) -> None:
    pipe = InterSynPipeline.from_pretrained(tiny_checkpoint)
    with pytest.raises(ValueError, match=r"196 frames at most, got \[600\]"):
        generate(pipe, [timeline("sis", frames=200)], [0], ["full"], 1, 1.0)
    with pytest.raises(ValueError, match=r"one length.*\[40, 80\]"):
        generate(pipe, [timeline("i"), timeline("is")], [0, 1], ["full"], 1, 1.0)
