"""The terms that a composed motion is pulled by: each a residual over its tolerance, squared, one function per idea.

Every term gives energies (N, P, T) of N clips, P people and T frames (or per reach (N, T)); metres, radians. A term
reads a `State`, what the bodies are now, and the `Plan`, what they shall be. Tolerances come from the solver.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.body.capsules import capsule_contacts, capsule_ends, self_pairs
from intersyn.body.points import BodyPoint
from intersyn.data.compose.kinematics import turned_bodies
from intersyn.data.compose.own_arms import FLESH, edge_contacts, own_allowance
from intersyn.data.compose.plan import Carrier, Plan, Reach, Target
from intersyn.rotations import quaternion_apply
from intersyn.skeleton import FOOT_JOINTS, JOINT, NUM_JOINTS, unsided

# Share of each joint's segment in the body's mass (after Winter's tables, the hands with the forearms).
_MASS = {
    "pelvis": 0.14, "hip": 0.10, "spine1": 0.10, "knee": 0.045, "spine2": 0.10, "ankle": 0.01, "spine3": 0.12,
    "foot": 0.005, "neck": 0.02, "collar": 0.02, "head": 0.08, "shoulder": 0.03, "elbow": 0.02, "wrist": 0.015,
}  # fmt: skip
MASS = torch.tensor([_MASS[unsided(name)] for name in JOINT])
MASS = MASS / MASS.sum()
_ELBOWS, _KNEES = [JOINT["left_elbow"], JOINT["right_elbow"]], [JOINT["left_knee"], JOINT["right_knee"]]
_WRISTS = [JOINT["left_wrist"], JOINT["right_wrist"]]
_ANKLES = [JOINT["left_ankle"], JOINT["right_ankle"]]
_STEADY = [JOINT["left_wrist"], JOINT["right_wrist"], JOINT["head"], JOINT["spine3"]]
_SIDE = torch.tensor([1.0, -1.0])  # along the arm is +x on the left, -x on the right


@dataclass(frozen=True)
class State:
    """Bodies at one step of the solver: offset (N, P, T, 22, 3) of each joint from the base, shift (N, P, T, 3) of the
    pelvis, local and global quaternions (N, P, T, 22, 4), joints (N, P, T, 22, 3)."""

    offset: Tensor
    shift: Tensor
    local: Tensor
    rotations: Tensor
    joints: Tensor

    def limb(self, person: int, joint: int) -> tuple[Tensor, Tensor]:
        """Place (N, T, 3) and quaternion (N, T, 4) of one joint."""
        places, turns = self._limbs
        return places[joint][:, person], turns[joint][:, person]

    @cached_property
    def _limbs(self) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """All joints apart, cut once: every cut of its own would cost the gradient a pass over all joints."""
        return self.joints.unbind(-2), self.rotations.unbind(-2)


@dataclass(frozen=True)
class Place:
    """A point of a body in the world: its position, normal and long axis, (N, T, 3) each."""

    position: Tensor
    normal: Tensor
    fingers: Tensor


def moved(plan: Plan, offset: Tensor, shift: Tensor) -> State:
    """The plan's base with each joint turned by a rotation vector in its own frame, and the pelvis shifted."""
    bodies = turned_bodies(offset, shift, plan.rotations, plan.root, plan.offsets[:, :, None])
    return State(offset, shift, *bodies)


def carried(carrier: Carrier, vectors: Tensor, state: State, plan: Plan, detach: bool, point: bool) -> Tensor:
    """Vectors (N, T, 3) of a carrier's rest frame in the world; `point`: positions rather than directions."""
    if carrier.thing is not None:
        origin, turn = plan.things[:, carrier.thing].split((3, 4), dim=-1)
    elif carrier.person is not None:
        origin, turn = state.limb(carrier.person, carrier.joint)
        if detach:
            origin, turn = origin.detach(), turn.detach()
    else:
        return vectors
    turned = quaternion_apply(turn, vectors)
    return origin + turned if point else turned


def place_of(point: BodyPoint, person: int, state: State) -> Place:
    """Where a person's point is."""
    origin, turn = state.limb(person, point.joint)
    vectors = turn.new_tensor((point.offset, point.normal, point.fingers))
    offset, normal, fingers = quaternion_apply(turn[..., None, :], vectors).unbind(-2)
    return Place(origin + offset, normal, fingers)


def goal_of(reach: Reach, base: Tensor, state: State, plan: Plan) -> Tensor:
    """Where the reach's point shall be (N, T, 3): its targets blended, and the base's way for what is left."""
    goal, rest = reach.arc, torch.ones_like(base[..., 0])
    for target in reach.targets:
        # Nobody is pulled by the hand that follows them; one's own body may meet one's own hand half way.
        position = carried(target.carrier, target.position, state, plan, target.carrier.person != reach.person, True)
        goal = goal + target.weight[..., None] * position
        rest = rest - target.weight
    return goal + rest[..., None] * base


def reaching(reach: Reach, place: Place, base: Tensor, state: State, plan: Plan, tolerance: float) -> Tensor:
    """Points reach their targets, (N, T). Firmness grows within the first quarter of the way in."""
    total = sum(target.weight for target in reach.targets)
    error = (place.position - goal_of(reach, base, state, plan)).square().sum(-1)
    return (4 * total).clamp(max=1) * error / tolerance**2


def turning(reach: Reach, place: Place, state: State, plan: Plan, normal: float, fingers: float) -> Tensor:
    """Palms face and fingers point as the targets say, (N, T); `normal`, `fingers`: tolerances."""
    energy = torch.zeros_like(place.normal[..., 0])
    for target in reach.targets:
        own = target.carrier.person != reach.person
        for axis, wanted, weight, tolerance in (
            (place.normal, target.normal, target.normal_weight, normal),
            (place.fingers, target.fingers, target.fingers_weight, fingers),
        ):
            wanted = carried(target.carrier, wanted, state, plan, own, False)
            angle = 2 * (1 - (axis * wanted).sum(-1))  # the angle's square, for small angles
            energy = energy + weight * target.weight.square() * angle / tolerance**2
    return energy


def looking(person: int, target: Target, state: State, plan: Plan, tolerance: float) -> Tensor:
    """The face turns to what is looked at, (N, T)."""
    eyes, head = state.limb(person, JOINT["head"])
    at = carried(target.carrier, target.position, state, plan, True, True)
    way = at - eyes
    face = quaternion_apply(head, head.new_tensor((0.0, 0.0, 1.0)))
    cosine = (face * way).sum(-1) / (way.square().sum(-1) + 1e-12).sqrt()
    return target.weight * 2 * (1 - cosine) / tolerance**2


def staying(state: State, sigma: Tensor, root_sigma: Tensor) -> Tensor:
    """Poses stay near the base: offsets over how readily each joint moves; sigma (N, P, 1, 22), root_sigma (3,)."""
    return (state.offset.square().sum(-1) / sigma**2).sum(-1) + (state.shift / root_sigma).square().sum(-1)


def standing(state: State, plan: Plan, ankle_tolerance: float, toe_tolerance: float) -> Tensor:
    """Feet are where the plan puts them: planted ones do not move, swinging ones step."""
    tolerance = plan.feet.new_tensor([ankle_tolerance, ankle_tolerance, toe_tolerance, toe_tolerance])
    error = (state.joints[..., list(FOOT_JOINTS), :] - plan.feet).square().sum(-1) / tolerance**2
    return (error * plan.feet_weight).sum(-1)


def joint_limits(state: State, tolerance: float) -> Tensor:
    """Elbows and knees are hinges that do not bend backwards; wrists bend less than 70 degrees and hardly twist."""
    # the columns of rotation matrices, written out: where a limb at rest along x or down along y points
    w, x, y, z = state.local[..., _ELBOWS, :].unbind(-1)
    forward, aside, twist = 2 * (x * z - w * y) * _SIDE, 2 * (x * y + w * z), 2 * x * w.sign()
    energy = 4 * F.relu(0.02 - forward).square() + F.relu(aside.abs() - 0.08).square()
    energy = energy + F.relu(twist.abs() - 0.9).square()  # about the arm's axis, as an angle while it is small
    w, x, y, z = state.local[..., _WRISTS, :].unbind(-1)
    cosine, twist = 1 - 2 * (y * y + z * z), 2 * x * w.sign()
    energy = energy + F.relu(0.34 - cosine).square() + F.relu(twist.abs() - 0.5).square()
    w, x, y, z = state.local[..., _KNEES, :].unbind(-1)
    back, aside = 2 * (y * z + w * x), 2 * (x * y - w * z)
    energy = energy + 4 * F.relu(0.03 - back).square() + F.relu(aside.abs() - 0.06).square()
    return energy.sum(-1) / tolerance**2


def balance(state: State, plan: Plan, base: Tensor, tolerance: float) -> Tensor:
    """The centre of mass keeps to its place above the feet; base (N, P, T, 2) is where it is in the base.

    While a leg reaches for something (a kick), that place is above the other foot.
    """
    feet, weight = plan.feet[..., :2, ::2], plan.feet_weight[..., :2, None]
    away = feet - feet.mean(-2, keepdim=True)  # of who has no foot on the floor, neither counts
    aside = (away * weight).sum(-2) / weight.sum(-2).clamp(min=1e-3)
    return plan.balance * (mass_over_feet(state.joints, plan) - base - aside).square().sum(-1) / tolerance**2


def mass_over_feet(joints: Tensor, plan: Plan) -> Tensor:
    """Floor position (N, P, T, 2) of the centre of mass, from the middle of the planned ankles."""
    centre = (joints * MASS.to(joints)[:, None]).sum(-2) - plan.feet[..., :2, :].mean(-2)
    return centre[..., ::2]


def smoothness(state: State, mask: Tensor, joint: float, root: float, jerk: float) -> Tensor:
    """Second differences of offsets and of the pelvis' shift, third differences of wrists, head and chest: (N,)."""
    bend, drift = state.offset.diff(n=2, dim=2), state.shift.diff(n=2, dim=2)
    path = state.joints[..., _STEADY, :].diff(n=3, dim=2)
    inside = mask[:, None, 2:]
    energy = bend.square().sum((-1, -2)) / joint**2 + drift.square().sum(-1) / root**2
    jerks = path.square().sum((-1, -2)) / jerk**2
    return (energy * inside).sum((1, 2)) + (jerks * mask[:, None, 3:]).sum((1, 2))


def collisions(state: State, plan: Plan, every: slice, between: float, within: float, allowed: float) -> Tensor:
    """Capsules of two people, and of one person, do not enter one another: (N,) over the frames of `every`.

    `between`, `within`: tolerances; `allowed`: depth in one's own body that folds of flesh forgive, where a forearm or
    hand is forgiven FLESH only. Hands keep out of their own body with their edges too.
    """
    joints, rotations = state.joints[:, :, every], state.rotations[:, :, every]
    ends = capsule_ends(joints, rotations)
    mask = plan.mask[:, every]
    (clip, _, frame, pair), depth = capsule_contacts(ends, ends, self_pairs())
    depth = F.relu(depth - own_allowance(FLESH, allowed).to(depth)[pair])
    energy = mask.new_zeros(len(mask)).index_add(0, clip, depth.square() / within**2 * mask[clip, frame])
    (clip, _, frame, *_), depth = edge_contacts(joints, rotations, ends)
    energy = energy.index_add(0, clip, F.relu(depth - FLESH).square() / within**2 * mask[clip, frame])
    share = plan.yields[:, :, None, None, None]
    ends = tuple(share * end + (1 - share) * end.detach() for end in ends)
    people = plan.root.shape[1]
    for a in range(people):
        for b in range(a + 1, people):
            (clip, frame, _), depth = capsule_contacts(tuple(e[:, a] for e in ends), tuple(e[:, b] for e in ends))
            energy = energy.index_add(0, clip, depth.square() / between**2 * mask[clip, frame])
    return energy


def default_sigma(freedom: Tensor) -> Tensor:
    """How far each joint readily turns, radians: (N, P, 1, 22) from the plan's freedom (N, P, 22)."""
    readiness = {
        "pelvis": 0.14, "hip": 0.5, "spine1": 0.12, "knee": 0.7, "spine2": 0.12, "ankle": 0.35, "spine3": 0.12,
        "foot": 0.3, "neck": 0.25, "collar": 0.18, "head": 0.3, "shoulder": 0.7, "elbow": 0.9, "wrist": 0.4,
    }  # fmt: skip
    names = [unsided(name) for name in JOINT]
    assert len(names) == NUM_JOINTS
    return (freedom * freedom.new_tensor([readiness[name] for name in names]))[:, :, None]
