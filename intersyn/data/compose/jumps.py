"""Jumps: down, up off the floor, a free flight, and a landing that gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intersyn.data.compose.curves import minimum_jerk, quintic

GRAVITY = 9.81
TIPTOE = 0.6  # radians the heel is raised by when the toes leave the floor
STRETCHED = 0.065  # metres the pelvis is above its standing height then
LANDED = 0.035  # the same when the toes touch the floor again
TUCK = 0.03  # metres the feet come nearer to the pelvis at the top


@dataclass(frozen=True)
class Jump:
    """Leaves the floor at `time` s and rises by `height` metres. Raises `ValueError` where it does not rise."""

    time: float
    height: float

    def __post_init__(self) -> None:
        if self.height <= 0:
            raise ValueError(f"a jump needs a height, got {self.height} m")

    @property
    def speed(self) -> float:
        """Metres per second upwards on leaving the floor."""
        return math.sqrt(2 * GRAVITY * self.height)

    @property
    def flight(self) -> float:
        """Seconds in the air: up from STRETCHED, down to LANDED."""
        down = math.sqrt(2 * (self.height + STRETCHED - LANDED) / GRAVITY)
        return self.speed / GRAVITY + down

    @property
    def crouch(self) -> float:
        """Metres the pelvis goes down before."""
        return min(0.14 + 0.5 * self.height, 0.32)

    @property
    def push(self) -> float:
        """Seconds from the deepest point until the feet leave the floor."""
        return 1.6 * (self.crouch + STRETCHED) / self.speed


def rise(jumps: Sequence[Jump], time: np.ndarray) -> np.ndarray:
    """Metres (T,) of the pelvis above its standing height."""
    out = np.zeros_like(time)
    for jump in jumps:
        leave, land = jump.time, jump.time + jump.flight
        falling = GRAVITY * jump.flight - jump.speed  # speed on landing
        bottom = leave - jump.push
        give = 0.85 * jump.crouch
        caught = land + 1.9 * (give + LANDED) / falling
        knots = (
            (bottom - 0.42, 0.0, 0.0, 0.0),
            (bottom, -jump.crouch, 0.0, 6.0),
            (leave, STRETCHED, jump.speed, -GRAVITY),
            (land, LANDED, -falling, -GRAVITY),
            (caught, -give, 0.0, 5.0),
            (caught + 0.55, 0.0, 0.0, 0.0),
        )
        for first, second in zip(knots, knots[1:], strict=False):
            inside = (time >= first[0]) & (time < second[0])
            out[inside] += quintic(time[inside], first, second)
    return out


def hop(jumps: Sequence[Jump], time: np.ndarray) -> np.ndarray:
    """(T, 2): metres the toes are off the floor, radians the heels are raised."""
    lift, pitch = np.zeros_like(time), np.zeros_like(time)
    for jump in jumps:
        leave, land = jump.time, jump.time + jump.flight
        t = np.clip(time - leave, 0, jump.flight)
        u = t / jump.flight
        # the pelvis flies; the toes hang below it as far as at both ends, drawn up a little between
        flown = jump.speed * t - 0.5 * GRAVITY * t**2
        lift += np.maximum(flown - u * (LANDED - STRETCHED) + TUCK * np.sin(math.pi * u) ** 2, 0) * (u < 1)
        up = minimum_jerk(time, leave - 0.6 * jump.push, leave + 0.02)
        eased = 1 - 0.55 * minimum_jerk(time, leave, land)
        pitch += TIPTOE * up * eased * (1 - minimum_jerk(time, land, land + 0.13))
    return np.stack((lift, pitch), -1)
