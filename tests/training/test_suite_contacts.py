"""Contact figures of the suite: whose hands, and which readings of a text count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from intersyn.data.store import ClipStore
from intersyn.skeleton import REST_JOINTS
from intersyn.touches import Contact
from training.frozen_benchmark import Benchmark
from training.suite_contacts import Meeting, measure
from training.suite_material import INTERIOR, contacts_of, interiors, realise

IDENTITY = torch.tensor((1.0, 0, 0, 0))


def meeting(gap: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Two people in T-pose, the right fingertips of person 0 `gap` (T,) metres from the left ones of person 1."""
    frames = len(gap)
    joints = REST_JOINTS.repeat(2, frames, 1, 1)
    joints[1, :, :, 0] -= 2 * 0.878 + gap[:, None]
    return joints, IDENTITY.expand(2, frames, 22, 4)


def test_error_is_within_the_interaction_and_ratio_in_the_labelled_frames() -> None:
    gap = torch.full((30,), 0.4)
    gap[10:16] = 0.02
    touch = Contact(0, "right_fingertips", 1, "left_fingertips", 12, 20)
    contact = Meeting("reach", 5, 25, (touch,), False, False)
    error, ratio = measure(contact, *meeting(gap))
    assert error == pytest.approx(0.02, abs=1e-5) and ratio == pytest.approx(0.5)  # 4 of the 8 frames
    late = replace(contact, start=20, end=28)
    assert measure(late, *meeting(gap))[0] == pytest.approx(0.4, abs=1e-5)


def test_a_text_without_side_or_role_leaves_them_open() -> None:
    scene = meeting(torch.full((10,), 0.01))
    mirrored = Meeting("reach", 0, 10, (Contact(0, "left_fingertips", 1, "right_fingertips", 0, 10),), False, False)
    assert measure(mirrored, *scene)[0] > 1
    assert measure(replace(mirrored, either_side=True), *scene)[0] == pytest.approx(0.01, abs=1e-5)
    assert measure(replace(mirrored, either_role=True), *scene)[0] == pytest.approx(0.01, abs=1e-5)
    assert mirrored.of_hands
    assert not replace(mirrored, touches=(Contact(0, "upper_back", 1, "upper_back", 0, 3),)).of_hands


def test_labels_are_where_the_real_people_touch(frozen: Path, benchmark_data: Path) -> None:
    benchmark = Benchmark.load(frozen / "interleaved-test.json")
    store = ClipStore.load(benchmark_data, ("test",))
    clips = {clip.name: clip for clip in store.clips}
    found = 0
    for entry, real in zip(benchmark.sequences, realise(benchmark.sequences, store), strict=True):
        assert real.motion.frames == entry.timeline.frames == real.raw.shape[1]
        for people, start, end in interiors(entry):
            # the interior of a segment is its clip, but for the feet that fusion locks
            fused = real.motion.joints()[list(people), start + INTERIOR : end - INTERIOR]
            if fused.shape[1]:
                assert (
                    float((fused - real.raw[list(people), start + INTERIOR : end - INTERIOR]).norm(dim=-1).max()) < 0.3
                )
        for contact in contacts_of(entry, clips):
            assert contact.action in ("handshake", "pat")
            for touch in contact.touches:
                assert contact.start <= touch.start < touch.end <= contact.end
                found += 1
    assert found
