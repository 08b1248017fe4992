"""The bundled sample: what may be in it, and that all of it can be shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from intersyn.data.sample import BANDAI, CMU, ORIGINS, SAMPLE, list_examples, load_sample, origins_of, takes, to_motion
from intersyn.data.store import COMPOSED, ClipStore
from intersyn.skeleton import REST_FLOOR
from tests.synthetic import make_composed, make_store


@pytest.fixture(scope="module")
def store() -> ClipStore:
    composed = make_composed(per_action=2)
    clips = tuple(replace(clip, base=("bandai/one", "cmu/two")) for clip in composed.clips)
    return ClipStore.join((replace(composed, clips=clips), make_store(per_action=0)))


def test_the_bundled_sample_holds_fifty_composed_scenes_and_two_recorded_pairs():
    scenes = takes(load_sample())
    assert sum(clips[0].source == COMPOSED for clips in scenes) == 50
    recorded = [clips for clips in scenes if clips[0].source != COMPOSED]
    assert len(recorded) == 2
    assert all(len(clips) == 2 and ORIGINS[clips[0].source] == CMU for clips in recorded)
    assert SAMPLE.stat().st_size < 900_000


def test_the_note_lists_every_scene_with_its_licence():
    note = SAMPLE.with_suffix(".md").read_text(encoding="utf-8")
    for text in ("CC BY-NC 4.0", "not to be resold", "mocap.cs.cmu.edu", "NSF\nEIA-0196217", BANDAI):
        assert text in note
    for example in list_examples(load_sample()):
        assert f"| {example.name} ({'recorded' if example.recorded else 'composed'}) |" in note


def test_everything_bundled_can_be_shown():
    store = load_sample()
    examples = list_examples(store)
    assert len({example.name for example in examples}) == len(examples)
    for example in examples:
        motion = to_motion(store, example)
        assert motion.num_people == len(example.clips)
        assert 1.5 < motion.duration < 12
        assert float(motion.joints()[..., 1].min()) > -0.1
        assert float(motion.trans[..., [0, 2]].abs().max()) < 8


def test_what_was_recorded_comes_first_then_pairs_then_single_people(store):
    examples = list_examples(store)
    assert [example.name for example in examples] == [
        "Salsa", "Salsa 2", "Handshake", "Handshake 2", "Pat", "Pat 2", "Salute", "Salute 2",
    ]  # fmt: skip
    assert [example.recorded for example in examples] == [True] * 2 + [False] * 6
    assert [example.text for example in examples[:2]] == ["two people dance salsa", "the first person leads"]
    assert examples[0].about.startswith("Recorded: an excerpt from the CMU Graphics")
    assert "CC BY-NC 4.0" in examples[2].about and BANDAI in examples[2].about and CMU in examples[2].about


def test_a_motion_is_the_clips_about_the_origin(store):
    example = next(example for example in list_examples(store) if example.name == "Pat")
    motion = to_motion(store, example)
    for person, clip in enumerate(example.clips):
        rows = slice(clip.start, clip.start + clip.frames)
        assert clip.role == person
        moved = motion.trans[person] - store.root[rows]
        torch.testing.assert_close(moved, moved[:1].expand_as(moved), atol=1e-5, rtol=0)
        torch.testing.assert_close(motion.quaternions()[person].abs(), store.rotations[rows].abs(), atol=1e-5, rtol=0)
    torch.testing.assert_close(motion.trans.mean((0, 1))[[0, 2]], torch.zeros(2), atol=1e-5, rtol=0)
    assert float(motion.trans[..., 1].mean()) == pytest.approx(-0.223 - REST_FLOOR)
    assert motion.timeline.segments[0].parts[0].people == (0, 1)
    assert motion.timeline.segments[0].parts[0].text == example.text


def test_a_source_that_may_not_be_given_out_is_refused():
    clips = takes(make_composed(per_action=1))[0]
    with pytest.raises(ValueError, match="'made'; a sample may hold bandai, cmu, salsa"):
        origins_of(clips)


def test_a_pair_needs_both_people(store):
    alone = replace(store, clips=tuple(clip for clip in store.clips if clip.role == 0))
    with pytest.raises(ValueError, match="a partner that is missing"):
        takes(alone)
