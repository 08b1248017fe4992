"""From a draft and bases to a plan: where everybody stands and steps, what their points shall reach, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from intersyn.body.default import rest_joints
from intersyn.body.points import POINTS
from intersyn.data.compose.bases import Bases
from intersyn.data.compose.choreography import Choreography, choreograph
from intersyn.data.compose.curves import minimum_jerk, natural_noise, ramp
from intersyn.data.compose.drafting import Beat, Draft
from intersyn.data.compose.drafting import Reach as DraftReach
from intersyn.data.compose.drafting import Target as DraftTarget
from intersyn.data.compose.figures import Hold, hold_between
from intersyn.data.compose.own_arms import arms_clear
from intersyn.data.compose.plan import FPS, Carrier, Gaze, Plan, Reach, Target
from intersyn.data.compose.posture import posture_offsets
from intersyn.data.compose.spaces import Spaces, rest_axes, turn
from intersyn.data.store import Touch
from intersyn.rotations import axis_angle_to_quaternion, quaternion_apply, quaternion_multiply
from intersyn.skeleton import JOINT, NUM_JOINTS, OFFSETS, PARENTS

LIMBS: dict[str, tuple[str, ...]] = {
    "trunk": ("pelvis", "spine1", "spine2", "spine3"),
    "head": ("neck", "head"),
}
for _side in ("left", "right"):
    LIMBS[f"{_side}_arm"] = tuple(f"{_side}_{joint}" for joint in ("collar", "shoulder", "elbow", "wrist"))
    LIMBS[f"{_side}_leg"] = tuple(f"{_side}_{joint}" for joint in ("hip", "knee", "ankle", "foot"))
LIMBS["arms"] = LIMBS["left_arm"] + LIMBS["right_arm"]
LIMBS["legs"] = LIMBS["left_leg"] + LIMBS["right_leg"]
IDLE = 0.35  # freedom of an arm that reaches for nothing
BALANCE = 0.4
WANDER = 0.006  # metres a place in the air wanders
RESTLESS = {"lean": 0.012, "twist": 0.02, "tilt": 0.01, "turn_head": 0.03, "nod": 0.02}  # radians of natural noise
TALLER = 0.8  # standard deviation of the first betas of those who are not of the common skeleton's height
_TAP = 0.01  # metres off the surface below which a tapping hand touches
_BEAT_EASE = 0.12  # seconds


@dataclass(frozen=True)
class Planned:
    """A plan of one clip (N = 1) with what the solver has no use for.

    planted (P, T, 4) bool; holds: its touches and where each is held; key in frames; base_rotations (P, T, 22, 4),
    base_root (P, T, 3): the recorded people on their way, before postures; bases: the recorded clips they are from.
    """

    draft: Draft
    plan: Plan
    planted: np.ndarray
    holds: tuple[Hold, ...]
    base_rotations: Tensor
    base_root: Tensor
    key: tuple[int, int] | None
    bases: tuple[str, ...]
    thing_radii: tuple[float, ...]


def make_plan(draft: Draft, bases: Bases, rng: np.random.Generator) -> Planned:
    """Choose bases, set feet, and write everything as tensors. The same rng makes the same plan."""
    scene: Choreography = choreograph(draft, bases, rng)
    draft, time = scene.draft, np.arange(scene.frames) / FPS
    wander = np.stack([natural_noise(rng, scene.frames, FPS) * WANDER for _ in range(3)], axis=1)
    spaces = Spaces(scene.paths, scene.place, wander)
    rotations, root = _with_postures(draft, scene, time, rng)
    things = _things(draft, spaces, time)
    reaches = tuple(
        _reach(draft, spaces, time, who, part, [r for r in draft.reaches if (r.who, r.part) == (who, part)])
        for who, part in dict.fromkeys((r.who, r.part) for r in draft.reaches)
    )
    people, feet_weight = draft.people, _feet_weight(draft, time)
    plan = Plan(
        rotations=rotations[None], root=root[None], feet=_tensor(scene.feet)[None],
        feet_weight=_tensor(feet_weight)[None], freedom=_tensor(_freedom(draft))[None],
        balance=_tensor(_balance(draft, scene.frames))[None], yields=_tensor(np.array(draft.yields))[None],
        things=things[None], offsets=torch.stack([_bones(rng) for _ in range(people)])[None],
        mask=torch.ones(1, scene.frames), reaches=reaches, gazes=_gazes(draft, spaces, time),
    )  # fmt: skip
    key = None
    if draft.key is not None:
        key = max(0, round(draft.key[0] * FPS)), min(scene.frames, round(draft.key[1] * FPS) + 1)
    radii = tuple(thing.radius for thing in draft.things.values())
    holds = tuple(_holds(draft, spaces, time, things))
    planted = scene.planted & (feet_weight > 0.999)
    return Planned(draft, plan, planted, holds, scene.rotations, scene.root, key, scene.bases, radii)


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))


def _with_postures(
    draft: Draft, scene: Choreography, time: np.ndarray, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """The bases with the draft's postures and a little unrest, arms clear of their own body.

    Local quaternions (P, T, 22, 4), root (P, T, 3).
    """
    rotations, root = scene.rotations.clone(), scene.root.clone()
    for who in range(draft.people):
        values = {name: natural_noise(rng, len(time), FPS) * size for name, size in RESTLESS.items()}
        extra = np.zeros((len(time), NUM_JOINTS, 3))
        for posture in (p for p in draft.postures if p.who == who):
            strength = ramp(time, posture.when)
            if posture.beat is not None:
                strength = strength * np.sin(2 * np.pi * posture.beat.rate * _since(time, posture.when))
            for name, value in posture.values.items():
                values[name] = values.get(name, 0.0) + value * strength
            for joint, vector in posture.joints.items():
                extra[:, JOINT[joint]] += strength[:, None] * np.array(vector)
        offsets, shift = posture_offsets(values, len(time))
        turned = axis_angle_to_quaternion(_tensor(offsets + extra))
        rotations[who] = quaternion_multiply(rotations[who], turned)
        heading = scene.paths[who][:, 2]
        moved = turn(np.stack((-shift[:, 0], -shift[:, 1], 0 * heading), axis=1), heading)
        root[who] = root[who] + _tensor(moved)
        rotations[who] = arms_clear(rotations[who], root[who])
    return rotations, root


def _since(time: np.ndarray, when: tuple[float, float, float, float]) -> np.ndarray:
    """Seconds since a ramp began to rise; since the start where it always was."""
    return time - when[0] if np.isfinite(when[0]) else time


def _things(draft: Draft, spaces: Spaces, time: np.ndarray) -> Tensor:
    """Place and quaternion (K, T, 7) of the draft's things; they turn with the meeting."""
    out = []
    for name, thing in draft.things.items():
        place: np.ndarray | None = None
        for target, when in thing.path:
            if target.frame is None:
                raise ValueError(f"{draft.name}: the way of {name!r} must be places in a frame (at:)")
            here = spaces.point(target.frame, target.frame_of, target.position)
            share = ramp(time, when)[:, None]
            place = here if place is None else place * (1 - share) + here * share
        yaw = spaces.of("meeting", 0)[:, 2]
        turned = np.stack((np.cos(yaw / 2), 0 * yaw, np.sin(yaw / 2), 0 * yaw), axis=1)
        out.append(np.concatenate((place, turned), axis=1))
    return _tensor(np.stack(out)) if out else torch.zeros(0, len(time), 7)


def _reach(draft: Draft, spaces: Spaces, time: np.ndarray, who: int, part: str, entries: list[DraftReach]) -> Reach:
    """All that one point of one person reaches for."""
    shares = np.stack([ramp(time, entry.when) for entry in entries])
    shares = shares / np.maximum(shares.sum(0), 1.0)
    arc = np.zeros((len(time), 3))
    targets = []
    for entry, share in zip(entries, shares, strict=True):
        bulge = (4 * share * (1 - share))[:, None]
        arc += bulge * turn(np.broadcast_to(np.array(entry.arc, float), (len(time), 3)), spaces.paths[who][:, 2])
        targets.append(_target(draft, spaces, time, who, entry.target, share, entry.beat, entry.when))
    return Reach(who, POINTS[part], tuple(targets), _tensor(arc)[None])


def _target(
    draft: Draft, spaces: Spaces, time: np.ndarray, who: int, target: DraftTarget, share: np.ndarray,
    beat: Beat | None = None, when: tuple[float, float, float, float] | None = None,
) -> Target:  # fmt: skip
    """A draft's target as tensors (1, T, ...)."""
    frames = len(time)
    off = target.gap + target.clear * 4 * share * (1 - share)
    sway = np.zeros((frames, 3))
    if beat is not None and when is not None:
        tap, sway = _beating(time, beat, when)
        off = off + tap
    palm = None if target.palm is None else np.array(target.palm, float)
    fingers = None if target.fingers is None else np.array(target.fingers, float)
    if target.frame is not None:
        carrier = Carrier()
        position = spaces.point(target.frame, target.frame_of, np.array(target.position) + sway)
        normal = 0 * position if palm is None else spaces.direction(target.frame, target.frame_of, tuple(palm))
        along = 0 * position if fingers is None else spaces.direction(target.frame, target.frame_of, tuple(fingers))
        position = position - normal * off[:, None]
    else:
        if target.thing is not None:
            carrier = Carrier(thing=list(draft.things).index(target.thing))
            out = np.zeros(3) if palm is None else -rest_axes(palm)
            origin, radius = np.zeros(3), draft.things[target.thing].radius
        else:
            point = POINTS[target.point]
            carrier = Carrier(person=target.owner, joint=point.joint)
            out, origin, radius = np.array(point.normal), np.array(point.offset), 0.0
        facing = -out if palm is None else rest_axes(palm)
        shifted = origin + np.stack([rest_axes(s) for s in np.array(target.position) + sway])
        position = shifted + out * (off + radius)[:, None]
        normal = np.broadcast_to(facing, (frames, 3))
        along = np.broadcast_to(np.zeros(3) if fingers is None else rest_axes(fingers), (frames, 3))
    one = np.ones(frames)
    palm_weight = one * target.palm_weight * (1.0 if np.any(normal) else 0.0)
    fingers_weight = one * target.fingers_weight * (1.0 if np.any(along) else 0.0)
    values = (share, position, normal, palm_weight, along, fingers_weight)
    return Target(carrier, *(_tensor(np.asarray(value))[None] for value in values))


def _beating(time: np.ndarray, beat: Beat, when: tuple[float, float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """What a beat adds during the hold: metres off the surface (T,), and to and fro (T, 3) in the target's frame."""
    start = when[1] if np.isfinite(when[1]) else time[0]
    end = when[2] if np.isfinite(when[2]) else time[-1] + _BEAT_EASE  # one that goes on does not come to rest
    if beat.times is not None:
        end = min(end, start + beat.times / beat.rate)
    phase = np.pi * beat.rate * (time - start)
    inside = (time > start) & (time < end)
    tap = np.where(inside, beat.gap * np.sin(phase) ** 2, 0.0)
    if beat.by is None:
        return tap, np.zeros((len(time), 3))
    ease = minimum_jerk(time, start, start + _BEAT_EASE) * (1 - minimum_jerk(time, end - _BEAT_EASE, end))
    return tap, (ease * np.sin(2 * phase))[:, None] * np.array(beat.by)


def _gazes(draft: Draft, spaces: Spaces, time: np.ndarray) -> tuple[Gaze, ...]:
    """Where everybody looks; a later look of the draft covers an earlier one."""
    gazes = []
    for who in range(draft.people):
        looks: list[tuple[DraftTarget | None, np.ndarray]] = []
        for look in (look for look in draft.looks if look.who == who):
            share = ramp(time, look.when)
            looks = [(target, weight * (1 - share)) for target, weight in looks] + [(look.target, share)]
        for target, weight in looks:
            if target is not None:
                gazes.append(Gaze(who, _target(draft, spaces, time, who, target, weight)))
    return tuple(gazes)


def _holds(draft: Draft, spaces: Spaces, time: np.ndarray, things: Tensor) -> Iterator[Hold]:
    """Who touches whom, with what and when, in frames, each pair once; and where the touch belongs."""
    seen: set[tuple] = set()
    for reach in draft.reaches:
        if reach.contact is None:
            continue
        other, part = reach.contact
        if (other, part, reach.who, reach.part) in seen:
            continue
        seen.add((reach.who, reach.part, other, part))
        off = np.zeros(len(time)) if reach.beat is None else _beating(time, reach.beat, reach.when)[0]
        start = reach.when[1] if np.isfinite(reach.when[1]) else -1.0
        held = (time >= start - 1e-6) & (time <= reach.when[2] + 1e-6) & (off < _TAP)
        share = ramp(time, reach.when)
        target = _target(draft, spaces, time, reach.who, reach.target, share, reach.beat, reach.when)
        edges = np.flatnonzero(np.diff(np.concatenate(([0], held.astype(int), [0]))))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            touch = Touch(reach.who, reach.part, other, part, int(first), int(last))
            if target.carrier.person is not None:
                yield Hold(touch, target.carrier.joint, target.position[0])
            elif target.carrier.thing is not None:
                place, turned = things[target.carrier.thing].split((3, 4), dim=-1)
                yield Hold(touch, None, place + quaternion_apply(turned, target.position[0]))
            elif other is not None:
                yield hold_between(touch, len(time), reach.target.gap)
            else:
                yield Hold(touch, None, target.position[0])


def _feet_weight(draft: Draft, time: np.ndarray) -> np.ndarray:
    """(P, T, 4) of FOOT_JOINTS: a leg that reaches for something is not held to the floor."""
    reached = np.zeros((draft.people, len(time), 4))
    for reach in draft.reaches:
        side = next((k for k, name in enumerate(("left", "right")) if reach.part.startswith(name)), None)
        if side is not None and reach.part.split("_", 1)[1] in ("sole", "toe", "instep", "knee", "shin", "thigh"):
            reached[reach.who, :, (side, side + 2)] += ramp(time, reach.when)
    return 1 - np.minimum(1, reached)


def _freedom(draft: Draft) -> np.ndarray:
    """(P, 22): 1, less for arms that have nothing to do, times what the draft says of a limb."""
    freedom = np.ones((draft.people, NUM_JOINTS))
    busy = {(reach.who, reach.part.split("_")[0]) for reach in draft.reaches}
    for who in range(draft.people):
        for side in ("left", "right"):
            if (who, side) not in busy:
                freedom[who, [JOINT[name] for name in LIMBS[f"{side}_arm"]]] *= IDLE
    for (who, group), times in draft.free.items():
        freedom[who, [JOINT[name] for name in LIMBS[group]]] *= times
    return freedom


def _balance(draft: Draft, frames: int) -> np.ndarray:
    weights = [BALANCE if weight is None else weight for weight in draft.balance]
    return np.repeat(np.array(weights)[:, None], frames, axis=1)


def _bones(rng: np.random.Generator) -> Tensor:
    """The bones (22, 3) of somebody: every other person is of another height and build than the common skeleton."""
    common = rng.random() < 0.5
    betas = np.clip(rng.normal(size=3) * TALLER, -2, 2)
    if common:
        return OFFSETS
    joints = torch.from_numpy(rest_joints(betas))
    return torch.stack([torch.zeros(3), *(joints[j] - joints[PARENTS[j]] for j in range(1, NUM_JOINTS))])
