"""How feet travel: heel first off the floor, over it, and down again, each foot a rigid body."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from intersyn.data.compose.curves import minimum_jerk
from intersyn.data.compose.footsteps import Footstep, Place
from intersyn.skeleton import FOOT_REST_HEIGHT, JOINT, OFFSETS

ANKLE, TOE = float(FOOT_REST_HEIGHT[0]), float(FOOT_REST_HEIGHT[2])  # metres above the sole
RISE = ANKLE - TOE
LENGTH = math.sqrt(float(OFFSETS[JOINT["left_foot"]].square().sum()) - RISE**2)  # ankle to toe along the floor
HEEL_OFF = 0.12  # seconds by which the heel leaves the floor before the toe
TOE_DOWN = 0.1  # seconds after the landing until the foot lies flat


def stance_tracks(start: Place, footsteps: Sequence[Footstep], time: np.ndarray) -> np.ndarray:
    """Where the body would stand whose foot is where each foot is: (2, T, 3) of x, z, yaw; yaw is not wrapped."""
    tracks = np.repeat(np.repeat(np.array(start, float)[None, None], len(time), 1), 2, 0)
    for step in sorted(footsteps, key=lambda s: s.time):
        track = tracks[step.foot]
        here = track[-1].copy()
        way = np.array(step.place) - here
        way[2] = math.remainder(way[2], math.tau)
        track += way * minimum_jerk(time, step.time, step.end)[:, None]
    return tracks


def foot_path(
    tracks: np.ndarray, rest: np.ndarray, footsteps: Sequence[Footstep], foot: int, time: np.ndarray, hop: np.ndarray
) -> np.ndarray:
    """Ankle and toe (T, 2, 3) of one foot in metres.

    tracks (T, 3) of that foot; rest: (x, z, yaw) of the toe of the standing foot in the body's frame; hop (T, 2): how
    far the toe is off the floor, and radians the heel is raised, besides steps.
    """
    yaw = tracks[:, 2]
    x = tracks[:, 0] + np.cos(yaw) * rest[0] + np.sin(yaw) * rest[1]
    z = tracks[:, 1] - np.sin(yaw) * rest[0] + np.cos(yaw) * rest[1]
    lift, pitch = hop[:, 0].copy(), hop[:, 1].copy()
    yaw = yaw + rest[2]
    for step in footsteps:
        if step.foot != foot:
            continue
        first, last = np.searchsorted(time, (step.time, step.end)).clip(0, len(time) - 1)
        heading = yaw[first]
        dx, dz = x[last] - x[first], z[last] - z[first]
        up, tip = _swing(step, math.sin(heading) * dx + math.cos(heading) * dz, time)
        lift, pitch = lift + up, pitch + tip
    # With its heel up a foot turns about the toe, with its toe up about the ankle.
    toe = TOE + lift + LENGTH * np.sin(np.maximum(-pitch, 0)) + RISE * (1 - np.cos(np.minimum(pitch, 0)))
    back = LENGTH * np.cos(pitch) - RISE * np.sin(pitch)
    ankle = toe + RISE * np.cos(pitch) + LENGTH * np.sin(pitch)
    ahead = np.where(pitch < 0, back - LENGTH, 0.0)
    x, z = x + np.sin(yaw) * ahead, z + np.cos(yaw) * ahead
    toes = np.stack((x, toe, z), -1)
    ankles = np.stack((x - np.sin(yaw) * back, ankle, z - np.cos(yaw) * back), -1)
    return np.stack((ankles, toes), 1)


def _swing(step: Footstep, forward: float, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Metres the toe is lifted and radians the heel is raised, each (T,), on a step so far forward (backward < 0)."""
    u = np.clip((time - step.time) / step.duration, 0, 1)
    lift = 0.75 * step.lift * np.sin(math.pi * u) ** 2
    # Off the floor over the toes; forwards down with the heel first, backwards with the toe.
    off = math.radians(14) + math.radians(30) * min(abs(forward) / 0.6, 1) + 1.2 * step.lift
    land = math.radians(5) + math.radians(9) * min(forward / 0.6, 1) if forward > 0.05 else 0.0
    if forward < -0.05:
        off, land = 0.6 * off, -(math.radians(10) + math.radians(14) * min(-forward / 0.6, 1))
    pitch = off * _bump(time, step.time - HEEL_OFF, step.time + 0.62 * step.duration)
    return lift, pitch - land * _bump(time, step.time + 0.55 * step.duration, step.end + TOE_DOWN)


def _bump(time: np.ndarray, start: float, end: float) -> np.ndarray:
    u = np.clip((time - start) / (end - start), 0, 1)
    return np.sin(math.pi * u) ** 2
