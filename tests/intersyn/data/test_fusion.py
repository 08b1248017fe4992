"""Fusion keeps what it must keep and closes what it must close."""

from __future__ import annotations

import pytest
import torch

from intersyn.conditions import INTERACTION, SOLO
from intersyn.data.casting import MAX_GAP
from intersyn.data.dataset import InterleavedDataset
from intersyn.data.fusion import BLEND_FRAMES, Cast, blend_mask, fit_group, fuse
from intersyn.data.material import Material, align, moved, quaternion_heading
from intersyn.data.paired_solos import PairedSolos
from intersyn.data.pairs import SyncedPairs
from intersyn.rotations import heading_of, quaternion_to_matrix, rotate_xz, wrap_angle
from intersyn.skeleton import global_rotations, joints_from_global
from tests.synthetic import make_store


@pytest.fixture(scope="module")
def world():
    store = make_store(0, per_action=6)
    material = Material.from_store(store)
    pairs = PairedSolos(store, material, size=300)
    return store, material, InterleavedDataset(store, [(SyncedPairs(store), 0.4), (pairs, 0.6)], 3, material=material)


def casts(dataset: InterleavedDataset, step: int, count: int = 24):
    import numpy as np

    cast, _, layout = dataset._draw(np.random.default_rng([7, step]), "interleaved", count)
    return cast, layout


def joints_of(local, root):
    return joints_from_global(global_rotations(local), root)


def test_pairs_keep_their_geometry_to_the_millimetre(world):
    _, material, dataset = world
    checked = 0
    for step in range(3):
        cast, layout = casts(dataset, step)
        frames = int(layout.frames.max())
        fused = fuse(material, cast, frames)
        joints = joints_of(fused.rotations, fused.root)
        blended = blend_mask(cast, frames)
        for b in range(len(cast.kind)):
            for s in (cast.kind[b] == INTERACTION).nonzero()[:, 0].tolist():
                begin, end = int(cast.start[b, s]), int(cast.end[b, s])
                inside = torch.arange(frames)[max(begin, 0) : max(0, min(end, int(layout.frames[b])))]
                inside = inside[~blended[b, inside]]
                if not len(inside):
                    continue
                rows = cast.row[b, :, s, None] + (inside - begin)
                raw = [material.pose(rows[p], cast.mirror[b, p, s].expand(len(inside))) for p in (0, 1)]
                source = torch.stack([joints_of(r[0], r[1]) for r in raw])
                yaw, shift = cast.yaw[b, :, s], cast.shift[b, :, s]
                turned = rotate_xz(source[..., (0, 2)], yaw[:, None, None].expand(source.shape[:-1]))
                want = torch.cdist(
                    torch.stack(
                        (turned[0, ..., 0] + shift[0, 0], source[0, ..., 1], turned[0, ..., 1] + shift[0, 1]), -1
                    ),
                    torch.stack(
                        (turned[1, ..., 0] + shift[1, 0], source[1, ..., 1], turned[1, ..., 1] + shift[1, 1]), -1
                    ),
                )
                got = torch.cdist(joints[b, 0, inside], joints[b, 1, inside])
                assert (got - want).abs().max() < 1e-3
                checked += len(inside)
    assert checked > 1000


def test_an_interaction_has_full_weight_from_its_first_frame(world):
    _, material, dataset = world
    cast, layout = casts(dataset, 11)
    frames = int(layout.frames.max())
    blended = blend_mask(cast, frames)
    for b in range(len(cast.kind)):
        for s in range(cast.kind.shape[1]):
            begin = int(cast.start[b, s])
            if cast.kind[b, s] == INTERACTION and 0 <= begin < int(layout.frames[b]):
                assert not blended[b, begin]
                if s > 0 and begin > 0:
                    assert blended[b, begin - 1]  # and the blend lies right before it


def test_seams_are_continuous_in_pose_and_velocity(world):
    store, material, dataset = world
    cast, layout = casts(dataset, 5)
    frames = int(layout.frames.max())
    fused = fuse(material, cast, frames, plant=False)
    joints = joints_of(fused.rotations, fused.root)
    jerk = joints.diff(n=3, dim=2).norm(dim=-1).amax(-1)  # (B, P, T-3)
    speed = joints.diff(dim=2)
    at_seams, steps = [], []
    for b in range(len(cast.kind)):
        length = int(layout.frames[b])
        for s, kind in zip(cast.start[b, 1:].tolist(), cast.kind[b, 1:].tolist()):
            if kind and 6 < s < length - 6:
                at_seams.append(jerk[b, :, s - 6 : s + 4].amax())
                steps.append((speed[b, :, s - 1] - speed[b, :, s - 2]).norm(dim=-1).amax())
    raw = joints_of(store.rotations, store.root)
    windows = [raw[clip.start : clip.start + clip.frames] for clip in store.clips]
    usual = torch.cat([w.diff(n=3, dim=0).norm(dim=-1).amax(-1) for w in windows])
    change = torch.cat([w.diff(n=2, dim=0).norm(dim=-1).amax(-1) for w in windows])
    assert len(at_seams) > 10
    # A hard cut between these clips changes speeds by 20 cm a frame.
    assert torch.stack(steps).max() < 2 * change.max()
    assert torch.stack(at_seams).median() < 4 * usual.median()


def test_a_cast_of_one_clip_is_the_clip_itself(world):
    """Two segments that continue the same recording fuse to that recording."""
    store, material, _ = world
    clip = next(c for c in store.clips if c.frames > 100)
    row = torch.tensor([[[clip.start + 5, clip.start + 45]]])
    zero = torch.zeros(1, 1, 2)
    kind = torch.tensor([[SOLO, SOLO]])
    cast = Cast(
        kind, torch.tensor([[0, 40]]), torch.tensor([[40, 80]]), row, torch.zeros(1, 1, 2, dtype=torch.bool), zero,
        torch.zeros(1, 1, 2, 2), zero, torch.zeros(1, 1, 2, 2), torch.tensor([0]),
    )  # fmt: skip
    fused = fuse(material, cast, 80, plant=False)
    want = slice(clip.start + 5, clip.start + 85)
    assert torch.allclose(fused.root[0, 0], store.root[want], atol=1e-5)
    got, raw = joints_of(fused.rotations[0, 0], fused.root[0, 0]), joints_of(store.rotations[want], store.root[want])
    assert (got - raw).abs().max() < 1e-4


def test_solos_meet_the_interaction_in_heading_and_place(world):
    _, material, dataset = world
    cast, layout = casts(dataset, 17)
    frames = int(layout.frames.max())
    fused = fuse(material, cast, frames)
    heading = heading_of(quaternion_to_matrix(fused.rotations[..., 0, :]))
    step = fused.root[..., (0, 2)].diff(dim=2).norm(dim=-1)
    turn = wrap_angle(heading.diff(dim=2)).abs()
    for b in range(len(cast.kind)):
        inside = slice(0, int(layout.frames[b]) - 1)
        assert step[b, :, inside].max() < 0.2
        assert turn[b, :, inside].max() < 0.5


def test_solos_between_interactions_bend_less_than_the_limit(world):
    _, material, dataset = world
    bent = 0
    for step in range(4):
        cast, _ = casts(dataset, step)
        length = (cast.end - cast.start)[:, None]
        pose = material.floor_pose(cast.row + length, cast.mirror)
        begun, ended = moved(pose, cast.yaw, cast.shift), moved(pose, cast.end_yaw, cast.end_shift)
        gap = (begun[0] - ended[0]).norm(dim=-1)
        assert gap.max() <= MAX_GAP + 1e-4
        bent += int((gap > 0).any(1).sum())
    assert bent > 0


def test_fit_group_recovers_a_rigid_motion():
    generator = torch.Generator().manual_seed(1)
    place, heading = torch.randn(5, 2, 2, generator=generator), torch.randn(5, 2, generator=generator)
    yaw, shift = torch.randn(5, generator=generator), torch.randn(5, 2, generator=generator)
    target = rotate_xz(place, yaw[:, None]) + shift[:, None], heading + yaw[:, None]
    got_yaw, got_shift, distance, angle = fit_group(target, (place, heading))
    assert torch.allclose(wrap_angle(got_yaw - yaw), torch.zeros(5), atol=1e-5)
    assert torch.allclose(got_shift, shift, atol=1e-5)
    assert distance.max() < 1e-5 and angle.max() < 1e-5


def test_align_takes_one_floor_pose_to_another():
    a = torch.tensor([1.0, 2.0]), torch.tensor(0.4)
    b = torch.tensor([-3.0, 0.5]), torch.tensor(2.9)
    place, heading = moved(b, *align(a, b))
    assert torch.allclose(place, a[0], atol=1e-6)
    assert abs(float(wrap_angle(heading - a[1]))) < 1e-6


def test_material_mirrors_as_the_skeleton_does(world):
    store, material, _ = world
    rows = torch.arange(40, 60)
    flip = torch.ones(20, dtype=torch.bool)
    local, root, contacts = material.pose(rows, flip)
    assert torch.equal(contacts, store.contacts[40:60][:, [1, 0, 3, 2]])
    place, heading = material.floor_pose(rows, flip)
    assert torch.allclose(place, root[:, [0, 2]])
    assert torch.allclose(heading, quaternion_heading(local[:, 0]), atol=1e-5)
    # the seam features of the mirrored motion are those computed from it
    joints = joints_of(local, root)
    flat = rotate_xz((joints - root[:, None])[..., (0, 2)], -heading[:, None].expand(-1, 22))
    seam = material.seam_at(rows, flip)
    assert torch.allclose(seam[..., (0, 2)], flat, atol=3e-3)
    assert torch.allclose(seam[..., 1], joints[..., 1], atol=3e-3)


def test_fuse_names_a_wrong_shape(world):
    _, material, dataset = world
    cast, _ = casts(dataset, 0, 2)
    from dataclasses import replace

    with pytest.raises(ValueError, match="row must be"):
        fuse(material, replace(cast, row=cast.row[:, 0]), 10)


def test_blends_bend_twelve_frames_at_most(world):
    _, _, dataset = world
    cast, layout = casts(dataset, 2)
    bent = (cast.yaw != cast.end_yaw).any(1) | (cast.shift != cast.end_shift).any(-1).any(1)
    mask = blend_mask(cast, int(layout.frames.max()))
    for b in range(len(mask)):
        if not bent[b].any():
            seams = int((cast.kind[b, 1:] > 0).sum())
            assert mask[b].sum() <= seams * (BLEND_FRAMES - 1)
