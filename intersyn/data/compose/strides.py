"""Recorded walks made usable: straight, along +z, at a wanted speed, as long as wanted, up to a foot strike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.data.compose.floor_maps import FloorMap, move_body, move_feet, slow_down, straighten, stretch
from intersyn.data.compose.legs import feet_of, reach_feet
from intersyn.data.compose.looping import Cut, lengthened, window
from intersyn.data.store import Clip, ClipStore
from intersyn.foot_lock import lock_feet
from intersyn.rotations import quaternion_apply, quaternion_multiply, slerp, yaw_quaternion
from intersyn.skeleton import global_rotations, joints_from_global
from intersyn.timeline import DEFAULT_FPS

STRETCH = 1.15  # of the stride's length, at most
TEMPO = 1.15  # of the cadence, at most
STEADY = 0.82  # of the median speed, at least
SLOWEST = 0.4  # metres per second
SHORTEST = 40  # frames
STRAYS = 0.12  # metres from the arc that fits a path best, at most
TURNS = math.radians(40)  # of that arc over its length, at most
FADE = 6  # frames
AHEAD = 0.22  # metres of a striking foot before the other, at least
AFTER = 6  # frames kept after the last strike
BRAKING = (1.1, 0.75)  # metres before the last strike in which steps grow shorter, and what is left of their length


class Stride(NamedTuple):
    """A foot strike: frame, and foot (0 left, 1 right)."""

    frame: int
    foot: int


@dataclass(frozen=True)
class Walk:
    """A recorded walk along +z from z = 0: rotations (n, 22, 4), root (n, 3), contacts (n, 4), mean speed in m/s."""

    clip: Clip
    rotations: Tensor
    root: Tensor
    contacts: Tensor
    speed: float
    strikes: tuple[Stride, ...]

    @property
    def speeds(self) -> tuple[float, float]:
        """The slowest and the fastest the walk can be had at, m/s."""
        return self.speed / (STRETCH * TEMPO), self.speed * STRETCH * TEMPO

    def reaches(self, speed: float) -> bool:
        """Whether the walk can be had at this speed."""
        slowest, fastest = self.speeds
        return slowest <= speed <= fastest

    def steady(self, rng: np.random.Generator, frames: int, speed: float) -> tuple[Tensor, Tensor, Tensor]:
        """`frames` frames from the origin at `speed` m/s on average: rotations, root, contacts."""
        ratio = speed / self.speed
        # people change both in like proportion
        tempo = min(max(ratio**0.45, 1 / TEMPO), TEMPO)
        raw = math.ceil((frames - 1) * tempo) + 2
        if raw <= len(self.root):
            cut = window(int(rng.integers(len(self.root) - raw + 1)), raw)
        else:
            joints = joints_from_global(global_rotations(self.rotations), self.root)
            cut = lengthened((joints - self.root[:, None] * joints.new_tensor((1.0, 0, 1.0))).flatten(1), raw, FADE, 16)
        rotations, root, contacts = self._cut(cut)
        at = torch.arange(frames) * tempo
        rotations, root, contacts = _at(at, rotations, root, contacts)
        walked = float(root[-1, 2] - root[0, 2]) / (frames - 1) * DEFAULT_FPS
        root = root - root[0] * root.new_tensor((0.0, 0, 1.0))
        factor = min(max(speed / walked, 1 / STRETCH), STRETCH)
        return *_mapped(rotations, root, contacts, stretch(factor)), contacts

    def arrivals(self, distance: float, frames: int | None) -> list[tuple[int, Stride]]:
        """First frames and strikes of all parts of the walk that long; see `Bases.arriving`."""
        out = []
        for strike in self.strikes:
            if strike.frame + AFTER >= len(self.root):
                continue
            if frames is not None:
                begin = strike.frame - frames + 1
            else:
                far = self.root[strike.frame, 2] - self.root[: strike.frame, 2] >= distance + _lost()
                begin = int(far.nonzero()[-1]) if bool(far.any()) else -1
            if begin >= 0:
                out.append((begin, strike))
        return out

    def arriving(
        self, rng: np.random.Generator, distance: float, frames: int | None
    ) -> tuple[Tensor, Tensor, Tensor, Stride]:
        """Rotations, root, contacts from the origin to a strike and AFTER frames on, and that strike."""
        able = self.arrivals(distance, frames)
        begin, strike = able[rng.integers(len(able))]
        rows = slice(begin, strike.frame + AFTER + 1)
        rotations, root, contacts = self.rotations[rows], self.root[rows].clone(), self.contacts[rows]
        root[:, 2] -= root[0, 2].clone()
        last = strike.frame - begin
        floor = slow_down(float(root[last, 2]) + 0.25, *BRAKING)
        rotations, root = _mapped(rotations, root, contacts, floor)
        root[:, 2] -= root[0, 2].clone()
        return rotations, root, contacts, Stride(last, strike.foot)

    def _cut(self, cut: Cut) -> tuple[Tensor, Tensor, Tensor]:
        """The walk goes on where a pass ends: what it covers is added up from its speed."""
        step = self.root[:, 2].diff()
        step = torch.cat((step, step[-1:]))
        root = cut.positions(self.root)
        root[:, 2] = torch.cat((root.new_zeros(1), cut.positions(step)[:-1].cumsum(0)))
        return cut.rotations(self.rotations), root, cut.positions(self.contacts)


def read_walk(store: ClipStore, clip: Clip) -> Walk | None:
    """The steady part of a recorded walk made straight; None where it is short, wavers or turns."""
    rows = slice(clip.start, clip.start + clip.frames)
    rotations, root, contacts = store.rotations[rows], store.root[rows], store.contacts[rows]
    if len(root) < SHORTEST:
        return None
    speed = _smooth_speed(root)
    begin, length = max(runs(speed > STEADY * speed.median()), key=lambda run: run[1])
    if length < SHORTEST or float(speed.median()) < SLOWEST:
        return None
    rows = slice(begin, begin + length)
    rotations, root, contacts = rotations[rows], root[rows], contacts[rows]
    made = _straight(rotations, root, contacts)
    if made is None:
        return None
    rotations, root = made
    pace = float(root[-1, 2] - root[0, 2]) / (len(root) - 1) * DEFAULT_FPS
    return Walk(clip, rotations, root, contacts, pace, _strikes(rotations, root, contacts))


def runs(mask: Tensor) -> list[tuple[int, int]]:
    """Start and length of every run of True in a mask (T,)."""
    edges = F.pad(mask.int(), (1, 1)).diff()
    starts, ends = (edges > 0).nonzero()[:, 0], (edges < 0).nonzero()[:, 0]
    return [(int(a), int(b - a)) for a, b in zip(starts, ends, strict=True)]


def _lost() -> float:
    """Metres by which braking shortens a walk."""
    length, factor = BRAKING
    return (1 - factor) * length / 2


def _smooth_speed(root: Tensor) -> Tensor:
    """Speed (n,) in m/s over the floor, over a second each."""
    half = int(DEFAULT_FPS / 2)
    at = torch.arange(len(root))
    low, high = (at - half).clamp_min(0), (at + half).clamp_max(len(root) - 1)
    return (root[high] - root[low])[:, ::2].norm(dim=-1) / (high - low) * DEFAULT_FPS


def _straight(rotations: Tensor, root: Tensor, contacts: Tensor) -> tuple[Tensor, Tensor] | None:
    """The path's best arc is laid on the z axis, from z = 0 on."""
    way = root[-1] - root[0]
    turn = -torch.atan2(way[0], way[2])
    middle = root[len(root) // 2]
    level = root.new_tensor((1.0, 0, 1.0))
    root = quaternion_apply(yaw_quaternion(turn), root - middle * level)
    z = root[:, 2].double().numpy()
    a, b, c = np.polyfit(z, root[:, 0].double().numpy(), 2)
    if abs(math.atan(2 * a * z[-1]) - math.atan(2 * a * z[0])) > TURNS:
        return None
    # heading and curvature where the arc passes the middle
    slope = math.atan(b)
    turn = turn - slope
    root = quaternion_apply(yaw_quaternion(root.new_tensor(-slope)), root - root.new_tensor((c, 0.0, 0.0)))
    rotations = rotations.clone()
    rotations[:, 0] = quaternion_multiply(yaw_quaternion(turn).expand(len(root), 4), rotations[:, 0])
    curve = 2 * a / (1 + b * b) ** 1.5
    rotations, root = _mapped(rotations, root, contacts, straighten(curve))
    if float(root[:, 0].abs().max()) > STRAYS:
        return None
    root = root - torch.stack((root[:, 0].mean(), root.new_zeros(()), root[0, 2]))
    return rotations, root


def _mapped(rotations: Tensor, root: Tensor, contacts: Tensor, floor: FloorMap) -> tuple[Tensor, Tensor]:
    """Body and feet on a mapped floor, planted feet held still."""
    feet = move_feet(feet_of(rotations, root), floor)
    rotations, root = move_body(rotations, root, floor)
    return lock_feet(reach_feet(rotations, root, feet), root, contacts), root


def _strikes(rotations: Tensor, root: Tensor, contacts: Tensor) -> tuple[Stride, ...]:
    """Frames in which a foot comes down before the other and stays."""
    feet = feet_of(rotations, root)
    down = contacts.unflatten(-1, (2, 2)).amax(-2) > 0.5  # (n, leg)
    out = []
    for frame in range(1, len(root) - 3):
        for foot in (0, 1):
            lands = bool(down[frame : frame + 3, foot].all()) and not bool(down[frame - 1, foot])
            if lands and feet[frame, foot, 2] - feet[frame, 1 - foot, 2] > AHEAD:
                out.append(Stride(frame, foot))
    return tuple(out)


def _at(at: Tensor, rotations: Tensor, root: Tensor, contacts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The walk at frames that may lie between its own."""
    low = at.long().clamp_max(len(root) - 2)
    weight = (at - low)[:, None]
    return (
        slerp(rotations[low], rotations[low + 1], weight[..., None]),
        torch.lerp(root[low], root[low + 1], weight),
        torch.lerp(contacts[low], contacts[low + 1], weight),
    )
