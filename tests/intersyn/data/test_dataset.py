"""The dataset: valid timelines, windows, determinism, texts and frames that belong to the motion."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from intersyn.conditions import INTERACTION, PADDING, SOLO
from intersyn.data.dataset import InterleavedDataset, standard_sources
from intersyn.data.layouts import MAX_FRAMES, MIN_FRAMES, PATTERNS, LayoutChoice, draw_layouts
from intersyn.data.material import Material
from intersyn.data.sampling import LengthSampler, draw_start
from intersyn.data.store import Clip, ClipStore
from intersyn.frames import interaction_frames
from intersyn.rotations import heading_of, quaternion_to_matrix, wrap_angle
from intersyn.timeline import MIN_INTERACTION_FRAMES, MIN_SOLO_FRAMES
from tests.synthetic import make_composed, make_store


@pytest.fixture(scope="module")
def store():
    return make_store(4)


@pytest.fixture(scope="module")
def dataset(store):
    material = Material.from_store(store)
    return InterleavedDataset(store, standard_sources(store, material), seed=5, material=material)


def test_parts_partition_the_window(dataset):
    cut = 0
    for step in range(4):
        batch = dataset.batch(step, "interleaved", 32)
        table = batch.table
        for b in range(32):
            length = int(table.length[b])
            assert MIN_FRAMES <= length <= MAX_FRAMES
            kinds = [k for k in table.kind[b, 0].tolist() if k != PADDING]
            assert 1 <= len(kinds) <= 7
            assert table.kind[b, 0].tolist() == table.kind[b, 1].tolist()
            starts, ends = table.start[b, 0, : len(kinds)].tolist(), table.end[b, 0, : len(kinds)].tolist()
            assert starts[0] <= 0 and ends[-1] >= length
            assert starts[1:] == ends[:-1]
            for kind, start, end in zip(kinds, starts, ends, strict=True):
                assert end - start >= (MIN_INTERACTION_FRAMES if kind == INTERACTION else MIN_SOLO_FRAMES)
                assert end > 0 and start < length
            seams = [s for s in batch.seams[b].tolist() if s >= 0]
            assert seams == starts[1:]
            cut += starts[0] < 0 or ends[-1] > length
    assert 0.1 < cut / 128 < 0.5


def test_solo_batches_are_of_one_person(dataset):
    batch = dataset.batch(0, "solo", 16)
    assert batch.root.shape[:2] == (16, 1)
    assert not (batch.table.kind == INTERACTION).any()
    assert (batch.table.group == -1).all() and (batch.table.angle == 0).all()


def test_the_same_step_is_the_same_batch_whoever_asks(store, dataset):
    material = Material.from_store(store)
    other = InterleavedDataset(store, standard_sources(store, material), seed=5, material=material)
    other.batch(8, "interleaved", 16)  # what was drawn before does not matter
    for kind in ("interleaved", "solo"):
        a, b = dataset.batch(3, kind, 16), other.batch(3, kind, 16)
        assert torch.equal(a.rotations, b.rotations) and torch.equal(a.root, b.root)
        assert torch.equal(a.table.text, b.table.text)
    assert not torch.equal(dataset.batch(3, "solo", 16).table.length, dataset.batch(4, "solo", 16).table.length)


def test_texts_belong_to_the_parts(dataset):
    batch = dataset.batch(1, "interleaved", 32)
    about_both = {text for source in dataset.sources for text in source.texts}
    for b in range(32):
        for p in range(2):
            for kind, text in zip(batch.table.kind[b, p].tolist(), batch.table.text[b, p].tolist()):
                told = dataset.texts[text]
                if kind == SOLO:
                    assert told.startswith(("a person does", "someone performs"))
                elif kind == INTERACTION:
                    assert told in about_both
        together = batch.table.kind[b, 0] == INTERACTION
        assert torch.equal(batch.table.text[b, 0][together], batch.table.text[b, 1][together])


def test_groups_and_angles(dataset):
    table = dataset.batch(2, "interleaved", 32).table
    for b in range(32):
        groups = table.group[b, 0][table.kind[b, 0] == INTERACTION].tolist()
        assert groups == list(range(len(groups)))
    together = table.kind == INTERACTION
    assert torch.allclose(table.angle[:, 0][together[:, 0]], torch.tensor(0.0))
    assert torch.allclose(table.angle[:, 1][together[:, 1]], torch.tensor(torch.pi))


def test_frames_are_those_of_the_true_first_frame(dataset):
    seen_cut = seen_whole = 0
    for step in range(3):
        batch = dataset.batch(step, "interleaved", 32)
        heading = heading_of(quaternion_to_matrix(batch.rotations[..., 0, :]))
        read = interaction_frames(batch.root[..., ::2], heading, batch.table)
        for b in range(32):
            for s in range(batch.table.kind.shape[2]):
                group = int(batch.table.group[b, 0, s])
                if group < 0:
                    continue
                gap = (read.origin[b, group] - batch.frames.origin[b, group]).norm()
                turn = wrap_angle(read.yaw[b, group] - batch.frames.yaw[b, group]).abs()
                if int(batch.table.start[b, 0, s]) >= 0:
                    assert gap < 1e-3 and turn < 1e-3
                    seen_whole += 1
                else:
                    seen_cut += 1
    assert seen_whole > 10 and seen_cut > 3


def test_test_phrasings_are_other_texts(store, dataset):
    held_out = InterleavedDataset(
        store, standard_sources(store, dataset.material, phrasing="test"), 5, phrasing="test", material=dataset.material
    )
    assert not set(held_out.texts) & set(dataset.texts)


def test_unknown_kinds_and_missing_material_are_named(store, dataset):
    with pytest.raises(ValueError, match="kind must be"):
        dataset.batch(0, "duet", 4)
    with pytest.raises(ValueError, match="source of pairs"):
        InterleavedDataset(store, [], 0, material=dataset.material).batch(0, "interleaved", 4)
    with pytest.raises(ValueError, match="no solo clips"):
        InterleavedDataset(store, [], 0, split="val", material=dataset.material)


def test_without_composed_pairs_the_shares_are_those_of_recorded_and_solo_ones(store, dataset):
    sources = standard_sources(store, dataset.material, paired_solos=60)
    assert [(source.name, share) for source, share in sources] == [("recorded pairs", 0.35), ("paired solos", 0.65)]


def test_composed_pairs_get_their_share_where_they_are_long_enough(store):
    both = ClipStore.join((store, make_composed(7, per_action=12)))
    material = Material.from_store(both)
    sources = standard_sources(both, material, paired_solos=200)
    assert [source.name for source, _ in sources] == ["recorded pairs", "composed pairs", "paired solos"]
    shares = np.array([share for _, share in sources])
    assert shares.sum() == pytest.approx(1) and shares.argmax() == 1
    dataset = InterleavedDataset(both, sources, seed=5, material=material)
    frames = np.repeat([40, 60, 110], 4000)
    chosen = dataset._choose_source(np.random.default_rng(0), frames)
    for count in (40, 60):
        np.testing.assert_allclose(np.bincount(chosen[frames == count], minlength=3) / 4000, shares, atol=0.03)
    assert sources[1][0].longest < 110 and not (chosen[frames == 110] == 1).any()
    batch = dataset.batch(0, "interleaved", 48)
    told = {dataset.texts[k] for k in batch.table.text[batch.table.kind == INTERACTION].tolist()}
    assert told & set(sources[1][0].texts) and told & set(sources[2][0].texts)


def test_composed_solos_are_drawn_as_often_as_others(store):
    """Many short clips of many new actions: no action is drowned, none drowns the rest."""
    clips, template = list(store.clips), make_composed(8, per_action=1)
    solo = next(clip for clip in template.clips if clip.partner is None)
    clips += [
        dataclasses.replace(solo, name=f"composed/{a}_{k}", action=f"act-{a}", start=0)
        for a in range(22)
        for k in range(60)
    ]
    dataset = InterleavedDataset(
        dataclasses.replace(store, clips=tuple(clips)), [], 0, material=Material.from_store(store)
    )
    solos = [clip for clip in clips if clip.partner is None]
    drawn = dataset._sampler.draw(np.random.default_rng(0), np.full(20000, 30))
    actions = np.array([solos[k].action for k in drawn])
    share = [float((actions == f"act-{a}").mean()) for a in range(22)]
    assert max(share) < 1.3 * min(share)
    assert float((actions == "walk").mean()) > 0.5 * max(share)  # of 6 clips, against 60


def test_layouts_are_mostly_solo_interaction_solo():
    layout = draw_layouts(np.random.default_rng(0), 4000, 120, 120, PATTERNS)
    letters = {SOLO: "s", INTERACTION: "i"}
    whole = [
        "".join(letters[k] for k, seen in zip(kinds, shown) if seen)
        for kinds, shown, start, end, n in zip(layout.kind, layout.visible(), layout.start, layout.end, layout.frames)
        if start[0] == 0 and end.max() == n
    ]
    counts = {name: whole.count(name) for name in set(whole)}
    assert max(counts, key=counts.get) == "sis"
    assert len(counts) >= len(PATTERNS)
    lengths = layout.end - layout.start
    assert (lengths[layout.kind == SOLO] >= MIN_SOLO_FRAMES).all()
    assert (lengths[layout.kind == INTERACTION] >= MIN_INTERACTION_FRAMES).all()
    assert (lengths.max(1) <= MAX_FRAMES).all()


def test_chosen_patterns_are_whole_and_fixed_times_are_one_time():
    rng = np.random.default_rng(0)
    choice = LayoutChoice(("sis", "sisi"))
    assert set(choice.weights) == {"sis", "sisi"} and choice.window_share == 0
    layout = draw_layouts(rng, 500, 150, 150, choice.weights, choice.window_share)
    assert (layout.start[:, 0] == 0).all() and (layout.end.max(1) == layout.frames).all()
    assert {tuple(kinds[:4]) for kinds in layout.kind} == {
        (SOLO, INTERACTION, SOLO, PADDING), (SOLO, INTERACTION, SOLO, INTERACTION)
    }  # fmt: skip
    assert len(np.unique(layout.start[:, 1])) > 40
    fixed = LayoutChoice(("sis",), fixed_times=True)
    layout = draw_layouts(rng, 50, 150, 150, fixed.weights, fixed.window_share, fixed.fixed_times)
    assert (layout.frames == MAX_FRAMES).all() and len(np.unique(layout.start, axis=0)) == 1
    assert LayoutChoice().window_share > 0 and LayoutChoice().weights == PATTERNS
    assert LayoutChoice(fixed_times=True).window_share == 0
    with pytest.raises(ValueError, match="no pattern 'sos'"):
        LayoutChoice(("sos",))


def test_length_sampler_draws_only_what_is_long_enough_and_balances_groups():
    longest = np.array([100] * 90 + [100] * 10 + [30])
    groups = np.array([0] * 90 + [1] * 10 + [2])
    sampler = LengthSampler(longest, np.zeros(101, int), groups, np.ones(101))
    rng = np.random.default_rng(0)
    drawn = sampler.draw(rng, np.full(20000, 50))
    assert drawn.max() < 100
    share = (groups[drawn] == 1).mean()
    assert abs(share - np.sqrt(10) / (np.sqrt(10) + np.sqrt(90))) < 0.02
    alike = sampler.draw_alike(rng, np.full(20000, 50), drawn)
    assert (groups[alike] == groups[drawn]).all()
    assert len(np.unique(alike)) == 100
    with pytest.raises(ValueError, match="no clip offers 101"):
        sampler.draw(rng, np.array([101]))


def test_crops_keep_their_key():
    rng = np.random.default_rng(0)
    key = np.tile([30, 50], (1000, 1))
    first = draw_start(rng, np.full(1000, 35), np.full(1000, 3), np.full(1000, 97), key)
    assert first.min() == 15 and first.max() == 30
    with pytest.raises(ValueError, match="key interval"):
        draw_start(rng, np.array([10]), np.array([3]), np.array([97]), np.array([[30, 50]]))


def test_solo_crops_in_a_batch_contain_the_key(store):
    """Every uncut solo of a gesture holds the gesture: traced through a store whose key frames are marked."""
    marked = store.root.clone()
    for clip in store.clips:
        if clip.key:
            marked[clip.start + clip.key[0] : clip.start + clip.key[1], 1] += 10.0  # metres above everyone else
    material = Material.from_store(dataclasses.replace(store, root=marked))
    clips = tuple(c for c in store.clips if c.key or c.partner)
    only = dataclasses.replace(store, root=marked, clips=clips)
    dataset = InterleavedDataset(only, [], 0, material=material)
    batch = dataset.batch(0, "solo", 64)
    checked = 0
    for b in range(64):
        parts = [s for s in range(batch.table.kind.shape[2]) if batch.table.kind[b, 0, s] != PADDING]
        length = int(batch.table.length[b])
        if len(parts) == 1 and int(batch.table.start[b, 0, 0]) == 0 and int(batch.table.end[b, 0, 0]) == length:
            high = batch.root[b, 0, :length, 1] > 5
            assert int(high.sum()) == 20  # all frames of the key
            checked += 1
    assert checked > 5


def test_clips_need_texts():
    clip = Clip("a", "made", "a", "walk", "normal", "train", 0, 60, ())
    store = make_store(6, per_action=1)
    with pytest.raises(ValueError, match="at least one text"):
        InterleavedDataset(dataclasses.replace(store, clips=(clip,)), [], 0)
