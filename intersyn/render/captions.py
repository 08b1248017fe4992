"""What is written round the pictures: names above, below who does what now, the time, and the timeline with a cursor.

Letters are those that Pillow brings (Latin and its accents); no font file of the system is looked for.
"""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from intersyn.render.colours import (
    ALONE,
    ALONE_TEXT,
    BACKDROP,
    INK,
    QUIET,
    TOGETHER,
    TOGETHER_TEXT,
    person_colour,
)
from intersyn.timeline import Segment, Timeline

HEADER, FOOTER = 44, 112  # pixels above each picture, and below all of them
EDGE = 28  # pixels left and right of what is written
BAR = (24, 26)  # the timeline: pixels from the lower edge, and of height
DOT = 7  # radius of the mark of a person


def header(width: int, label: str) -> Image.Image:
    """The strip above a picture, `HEADER` high, with its name in the middle."""
    strip = Image.new("RGB", (width, HEADER), BACKDROP)
    font = caption_font(20)
    text = fitted(label, font, width - 2 * EDGE)
    ImageDraw.Draw(strip).text((width / 2, HEADER / 2 + 3), text, fill=INK, font=font, anchor="mm")
    return strip


class Footer:
    """The strip below the pictures, `FOOTER` high, for each frame of a clip.

    timeline: whose frames may be of another rate than the clip's `fps`, or None. frames: of the clip.
    """

    def __init__(self, width: int, frames: int, fps: float, timeline: Timeline | None) -> None:
        self.width, self.frames, self.fps, self.timeline = width, frames, fps, timeline
        self._drawn: dict[int, Image.Image] = {}  # per segment, all but time and cursor

    def draw(self, frame: int) -> Image.Image:
        second = frame / self.fps
        number = self._segment(second)
        if number not in self._drawn:
            self._drawn[number] = self._still(number)
        strip = self._drawn[number].copy()
        pen = ImageDraw.Draw(strip)
        clock = f"{second:.1f} s of {self.frames / self.fps:.1f} s"
        pen.text((self.width - EDGE, 30), clock, fill=QUIET, font=caption_font(17), anchor="rm")
        x = EDGE + (self.width - 2 * EDGE) * (frame + 0.5) / self.frames
        top, bottom = self._bar()
        pen.rounded_rectangle((x - 2, top - 6, x + 2, bottom + 6), 2, fill=INK)
        return strip

    def _bar(self) -> tuple[int, int]:
        return FOOTER - BAR[0] - BAR[1], FOOTER - BAR[0]

    def _segment(self, second: float) -> int:
        """Number of the segment that lasts at this time; -1 without a timeline."""
        if self.timeline is None:
            return -1
        frame = second * self.timeline.fps + 1e-6
        return next(
            (k for k, segment in enumerate(self.timeline.segments) if frame < segment.end),
            len(self.timeline.segments) - 1,
        )

    def _still(self, number: int) -> Image.Image:
        strip = Image.new("RGB", (self.width, FOOTER), BACKDROP)
        pen = ImageDraw.Draw(strip)
        top, bottom = self._bar()
        if self.timeline is None:
            pen.rounded_rectangle((EDGE, top, self.width - EDGE, bottom), 5, fill=ALONE)
            return strip
        seconds = self.frames / self.fps
        for k, segment in enumerate(self.timeline.segments):
            left, right = (
                EDGE + (self.width - 2 * EDGE) * min(1.0, at / self.timeline.fps / seconds)
                for at in (segment.start, segment.end)
            )
            if right - left > 4:
                _bar_part(pen, (left + (k > 0), top, right - 1, bottom), segment, k == number)
        _doings(pen, self.timeline.segments[number], self.width - 2 * EDGE - 150)
        return strip


def _bar_part(pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], segment: Segment, now: bool) -> None:
    together = any(part.is_interaction for part in segment.parts)
    fill, ink = (TOGETHER, TOGETHER_TEXT) if together else (ALONE, ALONE_TEXT)
    pen.rounded_rectangle(box, 5, fill=fill, outline=ink if now else None, width=2)
    font = caption_font(14)
    text = fitted(" · ".join(dict.fromkeys(part.text for part in segment.parts)), font, box[2] - box[0] - 16)
    pen.text(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), text, fill=ink, font=font, anchor="mm")


def _doings(pen: ImageDraw.ImageDraw, segment: Segment, width: float) -> None:
    """Each part's text in a line, after the marks of its people; parts share the width."""
    font, x, share = caption_font(19), float(EDGE), width / len(segment.parts)
    for part in segment.parts:
        for k, person in enumerate(part.people):
            middle = x + DOT + k * 1.5 * DOT
            pen.ellipse((middle - DOT, 30 - DOT, middle + DOT, 30 + DOT), fill=person_colour(person))
        start = x + 2 * DOT + (len(part.people) - 1) * 1.5 * DOT + 8
        text = fitted(part.text, font, x + share - 24 - start)
        pen.text((start, 30), text, fill=INK, font=font, anchor="lm")
        x = min(x + share, start + font.getlength(text) + 36)


def fitted(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """The text in one line, shortened with an ellipsis where it is wider than `width` pixels."""
    text = " ".join(text.split())
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1].rstrip()
    return text + "…" if text else ""


@lru_cache
def caption_font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own letters, `size` pixels high."""
    return ImageFont.load_default(size)
