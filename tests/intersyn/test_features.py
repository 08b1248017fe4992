"""Features: what they say about hand-made motion, masks, mirroring, turning, normalising."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from intersyn.conditions import PartTable
from intersyn.features import (
    FEATURE_DIM,
    PARTS,
    SLICES,
    Normalizer,
    encode,
    mask,
    mirror,
    pose_joints,
    turn,
)
from intersyn.frames import interaction_frames
from intersyn.rotations import heading_of, quaternion_multiply, quaternion_to_matrix, rotate_xz, yaw_quaternion
from intersyn.skeleton import (
    NUM_JOINTS,
    global_rotations,
    joints_from_global,
    mirror_contacts,
    mirror_positions,
    mirror_rotations,
)
from tests.motions import smooth_motion, table, timeline

DIM = 273


def part(features: torch.Tensor, name: str) -> torch.Tensor:
    return features[..., SLICES[name]]


def test_parts_are_ordered_and_fill_the_vector() -> None:
    assert FEATURE_DIM == DIM
    assert [SLICES[name].stop - SLICES[name].start for name in PARTS] == [1, 2, 2, 2, 1, 63, 66, 132, 4]
    assert SLICES["root_height"].start == 0
    assert SLICES["contacts"].stop == DIM
    names = list(PARTS)
    assert all(SLICES[a].stop == SLICES[b].start for a, b in zip(names, names[1:], strict=False))


def test_two_people_face_to_face_stand_at_minus_z_in_their_own_frames() -> None:
    parts = table("i")
    local = torch.zeros(1, 2, 40, NUM_JOINTS, 4)
    local[..., 0] = 1.0
    local[:, 0, :, 0] = yaw_quaternion(torch.tensor(torch.pi / 2))  # person 0 looks to +x
    local[:, 1, :, 0] = yaw_quaternion(torch.tensor(-torch.pi / 2))  # person 1 looks to -x
    root = torch.tensor([[3.0, 0.9, 5.0], [4.0, 0.9, 5.0]])[None, :, None].expand(1, 2, 40, 3)
    features = encode(local, root, torch.zeros(1, 2, 40, 4), parts)
    torch.testing.assert_close(part(features, "root_xz"), torch.tensor((0.0, -0.5)).expand(1, 2, 40, 2))
    torch.testing.assert_close(part(features, "heading"), torch.tensor((1.0, 0.0)).expand(1, 2, 40, 2))
    torch.testing.assert_close(part(features, "root_height"), torch.full((1, 2, 40, 1), 0.9))
    assert part(features, "velocities").abs().max() == 0


def test_velocities_are_steps_in_the_heading_frame_and_the_last_repeats() -> None:
    """A person who walks to their own left at 0.1 m a frame while turning 0.02 rad a frame."""
    parts = table("s", people=1)
    yaw = 0.3 + 0.02 * torch.arange(40.0)
    local = torch.zeros(1, 1, 40, NUM_JOINTS, 4)
    local[..., 0] = 1.0
    local[0, 0, :, 0] = yaw_quaternion(yaw)
    step = rotate_xz(torch.tensor((0.1, 0.0)).expand(40, 2), yaw)
    place = torch.cat((torch.zeros(1, 2), step.cumsum(0)[:-1]))
    root = torch.stack((place[:, 0], torch.full((40,), 0.9), place[:, 1]), dim=-1)[None, None]
    features = encode(local, root, torch.zeros(1, 1, 40, 4), parts)
    torch.testing.assert_close(part(features, "root_velocity"), torch.tensor((0.1, 0.0)).expand(1, 1, 40, 2))
    torch.testing.assert_close(part(features, "yaw_rate"), torch.full((1, 1, 40, 1), 0.02), atol=1e-6, rtol=0)
    assert part(features, "root_xz").abs().max() == 0
    assert part(features, "heading").abs().max() == 0


def test_positions_and_velocities_rebuild_the_world() -> None:
    local, root, contacts = smooth_motion(1, 2, 2, frames=120)
    features = encode(local, root, contacts, table("sis", "iss"))
    world = global_rotations(local)
    joints = joints_from_global(world, root)
    heading = heading_of(quaternion_to_matrix(world[..., 0, :]))[..., None]
    floor = root * torch.tensor((1.0, 0.0, 1.0))

    def to_world(x: torch.Tensor) -> torch.Tensor:
        xz = rotate_xz(x[..., ::2], heading.expand(x.shape[:-1]))
        return torch.stack((xz[..., 0], x[..., 1], xz[..., 1]), dim=-1)

    positions = to_world(part(features, "positions").unflatten(-1, (21, 3))) + floor[..., None, :]
    torch.testing.assert_close(positions, joints[..., 1:, :], atol=1e-5, rtol=0)
    velocities = to_world(part(features, "velocities").unflatten(-1, (22, 3)))
    torch.testing.assert_close(velocities[:, :, :-1], joints[:, :, 1:] - joints[:, :, :-1], atol=1e-5, rtol=0)
    # the pose by linear FK is the same body as the positions
    fk = pose_joints(features)
    torch.testing.assert_close(fk[..., 1:, :].flatten(-2), part(features, "positions"), atol=1e-5, rtol=0)


def test_the_world_s_place_and_direction_do_not_matter() -> None:
    local, root, contacts = smooth_motion(2, 2, 2, frames=120)
    parts = table("sis", "iis")
    features = encode(local, root, contacts, parts)
    yaw = torch.tensor(1.1)
    pelvis = quaternion_multiply(yaw_quaternion(yaw).expand_as(local[..., 0, :]), local[..., 0, :])
    turned = torch.cat((pelvis[..., None, :], local[..., 1:, :]), dim=-2)
    xz = rotate_xz(root[..., ::2], yaw.expand(root.shape[:-1])) + torch.tensor((7.0, -2.0))
    moved = torch.stack((xz[..., 0], root[..., 1], xz[..., 1]), dim=-1)
    torch.testing.assert_close(encode(turned, moved, contacts, parts), features, atol=2e-5, rtol=0)


def test_mask_and_zeros() -> None:
    local, root, contacts = smooth_motion(3, 2, 2, frames=120)
    parts = table("sis", "ss")  # the second sequence is 80 frames long
    local[1, :, 80:] = torch.nan
    features, exists = encode(local, root, contacts, parts), mask(parts, 120)
    assert exists.shape == features.shape
    assert exists.dtype == torch.bool
    assert torch.isfinite(features).all()
    assert not features[~exists].any()
    together = exists[..., SLICES["root_xz"].start]
    assert together[0, :, 40:80].all()
    assert together.sum() == 2 * 40
    assert exists[1, :, :80, SLICES["root_height"].start].all()
    assert not exists[1, :, 80:].any()
    # the last frame of the shorter sequence repeats the step before it
    torch.testing.assert_close(part(features, "velocities")[1, :, 79], part(features, "velocities")[1, :, 78])


def test_a_window_needs_the_frames_of_the_whole() -> None:
    """A window cut out of an interaction says the same as the whole when it is told the true frames."""
    local, root, contacts = smooth_motion(4, 1, 2, frames=120)
    parts = table("sis")
    whole = encode(local, root, contacts, parts)
    heading = heading_of(quaternion_to_matrix(local[..., 0, :]))
    frames = interaction_frames(root[..., ::2], heading, parts)
    window = replace(parts, start=parts.start - 60, end=parts.end - 60, length=parts.length - 60)
    cut = encode(local[:, :, 60:], root[:, :, 60:], contacts[:, :, 60:], window, frames)
    torch.testing.assert_close(cut, whole[:, :, 60:])
    guessed = encode(local[:, :, 60:], root[:, :, 60:], contacts[:, :, 60:], window)
    assert (guessed - cut).abs().max() > 0.01


def test_mirroring_commutes_with_encoding_and_is_an_involution() -> None:
    local, root, contacts = smooth_motion(5, 2, 2, frames=120)
    parts = table("sis", "isi")
    features = encode(local, root, contacts, parts)
    mirrored = encode(mirror_rotations(local), mirror_positions(root), mirror_contacts(contacts), parts)
    torch.testing.assert_close(mirrored, mirror(features), atol=2e-5, rtol=0)
    assert (mirrored - features).abs().max() > 0.5
    assert torch.equal(mirror(mirror(features)), features)


def test_turn_re_expresses_a_partner() -> None:
    local, root, contacts = smooth_motion(6, 1, 2, frames=40)
    parts = table("i")
    features = encode(local, root, contacts, parts)
    mine_as_one = encode(local, root, contacts, replace(parts, angle=torch.zeros_like(parts.angle)))
    # with all angles 0 the shared frame changes, so compare what is free of it: the vector from one to the other
    seen = turn(features[:, 1], torch.tensor(torch.pi).expand(1, 40))
    between = part(seen, "root_xz") - part(features[:, 0], "root_xz")
    length = (part(mine_as_one[:, 1], "root_xz") - part(mine_as_one[:, 0], "root_xz")).norm(dim=-1)
    torch.testing.assert_close(between.norm(dim=-1), length, atol=1e-5, rtol=0)
    torch.testing.assert_close(between[0, 0, 0], torch.tensor(0.0), atol=1e-5, rtol=0)  # straight ahead at first
    assert between[0, 0, 1] > 0
    torch.testing.assert_close(turn(seen, torch.tensor(-torch.pi).expand(1, 40)), features[:, 1], atol=1e-5, rtol=0)


def test_normaliser() -> None:
    local, root, contacts = smooth_motion(7, 3, 2, frames=120)
    parts = table("sis", "sss", "iis")
    features, exists = encode(local, root, contacts, parts), mask(parts, 120)
    normalizer = Normalizer.fit([(features[:2], exists[:2]), (features[2:], exists[2:])])
    scaled = normalizer(features, exists)
    assert not scaled[~exists].any()
    torch.testing.assert_close(normalizer.inverse(scaled, exists), features, atol=1e-5, rtol=0)
    for name in PARTS:
        assert normalizer.std[SLICES[name]].unique().numel() == 1
    kept = [part(scaled, name)[part(exists, name)] for name in ("root_xz", "positions", "velocities", "rotations")]
    for values in kept:
        assert values.square().mean().sqrt() == pytest.approx(1.0, abs=0.1)
    # mirroring and turning mean the same on either side
    torch.testing.assert_close(mirror(scaled), normalizer(mirror(features), exists), atol=1e-5, rtol=0)
    yaw = torch.tensor(0.7).expand(exists.shape[:-1])
    torch.testing.assert_close(turn(scaled, yaw), normalizer(turn(features, yaw), exists), atol=1e-5, rtol=0)
    again = Normalizer()
    again.load_state_dict(normalizer.state_dict())
    assert torch.equal(again.std, normalizer.std)


def test_normaliser_keeps_a_floor_and_refuses_nothing() -> None:
    still = torch.zeros(1, 1, 10, DIM)
    normalizer = Normalizer.fit([(still, torch.ones_like(still, dtype=torch.bool))])
    assert normalizer.std.min() > 1e-3
    with pytest.raises(ValueError, match="no data"):
        Normalizer.fit([(still, torch.zeros_like(still, dtype=torch.bool))])
    with pytest.raises(ValueError, match="272"):
        normalizer(torch.zeros(2, 272), torch.ones(2, 272, dtype=torch.bool))


def test_gradients_flow_through_encode_and_pose_joints() -> None:
    local, root, contacts = smooth_motion(8, 1, 2, frames=120)
    root.requires_grad_()
    features = encode(local.requires_grad_(), root, contacts, table("sis"))
    pose_joints(features).square().mean().backward(retain_graph=True)
    part(features, "root_xz").square().mean().backward()
    assert torch.isfinite(local.grad).all()
    assert local.grad.abs().max() > 0
    assert torch.isfinite(root.grad).all()
    assert root.grad.abs().max() > 0


def test_features_are_the_same_under_autocast() -> None:
    local, root, contacts = smooth_motion(12, 1, 2, frames=120)
    plain = encode(local, root, contacts, table("sis"))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cast = encode(local, root, contacts, table("sis"))
        joints = pose_joints(plain)
    assert torch.equal(cast, plain)
    torch.testing.assert_close(joints, pose_joints(plain), atol=1e-6, rtol=0)


def test_wrong_shapes_are_named() -> None:
    local, root, contacts = smooth_motion(9, 1, 2, frames=40)
    with pytest.raises(ValueError, match=r"\(1, 2, 40, 22, 3\)"):
        encode(local[..., :3], root, contacts, table("i"))
    with pytest.raises(ValueError, match=r"root must be \(1, 2, 40, 3\)"):
        encode(local, root[..., :2], contacts, table("i"))
    with pytest.raises(ValueError, match="272"):
        pose_joints(torch.zeros(5, 272))


def test_empty_table_parts_do_not_break() -> None:
    """One person, one solo: no interaction anywhere."""
    local, root, contacts = smooth_motion(11, 1, 1, frames=30)
    parts = PartTable.from_timelines([timeline("s", 1, 30)])[0]
    features = encode(local, root, contacts, parts)
    assert torch.isfinite(features).all()
    assert not part(features, "heading").any()
