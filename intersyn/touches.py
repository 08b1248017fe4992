"""What a text says people touch: named points of two bodies, and when after one another, by the action it tells of.

The table `touches.json` (made by `training.make_touches` from composed training clips) holds the sentences of every
two-person action and the touches of one typical clip; actions without touch are in it too: a text may mean none.
A text is taken for the action of the nearest sentence. Which side, which role and which frames is left to the motion:
`contact_guidance` reads them off the sample.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.body.points import POINTS, mirrored_point
from intersyn.text import TextEncoder
from intersyn.timeline import Timeline

TABLE = Path(__file__).with_name("touches.json")
LEAST_SIMILARITY = 0.75  # cosine; a text less like every known sentence is not taken to name a touch
APPROACH, SHORTEST = 8, 5  # frames: to come and to go in, at either end of an interaction; of a touch, at least
REACH = 1.2  # metres; where the sample stays farther apart than that, it means something else by its text


@dataclass(frozen=True)
class Contact:
    """A point of one person's body and one of another's (`body.points.POINTS`) that touch in frames [start, end)."""

    person: int
    point: str
    other: int
    other_point: str
    start: int
    end: int

    @property
    def pair(self) -> tuple[int, str, int, str]:
        """Whose point touches whose, as `metrics.contact` takes it."""
        return self.person, self.point, self.other, self.other_point

    def told(self, mirrored: bool, swapped: bool) -> Contact:
        """The same with left and right exchanged, or with two people in the other order."""
        points = (self.point, self.other_point)
        point, other_point = map(mirrored_point, points) if mirrored else points
        person, other = (1 - self.person, 1 - self.other) if swapped else (self.person, self.other)
        return Contact(person, point, other, other_point, self.start, self.end)


@dataclass(frozen=True)
class Action:
    """Sentences that tell of it, and its touches; people are 0 and 1, the first touch begins at frame 0."""

    texts: tuple[str, ...]
    touches: tuple[Contact, ...]


@dataclass(frozen=True)
class Read:
    """What a text was taken for: the action of the nearest known sentence, and how near it is (cosine)."""

    action: str
    similarity: float
    touches: tuple[Contact, ...]


class TouchReader:
    """Reads touches off texts of two people, by a text encoder's pooled vectors."""

    def __init__(self, encoder: TextEncoder, actions: Mapping[str, Action] | None = None) -> None:
        self._encoder, self.actions = encoder, dict(load_actions() if actions is None else actions)
        self._names = [name for name, action in self.actions.items() for _ in action.texts]

    @cached_property
    def _known(self) -> Tensor:
        return self._encoder([text for action in self.actions.values() for text in action.texts]).pooled

    @torch.no_grad()
    def __call__(self, texts: Sequence[str]) -> list[Read]:
        """One answer per text; no touches where it is like none of the known sentences."""
        if not texts:
            return []
        pooled = self._encoder(list(texts)).pooled
        similarity, nearest = (pooled @ self._known.to(pooled.device).T).max(dim=1)  # the encoder may have moved since
        found = []
        for near, row in zip(similarity.tolist(), nearest.tolist(), strict=True):
            name = self._names[row]
            found.append(Read(name, near, self.actions[name].touches if near >= LEAST_SIMILARITY else ()))
        return found


def load_actions(path: Path = TABLE) -> dict[str, Action]:
    """The table of a file. Raises `ValueError` for a point that the body does not have."""
    found = {}
    for name, told in json.loads(path.read_text(encoding="utf-8")).items():
        touches = tuple(Contact(*touch) for touch in told["touches"])
        for point in (point for touch in touches for point in (touch.point, touch.other_point)):
            if point not in POINTS:
                raise ValueError(f"{path.name}: {name} touches with {point!r}, which is no point of the body")
        found[name] = Action(tuple(told["texts"]), touches)
    return found


@dataclass(frozen=True)
class Wish:
    """What `people` (0 and 1 of the contacts) should touch of each other, at some time in frames [start, end)."""

    people: tuple[int, int]
    start: int
    end: int
    contacts: tuple[Contact, ...]


Reader = Callable[[Sequence[str]], Sequence[Read]]


def wishes_of(timeline: Timeline, reader: Reader) -> list[Wish]:
    """What the texts of a timeline's pairs say they touch."""
    pairs = _pairs(timeline)
    read = reader([text for *_, text in pairs])
    return [Wish(people, start, end, got.touches)
            for (people, start, end, _), got in zip(pairs, read, strict=True) if got.touches]  # fmt: skip


def read_pairs(timeline: Timeline, reader: Reader) -> dict[str, str | None]:
    """{text of a pair: the action whose touches it names; None where it names none}, in the timeline's order."""
    texts = list(dict.fromkeys(text for *_, text in _pairs(timeline)))
    return {text: got.action if got.touches else None for text, got in zip(texts, reader(texts), strict=True)}


def _pairs(timeline: Timeline) -> list[tuple[tuple[int, int], int, int, str]]:
    """(people, start, end, text) of every part of two."""
    return [
        (tuple(sorted(part.people)), segment.start, segment.end, part.text)
        for segment in timeline.segments for part in segment.parts if len(part.people) == 2
    ]  # fmt: skip


def placed(wish: Wish, distance: Callable[[Sequence[Contact]], Tensor]) -> list[Contact]:
    """The contacts of a wish where they cost least: the mean distance in their frames, over sides, roles and times.

    distance: (K, T) metres of K contacts in every frame. Touches that do not fit into the wish's frames are cut. None
    where people stay out of REACH of each other.
    """
    margin = min(APPROACH, max(0, (wish.end - wish.start - SHORTEST) // 2))
    first, last = wish.start + margin, wish.end - margin
    best, least = [], REACH
    for mirrored, swapped in product((False, True), repeat=2):
        told = [_within(contact.told(mirrored, swapped), last - first) for contact in wish.contacts]
        told = [contact for contact in told if contact is not None]
        if not told:  # a moment too short to touch in
            continue
        people = [(wish.people[contact.person], wish.people[contact.other]) for contact in told]
        named = [replace(c, person=a, other=b) for c, (a, b) in zip(told, people, strict=True)]
        summed = F.pad(distance(named).cumsum(1), (1, 0))
        for at in range(first, last - max(contact.end for contact in named) + 1):
            starts = torch.tensor([contact.start + at for contact in named], device=summed.device)
            ends = torch.tensor([contact.end + at for contact in named], device=summed.device)
            row = torch.arange(len(named), device=summed.device)
            cost = float((summed[row, ends] - summed[row, starts]).sum() / (ends - starts).sum())
            if cost < least:
                least, best = cost, [replace(c, start=c.start + at, end=c.end + at) for c in named]
    return best


def _within(contact: Contact, frames: int) -> Contact | None:
    """At least SHORTEST frames long and inside [0, frames); None for what begins later."""
    spare = max(0, SHORTEST - (contact.end - contact.start))
    start = max(0, contact.start - spare // 2)
    end = min(frames, max(contact.end + spare - spare // 2, start + SHORTEST))
    return replace(contact, start=start, end=end) if end - start >= SHORTEST else None
