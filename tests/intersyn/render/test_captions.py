"""The footer says who does what now, shows the segments in their colours, and where the film is."""

from __future__ import annotations

import numpy as np
import pytest

from intersyn.render.captions import BAR, EDGE, FOOTER, HEADER, Footer, caption_font, fitted, header
from intersyn.render.colours import ALONE, BACKDROP, INK, PEOPLE, TOGETHER
from intersyn.timeline import Timeline

WIDTH = 640
MIDDLE = FOOTER - BAR[0] - BAR[1] // 2  # of the bar


def timeline() -> Timeline:
    return Timeline.solo_interact_solo(("walks", "waves"), "they hug", "bows", 100, 40, 80)


def has(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (np.abs(picture.astype(int) - colour) <= 2).all(-1)


def test_the_bar_has_the_segments_colours_at_their_times():
    picture = np.asarray(Footer(WIDTH, 100, 20.0, timeline()).draw(99))
    assert picture.shape == (FOOTER, WIDTH, 3)
    row = picture[MIDDLE - 9]  # above the letters

    def at(frame: float) -> np.ndarray:
        return row[round(EDGE + (WIDTH - 2 * EDGE) * frame / 100)]

    for frame, colour in ((3, ALONE), (37, ALONE), (43, TOGETHER), (77, TOGETHER), (83, ALONE)):
        np.testing.assert_allclose(at(frame), colour, atol=2)


def test_the_cursor_goes_from_end_to_end_whatever_the_frame_rate():
    for fps, frames in ((20.0, 100), (60.0, 298)):
        footer = Footer(WIDTH, frames, fps, timeline())
        places = []
        for frame in (0, frames // 2, frames - 1):
            row = np.asarray(footer.draw(frame))[FOOTER - BAR[0] + 3]  # below the bar only the cursor is drawn
            places.append(np.nonzero(has(row, INK))[0].mean())
        np.testing.assert_allclose(places, (EDGE, WIDTH / 2, WIDTH - EDGE), atol=4)


@pytest.mark.parametrize(("frame", "people"), [(10, {0, 1}), (60, {0, 1})])
def test_marks_of_the_people_stand_before_what_they_do(frame: int, people: set[int]):
    top = np.asarray(Footer(WIDTH, 100, 20.0, timeline()).draw(frame))[:50]
    for person, colour in enumerate(PEOPLE):
        assert (has(top, colour).sum() > 20) == (person in people)
    first, second = (np.nonzero(has(top, PEOPLE[person]))[1].mean() for person in (0, 1))
    assert second - first > 60 if frame == 10 else second - first < 20  # a text each, or one for both


def test_texts_change_with_the_segment_and_the_clock_with_every_frame():
    footer = Footer(WIDTH, 100, 20.0, timeline())
    pictures = [np.asarray(footer.draw(frame))[:50] for frame in (36, 39, 41)]
    left = [picture[:, : WIDTH // 2] for picture in pictures]
    assert np.array_equal(left[0], left[1]) and not np.array_equal(left[1], left[2])
    assert not np.array_equal(pictures[0], pictures[1])


def test_without_a_timeline_there_is_a_plain_bar():
    picture = np.asarray(Footer(WIDTH, 10, 20.0, None).draw(0))
    assert has(picture[MIDDLE], ALONE).sum() > 0.9 * (WIDTH - 2 * EDGE)


def test_long_texts_are_shortened_and_lines_joined():
    font = caption_font(16)
    assert fitted("two  people\nhug", font, 500) == "two people hug"
    short = fitted("a person walks forward " * 9, font, 200)
    assert short.endswith("…") and font.getlength(short) <= 200
    assert fitted("anything", font, 3) == ""


def test_a_header_names_the_variant():
    empty, named = np.asarray(header(300, "")), np.asarray(header(300, "no_rec"))
    assert named.shape == (HEADER, 300, 3) and has(empty, BACKDROP).all() and not has(named, BACKDROP).all()
