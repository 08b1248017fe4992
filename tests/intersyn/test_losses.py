"""Each loss is zero on the truth, positive off it, and blind to what does not exist."""

import pytest
import torch

from intersyn import losses
from intersyn.conditions import PartTable
from intersyn.features import SLICES, encode, pose_joints
from intersyn.features import mask as feature_mask
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
