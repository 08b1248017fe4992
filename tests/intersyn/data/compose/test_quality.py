"""Limits: each is broken by its own figure, beside the base where there is one, and changed by name."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest

from intersyn.data.compose.figures import Figures
from intersyn.data.compose.quality import Limits, reasons

GOOD = replace(
    Figures(**{field.name: 0.0 for field in fields(Figures)}),
    jerk=10.0, base_jerk=9.0, pelvis_distance_m=1.0, hinge_degrees=-5.0, tilt_degrees=5.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "value", "reason"),
    [
        ("contact_error_mm", 31.0, "contact"),
        ("penetration_mm", 11.0, "penetration"),
        ("penetration_max_mm", 31.0, "penetration_peak"),
        ("own_penetration_mm", 16.0, "own_penetration"),
        ("own_penetration_max_mm", 46.0, "own_penetration_peak"),
        ("skating_mm", 1.1, "skating"),
        ("jerk", 51.0, "jerk"),
        ("wrist_jerk", 451.0, "wrist_jerk"),
        ("head_jerk", 41.0, "head_jerk"),
        ("pelvis_jerk", 21.0, "pelvis_jerk"),
        ("joint_speed", 9.1, "speed"),
        ("spike_m", 0.26, "spike"),
        ("turn_degrees", 71.0, "turn"),
        ("tilt_degrees", 46.0, "tilt"),
        ("hinge_degrees", 7.0, "hinge"),
        ("below_floor_mm", 16.0, "floor"),
    ],
)
def test_each_figure_breaks_its_limit(figure: str, value: float, reason: str) -> None:
    assert reasons(GOOD, Limits()) == ()
    assert reasons(replace(GOOD, **{figure: value}), Limits()) == (reason,)
    assert reasons(replace(GOOD, **{figure: math.nan}), Limits()) in ((), ("finite",))


def test_reasons_come_together_and_in_order() -> None:
    bad = replace(GOOD, below_floor_mm=50.0, contact_error_mm=50.0, jerk=500.0)
    assert reasons(bad, Limits()) == ("contact", "jerk", "floor")


def test_a_lively_base_allows_more_and_a_still_one_no_less() -> None:
    lively = replace(GOOD, jerk=120.0, base_jerk=100.0, skating_mm=3.8, base_skating_mm=3.0)
    assert reasons(lively, Limits()) == ()
    assert reasons(replace(lively, jerk=131.0, skating_mm=4.0), Limits()) == ("skating", "jerk")
    assert reasons(replace(lively, base_skating_mm=math.nan), Limits()) == ("skating",)


def test_people_who_step_are_compared_with_people_who_walk() -> None:
    stepping = replace(GOOD, jerk=90.0, head_jerk=70.0, pelvis_jerk=55.0, skating_mm=1.9)
    assert reasons(stepping, Limits()) == ("skating", "jerk", "head_jerk", "pelvis_jerk")
    assert reasons(replace(stepping, steps=0.2), Limits()) == ()


def test_a_clip_that_is_not_finite() -> None:
    assert reasons(Figures(), Limits()) == ("finite",)


def test_limits_changed_by_name() -> None:
    hug = Limits().override({"penetration": 0.025})
    assert reasons(replace(GOOD, penetration_mm=24.0, penetration_max_mm=70.0), hug) == ()
    assert Limits().penetration == 0.01
    with pytest.raises(ValueError, match="'penetrate', is it 'penetration'"):
        Limits().override({"penetrate": 0.02})
    with pytest.raises(ValueError, match="above 0, got -1"):
        Limits().override({"tilt": -1})
