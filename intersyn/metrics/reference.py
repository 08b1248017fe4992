"""What is usual, measured once and bundled: the jerk of recordings, and how far figures differ from seed to seed.

`python -m training.measure_reference` writes the file; nothing in it was chosen by hand.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("reference.json")
WINDOW = 30  # frames of jerk about a seam: 1.5 s


@dataclass(frozen=True)
class Range:
    """The mean of a figure, and between which values 90% of it lie."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Reference:
    """Figures of recordings, in which nothing was generated or joined, and the spread of generated motions.

    jerk: m/s^3, as `curves.jerk`, over frames. jerk_curve: m/frame^3, the mean of `transitions.jerk_curve`, for AUJ.
    peak_jerk, area_under_jerk: m/frame^3, of the mean of two people's windows of `WINDOW` frames. transition_distance:
    cm. fps: of all these. spread: by the names of `differences.FIGURES`, the standard deviation over seeds of one
    request. source: what it was measured on.
    """

    fps: float
    jerk: Range
    jerk_curve: float
    peak_jerk: Range
    area_under_jerk: Range
    transition_distance: Range
    spread: dict[str, float]
    source: dict[str, Any]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @staticmethod
    def from_json(text: str) -> Reference:
        data = json.loads(text)
        ranges = {name: Range(**value) for name, value in data.items() if isinstance(value, dict) and "low" in value}
        return Reference(**{**data, **ranges})


@cache
def bundled() -> Reference:
    """The reference that ships with the library."""
    return Reference.from_json(PATH.read_text(encoding="utf-8"))
