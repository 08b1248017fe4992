"""Arms come out of the body they hang on, and only those that are in it; edges of hands are seen."""

from __future__ import annotations

import pytest
import torch

from intersyn.body.capsules import CAPSULE, CAPSULES, capsule_ends, capsule_overlap, self_pairs
from intersyn.body.default import default_body
from intersyn.body.mesh_contact import own_arm_depth
from intersyn.body.skin import skin
from intersyn.data.compose.own_arms import FLESH, arm_depth, arms_clear, edge_contacts, own_allowance
from intersyn.metrics.physics import jerk
from intersyn.rotations import axis_angle_to_quaternion, quaternion_multiply
from intersyn.skeleton import JOINT, JOINT_NAMES, forward_kinematics, mirror_rotations
from tests.plans import posed

FRAMES = 60
ROOT = torch.tensor([0.0, 0.95, 0.0]).expand(FRAMES, 3)


def standing(pressed: float, start: int = 0, end: int = FRAMES) -> torch.Tensor:
    """Somebody who stands and sways the arms a little; the left one is `pressed` (radians) to the body for a while."""
    rotations = posed().expand(FRAMES, 22, 4).clone()
    turns = torch.zeros(FRAMES, 22, 3)
    for side in ("left", "right"):
        turns[:, JOINT[f"{side}_shoulder"], 1] = 0.03 * torch.linspace(0, 6, FRAMES).sin()
    inwards = torch.zeros(FRAMES)
    inwards[start:end] = pressed * torch.hann_window(end - start, periodic=False).sqrt()
    turns[:, JOINT["left_shoulder"], 2] = -inwards
    return quaternion_multiply(rotations, axis_angle_to_quaternion(turns))


def skin_depth(rotations: torch.Tensor) -> float:
    """Millimetres that forearms and hands are in the skin of trunk and legs, at the deepest."""
    at = list(range(0, FRAMES, 6))
    return float(own_arm_depth(default_body(), skin(default_body(), rotations[at], ROOT[at])).max())


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_hand_in_the_hip_comes_out(mirrored: bool) -> None:
    recorded = standing(0.42)
    recorded = mirror_rotations(recorded) if mirrored else recorded
    assert skin_depth(recorded) > 40
    cleared = arms_clear(recorded, ROOT)
    assert skin_depth(cleared) < 10
    before, after = forward_kinematics(recorded, ROOT)[0], forward_kinematics(cleared, ROOT)[0]
    moved = (after - before).norm(dim=-1).amax(0)
    side = "right" if mirrored else "left"
    assert moved[JOINT[f"{side}_wrist"]] < 0.1  # it still hangs
    rest = [k for k, name in enumerate(JOINT_NAMES) if name not in (f"{side}_elbow", f"{side}_wrist")]
    assert moved[rest].max() < 1e-5
    assert jerk(after[None], 20.0).max() < jerk(before[None], 20.0).max() + 5


def test_free_arms_stay_as_they_are() -> None:
    recorded = standing(0.0)
    assert skin_depth(recorded) < 5
    assert torch.equal(arms_clear(recorded, ROOT), recorded)


def test_an_arm_swings_out_only_around_the_time_it_is_in_the_body() -> None:
    recorded = standing(0.42, 25, 40)
    cleared = arms_clear(recorded, ROOT)
    moved = (cleared - recorded)[:, JOINT["left_shoulder"]].abs().amax(-1)
    assert moved[:12].max() < 1e-6 and moved[53:].max() < 1e-6 and moved[32] > 0.01
    assert arm_depth(*forward_kinematics(cleared, ROOT)).max() < FLESH + 0.001


def test_thumbs_that_capsules_miss_are_seen() -> None:
    """Of a hand turned so that its thumb points at the thigh."""
    twisted = posed(left_wrist=(1.5, 0.0, 0.0), left_shoulder=(0.0, 0.0, -1.5))[None]
    joints, turned = forward_kinematics(twisted, ROOT[:1])
    ends = capsule_ends(joints, turned)
    (frame, edge, capsule), depth = edge_contacts(joints, turned, ends)
    assert frame.shape == edge.shape == capsule.shape == depth.shape
    of_hand = self_pairs()[self_pairs()[:, 0] == CAPSULE["left_hand"]]
    assert not capsule_overlap(ends, ends, of_hand).any() and depth.max() > 0.01
    assert arm_depth(joints, turned).tolist() == [[pytest.approx(float(depth.max())), 0.0]]
    apart, turned = forward_kinematics(standing(-0.3), ROOT)
    assert not len(edge_contacts(apart, turned, capsule_ends(apart, turned))[1])


def test_edges_push_their_arm_out() -> None:
    rotations = standing(0.4)
    bend = torch.zeros(FRAMES, 22, 3, requires_grad=True)
    joints, turned = forward_kinematics(quaternion_multiply(rotations, axis_angle_to_quaternion(bend)), ROOT)
    before = edge_contacts(joints, turned, capsule_ends(joints, turned))[1].square().sum()
    before.backward()
    step = -0.05 * bend.grad / bend.grad.abs().max()
    joints, turned = forward_kinematics(quaternion_multiply(rotations, axis_angle_to_quaternion(step)), ROOT)
    assert edge_contacts(joints, turned, capsule_ends(joints, turned))[1].square().sum() < before
    assert step[:, JOINT["left_shoulder"]].abs().max() > 0


def test_forearms_are_allowed_less_than_folds_of_flesh() -> None:
    allowed = own_allowance(0.004, 0.012)
    names = [(CAPSULES[a].name, CAPSULES[b].name) for a, b in self_pairs().tolist()]
    assert allowed[names.index(("left_hand", "left_thigh"))] == pytest.approx(0.004)
    assert allowed[names.index(("right_forearm", "belly"))] == pytest.approx(0.004)
    for folds in (("left_upper_arm", "belly"), ("left_hand", "right_hand"), ("right_hand", "skull")):
        assert allowed[names.index(folds)] == pytest.approx(0.012)
