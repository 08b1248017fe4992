"""Footsteps: which foot goes where, when. A place is (x, z, yaw): metres and radians in the world."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Place = tuple[float, float, float]

LONGEST = 0.5  # metres that a step advances the body, at most
WIDEST = math.radians(50)  # that a step turns it, at most
SWING = 0.92  # of the time between two steps; the rest both feet stand
SWING_TIME = (0.28, 0.46)  # seconds of a swing, at least and at most
LIFT = (0.035, 0.09)  # metres, at least and at most


@dataclass(frozen=True)
class Footstep:
    """From `time` on, for `duration` seconds, a foot (0 left, 1 right) swings to where it belongs when the body stands
    at (x, z, yaw). lift: metres it is raised by on its way. Raises `ValueError` where that is no step.
    """

    time: float
    x: float
    z: float
    yaw: float
    foot: int
    duration: float
    lift: float

    def __post_init__(self) -> None:
        if self.foot not in (0, 1) or self.duration <= 0 or self.lift < 0:
            raise ValueError(f"a footstep needs foot 0 or 1, a duration and a lift of 0 or more, got {self}")

    @property
    def place(self) -> Place:
        return self.x, self.z, self.yaw

    @property
    def end(self) -> float:
        return self.time + self.duration


def between(start: Place, end: Place, share: float) -> Place:
    """The place that share of the way along, turning the shorter way."""
    turn = math.remainder(end[2] - start[2], math.tau)
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share, start[2] + turn * share)


def in_own_frame(place: Place, point: tuple[float, float]) -> tuple[float, float]:
    """A floor point (x, z) as (forward, left) of somebody who stands at `place`."""
    x, z, yaw = point[0] - place[0], point[1] - place[1], place[2]
    return math.sin(yaw) * x + math.cos(yaw) * z, math.cos(yaw) * x - math.sin(yaw) * z


def ahead_of(place: Place, forward: float, left: float, turn: float = 0.0) -> Place:
    """The place reached by going so far forward and to the left and then turning left."""
    x, z, yaw = place
    sine, cosine = math.sin(yaw), math.cos(yaw)
    return x + sine * forward + cosine * left, z + cosine * forward - sine * left, yaw + turn


def walk_steps(
    start: Place, end: Place, time: float, pace: float, rng: np.random.Generator, foot: int | None = None
) -> list[Footstep]:
    """Alternate steps from one place to another, `pace` seconds apart; the last one brings the feet together.

    Steps are as long as each other, LONGEST and WIDEST at most. The first foot, where it is not given, is the one on
    the side of the turn or of the way. Turns of more than half a circle have to be made in two parts.
    """
    forward, left = in_own_frame(start, end[:2])
    turn = math.remainder(end[2] - start[2], math.tau)
    distance = math.hypot(forward, left)
    advances = max(1, math.ceil(distance / LONGEST - 1e-9), math.ceil(abs(turn) / WIDEST - 1e-9))
    if foot is None:
        foot = _first_foot(distance, left, turn, rng)
    duration = _swing_time(pace)
    steps = []
    for k in range(advances + 1):
        place = between(start, end, min(1.0, (k + 1) / advances))
        travel = distance / advances * (1 if k in (0, advances) else 2)
        steps.append(Footstep(time + k * pace, *place, foot, duration, _lift(travel)))
        foot = 1 - foot
    return steps


def march_steps(place: Place, start: float, end: float, pace: float, lift: float, foot: int = 0) -> list[Footstep]:
    """Steps on the spot while there is time for them, feet lifted by `lift` metres, `pace` seconds apart.

    The left foot begins, so that a declaration's arms can swing against it; training mirrors every clip.
    """
    # a high lift takes the time there is
    duration = 0.95 * pace
    count = int((end - start - duration) / pace + 1e-9) + 1 if end - start >= duration else 0
    return [Footstep(start + k * pace, *place, (foot + k) % 2, duration, lift) for k in range(count)]


def orbit_steps(
    place: Place,
    centre: tuple[float, float],
    angle: float,
    travel: tuple[float, float],
    start: float,
    end: float,
    pace: float,
    foot: int,
) -> list[Footstep]:
    """Steps of somebody who goes round `centre` (x, z) by `angle` radians to the left while it travels by (x, z).

    Like a rigid body: who faced the centre goes on facing it. The last step brings the feet together at `end`.
    """
    if end <= start or pace <= 0:
        raise ValueError(f"orbiting from {start} to {end} s needs time and a pace, got a pace of {pace} s")
    count = max(2, round((end - start) / pace))
    pace = (end - start) / count
    duration = _swing_time(pace)
    steps = []
    for k in range(count):
        share = min(1.0, (k + 1) / (count - 1))
        goal = around(place, centre, angle * share, (travel[0] * share, travel[1] * share))
        reach = math.hypot(goal[0] - place[0], goal[1] - place[1]) / max(1, k + 1)
        steps.append(Footstep(start + k * pace, *goal, (foot + k) % 2, duration, _lift(reach)))
    return steps


def around(place: Place, centre: tuple[float, float], angle: float, travel: tuple[float, float] = (0.0, 0.0)) -> Place:
    """A place turned about `centre` by `angle` radians (to the left) and carried along by `travel`."""
    x, z = place[0] - centre[0], place[1] - centre[1]
    sine, cosine = math.sin(angle), math.cos(angle)
    turned = cosine * x + sine * z, -sine * x + cosine * z
    return centre[0] + turned[0] + travel[0], centre[1] + turned[1] + travel[1], place[2] + angle


def _first_foot(distance: float, left: float, turn: float, rng: np.random.Generator) -> int:
    """Going sideways or turning, the foot on that side first: the legs do not cross."""
    if abs(left) > 0.5 * distance and abs(left) > 0.05:
        return 0 if left > 0 else 1
    if abs(turn) > math.radians(15):
        return 0 if turn > 0 else 1
    return int(rng.integers(2))


def _swing_time(pace: float) -> float:
    return min(max(SWING * pace, SWING_TIME[0]), SWING_TIME[1])


def _lift(travel: float) -> float:
    """Longer steps are higher."""
    return min(max(LIFT[0] + 0.07 * travel, LIFT[0]), LIFT[1])
