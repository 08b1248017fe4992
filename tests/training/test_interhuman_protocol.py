"""The field's protocol: what is read, what one replication draws, and figures of vectors where they are plain."""

from pathlib import Path

import pytest
import torch

from intersyn.motion import Motion
from intersyn.timeline import MIN_INTERACTION_FRAMES
from tests.motions import smooth_motion
from tests.published_files import walking, write_interhuman
from training.common import InputError
from training.interhuman_protocol import (
    MAX_FRAMES,
    as_published,
    draw,
    figures,
    fitting,
    held_out_pairs,
    padded,
    read_pair,
    timeline_for,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Pairs 0 to 5 of the test split, of which 4 is ignored and 5 is too short, and one of training."""
    folder = tmp_path_factory.mktemp("interhuman")
    for k in range(7):
        frames = {2: 400, 5: 10}.get(k, 40 + k)
        people = [walking(frames, k + person, (float(person), 0.2 * k)) for person in (0, 1)]
        write_interhuman(folder, str(k), people, [f"they walk past each other {k}", "", f"Two people, pair {k}."])
    (folder / "split").mkdir()
    (folder / "split" / "test.txt").write_text("".join(f"{k}\n" for k in range(6)))
    (folder / "split" / "train.txt").write_text("6\n")
    (folder / "split" / "ignore_list.txt").write_text("4\n")
    return folder


@pytest.fixture(scope="module")
def read(root: Path):
    read = [(pair, array) for pair in held_out_pairs(root) if (array := read_pair(pair)) is not None]
    return [pair for pair, _ in read], [array for _, array in read]


def test_the_test_split_is_read_less_what_is_ignored_or_short(root, read):
    assert [pair.name for pair in held_out_pairs(root)] == ["0", "1", "2", "3", "5"]
    pairs, arrays = read
    assert [pair.name for pair in pairs] == ["0", "1", "2", "3"]
    assert pairs[1].texts == ("they walk past each other 1", "Two people, pair 1.")
    assert arrays[2].shape == (2, 400, 492)


def test_a_replication_fills_its_pools_from_other_draws_each_time(read):
    samples = draw(*read, 2, torch.Generator().manual_seed(0))
    assert sorted(sample.name for sample in samples) == ["0", "1", "2", "3"]
    assert len(draw(*read, 3, torch.Generator().manual_seed(0))) == 3
    lengths = {sample.name: sample.length for sample in samples}
    assert lengths["0"] == 39 and lengths["2"] == MAX_FRAMES - 1
    drawn = [draw(*read, 4, torch.Generator().manual_seed(seed)) for seed in range(20)]
    of_one = [next(sample for sample in samples if sample.name == "1") for samples in drawn]
    assert len({sample.text for sample in of_one}) == 2
    at_origin = {tuple((sample.real[:, 0, [0, 2]].abs().amax(-1) < 1e-5).tolist()) for sample in of_one}
    assert at_origin == {(True, False), (False, True)}
    assert {sample.real.shape[1] for sample in of_one} == {40}
    with pytest.raises(InputError, match="pools of 96, but there are 4"):
        draw(*read, 96, torch.Generator())


def test_a_timeline_makes_as_many_frames_as_are_asked_for():
    for length in (14, 44, 59, 100, 299):
        timeline = timeline_for("they meet", length)
        assert timeline.frames >= MIN_INTERACTION_FRAMES
        local, root, _ = smooth_motion(0, 2, frames=timeline.frames)
        assert as_published(Motion.from_quaternions(local, root, timeline.fps), length).shape == (2, length, 262)


def test_long_texts_lose_their_last_words():
    def count(text: str) -> int:
        return len(text.split()) + 2

    assert fitting("one two  three", 5, count) == "one two three"
    assert fitting("one two three", 4, count) == "one two"
    assert len(fitting("word " * 200, 1000, count)) <= 300


def test_motions_of_different_lengths_are_one_batch():
    batch, length = padded([torch.ones(2, 3, 262), torch.ones(2, 5, 262)])
    assert batch.shape == (2, 2, 5, 262) and length.tolist() == [3, 5]
    assert batch[0, :, 3:].abs().sum() == 0 and batch[0, :, :3].min() == 1


def test_vectors_that_are_their_texts_are_perfect_and_scaled_by_six():
    texts = torch.eye(8)
    made = figures(texts, texts, texts, 4, 50, torch.Generator().manual_seed(0))
    assert made["R@1"] == made["R@3"] == 1 and made["MM distance"] == 0
    assert made["FID"] == pytest.approx(0, abs=1e-6)
    assert made["diversity"] == pytest.approx(6 * 2**0.5 / 2)
    moved = figures(texts, texts, texts + 0.5, 4, 50, torch.Generator().manual_seed(0))
    assert moved["FID"] == pytest.approx(36 * 8 * 0.25)


def test_what_is_no_interhuman_is_refused(tmp_path, root):
    with pytest.raises(InputError, match="is no InterHuman: --interhuman is the folder"):
        held_out_pairs(tmp_path)
    people = [walking(20, 0), walking(20, 1)]
    write_interhuman(tmp_path, "1", people, ["they stand"])
    with pytest.raises(InputError, match="names no test pair"):
        held_out_pairs(tmp_path)
