"""What the viewer is handed, and what it does with it in a real browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.viewer import Shown, manifest
from intersyn.body.browser import unpack_arrays
from intersyn.motion import Motion
from intersyn.timeline import Timeline


def still(people: int = 2, frames: int = 90, fps: float = 20.0) -> Motion:
    return Motion(torch.zeros(people, frames, 22, 3), torch.zeros(people, frames, 3), torch.zeros(people, 10), fps)


def test_each_panel_has_its_motion_its_name_and_its_note(tmp_path):
    first = replace(still(), timeline=Timeline.solo_interact_solo("walk", "shake hands", "leave", 90, 30, 60))
    other = replace(still(), trans=torch.ones(2, 90, 3))
    view = manifest([Shown(first, "Full model"), Shown(other, "Seed 7", "Feet slide.")], tmp_path)
    assert [(panel["label"], panel["note"]) for panel in view["panels"]] == [
        ("Full model", ""),
        ("Seed 7", "Feet slide."),
    ]
    roots = [unpack_arrays(Path(panel["motion"]["path"]).read_bytes())[0]["root"] for panel in view["panels"]]
    assert (roots[0].max(), roots[1].min()) == (0, 1)
    assert view["people"] == ["Person one", "Person two"]
    assert [(part["start"], part["kind"]) for part in view["segments"]] == [
        (0, "alone"),
        (30, "together"),
        (60, "alone"),
    ]


@pytest.mark.parametrize("other", [still(frames=80), still(fps=30.0), still(people=1)], ids=["frames", "fps", "people"])
def test_panels_share_one_clock(tmp_path, other):
    with pytest.raises(ValueError, match="panels share people, frames and frame rate"):
        manifest([Shown(still()), Shown(other)], tmp_path)


@pytest.mark.parametrize("count", [0, 5])
def test_there_are_one_to_four_panels(tmp_path, count):
    with pytest.raises(ValueError, match=f"1 to 4 motions, got {count}"):
        manifest([Shown(still())] * count, tmp_path)
