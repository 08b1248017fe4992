"""Who waits for the model, in the order in which they came, and for how long: from what past requests took."""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile

REMEMBERED = 8  # requests of a kind whose times are averaged: a server's load changes


class Stopped(Exception):
    """The visitor asked to stop, or has left."""


@dataclass(eq=False)
class Place:
    """One request. work: how much it is, in a unit of its `kind`. owner: whose. stop: set when it is no longer wanted.
    began: when its turn did, by the clock of its line."""

    kind: str
    work: float
    owner: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    stop: threading.Event = field(default_factory=threading.Event)
    began: float | None = None

    @property
    def waits(self) -> bool:
        """Whether its turn is still to come, and wanted."""
        return self.began is None and not self.stop.is_set()


class Line:
    """Everybody's places. Gradio's queue decides who is next; this one knows who has asked.

    Programs and the lesson ask by beginning: while they wait in Gradio's queue, they are not here.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds."""
        self._clock = clock
        self._places: dict[str, Place] = {}
        self._taken: defaultdict[str, deque[tuple[float, float]]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many wait or have their turn."""
        return len(self._places)

    def join(self, kind: str, work: float = 1.0, owner: str = "") -> Place:
        """A place at the end."""
        place = Place(kind, work, owner)
        with self._lock:
            self._places[place.key] = place
        return place

    def find(self, key: str) -> Place | None:
        return self._places.get(key)

    def leave(self, owner: str) -> None:
        """Whoever has closed their tab waits no longer."""
        with self._lock:
            for place in [each for each in self._places.values() if each.owner == owner and each.began is None]:
                del self._places[place.key]

    @contextmanager
    def turn(self, place: Place) -> Iterator[None]:
        """The model works for this place. Its time is remembered if nothing is raised. Raises `Stopped` at once where
        it is no longer wanted."""
        with self._lock:
            self._places[place.key] = place
        try:
            if place.stop.is_set():
                raise Stopped
            self.start(place)
            yield
            with self._lock:
                self._taken[place.kind].append((place.work, self.seconds(place)))
        finally:
            with self._lock:
                self._places.pop(place.key, None)

    def start(self, place: Place) -> None:
        """Its time begins now, and no earlier: the model has been loaded before."""
        place.began = self._clock()

    def seconds(self, place: Place) -> float:
        """Since its start."""
        return 0.0 if place.began is None else self._clock() - place.began

    def before(self, place: Place) -> tuple[int, float | None]:
        """How many others the model works for first, and how many seconds that takes, where that can be said."""
        with self._lock:
            earlier = takewhile(lambda other: other is not place, self._places.values())
            served = (other for other in self._places.values() if other.began is not None and other is not place)
            ahead = {*served, *(other for other in earlier if other.waits)}
            left = [self._left(other) for other in ahead]
        return len(ahead), None if None in left else sum(left)

    def _left(self, place: Place) -> float | None:
        taken = self._taken[place.kind]
        if not taken:
            return None
        expected = place.work * sum(seconds for _, seconds in taken) / sum(work for work, _ in taken)
        return max(0.0, expected - self.seconds(place))


def in_words(people: int, seconds: float | None) -> str:
    """The answer of `Line.before` for a status line: “2 people before you, about 20 s”."""
    who = f"{people} {'person' if people == 1 else 'people'} before you"
    if seconds is None:
        return who
    if seconds >= 90:
        return f"{who}, about {seconds / 60:.0f} min"
    near = 1 if seconds < 10 else 5
    return f"{who}, about {max(1, near * round(seconds / near))} s"
