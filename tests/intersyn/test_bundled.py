"""The checkpoint that ships: complete, and its motion is that of two people who meet."""

from __future__ import annotations

import pytest
import torch

from intersyn.motion import Motion
from intersyn.pipeline import VARIANTS, InterSynPipeline
from intersyn.timeline import Timeline

TIMELINE = Timeline.solo_interact_solo(
    "a person walks forward", "two people salsa dance", "a person waves with the right hand"
)


@pytest.fixture(scope="module")
def pipe() -> InterSynPipeline:
    return InterSynPipeline.from_pretrained()


@pytest.fixture(scope="module")
def motion(pipe) -> Motion:
    return pipe(TIMELINE)


def test_every_variant_is_there(pipe):
    assert pipe.variants == tuple(VARIANTS)
    assert pipe.ins["ins"].config.smooth
    assert not pipe.ins["ins_no_smooth"].config.smooth


def test_networks_are_small_enough_for_a_laptop(pipe):
    for ins in pipe.ins.values():
        assert sum(parameter.numel() for parameter in ins.model.parameters()) <= 10_000_000


def test_people_are_upright_and_on_the_ground(motion):
    joints = motion.joints()
    pelvis, head = joints[:, :, 0, 1], joints[:, :, 15, 1]
    assert 0.7 < pelvis.median() < 1.1
    assert (head - pelvis).median() > 0.4
    assert -0.1 < joints[..., 1].amin(-1).median() < 0.1


def test_nobody_jumps_through_space(motion):
    step = motion.joints().diff(dim=1).norm(dim=-1)
    assert step.max() < 0.6  # metres per frame: 12 m/s


def test_they_meet(motion):
    apart = (motion.trans[0] - motion.trans[1])[:, [0, 2]].norm(dim=-1)
    assert apart[70:130].max() < 3.0


def test_texts_and_seeds_matter(pipe, motion):
    other = Timeline.solo_interact_solo("a person runs", "two people bow to each other", "a person kicks")
    assert (pipe(other).joints() - motion.joints()).norm(dim=-1).mean() > 0.1
    assert (pipe(TIMELINE, seed=1).joints() - motion.joints()).norm(dim=-1).mean() > 0.05


def test_every_ingredient_changes_the_motion(pipe, motion):
    for variant in VARIANTS:
        if variant != "full":
            assert not torch.allclose(pipe(TIMELINE, variant=variant).joints(), motion.joints(), atol=1e-3), variant
