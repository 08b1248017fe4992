"""What a motion does frame by frame, to be plotted: jerk, distances between people, feet on the floor. Pure functions.

Joints are (P, T, 22, 3) of everybody in metres, in the world, y up, floor at 0. Every curve is (P, T), one row for each
person and one entry for each frame; NaN where there is nothing to measure (nobody else, no foot that stands, no frame
before). `ValueError` for other shapes and for numbers that are not finite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

import torch
from torch import Tensor

from intersyn.body.capsules import EVERYTHING, HANDS, capsule_ends, capsule_gap, pairs_of, penetration_depth
from intersyn.metrics.physics import check_fps, check_joints, flat_feet, joint_jerk, planted_steps
from intersyn.metrics.transitions import SEAM_RADIUS
from intersyn.motion import Motion
from intersyn.skeleton import JOINT, global_rotations
from intersyn.timeline import Timeline

PART = 1_000  # frames at a time: every capsule of one person against every one of another takes memory
REST_OF_BODY = tuple(k for k in EVERYTHING if k not in HANDS)


@dataclass(frozen=True)
class Curves:
    """All curves of a motion, each (P, T) unless it says otherwise; see the functions that make them."""

    fps: float
    jerk: Tensor  # m/s^3
    pelvis_distance: Tensor  # m
    hand_to_hand: Tensor  # m
    hand_to_body: Tensor  # m
    overlap: Tensor  # m
    planted: Tensor  # (P, T, 2) bool
    slide: Tensor  # m/s

    @property
    def people(self) -> int:
        return self.jerk.shape[0]

    @property
    def frames(self) -> int:
        return self.jerk.shape[1]

    @staticmethod
    def of(motion: Motion) -> Curves:
        joints = motion.joints()
        hands, rest = hand_gaps(joints, global_rotations(motion.quaternions()))
        return Curves(
            motion.fps, jerk(joints, motion.fps), pelvis_distance(joints), hands, rest, overlap(joints),
            planted(joints), slide(joints, motion.fps),
        )  # fmt: skip


def jerk(joints: Tensor, fps: float) -> Tensor:
    """Length in m/s^3 of the third derivative of position, mean over the joints of each person.

    Entry t is of frames t - 2 to t + 1, so that the one at a seam straddles it; the first two and the last are NaN.
    """
    _check(joints)
    check_fps(fps)
    out = joints.new_full(joints.shape[:2], torch.nan)
    if joints.shape[1] >= 4:
        out[:, 2:-1] = joint_jerk(joints, fps).mean(-1)
    return out


def pelvis_distance(joints: Tensor) -> Tensor:
    """Metres over the floor from each person's pelvis to the nearest other person's."""
    _check(joints)
    place = joints[:, :, JOINT["pelvis"], ::2]
    return _among(joints, lambda a, b: (place[a] - place[b]).norm(dim=-1), torch.minimum)


def hand_gaps(joints: Tensor, rotations: Tensor) -> tuple[Tensor, Tensor]:
    """Metres from the skin of each person's nearer hand to others' hands, and to the rest of others' bodies.

    Both (P, T), of bodies as capsules; negative where they overlap. rotations (P, T, 22, 4): global quaternions, which
    say where the hands are turned.
    """
    _check(joints)
    if rotations.shape != (*joints.shape[:-1], 4):
        raise ValueError(f"rotations must be {(*joints.shape[:-1], 4)}, got {tuple(rotations.shape)}")
    starts, ends = capsule_ends(joints, rotations)

    def gap(others: Sequence[int]) -> Tensor:
        pairs = pairs_of(HANDS, others)
        return _among(
            joints,
            lambda a, b: capsule_gap((starts[a], ends[a]), (starts[b], ends[b]), pairs).amin(-1),
            torch.minimum,
        )

    return gap(HANDS), gap(REST_OF_BODY)


def overlap(joints: Tensor) -> Tensor:
    """Metres by which each person is inside another at the deepest, as capsules; 0 where they are apart."""

    def depth(a: int, b: int) -> Tensor:
        parts = zip(joints[a].split(PART), joints[b].split(PART), strict=True)
        return torch.cat([penetration_depth(of_a, of_b).amax((-2, -1)) for of_a, of_b in parts])

    return _among(joints, depth, torch.maximum)


def planted(joints: Tensor) -> Tensor:
    """(P, T, 2) True where the left, the right foot lies flat on the floor, by the heights of ankle and toe alone."""
    _check(joints)
    return flat_feet(joints)[..., :2]


def slide(joints: Tensor, fps: float) -> Tensor:
    """Speed in m/s over the floor of the feet that stand: mean over the foot joints planted now and a frame before."""
    _check(joints)
    check_fps(fps)
    out = joints.new_full(joints.shape[:2], torch.nan)
    if joints.shape[1] >= 2:
        step, held = planted_steps(joints, flat_feet(joints))
        out[:, 1:] = (step * held).sum(-1) / held.sum(-1) * fps  # 0 / 0 is NaN: no foot stands
    return out


def together_frames(timeline: Timeline | None, frames: int) -> Tensor:
    """(T,) True in the frames of interactions; nowhere without a timeline."""
    out = torch.zeros(frames, dtype=torch.bool)
    for segment in timeline.segments if timeline else ():
        if any(part.is_interaction for part in segment.parts):
            out[segment.start : segment.end] = True
    return out


def seam_frames(timeline: Timeline | None, frames: int) -> Tensor:
    """(T,) True within `SEAM_RADIUS` frames of a seam; nowhere without a timeline."""
    out = torch.zeros(frames, dtype=torch.bool)
    for seam in timeline.boundaries if timeline else ():
        out[max(0, seam - SEAM_RADIUS) : seam + SEAM_RADIUS + 1] = True
    return out


@dataclass(frozen=True)
class Extent:
    """The least, mean and greatest value of a curve, and the frame of the greatest."""

    least: float
    mean: float
    most: float
    at: int

    @staticmethod
    def of(curve: Tensor) -> Extent | None:
        """Of a curve (T,), NaN left out; None where nothing else is in it."""
        if curve.ndim != 1:
            raise ValueError(f"a curve must be (T,), got {tuple(curve.shape)}")
        known = curve[~curve.isnan()]
        if not known.numel():
            return None
        at = int(curve.nan_to_num(-torch.inf).argmax())
        return Extent(float(known.min()), float(known.mean()), float(known.max()), at)


def spells(inside: Tensor) -> list[tuple[int, int]]:
    """The runs [start, end) of True in (T,)."""
    if inside.ndim != 1:
        raise ValueError(f"needs (T,), got {tuple(inside.shape)}")
    edges = torch.nn.functional.pad(inside.int(), (1, 1)).diff()
    starts, ends = (torch.nonzero(edges == sign).flatten().tolist() for sign in (1, -1))
    return list(zip(starts, ends, strict=True))


def _among(joints: Tensor, of_pair: Callable[[int, int], Tensor], choose: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """For each person what `choose` makes of their figures (T,) with each other one: (P, T), NaN for one person."""
    _check(joints)
    people = range(len(joints))
    out = joints.new_full(joints.shape[:2], torch.nan)
    for a, b in permutations(people, 2):
        found = of_pair(a, b)
        out[a] = found if out[a].isnan().all() else choose(out[a], found)
    return out


def _check(joints: Tensor) -> None:
    check_joints(joints)
    if joints.ndim != 4:
        raise ValueError(f"joints must be (P, T, 22, 3), got {tuple(joints.shape)}")
