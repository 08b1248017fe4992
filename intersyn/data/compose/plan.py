"""A plan: everything the solver is told about a clip, as tensors.

People start from real motion and shall reach targets. Targets are general: a way through space, or a point that a
person's joint or a thing carries. N clips, P people, T frames at 20 fps; metres, y up, floor at 0, one world per clip.
Quaternions are (w, x, y, z).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from intersyn.body.points import BodyPoint

FPS = 20.0


@dataclass(frozen=True)
class Carrier:
    """What a target moves with: a joint of a person, a thing, or (both None) nothing."""

    person: int | None = None
    joint: int = 0
    thing: int | None = None


@dataclass(frozen=True)
class Target:
    """Where a point shall be, in the rest frame of its carrier or in the world.

    weight (N, T): the target's share, 0..1. position (N, T, 3). normal, fingers (N, T, 3): unit directions that the
    point's own normal and long axis shall take, 0 where they are free; their weights (N, T).
    """

    carrier: Carrier
    weight: Tensor
    position: Tensor
    normal: Tensor
    normal_weight: Tensor
    fingers: Tensor
    fingers_weight: Tensor


@dataclass(frozen=True)
class Reach:
    """One point of one person follows its targets, blended by their weights; what is left of 1 is the base's way.

    arc (N, T, 3): metres by which the way bows out, world.
    """

    person: int
    point: BodyPoint
    targets: tuple[Target, ...]
    arc: Tensor


@dataclass(frozen=True)
class Gaze:
    """A person looks at a target's position; weight in the target."""

    person: int
    target: Target


@dataclass(frozen=True)
class Plan:
    """rotations (N, P, T, 22, 4) local and root (N, P, T, 3): the base, already on its way, with its posture.

    feet (N, P, T, 4, 3): where the joints of FOOT_JOINTS shall be; feet_weight (N, P, T, 4).
    freedom (N, P, 22): how readily each joint leaves the base, times the solver's sigma.
    balance (N, P, T): weight of the centre of mass over the feet. yields (N, P): share of a collision's push that moves
    a person. things (N, K, T, 7): place and quaternion of K things. offsets (N, P, 22, 3): bones.
    mask (N, T): 1 in frames that are part of the clip.
    """

    rotations: Tensor
    root: Tensor
    feet: Tensor
    feet_weight: Tensor
    freedom: Tensor
    balance: Tensor
    yields: Tensor
    things: Tensor
    offsets: Tensor
    mask: Tensor
    reaches: tuple[Reach, ...]
    gazes: tuple[Gaze, ...]

    def signature(self) -> tuple:
        """What two plans must share to be solved together: everything but numbers."""
        reaches = tuple((r.person, r.point, tuple(t.carrier for t in r.targets)) for r in self.reaches)
        gazes = tuple((g.person, g.target.carrier) for g in self.gazes)
        return self.root.shape[1], self.things.shape[1], reaches, gazes

    @property
    def frames(self) -> int:
        return self.root.shape[2]

    def restarted(self, rotations: Tensor, root: Tensor) -> Plan:
        """The same plan from another start: local quaternions (N, P, T, 22, 4) and pelvis (N, P, T, 3)."""
        return replace(self, rotations=rotations, root=root)

    def clips(self, rows: Tensor) -> Plan:
        """Some clips of a batch: indices (n), or a mask (N)."""
        return _rows(self, rows)


# Where time is in each field's shape; fields that are not named have none.
_TIME = {"rotations": 2, "root": 2, "feet": 2, "feet_weight": 2, "balance": 2, "things": 2, "mask": 1}


def stack(plans: list[Plan]) -> Plan:
    """Several plans of one signature as one batch; shorter ones stand still at their end, masked.

    Raises `ValueError` where they differ in more than numbers.
    """
    if not plans or any(plan.signature() != plans[0].signature() for plan in plans):
        raise ValueError(f"{len(plans)} plans cannot be solved together: they differ in more than numbers")
    frames = max(plan.frames for plan in plans)

    def joined(values: list[Tensor], axis: int | None) -> Tensor:
        return torch.cat([value if axis is None else _held(value, axis, frames) for value in values])

    def targets(many: list[Target]) -> Target:
        names = [field.name for field in fields(Target) if field.name != "carrier"]
        return Target(many[0].carrier, **{name: joined([getattr(t, name) for t in many], 1) for name in names})

    tensors = {
        field.name: joined([getattr(plan, field.name) for plan in plans], _TIME.get(field.name))
        for field in fields(Plan)
        if field.name not in ("reaches", "gazes", "mask")
    }
    mask = torch.cat([torch.nn.functional.pad(plan.mask, (0, frames - plan.frames)) for plan in plans])
    reaches = tuple(
        Reach(
            some[0].person,
            some[0].point,
            tuple(targets(list(same)) for same in zip(*(r.targets for r in some), strict=True)),
            joined([r.arc for r in some], 1),
        )
        for some in zip(*(plan.reaches for plan in plans), strict=True)
    )
    gazes = tuple(
        Gaze(some[0].person, targets([g.target for g in some])) for some in zip(*(p.gazes for p in plans), strict=True)
    )
    return Plan(**tensors, mask=mask, reaches=reaches, gazes=gazes)


def _rows(value: Any, rows: Tensor) -> Any:
    if isinstance(value, Tensor):
        return value[rows]
    if isinstance(value, tuple):
        return tuple(_rows(item, rows) for item in value)
    if isinstance(value, (Plan, Reach, Gaze, Target)):
        return replace(value, **{field.name: _rows(getattr(value, field.name), rows) for field in fields(value)})
    return value


def _held(value: Tensor, axis: int, frames: int) -> Tensor:
    """The tensor with its last frame repeated up to `frames`."""
    missing = frames - value.shape[axis]
    if not missing:
        return value
    last = value.narrow(axis, value.shape[axis] - 1, 1)
    return torch.cat((value, last.expand(*value.shape[:axis], missing, *value.shape[axis + 1 :])), axis)
