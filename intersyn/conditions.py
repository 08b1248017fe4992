"""Timelines as tensors: for each person of a batch, the list of parts they play. Data, models and pipeline share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from intersyn.timeline import Part, Timeline, swap_roles

PADDING, SOLO, INTERACTION = 0, 1, 2
NUM_KINDS = 3


@dataclass(frozen=True)
class PartTable:
    """B sequences, P people, up to S parts each, in order of time. Frames are counted in the sequence at hand.

    kind:   (B, P, S) PADDING, SOLO or INTERACTION.
    start:  (B, P, S) first frame; negative where a training window cut the part.
    end:    (B, P, S) one past the last frame; beyond the length where a window cut the part.
    text:   (B, P, S) row of the text table that travels beside (see `text.TextFeatures`).
    group:  (B, P, S) which interaction of the sequence it is, 0, 1, ...; -1 for solos and padding.
    angle:  (B, P, S) yaw in radians from the interaction's shared frame to this person's first-person frame
            (0 and pi for two people, see `frames`); 0 for solos and padding.
    length: (B,) frames of each sequence.
    """

    kind: Tensor
    start: Tensor
    end: Tensor
    text: Tensor
    group: Tensor
    angle: Tensor
    length: Tensor

    def __post_init__(self) -> None:
        shape = self.kind.shape
        if len(shape) != 3:
            raise ValueError(f"kind must be (B, P, S), got {tuple(shape)}")
        for field in fields(self):
            got = getattr(self, field.name).shape
            want = shape[:1] if field.name == "length" else shape
            if got != want:
                raise ValueError(f"{field.name} must be {tuple(want)}, got {tuple(got)}")

    @property
    def num_people(self) -> int:
        return self.kind.shape[1]

    def to(self, device: torch.device | str) -> PartTable:
        return PartTable(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})

    def select(self, index: Tensor) -> PartTable:
        """Rows of the batch."""
        return PartTable(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def active(self, frames: int) -> Tensor:
        """(B, P, frames) index s of the part each person plays at each frame; the last part after the end."""
        at = torch.arange(frames, device=self.start.device)
        begun = (self.start[..., None, :] <= at[:, None]) & (self.kind[..., None, :] != PADDING)  # (B, P, T, S)
        return (begun.sum(-1) - 1).clamp_min(0)

    def at_frames(self, values: Tensor, frames: int) -> Tensor:
        """Spread a per-part table (B, P, S) over time: (B, P, frames)."""
        return values.gather(2, self.active(frames))

    def valid(self, frames: int) -> Tensor:
        """(B, frames) True inside each sequence."""
        return torch.arange(frames, device=self.length.device) < self.length[:, None]

    def in_interaction(self, frames: int) -> Tensor:
        """(B, P, frames) True where the person interacts, inside the sequence."""
        return (self.at_frames(self.kind, frames) == INTERACTION) & self.valid(frames)[:, None]

    def acquainted(self) -> Tensor:
        """(B, P, P) True where two different people share an interaction and so may attend to each other."""
        same = (self.group[:, :, None, :, None] == self.group[:, None, :, None, :]) & (
            self.group[:, :, None, :, None] >= 0
        )
        together = same.any(-1).any(-1)
        return together & ~torch.eye(self.num_people, dtype=torch.bool, device=together.device)

    @staticmethod
    def from_timelines(timelines: Sequence[Timeline]) -> tuple[PartTable, list[str]]:
        """The table of some timelines (all with the same number of people) and the texts its rows name."""
        people = {timeline.num_people for timeline in timelines}
        if len(people) != 1:
            raise ValueError(f"one batch needs one number of people, got {sorted(people)}")
        num_people, num_parts = people.pop(), max(len(timeline.segments) for timeline in timelines)
        shape = (len(timelines), num_people, num_parts)
        table = {name: torch.zeros(shape, dtype=torch.long) for name in ("kind", "start", "end", "text")}
        group, angle = torch.full(shape, -1), torch.zeros(shape)
        texts: dict[str, int] = {}
        for b, timeline in enumerate(timelines):
            groups = 0
            for s, segment in enumerate(timeline.segments):
                for part in segment.parts:
                    for role, person in enumerate(part.people):
                        table["kind"][b, person, s] = INTERACTION if part.is_interaction else SOLO
                        table["start"][b, person, s], table["end"][b, person, s] = segment.start, segment.end
                        table["text"][b, person, s] = texts.setdefault(part.text, len(texts))
                        if part.is_interaction:
                            group[b, person, s] = groups
                            angle[b, person, s] = 2 * torch.pi * role / len(part.people)
                    groups += part.is_interaction
        length = torch.tensor([timeline.frames for timeline in timelines])
        return PartTable(**table, group=group, angle=angle, length=length), list(texts)


def in_order_of_people(timeline: Timeline) -> Timeline:
    """The same timeline with the two people of each interaction in order of index and the roles in its text swapped.

    In training the first person of a text is always the one with the lower index.
    """

    def ordered(part: Part) -> Part:
        if len(part.people) == 2 and part.people[0] > part.people[1]:
            return Part(part.people[::-1], swap_roles(part.text))
        return part

    segments = (replace(segment, parts=tuple(map(ordered, segment.parts))) for segment in timeline.segments)
    return replace(timeline, segments=tuple(segments))
