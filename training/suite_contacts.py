"""Do people touch where their action says: error and ratio of the contacts that the clips' labels name."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from intersyn.metrics.contact import contact_error, contact_ratio, pair_distance
from intersyn.touches import Contact

HAND_POINTS = ("palm", "back_of_hand", "fingertips", "fist", "thumb")


@dataclass(frozen=True)
class Meeting:
    """The touches of one interaction, frames [start, end). either_side: its text names no side; either_role likewise.

    What a text leaves open is the model's to choose: of the readings it allows, the one that is met best counts.
    """

    action: str
    start: int
    end: int
    touches: tuple[Contact, ...]
    either_side: bool
    either_role: bool

    @property
    def of_hands(self) -> bool:
        """Whether a hand takes part in every touch."""
        return all(any(point.endswith(HAND_POINTS) for point in touch.pair[1::2]) for touch in self.touches)


def measure(meeting: Meeting, joints: Tensor, rotations: Tensor) -> tuple[float, float]:
    """Contact error in metres (best 5 frames, mean over the pairs of points) and contact ratio of an interaction.

    joints (P, T, 22, 3), rotations (P, T, 22, 4) global, of the whole sequence.
    """
    sides = (False, True) if meeting.either_side else (False,)
    roles = (False, True) if meeting.either_role else (False,)
    return min(_reading(meeting, joints, rotations, m, s) for m, s in product(sides, roles))


def _reading(meeting: Meeting, joints: Tensor, rotations: Tensor, mirrored: bool, swapped: bool) -> tuple[float, float]:
    touches = [touch.told(mirrored, swapped) for touch in meeting.touches]
    errors, ratios = [], []
    for pair in dict.fromkeys(touch.pair for touch in touches):
        distance = pair_distance(joints, rotations, pair)
        expected = torch.zeros(len(distance), dtype=torch.bool)
        for touch in touches:
            expected[touch.start : touch.end] |= touch.pair == pair
        errors.append(contact_error(distance[meeting.start : meeting.end]))
        ratios.append(contact_ratio(distance, expected))
    return float(torch.stack(errors).mean()), float(torch.stack(ratios).mean())
