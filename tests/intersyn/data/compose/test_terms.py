"""Each term of the composer's solver by itself: zero where satisfied, by hand where not, and its gradient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from intersyn.body.points import POINTS
from intersyn.data.compose import terms
from intersyn.data.compose.plan import Carrier, Gaze, Plan, Reach, Target
from intersyn.data.compose.solver import SolverConfig, energy
from intersyn.rotations import axis_angle_to_quaternion, quaternion_apply, yaw_quaternion
from intersyn.skeleton import JOINT, REST_JOINTS
from tests.plans import WORLD, posed, reach, standing_plan, target

FRAMES = 8
STEP = torch.tensor([0.0, 0.03, 0.04])  # 5 cm


def zeros(plan: Plan, *joints: str, by: tuple[float, ...] = (0.0, 0.0, 0.0)) -> tuple[torch.Tensor, torch.Tensor]:
    """No offsets but for a's `joints`, no shifts; leaves for gradients."""
    offset = torch.zeros(1, plan.root.shape[1], plan.frames, 22, 3)
    for joint in joints:
        offset[:, 0, :, JOINT[joint]] = torch.tensor(by)
    return offset.requires_grad_(), torch.zeros_like(plan.root).requires_grad_()


def still(plan: Plan) -> terms.State:
    return terms.moved(plan, *zeros(plan))


def palm_of(plan: Plan, person: int = 0, point: str = "right_palm") -> torch.Tensor:
    """Where a point of the base is, (N, T, 3)."""
    return terms.place_of(POINTS[point], person, still(plan)).position.detach()


def assert_all(energies: torch.Tensor, value: float) -> None:
    torch.testing.assert_close(energies, torch.full_like(energies, value), rtol=1e-3, atol=1e-4)


def reaching(wish: Reach, base: torch.Tensor, state: terms.State, plan: Plan, tolerance: float) -> torch.Tensor:
    return terms.reaching(wish, terms.place_of(wish.point, wish.person, state), base, state, plan, tolerance)


def turning(wish: Reach, state: terms.State, plan: Plan, normal: float, fingers: float) -> torch.Tensor:
    return terms.turning(wish, terms.place_of(wish.point, wish.person, state), state, plan, normal, fingers)


def test_a_reach_costs_its_distance_squared_in_tolerances() -> None:
    plan = standing_plan(FRAMES)
    palm = palm_of(plan)
    for goal, cost in ((palm, 0.0), (palm + STEP, 25.0)):
        energies = reaching(reach(0, "right_palm", target(goal, FRAMES)), palm, still(plan), plan, 0.01)
        assert energies.shape == (1, FRAMES)
        assert_all(energies, cost)


def test_a_reach_is_blended_with_the_base_and_firm_early() -> None:
    plan = standing_plan(FRAMES)
    palm = palm_of(plan)
    for weight, firmness in ((0.5, 1.0), (0.1, 0.4), (0.0, 0.0)):
        half = reach(0, "right_palm", target(palm + STEP, FRAMES, weight=weight))
        assert_all(reaching(half, palm, still(plan), plan, 0.01), firmness * (5 * weight) ** 2)
        goal = terms.goal_of(half, palm, still(plan), plan)
        torch.testing.assert_close(goal, palm + weight * STEP)


def test_two_targets_share_a_reach_and_its_way_bows_out() -> None:
    plan = standing_plan(FRAMES)
    palm, arc = palm_of(plan), (0.0, 0.1, 0.0)
    both = reach(0, "right_palm", target(palm, FRAMES, weight=0.5), target(palm + STEP, FRAMES, weight=0.5), arc=arc)
    goal = terms.goal_of(both, 9 * torch.ones_like(palm), still(plan), plan)
    torch.testing.assert_close(goal, palm + STEP / 2 + torch.tensor(arc))


def test_targets_are_carried_by_people_and_things() -> None:
    thing = torch.cat((torch.tensor([1.0, 2.0, 3.0]), yaw_quaternion(torch.tensor(torch.pi / 2)))).expand(1, 1, 8, 7)
    plan = standing_plan(FRAMES, things=thing)
    state = still(plan)
    ahead = torch.tensor([0.0, 0.0, 1.0]).expand(1, FRAMES, 3)
    places = {
        WORLD: (ahead, ahead),
        Carrier(thing=0): (torch.tensor([2.0, 2, 3]), torch.tensor([1.0, 0, 0])),  # turned to +x
        Carrier(1, JOINT["spine3"]): (
            state.joints[:, 1, :, JOINT["spine3"]] - ahead,  # b faces -z
            -ahead,
        ),
    }
    for carrier, (position, direction) in places.items():
        found = [terms.carried(carrier, ahead, state, plan, True, point) for point in (True, False)]
        torch.testing.assert_close(found[0], position.expand(1, FRAMES, 3), atol=1e-6, rtol=0)
        torch.testing.assert_close(found[1], direction.expand(1, FRAMES, 3), atol=1e-6, rtol=0)


@pytest.mark.parametrize("carrier", [0, 1])
def test_only_ones_own_body_comes_to_meet_a_hand(carrier: int) -> None:
    plan = standing_plan(FRAMES)
    offset, shift = zeros(plan)
    state = terms.moved(plan, offset, shift)
    on_shoulder = target((0.0, 0.1, 0.0), FRAMES, Carrier(carrier, JOINT["left_collar"]))
    reaching(reach(0, "right_palm", on_shoulder), palm_of(plan), state, plan, 0.01).sum().backward()
    moved = offset.grad.abs().sum((0, 2, 4)) > 1e-6  # (P, 22)
    assert moved[0, JOINT["right_shoulder"]]
    assert not moved[0, JOINT["left_hip"]]
    assert not moved[1].any()
    assert moved[0, JOINT["left_collar"]] == (carrier == 0)
    assert not shift.grad[:, 1].any()


def test_palms_and_fingers_turn() -> None:
    plan = standing_plan(FRAMES)
    state = still(plan)
    palm = terms.place_of(POINTS["right_palm"], 0, state)
    normal, fingers = palm.normal.detach(), palm.fingers.detach()
    across = torch.linalg.cross(normal, fingers)

    def cost(normal: torch.Tensor, fingers: torch.Tensor, weight: float = 1.0) -> torch.Tensor:
        wish = replace(target((0, 1, 0), FRAMES, weight=weight), normal=normal, fingers=fingers)
        wish = replace(wish, normal_weight=torch.ones(1, FRAMES), fingers_weight=torch.full((1, FRAMES), 0.5))
        return turning(reach(0, "right_palm", wish), state, plan, 0.2, 0.5)

    assert_all(cost(normal, fingers), 0.0)
    assert_all(cost(across, fingers), 2 / 0.2**2)
    assert_all(cost(normal, across), 0.5 * 2 / 0.5**2)
    assert_all(cost(across, across, weight=0.5), 0.25 * (2 / 0.2**2 + 0.5 * 2 / 0.5**2))
    small = quaternion_apply(axis_angle_to_quaternion(0.02 * across), normal)
    assert_all(cost(small, fingers), (0.02 / 0.2) ** 2)  # a small angle in tolerances, squared


def test_free_directions_cost_nothing() -> None:
    plan = standing_plan(FRAMES)
    free = reach(0, "right_palm", target((0.0, 1.0, 0.0), FRAMES))
    assert_all(turning(free, still(plan), plan, 0.2, 0.35), 0.0)


def test_directions_are_carried_too() -> None:
    plan = standing_plan(FRAMES)
    wish = target((0.0, 0.1, 0.0), FRAMES, Carrier(1, JOINT["head"]), normal=(0.0, 0.0, 1.0))
    forward = reach(0, "chest", wish)
    assert_all(turning(forward, still(plan), plan, 0.5, 1.0), 4 / 0.5**2)  # a's chest faces b's face
    back = reach(0, "upper_back", wish)
    assert_all(turning(back, still(plan), plan, 0.5, 1.0), 0.0)


def test_faces_turn_to_what_they_look_at() -> None:
    plan = standing_plan(FRAMES)
    state = still(plan)
    eyes = state.joints[:, 0, :, JOINT["head"]].detach()
    for direction, cost in (((0.0, 0.0, 2.0), 0.0), ((3.0, 0.0, 0.0), 2.0), ((0.0, 0.0, -1.0), 4.0)):
        at = target(eyes + torch.tensor(direction), FRAMES, weight=0.7)
        assert_all(terms.looking(0, at, state, plan, 0.5), 0.7 * cost / 0.5**2)
    partner = target((0.0, 0.0, 0.0), FRAMES, Carrier(1, JOINT["head"]))
    assert_all(terms.looking(0, partner, state, plan, 0.5), 0.0)  # they stand face to face
    at_itself = terms.looking(0, target(eyes, FRAMES), state, plan, 0.5)
    assert torch.isfinite(at_itself).all()


def test_staying_counts_offsets_in_sigmas() -> None:
    plan = standing_plan(FRAMES)
    sigma = terms.default_sigma(plan.freedom)
    assert sigma.shape == (1, 2, 1, 22)
    root_sigma = torch.tensor([0.1, 0.1, 0.2])
    elbow = float(sigma[0, 0, 0, JOINT["left_elbow"]])
    offset, shift = zeros(plan, "left_elbow", by=(0.0, 2 * elbow, 0.0))
    shift = shift + torch.tensor([0.0, 0.1, 0.2])
    energies = terms.staying(terms.moved(plan, offset, shift), sigma, root_sigma)
    assert_all(energies[:, 0], 4 + 2)
    assert_all(energies[:, 1], 2)


def test_freedom_widens_sigma() -> None:
    freedom = torch.ones(1, 2, 22)
    freedom[:, :, JOINT["head"]] = 0.5
    ratio = terms.default_sigma(freedom) / terms.default_sigma(torch.ones(1, 2, 22))
    assert ratio[0, 0, 0, JOINT["head"]] == 0.5 and ratio[0, 0, 0, JOINT["neck"]] == 1


def test_feet_stand_where_the_plan_puts_them() -> None:
    plan = standing_plan(FRAMES)
    assert_all(terms.standing(still(plan), plan, 0.01, 0.02), 0.0)
    offset, shift = zeros(plan)
    slid = terms.moved(plan, offset, shift + STEP)
    assert_all(terms.standing(slid, plan, 0.01, 0.02), 2 * 25 + 2 * 6.25)
    lifted = replace(plan, feet_weight=torch.tensor([0.0, 1.0, 0.0, 0.5]).expand(1, 2, FRAMES, 4))
    assert_all(terms.standing(slid, lifted, 0.01, 0.02), 25 + 0.5 * 6.25)


@pytest.mark.parametrize(
    ("side", "joint", "turn", "allowed"),
    [
        ("left", "elbow", (0.0, -2.3, 0.0), True),  # hand to the shoulder
        ("left", "elbow", (0.0, 0.2, 0.0), False),  # bends backwards
        ("left", "elbow", (0.0, -0.8, 0.3), False),  # bends sideways
        ("left", "elbow", (0.8, 0.0, 0.0), None),  # turns the palm: the bend is then too small, but that is little
        ("left", "elbow", (1.6, 0.0, 0.0), False),
        ("left", "wrist", (0.0, 0.0, 1.1), True),
        ("left", "wrist", (0.0, 0.0, 1.4), False),  # 80 degrees
        ("left", "wrist", (0.0, -1.4, 0.0), False),
        ("left", "wrist", (0.4, 0.0, 0.0), True),
        ("left", "wrist", (0.9, 0.0, 0.0), False),  # twisted off
        ("left", "knee", (2.2, 0.0, 0.0), True),
        ("left", "knee", (-0.2, 0.0, 0.0), False),
        ("left", "knee", (0.6, 0.0, 0.3), False),
    ],
)
def test_elbows_knees_and_wrists_have_limits(side: str, joint: str, turn: tuple, allowed: bool | None) -> None:
    costs = []
    for mirror, name in ((1.0, "left"), (-1.0, "right")):
        plan = standing_plan(1, people=1)
        local = posed(**{f"{name}_{joint}": (turn[0], mirror * turn[1], mirror * turn[2])})
        plan = plan.restarted(local[None, None, None], plan.root)
        costs.append(float(terms.joint_limits(still(plan), 0.1).detach()))
    assert costs[0] == pytest.approx(costs[1], abs=1e-5)  # left and right are alike
    if allowed is None:
        assert costs[0] < 0.5
    else:
        assert costs[0] == 0 if allowed else costs[0] > 1


def test_limbs_at_rest_are_hardly_beyond_their_limits() -> None:
    plan = standing_plan(1, people=1)
    rest = torch.tensor([1.0, 0, 0, 0]).expand(1, 1, 1, 22, 4)
    assert terms.joint_limits(still(plan.restarted(rest, plan.root)), 0.1) < 1.5  # elbows and knees are quite straight
    assert terms.joint_limits(still(plan), 0.1).max() == 0


def test_mass_is_a_share_and_the_centre_lies_in_the_pelvis() -> None:
    assert float(terms.MASS.sum()) == pytest.approx(1)
    assert (terms.MASS > 0).all()
    centre = (REST_JOINTS * terms.MASS[:, None]).sum(0)
    assert float(centre[0]) == pytest.approx(0, abs=1e-6)
    assert -0.3 < float(centre[1]) < 0.0


def test_the_centre_of_mass_keeps_above_the_feet() -> None:
    plan = standing_plan(FRAMES)
    base = terms.mass_over_feet(still(plan).joints, plan).detach()
    assert base.shape == (1, 2, FRAMES, 2)
    assert_all(terms.balance(still(plan), plan, base, 0.06), 0.0)
    offset, shift = zeros(plan)
    lean = terms.moved(plan, offset, shift + torch.tensor([0.06, 0.5, 0.0]))  # height does not matter
    assert_all(terms.balance(lean, plan, base, 0.06), 0.4)


def test_the_centre_of_mass_goes_over_the_foot_that_stands() -> None:
    plan = standing_plan(FRAMES)
    base = terms.mass_over_feet(still(plan).joints, plan).detach()
    weight = plan.feet_weight.clone()
    weight[..., (1, 3)] = 0.0  # the right leg kicks
    kicking = replace(plan, feet_weight=weight)
    aside = (plan.feet[..., 0, :] - plan.feet[..., 1, :]) / 2
    aside[..., 1] = 0
    assert float(aside.norm(dim=-1).min()) > 0.05
    offset, shift = zeros(plan)
    assert_all(terms.balance(terms.moved(plan, offset, shift + aside), kicking, base, 0.06), 0.0)
    assert float(terms.balance(still(plan), kicking, base, 0.06).detach().min()) > 0.1


def test_smoothness_is_zero_for_straight_ways() -> None:
    plan = standing_plan(FRAMES)
    offset, shift = zeros(plan)
    time = torch.arange(FRAMES)[:, None] * 0.1
    straight = terms.moved(plan, offset, shift + time * STEP)
    torch.testing.assert_close(terms.smoothness(straight, plan.mask, 0.3, 0.02, 0.1), torch.zeros(1), atol=1e-4, rtol=0)
    turned = replace(straight, offset=offset + time[:, None] * STEP)  # rotation vectors that grow evenly
    torch.testing.assert_close(terms.smoothness(turned, plan.mask, 0.3, 0.02, 0.1), torch.zeros(1), atol=1e-4, rtol=0)


def test_smoothness_by_hand() -> None:
    plan = standing_plan(FRAMES)
    state = still(plan)
    bump = torch.zeros(FRAMES)
    bump[4] = 1.0  # second differences 1 -2 1, third ones 1 -3 3 -1
    bent, shifted, jerked = (torch.zeros_like(x) for x in (state.offset, state.shift, state.joints))
    bent[0, 0, :, JOINT["head"], 0] = 0.3 * bump
    shifted[0, 1, :, 1] = 0.02 * bump
    jerked[0, 0, :, JOINT["left_wrist"], 2] = 0.1 * bump
    jerked[0, 0, :, JOINT["left_knee"], 2] = 0.1 * bump  # nobody counts a knee's jerk
    for change, cost in (({"offset": bent}, 6.0), ({"shift": shifted}, 6.0), ({"joints": jerked}, 20.0)):
        found = terms.smoothness(replace(state, **change), plan.mask, 0.3, 0.02, 0.1)
        torch.testing.assert_close(found, torch.tensor([cost]), atol=1e-3, rtol=1e-3)


def test_masked_frames_have_no_smoothness() -> None:
    plan = standing_plan(FRAMES)
    offset, shift = zeros(plan)
    late = torch.zeros(FRAMES, 1)
    late[6:] = 1.0
    jump = terms.moved(plan, offset + late[:, None] * 0.3, shift + late * STEP)
    plan.mask[:, 6:] = 0
    torch.testing.assert_close(terms.smoothness(jump, plan.mask, 0.3, 0.02, 0.1), torch.zeros(1), atol=1e-4, rtol=0)


def collision(plan: Plan, state: terms.State, every: slice = slice(None)) -> torch.Tensor:
    return terms.collisions(state, plan, every, 0.006, 0.01, 0.012)


def test_bodies_apart_do_not_collide() -> None:
    plan = standing_plan(FRAMES)
    assert collision(plan, still(plan)).tolist() == [0.0]


def test_bodies_in_one_another_part() -> None:
    plan = standing_plan(FRAMES, apart=0.2)
    offset, shift = zeros(plan)
    before = collision(plan, terms.moved(plan, offset, shift))
    before.sum().backward()
    assert before > 10
    assert (shift.grad[0, 0, :, 2] > 0).all() and (shift.grad[0, 1, :, 2] < 0).all()  # downhill is apart
    after = collision(plan, terms.moved(plan, offset, -0.002 * shift.grad.sign()))
    assert after < before


def test_who_yields_nothing_is_not_pushed() -> None:
    plan = standing_plan(FRAMES, apart=0.2)
    for yields in ((1.0, 0.0), (0.5, 0.05)):
        soft = replace(plan, yields=torch.tensor([yields]))
        offset, shift = zeros(soft)
        cost = collision(soft, terms.moved(soft, offset, shift))
        cost.sum().backward()
        torch.testing.assert_close(cost, collision(plan, still(plan)))
        full = shift.grad[0].abs().sum((1, 2)) / torch.tensor(yields).clamp_min(1e-9)
        if yields[1] == 0:
            assert not shift.grad[0, 1].any() and not offset.grad[0, 1].any()
        else:
            assert float(full[0]) == pytest.approx(float(full[1]), rel=1e-3)


def test_a_hand_in_ones_own_belly_collides() -> None:
    plan = standing_plan(FRAMES, people=1)
    offset, shift = zeros(plan, "left_shoulder", by=(0.0, 0.0, -0.6))  # the hanging arm goes into the thigh
    inside = terms.moved(plan, offset, shift)
    cost = collision(plan, inside)
    assert cost > 1
    cost.sum().backward()
    assert (offset.grad[0, 0, :, JOINT["left_shoulder"], 2] < 0).all()  # downhill is out
    torch.testing.assert_close(collision(plan, inside, slice(0, None, 2)), cost / 2)
    plan.mask[:, 2:] = 0
    torch.testing.assert_close(collision(plan, inside), cost / 4)


def busy_plan() -> Plan:
    """Everybody in everybody's way; every kind of target but one that the partner carries."""
    thing = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]).expand(1, 1, FRAMES, 7)

    def wish(carrier: Carrier) -> Target:
        return target((0.0, 0.1, 0.0), FRAMES, carrier, weight=0.3, normal=(0.0, 1.0, 0.0), fingers=(1.0, 0.0, 0.0))

    hands = (
        reach(0, "right_palm", wish(WORLD), wish(Carrier(thing=0)), wish(Carrier(0, JOINT["pelvis"]))),
        reach(1, "left_palm", wish(WORLD)),
    )
    gaze = Gaze(1, target((0.3, 1.0, 0.0), FRAMES))
    return standing_plan(FRAMES, apart=0.25, reaches=hands, gazes=(gaze,), things=thing)


def doubled(value: Any) -> Any:
    """The same plan, or part of one, in float64."""
    if isinstance(value, torch.Tensor):
        return value.double()
    if isinstance(value, tuple):
        return tuple(doubled(item) for item in value)
    if isinstance(value, (Plan, Reach, Gaze, Target)):
        return replace(value, **{name: doubled(item) for name, item in vars(value).items()})
    return value


def all_terms(plan: Plan, base: terms.State, offset: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    state = terms.moved(plan, offset, shift)
    ways = [terms.place_of(reach.point, reach.person, base).position.detach() for reach in plan.reaches]
    mass = terms.mass_over_feet(base.joints, plan).detach()
    return energy(state, plan, ways, mass, SolverConfig(), 0.5)


@pytest.mark.parametrize("scale", [0.0, 1e-6, 0.3, 3.0])
def test_gradients_are_finite(scale: float) -> None:
    plan = busy_plan()
    offset, shift = zeros(plan)
    generator = torch.Generator().manual_seed(0)
    noise = scale * torch.randn(offset.shape, generator=generator)
    crowded = collision(plan, terms.moved(plan, offset + noise, shift)).sum()
    (all_terms(plan, still(plan), offset + noise, shift) + crowded).backward()
    assert torch.isfinite(offset.grad).all() and torch.isfinite(shift.grad).all()
    assert offset.grad.abs().sum() > 0


def test_gradients_are_slopes() -> None:
    """Collisions are left out: their gradient takes the nearest points of two tapering capsules as given."""
    plan = doubled(busy_plan())
    generator = torch.Generator().manual_seed(1)
    at = 0.2 * torch.randn(1, 2, FRAMES, 22, 3, generator=generator).double()
    way, drift = (torch.randn(1, 2, FRAMES, *shape, generator=generator).double() for shape in ((22, 3), (3,)))
    base = terms.moved(plan, torch.zeros_like(at), torch.zeros_like(drift))
    distance = torch.zeros((), dtype=torch.float64, requires_grad=True)
    all_terms(plan, base, at + distance * way, distance * drift).backward()
    step = 1e-6
    ahead, behind = (all_terms(plan, base, at + d * way, d * drift) for d in (step, -step))
    assert float(distance.grad) == pytest.approx(float(ahead - behind) / (2 * step), rel=1e-6)
