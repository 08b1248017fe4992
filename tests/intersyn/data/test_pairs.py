"""Sources of interactions: placements, key intervals, roles and texts."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from intersyn.data.fusion import SPARE_FRAMES
from intersyn.data.material import Material
from intersyn.data.paired_solos import _RADIUS, MIN_PELVIS_DISTANCE, PairedSolos, _body
from intersyn.data.pairings import PAIRINGS, Pairing
from intersyn.data.pairs import SyncedPairs, TextPool
from intersyn.rotations import rotate_xz, wrap_angle
from intersyn.timeline import mirror_text, swap_roles
from tests.synthetic import make_composed, make_store


@pytest.fixture(scope="module")
def world():
    store = make_store(1)
    material = Material.from_store(store)
    return store, material, PairedSolos(store, material, size=400)


def placed(material, draw, frames):
    """Floor poses (N, 2, T, 2), (N, 2, T) of draws over their frames."""
    rows = torch.from_numpy(draw.row)[..., None] + torch.arange(frames)
    place, heading = material.floor_pose(rows, torch.from_numpy(draw.mirror)[..., None].expand_as(rows))
    yaw = torch.from_numpy(draw.yaw).float()[..., None]
    return rotate_xz(place, yaw) + torch.from_numpy(draw.shift).float()[:, :, None], heading + yaw


def test_paired_solos_never_interpenetrate(world):
    _, material, source = world
    frames = 40
    draw = source.draw(np.random.default_rng(0), np.full(200, frames))
    place, heading = placed(material, draw, frames)
    distance = (place[:, 0] - place[:, 1]).norm(dim=-1)
    assert distance.min() > MIN_PELVIS_DISTANCE - 0.06  # checked on every second frame
    for n in range(0, 200, 10):
        bodies = []
        for person in (0, 1):
            rows = torch.from_numpy(draw.row[n, person : person + 1])[:, None] + torch.arange(frames)
            flip = torch.full((frames,), bool(draw.mirror[n, person]))
            bodies.append(_body(material, rows[0], flip, (place[n, person], heading[n, person])))
        gap = torch.cdist(*bodies) - _RADIUS[:, None] - _RADIUS
        assert gap.min() > -0.05  # a frame between two checks may come a little closer


def test_people_face_each_other_where_the_pairing_says_so(world):
    store, material, _ = world
    wave = dataclasses.replace(next(p for p in PAIRINGS if p.name == "bow"))
    source = PairedSolos(store, material, size=60, pairings=(wave,))
    draw = source.draw(np.random.default_rng(1), np.full(50, 60))
    place, heading = placed(material, draw, 60)
    towards = place[:, [1, 0]] - place
    bearing = wrap_angle(torch.atan2(towards[..., 0], towards[..., 1]) - heading).abs()
    assert bearing.median() < 0.3


def test_walkers_come_closer_and_walk_apart(world):
    store, material, _ = world
    for name, sign in (("towards", -1), ("away", 1)):
        pairing = next(p for p in PAIRINGS if p.name == name)
        source = PairedSolos(store, material, size=60, pairings=(pairing,))
        place, _ = placed(material, source.draw(np.random.default_rng(2), np.full(40, 30)), 30)
        distance = (place[:, 0] - place[:, 1]).norm(dim=-1)
        assert (sign * (distance[:, -1] - distance[:, 0]) > 0.5).float().mean() > 0.9


def test_crops_contain_the_key_interval(world):
    _, _, source = world
    frames = np.full(300, 50)
    draw = source.draw(np.random.default_rng(3), frames)
    assert (draw.key[:, 0] >= 0).all() and (draw.key[:, 1] <= 50).all()
    synced_store = make_store(2)
    clips = tuple(dataclasses.replace(c, key=(100, 130)) if c.partner else c for c in synced_store.clips)
    synced = SyncedPairs(dataclasses.replace(synced_store, clips=clips))
    draw = synced.draw(np.random.default_rng(4), np.full(200, 40))
    assert (draw.key[:, 0] >= 0).all() and (draw.key[:, 1] <= 40).all()
    assert (draw.key[:, 1] - draw.key[:, 0] == 30).all()


def test_short_composed_clips_serve_interactions_of_their_length_with_the_key_inside():
    store = make_composed(3, per_action=20, frames=(70, 71))
    source = SyncedPairs(store, sources=("composed",))
    assert source.name == "composed pairs" and (source.shortest, source.longest) == (16, 64)
    for frames in (40, 60, 64):
        draw = source.draw(np.random.default_rng(frames), np.full(300, frames))
        assert (draw.key[:, 0] >= 0).all() and (draw.key[:, 1] <= frames).all()
        assert (np.diff(draw.key)[:, 0] == 16).all()
    with pytest.raises(ValueError, match="no clip offers 65"):
        source.draw(np.random.default_rng(0), np.array([65]))


def test_a_key_of_the_whole_clip_asks_for_all_that_a_crop_can_show():
    store = make_composed(3, per_action=2, frames=(70, 71))
    clips = tuple(dataclasses.replace(clip, key=(0, clip.frames)) for clip in store.clips)
    source = SyncedPairs(dataclasses.replace(store, clips=clips))
    assert (source.shortest, source.longest) == (64, 64)
    assert (source.draw(np.random.default_rng(0), np.full(20, 64)).key == (0, 64)).all()


def test_synced_pairs_keep_both_people_on_the_same_frame(world):
    store, _, _ = world
    source = SyncedPairs(store)
    draw = source.draw(np.random.default_rng(5), np.full(100, 60))
    clip_of = {row: clip for clip in store.clips for row in range(clip.start, clip.start + clip.frames)}
    for pair in draw.row:
        a, b = clip_of[pair[0]], clip_of[pair[1]]
        assert a.partner == b.name
        assert pair[0] - a.start == pair[1] - b.start
        assert SPARE_FRAMES <= pair[0] - a.start <= a.frames - 60 - SPARE_FRAMES
    assert (draw.yaw == 0).all() and (draw.shift == 0).all()


def test_swapped_people_swap_their_roles_in_the_text(world):
    store, _, _ = world
    source = SyncedPairs(store)
    draw = source.draw(np.random.default_rng(6), np.full(300, 60))
    starts = {clip.start: clip for clip in store.clips if clip.partner}
    seen = set()
    for pair, text in zip(draw.row, draw.text, strict=True):
        role = starts[max(start for start in starts if start <= pair[0])].role
        told = source.texts[text]
        if "person" in told:
            assert told == ("the first person leads" if role == 0 else "the second person leads")
            seen.add(role)
    assert seen == {0, 1}


def test_the_same_generator_draws_the_same(world):
    _, _, source = world
    a, b = (source.draw(np.random.default_rng(7), np.full(20, 40)) for _ in range(2))
    for field in dataclasses.fields(a):
        assert np.array_equal(getattr(a, field.name), getattr(b, field.name))


def test_text_pool_tells_mirrored_and_swapped():
    pool = TextPool([("the first person raises the left hand",)])
    one = np.array([True])
    rng = np.random.default_rng(0)
    group = np.zeros(1, np.int64)
    told = pool.texts[pool.draw(rng, group, one, one)[0]]
    assert told == "the second person raises the right hand"
    assert pool.texts[pool.draw(rng, group, ~one, ~one)[0]] == "the first person raises the left hand"


@pytest.mark.parametrize("pairing", PAIRINGS, ids=lambda pairing: pairing.name)
def test_pairings_are_told_in_enough_ways(pairing: Pairing):
    every = pairing.texts + pairing.test_texts
    assert len(pairing.texts) >= 6
    assert len(pairing.test_texts) >= 0.2 * len(every)
    assert len(set(every)) == len(every)
    roles = ["first person" in text or "second person" in text for text in every]
    assert all(roles) or not any(roles)
    # who does what is told exactly where the two do different things
    if pairing.first != pairing.second and "fight" not in pairing.name and pairing.name != "martial-arts":
        assert all(roles)
    if not pairing.mirrored:
        sided = [mirror_text(text) != text for text in every]
        assert all(sided) or pairing.name == "guide-walk"
    else:
        assert all(mirror_text(text) == text for text in every)
    assert all(swap_roles(swap_roles(text)) == text for text in every)
    assert pairing.distance[0] >= MIN_PELVIS_DISTANCE


def test_a_store_without_the_actions_has_no_pairs():
    store = make_store(3, per_action=2)
    clips = tuple(dataclasses.replace(clip, action="hover") for clip in store.clips)
    store = dataclasses.replace(store, clips=clips)
    with pytest.raises(ValueError, match="no pairing"):
        PairedSolos(store, Material.from_store(store), size=50)
