"""Whether a composed clip is good enough: limits on its figures, and the names of those that it breaks."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from intersyn.data.compose.figures import Figures


@dataclass(frozen=True)
class Limits:
    """The worst a clip may be, in metres, seconds and degrees. Defaults lie about real people's 95th percentiles.

    jerk and skating may be `ratio` times the base's, or what is stated here if that is more: standing bases hardly
    move. `*_stepping` holds for clips in which feet step, whose bases may have been standing.
    """

    contact: float = 0.03
    penetration: float = 0.01
    own_penetration: float = 0.015
    peak: float = 3.0  # times the two limits above, in the worst frame
    ratio: float = 1.3
    skating: float = 0.001  # metres per frame
    skating_stepping: float = 0.002
    jerk: float = 50.0
    jerk_stepping: float = 95.0
    wrist_jerk: float = 450.0
    head_jerk: float = 40.0
    head_jerk_stepping: float = 75.0
    pelvis_jerk: float = 20.0
    pelvis_jerk_stepping: float = 60.0
    speed: float = 9.0
    spike: float = 0.25
    turn: float = 70.0
    tilt: float = 45.0
    hinge: float = 6.0
    floor: float = 0.015

    def override(self, changes: Mapping[str, float]) -> Limits:
        """These limits with some changed by name. Raises `ValueError` for a name that there is not, or a bad number."""
        names = [field.name for field in fields(self)]
        for name, value in changes.items():
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                raise ValueError(f"no limit is called {name!r}{f', is it {near[0]!r}?' if near else ''}")
            if not value > 0:
                raise ValueError(f"limit {name!r} must be above 0, got {value}")
        return replace(self, **changes)


def reasons(figures: Figures, limits: Limits) -> tuple[str, ...]:
    """Names of the limits that a clip breaks, in the order of `Limits`; empty where it is accepted.

    A clip with numbers that are not finite breaks "finite" and nothing else.
    """
    f = figures
    if math.isnan(f.jerk):
        return ("finite",)
    stepping = f.steps > 0

    def beside(base: float, still: float, moving: float) -> float:
        floor = moving if stepping else still
        return floor if math.isnan(base) else max(floor, limits.ratio * base)

    allowed = {
        "contact": (f.contact_error_mm / 1000, limits.contact),
        "penetration": (f.penetration_mm / 1000, limits.penetration),
        "penetration_peak": (f.penetration_max_mm / 1000, limits.peak * limits.penetration),
        "own_penetration": (f.own_penetration_mm / 1000, limits.own_penetration),
        "own_penetration_peak": (f.own_penetration_max_mm / 1000, limits.peak * limits.own_penetration),
        "skating": (
            f.skating_mm / 1000,
            beside(f.base_skating_mm / 1000, limits.skating, limits.skating_stepping),
        ),
        "jerk": (f.jerk, beside(f.base_jerk, limits.jerk, limits.jerk_stepping)),
        "wrist_jerk": (f.wrist_jerk, beside(f.base_wrist_jerk, limits.wrist_jerk, limits.wrist_jerk)),
        "head_jerk": (f.head_jerk, beside(f.base_head_jerk, limits.head_jerk, limits.head_jerk_stepping)),
        "pelvis_jerk": (f.pelvis_jerk, beside(f.base_pelvis_jerk, limits.pelvis_jerk, limits.pelvis_jerk_stepping)),
        "speed": (f.joint_speed, limits.speed),
        "spike": (f.spike_m, limits.spike),
        "turn": (f.turn_degrees, limits.turn),
        "tilt": (f.tilt_degrees, limits.tilt),
        "hinge": (f.hinge_degrees, limits.hinge),
        "floor": (f.below_floor_mm / 1000, limits.floor),
    }
    return tuple(name for name, (value, most) in allowed.items() if value > most)
