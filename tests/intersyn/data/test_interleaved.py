"""A sequence with everything that made it: it is training's own, and its seams close."""

from __future__ import annotations

import pytest
import torch

from intersyn.data.dataset import InterleavedDataset
from intersyn.data.interleaved import interleave, sample_dataset, seam_leaps
from intersyn.data.layouts import LayoutChoice
from intersyn.data.sample import load_sample
from intersyn.data.store import COMPOSED
from intersyn.motion import Motion
from intersyn.rotations import quaternion_multiply, yaw_quaternion
from intersyn.skeleton import mirror_rotations

STEPS = (0, 5, 7)


@pytest.fixture(scope="module")
def sequences():
    return {step: interleave(*sample_dataset(), step) for step in STEPS}


def test_the_sequence_is_the_one_that_training_sees(sequences):
    dataset, store = sample_dataset()
    for step, made in sequences.items():
        batch = dataset.batch(step, "interleaved", 1)
        seen = Motion.from_quaternions(batch.rotations[0], batch.root[0], store.fps)
        assert torch.equal(made.fused.poses, seen.poses)
        assert torch.equal(made.fused.trans, seen.trans)
        assert list(made.fused.timeline.boundaries) == [seam for seam in batch.seams[0].tolist() if seam >= 0]
        texts = [dataset.texts[row] for row in batch.table.text[0, 1].tolist()]
        assert [segment.part_of(1).text for segment in made.fused.timeline.segments] == texts


def test_every_excerpt_is_what_plays_there(sequences):
    """Turned back by the heading it was given, a frame outside the blends is the clip's own."""
    store = load_sample()
    for made in sequences.values():
        placed = made.placed.quaternions()
        for person, excerpts in enumerate(made.played):
            for segment, excerpt in zip(made.fused.timeline.segments, excerpts, strict=True):
                assert excerpt.end - excerpt.start == segment.frames
                rows = slice(excerpt.clip.start + excerpt.start, excerpt.clip.start + excerpt.end)
                clip = store.rotations[rows]
                clip = mirror_rotations(clip) if excerpt.mirrored else clip
                shown = placed[person, segment.start : segment.end]
                likeness = (clip[:, 1:] * shown[:, 1:]).sum(-1).abs()
                assert likeness.min() > 0.9999
                turn = quaternion_multiply(shown[:, 0], clip[:, 0] * torch.tensor((1.0, -1, -1, -1)))
                assert turn[:, (1, 3)].abs().max() < 1e-3, "a clip is turned about the vertical only"


def test_blends_lie_beside_the_interaction_and_close_the_seams(sequences):
    for made in sequences.values():
        solo, meeting, _ = made.fused.timeline.segments
        assert not made.blended[meeting.start : meeting.end].any()
        assert made.blended[solo.end - 1] and made.blended[meeting.end]
        same = (made.fused.poses - made.placed.poses).abs().amax((0, 2, 3)) < 1e-5
        assert same[meeting.start : meeting.end].all()
        assert (made.fused.trans - made.placed.trans)[:, meeting.start : meeting.end].abs().max() < 1e-5
        assert seam_leaps(made.fused).max() < 0.5 * seam_leaps(made.placed).max()


def test_people_of_a_pair_are_composed_together(sequences):
    for made in sequences.values():
        first, second = (excerpts[1].clip for excerpts in made.played)
        assert first.source == COMPOSED and first.partner == second.name


def test_a_window_has_no_beginning():
    dataset, store = sample_dataset()
    windows = InterleavedDataset(store, [(dataset.sources[0], 1.0)], seed=0, layouts=LayoutChoice())
    messages = []
    for step in range(12):
        try:
            interleave(windows, store, step)
        except ValueError as error:
            messages.append(str(error))
    assert messages and all("the window shows frames" in message for message in messages)


def test_leaps_need_seams(sequences):
    bare = sequences[0].fused.slice(0, 30)
    with pytest.raises(ValueError, match="has none"):
        seam_leaps(bare)
    still = Motion.from_quaternions(
        yaw_quaternion(torch.zeros(2, 179, 22)), torch.zeros(2, 179, 3), 20.0, sequences[0].fused.timeline
    )
    assert seam_leaps(still).tolist() == [[0, 0], [0, 0]]
