"""Bases: real recordings that composed people start from. All of one store and split.

There are few recordings of people who stand and do nothing. But of somebody who waves with one hand, the other arm is
idle; two such recordings, one of either hand, make a person at rest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.data.compose.looping import Cut, lengthened, window
from intersyn.data.compose.strides import Stride, Walk, read_walk, runs
from intersyn.data.store import Clip, ClipStore
from intersyn.rotations import (
    heading_of,
    minimal_rotation,
    quaternion_apply,
    quaternion_conjugate,
    quaternion_multiply,
    quaternion_to_matrix,
    slerp,
    yaw_quaternion,
)
from intersyn.skeleton import (
    FOOT_JOINTS,
    FOOT_REST_HEIGHT,
    JOINT,
    global_rotations,
    joints_from_global,
    mirror_contacts,
    mirror_positions,
    mirror_rotations,
)
from intersyn.timeline import DEFAULT_FPS


class NoBase(ValueError):
    """The split has nobody who stands or walks as asked for; another draw may find somebody."""


STYLES = ("normal", "masculine", "feminine", "youthful")
SHORTEST = 40  # frames of a calm stretch
FOOT_SPEED = 0.15  # metres per second; likewise below
WRIST_SPEED = 0.35
HEAD_SPEED = 0.4
WRIST_HEIGHT, WRIST_OUT = 0.97, 0.25  # metres: lower than on the hip, and not held away from the shoulder
HEAD_BESIDE = 0.12  # metres of the head beside the pelvis, at most
# Chest and head are turned and tilted from the pelvis's heading by less than these angles.
UPRIGHT = (math.cos(math.radians(25)), math.cos(math.radians(35)))
FADE = 15  # frames
HEAD_TILT = math.radians(12)  # of a base's head on average, at most
CALM = 5  # frames over which speeds are averaged
_LEFT_ARM, _RIGHT_ARM = (
    [JOINT[f"{side}_{name}"] for name in ("collar", "shoulder", "elbow", "wrist")] for side in ("left", "right")
)
# Joints that say whether two moments of standing are alike.
_ALIKE = [JOINT[name] for name in ("pelvis", "spine3", "head", "right_elbow", "right_wrist")]


@dataclass(frozen=True)
class Base:
    """rotations (T, 22, 4) local, root (T, 3) metres, floor 0, contacts (T, 4) in 0..1; names of the recordings.

    strike: of a walk that arrives, the frame of the last foot strike and the foot (0 left, 1 right); frames after it
    are what the recording did next.
    """

    rotations: Tensor
    root: Tensor
    contacts: Tensor
    names: tuple[str, ...]
    style: str
    strike: Stride | None = None

    @property
    def frames(self) -> int:
        return len(self.root)


@dataclass(frozen=True)
class _Stretch:
    """Frames of a recording in which somebody stands, mirrored where the right arm is then the idle one."""

    clip: Clip
    mirrored: bool
    start: int  # row of the store
    frames: int


class Bases:
    """Standing and walking people of one split of a store. Random choices come from the generator that is given."""

    def __init__(self, store: ClipStore, split: str) -> None:
        """Finds the stretches in which people stand; walks are read when one is first asked for."""
        self._store = store
        clips = [clip for clip in store.clips if clip.split == split and clip.source in ("bandai", "cmu")]
        self._bodies, self._halves = _calm_stretches(store, [clip for clip in clips if clip.source == "bandai"])
        self._walkers = [clip for clip in clips if clip.action == "walk"]
        self.split = split

    @cached_property
    def _walks(self) -> list[Walk]:
        read = [read_walk(self._store, clip) for clip in self._walkers]
        return [walk for walk in read if walk is not None]

    def standing(self, rng: np.random.Generator, frames: int, styles: Sequence[str] = STYLES) -> Base:
        """Somebody at rest: faces +z on average, mean pelvis above the origin, feet still, arms idle.

        The body is of one recording, one arm of another of the same style; in a style whose arms are hardly ever idle
        both are of any of the styles. Recordings that are too short fade into an earlier moment of their own. Raises
        `ValueError` where none of the styles has two recordings with an idle arm.
        """
        asked, styles = styles, [style for style in styles if any(s.clip.style == style for s in self._bodies)]
        arms = self._enough([s for s in self._halves if s.clip.style in styles], frames)
        if not arms:
            raise NoBase(f"split {self.split!r} has no standing people with idle arms of styles {', '.join(asked)}")
        style = str(rng.choice(sorted(styles)))
        halves = [s for s in self._halves if s.clip.style == style and s.frames >= frames]
        if _recordings(halves) < 2:
            halves = []
        if halves:
            body = halves[rng.integers(len(halves))]
            sources = [body]
        else:
            # a style whose arms hardly ever hang gives the body, and both arms are others'
            bodies = self._enough([s for s in self._bodies if s.clip.style == style], frames, 1)
            body = bodies[rng.integers(len(bodies))]
            sources = [body, arms[rng.integers(len(arms))]]
        others = [s for s in halves or arms if s.clip.name != sources[-1].clip.name]
        sources.append(others[rng.integers(len(others))])
        rotations, root, contacts = self._play(body, frames, rng)
        if not halves:
            rotations[:, _RIGHT_ARM] = self._play(sources[1], frames, rng)[0][:, _RIGHT_ARM]
        # The other's idle right arm, mirrored, is a left one.
        rotations[:, _LEFT_ARM] = mirror_rotations(self._play(sources[-1], frames, rng)[0])[:, _LEFT_ARM]
        if rng.random() < 0.5:
            rotations, root, contacts = mirror_rotations(rotations), mirror_positions(root), mirror_contacts(contacts)
        rotations, root = _centred(_head_up(rotations), root)
        return Base(rotations, root, contacts, tuple(dict.fromkeys(s.clip.name for s in sources)), style)

    def walking(self, rng: np.random.Generator, frames: int, speed: float, styles: Sequence[str] = STYLES) -> Base:
        """A steady straight walk from the origin along +z at `speed` m/s on average.

        Stride length and cadence are each changed a little to meet the speed; short recordings repeat their strides.
        Raises `NoBase` where no recording comes near the speed.
        """
        able = [walk for walk in self._walks if walk.clip.style in styles and walk.reaches(speed)]
        if not able:
            raise NoBase(f"split {self.split!r} has nobody of styles {', '.join(styles)} who walks at {speed} m/s")
        walk = _by_style(rng, able)
        rotations, root, contacts = walk.steady(rng, frames, speed)
        return Base(rotations, root, contacts, (walk.clip.name,), walk.clip.style)

    def walkable(self, speed: float, styles: Sequence[str] = STYLES) -> float:
        """The speed nearest to `speed` (m/s) at which somebody of these styles can be had: small splits have few.

        Raises `ValueError` where nobody of them walks.
        """
        spans = [walk.speeds for walk in self._walks if walk.clip.style in styles]
        if not spans:
            raise ValueError(f"split {self.split!r} has nobody of styles {', '.join(styles)} who walks")
        return min((min(max(speed, low), high) for low, high in spans), key=lambda near: abs(near - speed))

    def arriving(
        self,
        rng: np.random.Generator,
        distance: float,
        styles: Sequence[str] = STYLES,
        frames: int | None = None,
    ) -> Base:
        """A real walk along +z that covers `distance` metres up to a foot strike, slowing down at the end.

        Starts at the origin. With `frames` the strike is in frame `frames` - 1 instead, whatever the distance. Six more
        frames follow the strike. Raises `NoBase` where no recording is that long.
        """
        able = [walk for walk in self._walks if walk.clip.style in styles and walk.arrivals(distance, frames)]
        if not able:
            length = f"{distance} m" if frames is None else f"{frames} frames"
            raise NoBase(f"split {self.split!r} has nobody of styles {', '.join(styles)} who walks {length}")
        walk = _by_style(rng, able)
        rotations, root, contacts, strike = walk.arriving(rng, distance, frames)
        return Base(rotations, root, contacts, (walk.clip.name,), walk.clip.style, strike)

    def windows(self, frames: int) -> dict[str, int]:
        """How many stretches of so many frames or more each style has in which an arm is idle."""
        return dict(Counter(s.clip.style for s in self._halves if s.frames >= frames))

    @staticmethod
    def _enough(found: list[_Stretch], frames: int, recordings: int = 2) -> list[_Stretch]:
        """Those of so many frames, or else the longer half of them; nothing where they are of too few recordings."""
        if _recordings(found) < recordings:
            return []
        if _recordings(long := [s for s in found if s.frames >= frames]) >= recordings:
            return long
        ordered = sorted(found, key=lambda s: -s.frames)
        fewest = next(k for k in range(len(ordered) + 1) if _recordings(ordered[:k]) >= recordings)
        return ordered[: max(fewest, len(ordered) // 2)]

    def _play(self, stretch: _Stretch, frames: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        rows = slice(stretch.start, stretch.start + stretch.frames)
        rotations, root, contacts = self._store.rotations[rows], self._store.root[rows], self._store.contacts[rows]
        if stretch.mirrored:
            rotations, root, contacts = mirror_rotations(rotations), mirror_positions(root), mirror_contacts(contacts)
        cut = self._cut(rotations, root, frames, rng)
        return cut.rotations(rotations), cut.positions(root), cut.positions(contacts)

    @staticmethod
    def _cut(rotations: Tensor, root: Tensor, frames: int, rng: np.random.Generator) -> Cut:
        if len(root) >= frames:
            return window(int(rng.integers(len(root) - frames + 1)), frames)
        joints = joints_from_global(global_rotations(rotations), root)[:, _ALIKE]
        return lengthened(joints.flatten(1), frames, FADE, max(FADE, len(root) // 3))


def _recordings(stretches: list[_Stretch]) -> int:
    """How many recordings they are of."""
    return len({stretch.clip.name for stretch in stretches})


def _by_style(rng: np.random.Generator, walks: list[Walk]) -> Walk:
    """Styles are equally likely, however many recordings they have."""
    style = rng.choice(sorted({walk.clip.style for walk in walks}))
    same = [walk for walk in walks if walk.clip.style == style]
    return same[rng.integers(len(same))]


def _head_up(rotations: Tensor) -> Tensor:
    """Local rotations (T, 22, 4) with the head tilted by HEAD_TILT on average at most: a tilt goes with a gesture."""
    joints = [JOINT["spine3"], JOINT["neck"], JOINT["head"]]
    chest, neck, head = global_rotations(rotations)[:, joints].unbind(1)
    up = F.normalize(quaternion_apply(head, head.new_tensor((0.0, 1.0, 0.0)).expand(len(head), 3)).mean(0), dim=0)
    tilt = float(torch.arccos(up[1].clamp(-1, 1)))
    if tilt <= HEAD_TILT:
        return rotations
    back = minimal_rotation(up, up.new_tensor((0.0, 1.0, 0.0)))
    upright = back.new_tensor((1.0, 0.0, 0.0, 0.0))
    share = 1 - HEAD_TILT / tilt
    # half of it in the neck
    neck = quaternion_multiply(slerp(upright, back, share / 2).expand_as(neck), neck)
    head = quaternion_multiply(slerp(upright, back, share).expand_as(head), head)
    rotations = rotations.clone()
    rotations[:, joints[1]] = quaternion_multiply(quaternion_conjugate(chest), neck)
    rotations[:, joints[2]] = quaternion_multiply(quaternion_conjugate(neck), head)
    return rotations


def _centred(rotations: Tensor, root: Tensor) -> tuple[Tensor, Tensor]:
    """Turned to face +z on average, the mean pelvis above the origin, the soles on the floor on average."""
    heading = heading_of(quaternion_to_matrix(rotations[:, 0]))
    back = yaw_quaternion(-torch.atan2(heading.sin().mean(), heading.cos().mean()))
    rotations = rotations.clone()
    rotations[:, 0] = quaternion_multiply(back.expand(len(root), 4), rotations[:, 0])
    root = quaternion_apply(back, root)
    feet = joints_from_global(global_rotations(rotations), root)[:, list(FOOT_JOINTS), 1]
    shift = root.mean(0)
    shift[1] = (feet - FOOT_REST_HEIGHT).mean()
    return rotations, root - shift


def _calm_stretches(store: ClipStore, clips: Sequence[Clip]) -> tuple[list[_Stretch], list[_Stretch]]:
    """Every stretch of SHORTEST frames or more in which somebody stands upright; and those with one arm idle."""
    if not clips:
        return [], []
    rows = torch.cat([torch.arange(clip.start, clip.start + clip.frames) for clip in clips])
    turns = global_rotations(store.rotations[rows])
    joints = joints_from_global(turns, store.root[rows])
    lengths = [clip.frames for clip in clips]
    feet = torch.stack([_speed(joints[:, j], lengths) for j in FOOT_JOINTS]).amax(0)
    beside = (joints[:, JOINT["head"]] - joints[:, JOINT["pelvis"]])[:, ::2].norm(dim=-1)
    nodding = _speed(joints[:, JOINT["head"]], lengths)
    still = (feet < FOOT_SPEED) & (nodding < HEAD_SPEED) & (beside < HEAD_BESIDE) & _facing_ahead(turns)

    def stretches(mask: Tensor, mirrored: bool = False) -> list[_Stretch]:
        each = zip(clips, mask.split(lengths), strict=True)
        return [_Stretch(c, mirrored, c.start + a, n) for c, part in each for a, n in runs(part) if n >= SHORTEST]

    halves = []
    for side in ("left", "right"):
        wrist = joints[:, JOINT[f"{side}_wrist"]]
        out = (wrist - joints[:, JOINT[f"{side}_shoulder"]])[:, ::2].norm(dim=-1)
        idle = (wrist[:, 1] < WRIST_HEIGHT) & (out < WRIST_OUT) & (_speed(wrist, lengths) < WRIST_SPEED)
        halves += stretches(still & idle, side == "left")
    return stretches(still), halves


def _facing_ahead(turns: Tensor) -> Tensor:
    """(F,) True where chest and head are upright and face where the pelvis does; global rotations (F, 22, 4)."""
    matrices = quaternion_to_matrix(turns[:, [0, JOINT["spine3"], JOINT["head"]]])
    heading = heading_of(matrices[:, 0])
    forward = torch.stack((heading.sin(), torch.zeros_like(heading), heading.cos()), -1)
    facing = (matrices[:, 1:, :, 2] * forward[:, None]).sum(-1)
    return (torch.minimum(facing, matrices[:, 1:, 1, 1]) > facing.new_tensor(UPRIGHT)).all(-1)


def _speed(places: Tensor, lengths: list[int]) -> Tensor:
    """Speed (F,) in m/s of points (F, 3) of recordings one after the other, averaged over CALM frames."""
    out = []
    for path in places.split(lengths):
        step = path.diff(dim=0).norm(dim=-1) * DEFAULT_FPS if len(path) > 1 else path.new_zeros(1)
        step = F.pad(step, (0, len(path) - len(step)))
        out.append(F.avg_pool1d(step[None, None], CALM, 1, CALM // 2, count_include_pad=False)[0, 0])
    return torch.cat(out)
