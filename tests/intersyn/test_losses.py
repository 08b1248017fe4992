"""Each loss is zero on the truth, positive off it, and blind to what does not exist."""

import pytest
import torch

from intersyn import losses
from intersyn.body.points import POINT_NAMES, point_position
from intersyn.conditions import PartTable
from intersyn.data.touches import TouchTable
from intersyn.features import SLICES, encode, pose_joints
from intersyn.features import mask as feature_mask
from intersyn.skeleton import global_rotations, joints_from_global
from intersyn.timeline import Timeline
from tests.synthetic import contacts_of, motion


@pytest.fixture(scope="module")
def truth() -> tuple[torch.Tensor, PartTable]:
    """Two synthetic people, solo to frame 30, together to 70, solo to 100."""
    generator = torch.Generator().manual_seed(0)
    people = [motion(generator, 100, 0.03, turn=0.01) for _ in range(2)]
    local = torch.stack([p[0] for p in people])[None]
    root = torch.stack([p[1] for p in people])[None]
    contacts = torch.stack([contacts_of(*p) for p in people])[None]
    table, _ = PartTable.from_timelines([Timeline.solo_interact_solo("a", "b", "c", 100, 30, 70)])
    return encode(local, root, contacts, table), table


def test_joint_steps_are_the_velocities_of_the_truth(truth):
    features, _ = truth
    steps = losses.joint_steps(features, pose_joints(features))
    assert torch.allclose(steps.flatten(-2), features[:, :, :-1, SLICES["velocities"]], atol=1e-5)


def test_every_term_is_zero_on_the_truth(truth):
    features, table = truth
    weight, seams = torch.ones(1, 2, 100), torch.tensor([[30, 70, -1]])
    joints = pose_joints(features)
    steps = losses.joint_steps(features, joints)
    together = table.in_interaction(100).float()
    assert losses.joint_error(joints, joints, weight) == 0
    assert losses.velocity_error(steps, steps, weight) == 0
    assert losses.root_consistency(features, features, together) == 0
    assert losses.smooth_loss(features, features, seams, weight, 0.01) == 0
    exists = feature_mask(table, 100).float()
    assert all(value == 0 for value in losses.reconstruction_parts(features, features, exists).values())


def test_root_consistency_sees_a_place_that_does_not_follow_the_velocity(truth):
    features, table = truth
    together = table.in_interaction(100).float()
    jumped = features.clone()
    jumped[:, :, 50:, SLICES["root_xz"]] += 0.1
    assert losses.root_consistency(jumped, features, together) > 0.01
    shifted = features.clone()
    shifted[..., SLICES["root_xz"]] += 0.1  # another place, the same movement
    assert losses.root_consistency(shifted, features, together) < 1e-8


def test_smooth_loss_looks_at_seams_only_and_scales_with_rms(truth):
    features, _ = truth
    weight, seams = torch.ones(1, 2, 100), torch.tensor([[30, 70, -1]])

    def shaken(frame: int) -> torch.Tensor:
        moved = features.clone()
        moved[:, :, frame, SLICES["root_height"]] += 0.05
        return moved

    near = losses.smooth_loss(shaken(31), features, seams, weight, 0.01)
    assert near > 0.1
    assert losses.smooth_loss(shaken(50), features, seams, weight, 0.01) < 1e-6
    assert torch.isclose(losses.smooth_loss(shaken(31), features, seams, weight, 0.02), near / 4)
    nowhere = torch.full((1, 3), -1)
    assert losses.smooth_loss(shaken(31), features, nowhere, weight, 0.01) == 0


def test_foot_contact_error_counts_feet_that_stand():
    steps = torch.zeros(1, 1, 9, 22, 3)
    steps[..., 7, 0] = losses.STEP_SCALE  # the left ankle slides
    weight, contacts = torch.ones(1, 1, 10), torch.zeros(1, 1, 10, 4)
    assert losses.foot_contact_error(steps, contacts, weight) == 0
    contacts[..., 0] = 1
    assert losses.foot_contact_error(steps, contacts, weight) == pytest.approx(1.0)


def test_distance_map_loss_masks_what_is_far():
    near, far = torch.zeros(1, 2, 5, 22, 3), torch.zeros(1, 2, 5, 22, 3)
    near[:, 1, ..., 0], far[:, 1, ..., 0] = 0.5, 3.0
    weight = torch.ones(1, 5)
    maps = {name: losses.distance_maps(x) for name, x in (("near", near), ("far", far))}
    assert losses.distance_map_loss(maps["far"], maps["far"] + 0.3, weight) == 0
    assert losses.distance_map_loss(maps["near"] + 0.2, maps["near"], weight) == pytest.approx(1.0, rel=1e-4)


def test_shared_joints_put_partners_opposite_each_other(truth):
    features, table = truth
    facing = features.clone()
    facing[..., SLICES["root_xz"]] = torch.tensor((0.0, -0.5))
    facing[..., SLICES["heading"]] = torch.tensor((1.0, 0.0))
    pelvis = losses.shared_joints(facing, pose_joints(facing), table)[:, :, 50, 0]
    assert torch.allclose(pelvis[0, 0, ::2], torch.tensor((0.0, -0.5)), atol=1e-5)
    assert torch.allclose(pelvis[0, 1, ::2], torch.tensor((0.0, 0.5)), atol=1e-5)


def test_contact_error_is_the_distance_of_the_labelled_points_beyond_three_centimetres():
    generator = torch.Generator().manual_seed(3)
    local, root = (torch.stack(values)[None] for values in zip(*(motion(generator, 100, 0.0) for _ in range(2))))
    contacts = torch.stack([contacts_of(local[0, p], root[0, p]) for p in range(2)])[None]
    table, _ = PartTable.from_timelines([Timeline.solo_interact_solo("a", "b", "c", 100, 30, 70)])
    features = encode(local, root, contacts, table)
    world = global_rotations(local)
    joints = joints_from_global(world, root)
    places = {name: point_position(name, joints, world)[0] for name in ("left_palm", "chest", "right_elbow")}

    def error(*touches: tuple[int, str, int, str, int, int]) -> torch.Tensor:
        rows = [(p, POINT_NAMES.index(a), o, POINT_NAMES.index(b), s, e) for p, a, o, b, s, e in touches]
        told = TouchTable(*torch.tensor(rows + [(-1,) * 6]).T[:, None])
        weight = table.in_interaction(100).float().amin(1)
        return losses.contact_error(features, pose_joints(features), table, told, weight)

    def apart(p: int, a: str, o: int, b: str, frames: slice) -> torch.Tensor:
        return ((places[a][p] - places[b][o]).norm(dim=-1)[frames] - 0.03).clamp_min(0) / losses.JOINT_SCALE

    first, second = (0, "left_palm", 1, "chest"), (1, "right_elbow", 0, "left_palm")
    one = error((*first, 40, 50))
    torch.testing.assert_close(one, apart(*first, slice(40, 50)).mean(), atol=1e-4, rtol=1e-4)
    both = error((*first, 40, 50), (*second, 60, 75))  # from frame 70 on they are alone
    frames = torch.cat((apart(*first, slice(40, 50)), apart(*second, slice(60, 70))))
    torch.testing.assert_close(both, frames.mean(), atol=1e-4, rtol=1e-4)
    assert error((*first, 5, 20)) == 0 and error() == 0


def test_contact_error_is_zero_where_points_touch_and_pulls_where_they_do_not(truth):
    features, table = truth
    weight = table.in_interaction(100).float().amin(1)
    palm = POINT_NAMES.index("left_palm")
    told = TouchTable(*torch.tensor([[[0]], [[palm]], [[1]], [[palm]], [[40]], [[45]]]))
    moved = features.clone().requires_grad_()
    error = losses.contact_error(moved, pose_joints(moved), table, told, weight)
    error.backward()
    assert error > 0 and (moved.grad[:, :, 40:45, SLICES["root_xz"]] != 0).any()
    assert (moved.grad[:, :, 45:] == 0).all()
    none = losses.contact_error(features, pose_joints(features), table, TouchTable.none(1), weight)
    assert none == 0
