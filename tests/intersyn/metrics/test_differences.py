"""What changed between motions that were changed by hand, and the sentence about it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from intersyn.metrics.differences import FIGURES, Difference, difference, displacement, motion_figures, sentence
from intersyn.metrics.reference import bundled
from intersyn.motion import Motion
from intersyn.skeleton import REST_FLOOR
from tests.motions import smooth_motion, timeline

LINE = timeline("sis")
WORDS = ("Without the coordinator", "with it")


def standing(apart: float = 1.5, fps: float = 20.0) -> Motion:
    """Two statues in the T-pose, one behind the other, for 120 frames of which 40 to 80 are together."""
    trans = torch.zeros(2, 120, 3) + torch.tensor((0.0, 0.965, 0.0))
    trans[1, :, 2] += apart
    return Motion(torch.zeros(2, 120, 22, 3), trans, torch.zeros(2, 10), fps, LINE)


def shifted(motion: Motion, by: tuple[float, float, float], frames: slice = slice(None), people: slice = slice(None)):
    trans = motion.trans.clone()
    trans[people, frames] += torch.tensor(by)
    return replace(motion, trans=trans)


def test_a_known_offset_is_the_displacement() -> None:
    reference = standing()
    apart = displacement(reference, shifted(reference, (0.03, 0.0, 0.04)))
    torch.testing.assert_close(apart, torch.full((2, 120, 22), 0.05), atol=1e-6, rtol=0)


def test_where_in_time_and_how_far_while_together() -> None:
    """One of two people is 8 cm off in frames 60 to 70, half of it on average over both, 1 s of 2 together."""
    reference = standing()
    found = difference(reference, shifted(reference, (0.0, 0.0, 0.08), slice(60, 70), slice(1, 2)))
    assert found.most == pytest.approx((4.0, 3.0), abs=1e-3)
    assert found.mean == pytest.approx(4.0 * 10 / 40, abs=1e-3)
    assert found.together.sum() == 40


def test_figures_of_statues() -> None:
    figures = motion_figures(standing(1.5))
    assert set(figures) == set(FIGURES)
    assert figures["distance"] == pytest.approx(150, abs=0.1)
    assert figures["overlap"] == 0
    assert figures["slide"] == figures["jerk"] == figures["seam_jerk"] == 0
    assert figures["transition_distance"] == 0
    one = Motion(torch.zeros(1, 9, 22, 3), torch.zeros(1, 9, 3), torch.zeros(1, 10), 20.0)
    assert math.isnan(motion_figures(one)["overlap"]) and math.isnan(motion_figures(one)["seam_jerk"])


def test_a_leap_at_a_seam_is_peak_jerk_there_and_nowhere_else() -> None:
    reference = standing()
    at_seam = motion_figures(shifted(reference, (0.1, 0.0, 0.0), slice(40, None)))
    elsewhere = motion_figures(shifted(reference, (0.1, 0.0, 0.0), slice(60, None)))
    assert at_seam["seam_jerk"] == pytest.approx(2 * 0.1 * 20**3, rel=1e-3)
    assert elsewhere["seam_jerk"] == 0
    assert at_seam["jerk"] == pytest.approx(elsewhere["jerk"])


def test_the_sentence_names_the_figure_that_moved_most() -> None:
    reference = standing(0.2)
    closer = shifted(reference, (0.0, 0.0, -0.1), slice(40, 80), slice(1, 2))
    spread = dict.fromkeys(FIGURES, 1e6) | {"overlap": 2.0}
    before, after = (motion_figures(motion)["overlap"] for motion in (reference, closer))
    assert sentence(difference(reference, closer), *WORDS, spread) == (
        f"Without the coordinator the bodies overlap {after:.1f} cm at the deepest ({before:.1f} cm with it); "
        "the motions differ by 5 cm on average while together, most at 2.0 s (5 cm)."
    )
    spread = dict.fromkeys(FIGURES, 1e6) | {"distance": 1.0}
    assert "the pelvises are 10 cm apart on average while together (20 cm with it)" in sentence(
        difference(reference, closer), *WORDS, spread
    )


def test_nothing_to_write_is_said_in_words() -> None:
    apart, inside = standing(1.5), standing(0.2)
    spread = dict.fromkeys(FIGURES, 1e6) | {"overlap": 0.1}
    assert "the bodies never overlap (" in sentence(difference(inside, apart), *WORDS, spread)
    assert "at the deepest (not at all with it)" in sentence(difference(apart, inside), *WORDS, spread)


def test_no_visible_difference_is_said_so() -> None:
    reference = standing()
    said = sentence(difference(reference, shifted(reference, (0.002, 0.0, 0.0))), *WORDS)
    assert said == "Without the coordinator there is no visible difference (0.2 cm)."


def test_a_change_smaller_than_that_of_a_seed_is_said_to_be_one() -> None:
    reference = standing()
    moved = difference(reference, shifted(reference, (0.0, 0.0, 0.06), people=slice(1, 2)))
    assert "(150 cm with it), a smaller change than another seed makes; the motions" in sentence(
        moved, *WORDS, dict.fromkeys(FIGURES, 1e6) | {"distance": 6.1}
    )
    assert "(150 cm with it); the motions" in sentence(moved, *WORDS, dict.fromkeys(FIGURES, 1e6) | {"distance": 5.9})
    both = difference(reference, shifted(reference, (0.0, 0.0, 0.06)))
    assert sentence(both, *WORDS).startswith(
        "Without the coordinator no measured figure changes; the motions differ by 6 cm"
    )


def test_a_figure_that_reads_the_same_is_passed_over() -> None:
    figures = dict.fromkeys(FIGURES, (1.0, 1.0)) | {"distance": (100.1, 100.4), "slide": (math.nan, 3.0)}
    found = Difference(20.0, torch.ones(10), torch.zeros(10, dtype=torch.bool), figures)
    assert found.moved(dict.fromkeys(FIGURES, 0.01)) == []


def test_motions_of_two_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="shape and frame rate"):
        displacement(standing(), standing().slice(0, 100))
    with pytest.raises(ValueError, match="shape and frame rate"):
        displacement(standing(), standing(fps=30.0))
    with pytest.raises(ValueError, match="one timeline"):
        difference(standing(), replace(standing(), timeline=None))


def test_the_floor_of_these_statues_is_the_skeletons() -> None:
    assert pytest.approx(0.965, abs=1e-3) == -REST_FLOOR - 0.223
    local, root, _ = smooth_motion(0, 2, frames=120)
    assert not math.isnan(sum(motion_figures(Motion.from_quaternions(local, root, 20.0, LINE)).values()))


def test_the_bundled_reference_has_a_spread_for_every_figure() -> None:
    reference = bundled()
    assert set(reference.spread) == set(FIGURES)
    assert all(0 < value < math.inf for value in reference.spread.values())
    for band in (reference.jerk, reference.peak_jerk, reference.area_under_jerk, reference.transition_distance):
        assert 0 <= band.low < band.mean < band.high
    assert reference.from_json(reference.to_json()) == reference
