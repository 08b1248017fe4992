"""Colours of pictures: those of the page, so that a person looks the same everywhere. sRGB, 0 to 255."""

from __future__ import annotations

PEOPLE = ((233, 138, 98), (44, 95, 174), (125, 143, 58), (143, 95, 176))
BACKDROP = (240, 242, 243)
ALONE, TOGETHER = (217, 219, 226), (241, 197, 107)
ALONE_TEXT, TOGETHER_TEXT = (74, 79, 92), (92, 61, 0)
INK, QUIET = (38, 41, 39), (106, 109, 104)


def person_colour(person: int) -> tuple[int, int, int]:
    return PEOPLE[person % len(PEOPLE)]
