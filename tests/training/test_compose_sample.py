"""The command that makes the bundled sample: evenly chosen, whole pairs, and no recording but CMU's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from intersyn.data.sample import takes
from intersyn.data.store import COMPOSED, FILE_NAME, SPLITS, ClipStore, Touch
from tests.synthetic import make_composed, make_store
from training.compose_sample import SampleConfig, composed_scenes, evenly, excerpt, main, spread


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """Of composed clips, and of recordings."""
    composed, data = tmp_path_factory.mktemp("composed"), tmp_path_factory.mktemp("data")
    store = make_composed(per_action=5)
    clips = tuple(replace(clip, base=("bandai/one",)) for clip in store.clips)
    replace(store, clips=clips).save(composed / FILE_NAME)
    made = make_store(per_action=1)
    recorded = tuple(replace(clip, source="bandai") if clip.source == "made" else clip for clip in made.clips)
    replace(made, clips=recorded).save(data / FILE_NAME)
    return composed, data


@pytest.mark.parametrize(
    ("sizes", "count", "expected"),
    [
        ([5, 5, 5], 3, [1, 1, 1]),
        ([5, 1, 5], 7, [3, 1, 3]),
        ([1, 2], 50, [1, 2]),
        ([9] * 6, 3, [1, 0, 1, 0, 1, 0]),
        ([9] * 4, 6, [2, 1, 2, 1]),
        ([], 5, []),
        ([3], 0, [0]),
    ],
)
def test_groups_give_about_as_many(sizes, count, expected):
    assert spread(sizes, count) == expected


@pytest.mark.parametrize(("size", "count"), [(1, 1), (5, 5), (80, 1), (80, 3), (7, 4)])
def test_places_are_evenly_spread(size, count):
    places = evenly(size, count)
    assert len(set(places)) == count
    assert all(0 <= place < size for place in places)
    assert abs(places[0] - (size - 1 - places[-1])) <= 1


def test_a_sample_of_scenes_of_every_program_and_of_cmus_pairs_only(folders, tmp_path):
    composed, data = folders
    path = main(SampleConfig(composed, data, tmp_path / "some.zip", count=7, pairs=1, seconds=3))
    store = ClipStore.load(path, SPLITS)
    scenes = takes(store)
    assert [clips[0].action for clips in scenes] == ["handshake"] * 3 + ["pat"] * 2 + ["salute"] * 2 + ["salsa"]
    assert all(len(clips) == (1 if clips[0].action == "salute" else 2) for clips in scenes)
    assert {clip.source for clip in store.clips} == {COMPOSED, "salsa"}
    assert [clip.frames for clip in scenes[-1]] == [60, 60]
    assert (tmp_path / "some.md").read_text().count("| Bandai-Namco-Research-Motiondataset |") == 7
    again = main(SampleConfig(composed, data, tmp_path / "again.zip", count=7, pairs=1, seconds=3))
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("count", "pairs", "solos"), [(3, 2, 1), (12, 8, 4), (14, 10, 4), (50, 10, 5), (1, 1, 0)])
def test_two_thirds_are_interactions_where_there_are_enough(folders, count, pairs, solos):
    clips = [part.clips[0] for part in composed_scenes(ClipStore.load(folders[0]), count)]
    assert sum(clip.partner is None for clip in clips) == solos
    assert sum(clip.role == 0 and clip.partner is not None for clip in clips) == pairs


def test_an_excerpt_is_the_middle_of_a_take_in_one_world(folders, tmp_path):
    composed, data = folders
    store = ClipStore.load(main(SampleConfig(composed, data, tmp_path / "s.zip", 1, 1, 2.0)), SPLITS)
    whole = ClipStore.load(data)
    for clip in store.clips[-2:]:
        source = next(other for other in whole.clips if other.name == clip.name)
        first = source.start + (source.frames - 40) // 2
        torch.testing.assert_close(
            store.root[clip.start : clip.start + 40], whole.root[first : first + 40], atol=3e-4, rtol=0
        )


def test_labels_are_cut_with_the_clip():
    store = make_composed(per_action=1)
    touches = (Touch(0, "right_palm", 1, "chest", 5, 20), Touch(0, "left_palm", 1, "chest", 2, 10))
    clip = replace(store.clips[1], key=(8, 30), touches=touches)
    cut = excerpt(store, clip, 10, 25).clips[0]
    assert (cut.start, cut.frames, cut.key) == (0, 15, (0, 15))
    assert cut.touches == (replace(touches[0], start=0, end=10),)
    assert excerpt(store, clip, 30, 40).clips[0].key is None


def test_too_little_to_choose_from_is_one_sentence(folders, tmp_path):
    composed, data = folders
    with pytest.raises(ValueError, match=r"9 salsa takes of 2 s or more wanted, the data have 2"):
        main(SampleConfig(composed, data, tmp_path / "s.zip", 1, 9, 2.0))
    with pytest.raises(ValueError, match="holds no composed clips"):
        main(SampleConfig(data, None, tmp_path / "s.zip"))
    assert not list(tmp_path.iterdir())
