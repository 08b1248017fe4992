"""What a public server refuses: one sentence, with the field to change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.limits import MAX_FRAMES, MAX_PANELS, MAX_STEPS, MAX_WORK, LimitError, check_request, expected_work, work_of
from intersyn.settings import Settings

ONE = Settings()


@pytest.mark.parametrize(
    ("frames", "panels"),
    [(40, [ONE]), (MAX_FRAMES, [ONE] * MAX_PANELS), (196, [Settings(steps=MAX_STEPS)] * MAX_PANELS)],
)
def test_what_the_page_offers_is_allowed(frames: int, panels: list[Settings]) -> None:
    check_request(frames, 2, panels)


@pytest.mark.parametrize(
    ("frames", "people", "panels", "field", "sentence"),
    [
        (100, 3, [ONE], "timeline", "The page makes scenes of 2 people, got 3"),
        (MAX_FRAMES + 1, 2, [ONE], "timeline", "The scene has 601 frames, and the page makes up to 600"),
        (100, 2, [], "panels", "1 to 4 panels, got 0"),
        (100, 2, [ONE] * 5, "panels", "1 to 4 panels, got 5"),
        (100, 2, [ONE, replace(ONE, steps=51)], "steps", "The number of steps must be between 4 and 50, got 51"),
        (100, 2, [replace(ONE, seed=2**40)], "seed", "The seed must be between 0 and 2147483647, got 1099511627776"),
        (100, 2, [replace(ONE, guidance_scale=11)], "guidance", "text guidance must be between 0 and 10, got 11"),
        (600, 2, [replace(ONE, steps=50)] * 2, "steps", "With 600 frames the panels can have 66 steps in all, not 100"),
    ],
)
def test_more_is_one_sentence(frames: int, people: int, panels: list[Settings], field: str, sentence: str) -> None:
    with pytest.raises(LimitError, match=sentence) as caught:
        check_request(frames, people, panels)
    assert caught.value.field == field
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    assert MAX_WORK // 600 == 66


def test_contact_guidance_is_expected_to_take_longer_and_is_not_refused_for_it() -> None:
    guided = replace(ONE, contact_guidance=1.0)
    assert expected_work(100, [ONE]) == work_of(100, [ONE]) == work_of(100, [guided])
    assert expected_work(100, [guided, ONE]) == pytest.approx(100 * (2 * ONE.steps + 0.7 * ONE.steps + 7))
