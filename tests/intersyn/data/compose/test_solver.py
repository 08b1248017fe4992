"""The solver on small plans: hands arrive, feet stand, batches change nothing, and bones end as everybody's."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from intersyn.body.points import POINTS
from intersyn.data.compose import terms
from intersyn.data.compose.plan import Carrier, Plan, stack
from intersyn.data.compose.solver import Solution, SolverConfig, Weights, solve
from intersyn.rotations import yaw_quaternion
from intersyn.skeleton import FOOT_JOINTS, JOINT, OFFSETS, PARENTS, forward_kinematics
from tests.plans import hold, reach, standing_plan, target

FRAMES = 40
HELD = slice(24, FRAMES)  # `hold` is 1 from frame 22 on
CONFIG = SolverConfig(iterations=60, restart_iterations=50, lr=0.08)


def handshake(frames: int = FRAMES, scale: float = 1.0) -> Plan:
    shake = [
        reach(who, "right_palm", target((0.0, 1.05, 0.0), frames, weight=hold(frames), normal=(side, 0.0, 0.0)))
        for who, side in ((0, 1.0), (1, -1.0))
    ]
    return standing_plan(frames, reaches=tuple(shake), scale=scale)


def palm(solution: Solution, person: int, clip: int = 0, point: str = "right_palm") -> torch.Tensor:
    """Where a point is, (T, 3)."""
    nothing = torch.zeros(1)
    _, rotations = forward_kinematics(solution.rotations, solution.root)
    state = terms.State(nothing, nothing, solution.rotations, rotations, solution.joints)
    return terms.place_of(POINTS[point], person, state).position[clip]


def slip(solution: Solution, plan: Plan) -> float:
    """How far the ankles and toes are from where the plan wants them, at most, in metres."""
    return float((solution.joints[..., list(FOOT_JOINTS), :] - plan.feet).norm(dim=-1).max())


@pytest.fixture(scope="module")
def shaken() -> Solution:
    return solve(handshake(), CONFIG)


def test_hands_meet_and_feet_stand(shaken: Solution) -> None:
    for who in (0, 1):
        assert (palm(shaken, who)[HELD] - torch.tensor([0.0, 1.05, 0.0])).norm(dim=-1).max() < 0.02
    assert slip(shaken, handshake()) < 0.01
    joints, _ = forward_kinematics(shaken.rotations, shaken.root)
    torch.testing.assert_close(joints, shaken.joints, atol=1e-5, rtol=0)
    torch.testing.assert_close(shaken.rotations.norm(dim=-1), torch.ones(1, 2, FRAMES, 22))
    assert not shaken.rotations.requires_grad


def test_palms_face_each_other(shaken: Solution) -> None:
    _, rotations = forward_kinematics(shaken.rotations, shaken.root)
    state = terms.State(shaken.root, shaken.root, shaken.rotations, rotations, shaken.joints)
    facing = [terms.place_of(POINTS["right_palm"], who, state).normal[0, HELD] for who in (0, 1)]
    assert (facing[0][:, 0] > 0.8).all() and (facing[1][:, 0] < -0.8).all()


def test_motion_before_the_reach_is_the_bases(shaken: Solution) -> None:
    plan = handshake()
    early = (shaken.joints - forward_kinematics(plan.rotations, plan.root)[0])[:, :, :6]
    assert early.norm(dim=-1).max() < 0.04
    left = [JOINT["left_wrist"], JOINT["left_elbow"]]
    idle = shaken.joints[..., left, :] - forward_kinematics(plan.rotations, plan.root)[0][..., left, :]
    assert idle.norm(dim=-1).max() < 0.1  # the arm that does nothing hangs on


def test_the_same_plan_has_the_same_solution(shaken: Solution) -> None:
    again = solve(handshake(), CONFIG)
    assert torch.equal(again.rotations, shaken.rotations) and torch.equal(again.root, shaken.root)


def test_without_targets_people_stay() -> None:
    """All but: the first steps of Adam follow the rounding of feet, and what follows brings them back."""
    plan = standing_plan(20)
    joints, _ = forward_kinematics(plan.rotations, plan.root)
    assert (solve(plan).joints - joints).norm(dim=-1).max() < 0.015


def test_batches_and_padding_change_nothing(shaken: Solution) -> None:
    """Alone, and beside a longer clip of other heights, to a millimetre."""
    other = replace(handshake(52), yields=torch.tensor([[1.0, 0.0]]))
    both = solve(stack([handshake(), other]), CONFIG)
    assert (both.joints[0, :, :FRAMES] - shaken.joints[0]).norm(dim=-1).max() < 1e-3


def test_targets_are_carried_by_partners_things_and_ones_own_body() -> None:
    """b sways with a's right palm on the shoulder and b's own on the belly; a's left palm follows a thing."""
    ways = torch.linspace(0, 1, FRAMES)[:, None] * torch.tensor([0.2, 0.1, 0.0]) + torch.tensor([0.25, 1.1, -0.1])
    turn = yaw_quaternion(torch.tensor(torch.pi / 2)).expand(FRAMES, 4)
    shoulder = POINTS["left_shoulder_top"]
    touch = [
        reach(0, "right_palm", target(shoulder.offset, FRAMES, Carrier(1, shoulder.joint), hold(FRAMES))),
        reach(0, "left_palm", target((0.0, 0.0, 0.1), FRAMES, Carrier(thing=0), hold(FRAMES))),
        reach(1, "right_palm", target(POINTS["belly"].offset, FRAMES, Carrier(1, POINTS["belly"].joint), hold(FRAMES))),
    ]
    plan = standing_plan(FRAMES, apart=0.6, reaches=tuple(touch), things=torch.cat((ways, turn), -1)[None, None])
    sway = torch.zeros(FRAMES, 3)
    sway[:, 0] = 0.08 * torch.sin(torch.arange(FRAMES) / 6)
    plan = replace(plan, root=plan.root + torch.stack((torch.zeros_like(sway), sway)))
    plan = replace(plan, yields=torch.tensor([[1.0, 0.05]]))  # b does not flee from the hand that follows
    found = solve(plan, CONFIG)
    gap = (palm(found, 0) - palm(found, 1, point="left_shoulder_top"))[HELD].norm(dim=-1)
    assert gap.max() < 0.02
    moved = palm(found, 1, point="left_shoulder_top")[HELD, 0]
    assert moved.max() - moved.min() > 0.05  # a hand that stays on it has to follow
    expected = ways + torch.tensor([0.1, 0.0, 0.0])  # 10 cm ahead of a thing that is turned to +x
    assert (palm(found, 0, point="left_palm") - expected)[HELD].norm(dim=-1).max() < 0.02
    assert (palm(found, 1) - palm(found, 1, point="belly"))[HELD].norm(dim=-1).max() < 0.03


def test_taller_people_end_on_everybodys_bones() -> None:
    plan = handshake(scale=1.05)
    found = solve(plan, CONFIG)
    bones = (found.joints[..., 1:, :] - found.joints[..., list(PARENTS[1:]), :]).norm(dim=-1)
    torch.testing.assert_close(bones, OFFSETS[1:].norm(dim=-1).expand_as(bones), atol=1e-4, rtol=1e-4)
    for who in (0, 1):
        assert (palm(found, who)[HELD] - torch.tensor([0.0, 1.05, 0.0])).norm(dim=-1).max() < 0.02
    assert slip(found, plan) < 0.01


def test_a_tall_neighbour_in_the_batch_changes_nothing(shaken: Solution) -> None:
    both = solve(stack([handshake(scale=1.05), handshake()]), CONFIG)
    assert (both.joints[1] - shaken.joints[0]).norm(dim=-1).max() < 1e-3
    assert (palm(both, 0)[HELD] - torch.tensor([0.0, 1.05, 0.0])).norm(dim=-1).max() < 0.02


def test_a_weight_of_zero_switches_a_term_off() -> None:
    config = replace(CONFIG, iterations=20)
    idle = solve(handshake(), replace(config, weights=Weights(reach=0.0, turn=0.0)))
    assert (palm(idle, 0)[HELD] - torch.tensor([0.0, 1.05, 0.0])).norm(dim=-1).min() > 0.2


def test_collisions_part_people_who_stand_in_one_another() -> None:
    plan = replace(standing_plan(20, apart=0.17), feet_weight=torch.zeros(1, 2, 20, 4))
    deep = [
        float(solve(plan, replace(CONFIG, weights=w)).joints[0, :, :, 0, 2].diff(dim=0).min())
        for w in (Weights(), Weights(collisions=0.0))
    ]
    assert deep[0] > deep[1] + 0.02


def test_who_does_not_yield_stays() -> None:
    plan = standing_plan(20, apart=0.17)
    plan = replace(plan, yields=torch.tensor([[1.0, 0.0]]), feet_weight=torch.zeros(1, 2, 20, 4))
    found = solve(plan, CONFIG)
    away = (found.joints[0, :, :, 0] - plan.root[0]).norm(dim=-1).amax(1)
    assert away[0] > 0.01
    assert away[1] < 0.2 * away[0]
