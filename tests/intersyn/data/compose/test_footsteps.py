"""Footsteps: as many as the way asks for, alternate, none too long, feet together at the end."""

from __future__ import annotations

import math

import numpy as np
import pytest

from intersyn.data.compose.footsteps import (
    LONGEST,
    Footstep,
    ahead_of,
    around,
    in_own_frame,
    march_steps,
    orbit_steps,
    walk_steps,
)


@pytest.mark.parametrize("end", [(0.0, 1.3, 0.0), (0.2, -0.6, 0.1), (0.0, 0.0, math.pi / 2), (0.5, 0.0, -0.4)])
def test_walks_alternate_and_close(end: tuple[float, float, float]) -> None:
    steps = walk_steps((0.0, 0.0, 0.0), end, 0.4, 0.45, np.random.default_rng(0))
    assert [s.foot for s in steps[1:]] == [1 - s.foot for s in steps[:-1]]
    assert steps[0].time == 0.4 and np.diff([s.time for s in steps]) == pytest.approx(0.45)
    assert steps[-1].place == pytest.approx(end) and steps[-2].place == pytest.approx(end)
    places = [(0.0, 0.0, 0.0), *(s.place for s in steps)]
    for a, b in zip(places, places[1:], strict=False):
        assert math.hypot(b[0] - a[0], b[1] - a[1]) <= LONGEST + 1e-9
        assert abs(b[2] - a[2]) <= math.radians(50) + 1e-9
    for a, b in zip(steps, steps[2:], strict=False):
        assert a.end < b.time  # a foot lands before it leaves again


def test_the_foot_on_the_side_of_the_way_goes_first() -> None:
    rng = np.random.default_rng(0)
    start = (0.0, 0.0, 0.0)
    assert walk_steps(start, (0.4, 0.0, 0.0), 0, 0.4, rng)[0].foot == 0
    assert walk_steps(start, (-0.4, 0.0, 0.0), 0, 0.4, rng)[0].foot == 1
    assert walk_steps(start, (0.0, 0.0, 1.0), 0, 0.4, rng)[0].foot == 0
    assert {walk_steps(start, (0.0, 1.0, 0.0), 0, 0.4, rng)[0].foot for _ in range(20)} == {0, 1}


def test_long_steps_are_higher() -> None:
    rng = np.random.default_rng(0)
    short, long = (walk_steps((0.0, 0.0, 0.0), (0.0, z, 0.0), 0, 0.45, rng) for z in (0.1, 1.0))
    assert 0.035 <= short[0].lift < long[1].lift <= 0.09


def test_own_frame_and_ahead_are_inverse() -> None:
    place = (1.0, -2.0, 2.2)
    x, z, yaw = ahead_of(place, 0.7, -0.3, 0.5)
    assert in_own_frame(place, (x, z)) == pytest.approx((0.7, -0.3))
    assert yaw == pytest.approx(2.7)
    # yaw 0 faces +z, and +x is to the left
    assert ahead_of((0.0, 0.0, 0.0), 1.0, 0.5)[:2] == pytest.approx((0.5, 1.0))


def test_marching_stops_in_time() -> None:
    steps = march_steps((0.0, 0.0, 0.0), 0.5, 3.0, 0.5, 0.25)
    assert [step.foot for step in steps] == [0, 1, 0, 1, 0] and steps[-1].end <= 3.0
    assert march_steps((0.0, 0.0, 0.0), 0.5, 0.6, 0.5, 0.25) == []


def test_who_orbits_goes_on_facing_the_centre() -> None:
    place = (0.5, 0.0, -math.pi / 2)  # faces the origin
    steps = orbit_steps(place, (0.0, 0.0), math.radians(200), (0.4, 0.1), 0.2, 4.0, 0.45, foot=0)
    share = [min(1.0, (k + 1) / (len(steps) - 1)) for k in range(len(steps))]
    for step, s in zip(steps, share, strict=True):
        forward, left = in_own_frame(step.place, (0.4 * s, 0.1 * s))
        assert (forward, left) == pytest.approx((0.5, 0.0), abs=1e-9)
    assert steps[-1].place == pytest.approx(around(place, (0.0, 0.0), math.radians(200), (0.4, 0.1)))
    assert steps[-1].end <= 4.0 + 1e-9


def test_no_step_is_refused() -> None:
    with pytest.raises(ValueError, match="foot"):
        Footstep(0.0, 0.0, 0.0, 0.0, 2, 0.4, 0.05)
    with pytest.raises(ValueError, match="pace"):
        orbit_steps((0.0, 0.0, 0.0), (0.0, 1.0), 1.0, (0.0, 0.0), 2.0, 1.0, 0.4, 0)
