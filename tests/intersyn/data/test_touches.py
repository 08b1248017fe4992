"""Touches of drawn interactions: the right people, parts and frames, whoever is first and however it is reflected."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from intersyn.body.points import POINT_NAMES, mirrored_point
from intersyn.data.dataset import InterleavedDataset
from intersyn.data.material import Material
from intersyn.data.pairs import SyncedPairs
from intersyn.data.store import ClipStore, Touch
from intersyn.data.touches import TouchLabels, TouchTable
from tests.synthetic import make_composed, make_store


def dataset_of(store: ClipStore, sources: tuple[str, ...]) -> InterleavedDataset:
    material = Material.from_store(store)
    return InterleavedDataset(store, [(SyncedPairs(store, sources=sources), 1.0)], 3, material=material)


def test_touches_are_the_clips_own_in_the_window_they_are_shown_in():
    """Whoever plays role 0 is lifted while a hand of theirs touches, so that the frames can be told from the motion."""
    composed = make_composed(5, per_action=6)
    root = composed.root.clone()
    for clip in composed.clips:
        for touch in clip.touches:
            if touch.other is not None and clip.role == touch.person:
                root[clip.start + touch.start : clip.start + touch.end, 1] += 20.0  # metres above everyone else
    store = ClipStore.join((make_store(1), dataclasses.replace(composed, root=root)))
    dataset = dataset_of(store, ("composed",))
    seen = {"first": 0, "second": 0, "left": 0, "right": 0, "cut": 0, "pat": 0}
    for step in range(3):
        batch = dataset.batch(step, "interleaved", 24)
        touches = batch.touches
        together = batch.table.in_interaction(batch.root.shape[2])
        texts = batch.table.at_frames(batch.table.text, batch.root.shape[2])
        assert touches.person.shape[1] == int((touches.person >= 0).sum(1).max())
        for b in range(24):
            length = int(batch.table.length[b])
            lifted = torch.zeros(2, length, dtype=torch.bool)
            for k in range(touches.person.shape[1]):
                told_of = (touches.person, touches.other, touches.start, touches.end)
                person, other, start, end = (int(values[b, k]) for values in told_of)
                if person < 0:
                    assert int(touches.point[b, k]) == int(touches.end[b, k]) == -1
                    continue
                assert 0 <= start < end <= length and other == 1 - person
                lifted[person, start:end] = True
                told = dataset.texts[int(texts[b, 0, start])]
                side = "right" if "right hand" in told else "left"
                assert told.startswith("the first person" if person == 0 else "the second person")
                names = [POINT_NAMES[int(x[b, k])] for x in (touches.point, touches.other_point)]
                assert names[0] == f"{side}_palm"
                far = "left_shoulder_top" if "pat" in told else "right_palm"
                assert names[1] == (far if side == "right" else mirrored_point(far))
                seen["first" if person == 0 else "second"] += 1
                seen[side] += 1
                seen["cut"] += start == 0 or end == length
                seen["pat"] += "pat" in told
            own = together[b, :, :length]  # solos are bent to meet what is lifted
            assert torch.equal((batch.root[b, :, :length, 1] > 10) & own, lifted)
    assert all(seen.values()), seen


def test_without_labels_there_is_no_table():
    store = make_store(2)
    batch = dataset_of(store, ()).batch(0, "interleaved", 8)
    assert batch.touches.start.shape == (8, 0)
    assert dataset_of(ClipStore.join((store, make_composed(5))), ("composed",)).batch(
        0, "solo", 4
    ).touches.start.shape == (4, 0)
    assert batch.to("cpu").touches.start.shape == (8, 0)


def test_an_unknown_point_is_named_with_its_clip():
    store = make_composed(5)
    clips = tuple(dataclasses.replace(clip, touches=(Touch(0, "left_palm", 1, "tail", 2, 5),)) for clip in store.clips)
    with pytest.raises(ValueError, match="composed/handshake_0_0 touches with 'tail'"):
        TouchLabels(dataclasses.replace(store, clips=clips))


def test_fields_of_a_table_agree():
    with pytest.raises(ValueError, match=r"must all be \(B, K\)"):
        TouchTable(*[torch.zeros(2, 3)] * 5, torch.zeros(2, 4))
