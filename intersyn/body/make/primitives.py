"""Signed distances of simple solids: negative inside, metres, exact enough near the surface to be blended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator

Vector = tuple[float, float, float]


def smooth_minimum(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """min(a, b), rounded by a cubic where they differ by less than `width`: the union of two solids with a fillet."""
    near = np.maximum(width - np.abs(a - b), 0) / width
    return np.minimum(a, b) - near * near * near * (width / 6)


@dataclass(frozen=True)
class HalfSpace:
    """All points p with normal . p < offset; normal is a unit vector."""

    normal: Vector
    offset: float

    def distance(self, points: np.ndarray) -> np.ndarray:
        """(N,) of points (N, 3)."""
        return sum(points[:, k] * self.normal[k] for k in range(3)) - self.offset


@dataclass(frozen=True)
class Ellipsoid:
    """Along the axes, or tilted about x through its centre, by degrees that turn y towards z."""

    centre: Vector
    radii: Vector
    tilt: float = 0.0

    def distance(self, points: np.ndarray) -> np.ndarray:
        """(N,) of points (N, 3): exact on the surface, first order beside it."""
        x, y, z = (points[:, k] - self.centre[k] for k in range(3))
        cos, sin = np.cos(np.radians(self.tilt)), np.sin(np.radians(self.tilt))
        scaled = [axis / radius for axis, radius in zip((x, cos * y + sin * z, cos * z - sin * y), self.radii)]
        level = np.sqrt(sum(axis * axis for axis in scaled))
        slope = np.sqrt(sum((axis / radius) ** 2 for axis, radius in zip(scaled, self.radii)))
        return level * (level - 1) / np.maximum(slope, 1e-9)


@dataclass(frozen=True)
class RoundCone:
    """The hull of two balls."""

    start: Vector
    end: Vector
    start_radius: float
    end_radius: float

    def distance(self, points: np.ndarray) -> np.ndarray:
        """(N,) of points (N, 3), exact."""
        start, end = np.array(self.start), np.array(self.end)
        length = float(np.sqrt(((end - start) ** 2).sum()))
        axis = (end - start) / length
        sine = (self.start_radius - self.end_radius) / length  # of the angle between axis and flank
        cosine = np.sqrt(1 - sine * sine)
        offset = points - start
        along = sum(offset[:, k] * axis[k] for k in range(3))
        across = np.sqrt(np.maximum(sum(offset[:, k] ** 2 for k in range(3)) - along * along, 0))
        lean = along - across * sine / cosine  # where the flank's normal through the point meets the axis
        first = np.sqrt(across**2 + along**2) - self.start_radius
        last = np.sqrt(across**2 + (along - length) ** 2) - self.end_radius
        flank = across * cosine + along * sine - self.start_radius
        return np.where(lean < 0, first, np.where(lean > length, last, flank))


class Section(NamedTuple):
    """A slice of a loft, at `at` along its axis. u and v are the other two axes in the order x, y, z.

    u, v: the centre. u_plus to v_minus: how far the outline reaches from there each way. roundness: exponent of the
    superellipse, 2 for an ellipse, more for rounder-cornered boxes.
    """

    at: float
    u: float
    v: float
    u_plus: float
    u_minus: float
    v_plus: float
    v_minus: float
    roundness: float = 2.1


@dataclass(frozen=True)
class Loft:
    """A solid through sections along axis 0, 1 or 2, monotone cubics between them, closed by ellipsoidal caps.

    caps: metres by which these reach beyond the first and the last section.
    """

    axis: int
    sections: tuple[Section, ...]
    caps: tuple[float, float]

    def distance(self, points: np.ndarray) -> np.ndarray:
        """(N,) of points (N, 3): exact on the surface, first order across the axis."""
        table = np.array(self.sections)
        along = points[:, self.axis]
        low, high = table[0, 0], table[-1, 0]
        outline = PchipInterpolator(table[:, 0], table[:, 1:])(np.clip(along, low, high))
        u, v = (points[:, k] for k in range(3) if k != self.axis)
        u, v, power = u - outline[:, 0], v - outline[:, 1], outline[:, 6]
        reach_u = np.where(u > 0, outline[:, 2], outline[:, 3])
        reach_v = np.where(v > 0, outline[:, 4], outline[:, 5])
        cap = np.where(along > high, self.caps[1], self.caps[0])
        beyond = (np.maximum(along - high, 0) + np.maximum(low - along, 0)) / cap
        scaled_u, scaled_v = np.abs(u) / reach_u, np.abs(v) / reach_v
        ring = (scaled_u**power + scaled_v**power + 1e-12) ** (1 / power)
        steep = np.hypot(scaled_u ** (power - 1) / reach_u, scaled_v ** (power - 1) / reach_v)
        steep = steep * np.maximum(ring, 1e-6) ** (1 - power)
        level = np.hypot(ring, beyond)
        slope = np.hypot(ring * steep, beyond / cap) / np.maximum(level, 1e-9)
        return (level - 1) / np.maximum(slope, 1e-6)
