"""Panels: each a switch away from the first, called by what differs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.panels import SWITCHES, VARIANTS, beside_of, labels_of, panels_of
from intersyn.settings import VARIANTS as ALL_VARIANTS
from intersyn.settings import Settings

FIRST = Settings(clean_up=True)


def test_every_variant_has_a_name():
    assert set(VARIANTS) == set(ALL_VARIANTS)


@pytest.mark.parametrize("name", SWITCHES)
def test_each_switch_changes_one_thing_and_is_found_again(name):
    panels = panels_of(FIRST, [name])
    assert len(panels) == 2 and panels[0] == FIRST
    changed = [key for key, value in vars(panels[1]).items() if value != getattr(FIRST, key)]
    assert len(changed) == 1
    assert beside_of(panels) == [name]


def test_what_makes_no_difference_is_left_out():
    first = replace(FIRST, variant="no_rec", guidance_scale=1.0)
    assert panels_of(first, ["no_rec", "guidance"]) == (first,)


def test_labels_say_what_differs():
    assert labels_of([FIRST]) == ["Full model"]
    panels = panels_of(FIRST, ["no_rec", "seed", "clean_up"])
    assert labels_of(panels) == ["Full model, cleaned up, seed 0", "No coordinator", "Not cleaned up", "Seed 1"]
    assert labels_of([FIRST, Settings("uncoupled", 4, 8, 1.0, True, 0.5)])[1] == (
        "Uncoupled, seed 4, 8 steps, text guidance 1, contact guidance 0.5"
    )
