"""A draft: everything that is decided about one clip before any base is chosen, in plain values.

People are 0 (a) and 1 (b). Times are seconds from the clip's start, lengths metres, angles radians, positive to the
left. Vectors in a frame are (forward, up, left): `own` is the floor below one's own planned pelvis and its heading,
`meeting` the floor midpoint of the two people with forward from me to my partner, `place` the meeting (of one person:
own) frame at time 0, standing still.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

Vector = tuple[float, float, float]
# Ramp in from the 1st to the 2nd time, out from the 3rd to the 4th; inf: it never ends; -inf: it always was.
When = tuple[float, float, float, float]
ALWAYS: When = (-inf, -inf, inf, inf)


@dataclass(frozen=True)
class Formation:
    """How two people stand to each other at the contact.

    kind: face | beside (b on a's right, both forward) | behind (a behind b, both forward) | back (back to back).
    apart: pelvis to pelvis; aside: the sideways shift; turns: of each person from the heading of the kind.
    """

    kind: str
    apart: float
    aside: float
    turns: tuple[float, float]


@dataclass(frozen=True)
class Walk:
    """Everybody walks all the time: m/s, 1/radius (left positive), the two in opposite directions or not."""

    speed: float
    curve: float
    opposite: bool


@dataclass(frozen=True)
class Approach:
    """A person comes `by` metres nearer and arrives at `until`. gait: steps | walk; pace: seconds a step."""

    who: int
    by: float
    until: float
    gait: str
    pace: float


@dataclass(frozen=True)
class Target:
    """Where a point shall be, and how its surface and fingers shall lie.

    It is the point `point` of person `owner`, or the thing `thing`, or a place in `frame` of person `frame_of`.
    position: (forward, up, left) in the frame, or off the point along the rest axes of the joint that carries it.
    palm, fingers: unit directions in the frame, or in those rest axes; None is free where the weight is 0, and a palm
    of None with a weight lies against the surface. gap: metres off the surface along its normal. clear: it arrives
    and leaves along the normal from this far.
    """

    owner: int | None = None
    thing: str | None = None
    point: str | None = None
    frame: str | None = None
    frame_of: int = 0
    position: Vector = (0.0, 0.0, 0.0)
    palm: Vector | None = None
    fingers: Vector | None = None
    palm_weight: float = 0.0
    fingers_weight: float = 0.0
    gap: float = 0.0
    clear: float = 0.0


@dataclass(frozen=True)
class Beat:
    """A repetition during the hold, `rate` a second, `times` of them (None: until it ends).

    gap: taps, gap * sin^2 off the surface; by: to and fro by a sine along (forward, up, left). A posture's beat has
    neither: it multiplies the posture by the sine.
    """

    rate: float
    by: Vector | None = None
    gap: float = 0.0
    times: float | None = None


@dataclass(frozen=True)
class Reach:
    """A point of a person follows a target. arc: the way bows out by this much, own frame.

    contact: whom it touches and where: (person, part), or (None, thing); None where it touches nothing.
    """

    who: int
    part: str
    target: Target
    when: When
    arc: Vector = (0.0, 0.0, 0.0)
    beat: Beat | None = None
    contact: tuple[int | None, str] | None = None


@dataclass(frozen=True)
class Posture:
    """Offsets of the posture a person stays near to.

    values: lean, twist, tilt, nod, turn_head, tilt_head, shrug in radians, crouch in metres down. joints: rotation
    vectors about the joint's rest axes (x left, y up, z forward).
    """

    who: int
    values: dict[str, float]
    joints: dict[str, Vector]
    when: When
    beat: Beat | None = None


@dataclass(frozen=True)
class Look:
    """A person looks at a target, or (None) nowhere. A later look of the same person covers an earlier one."""

    who: int
    target: Target | None
    when: When


@dataclass(frozen=True)
class Step:
    """What feet do from `start` on.

    kind: move (walk by `move` (forward, left) in one's own heading and `turn`), march (on the spot, feet lifted by
    `lift`), orbit (the meeting turns by `turn` and travels by `move`; one Step for each person, of the same numbers) or
    jump (off the floor at `start`, `height` high). pace: seconds a step. until: None where the pace decides it.
    """

    who: int
    start: float
    until: float | None
    kind: str
    move: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    pace: float = 0.0
    lift: float = 0.0
    height: float = 0.0


@dataclass(frozen=True)
class Thing:
    """A rigid ball on a given way; a later part of the way covers an earlier one by its ramp."""

    radius: float
    path: tuple[tuple[Target, When], ...]


@dataclass(frozen=True)
class Draft:
    """One clip of a program, every number decided. limits: the quality limits the act has of its own.

    styles: of the bases. free: how readily a limb group of a person leaves the base, by (who, group). balance: weight
    of the centre of mass over the feet, None where the program does not say. yields: the share of a collision's push
    that moves each person. key: what no crop may lose. choices: what was chosen in `let`, by name.
    """

    name: str
    people: int
    base: str
    styles: tuple[str, ...]
    formation: Formation | None
    walk: Walk | None
    approach: tuple[Approach, ...]
    moments: dict[str, float]
    reaches: tuple[Reach, ...]
    postures: tuple[Posture, ...]
    looks: tuple[Look, ...]
    steps: tuple[Step, ...]
    things: dict[str, Thing]
    free: dict[tuple[int, str], float]
    balance: tuple[float | None, ...]
    yields: tuple[float, ...]
    limits: dict[str, float]
    key: tuple[float, float] | None
    phrasings: tuple[str, ...]
    choices: dict[str, str]

    @property
    def duration(self) -> float:
        """Seconds to the last moment."""
        return max(self.moments.values())

    def delayed(self, seconds: float) -> Draft:
        """The same clip with `seconds` more before it: every time is later by that much."""

        def later(when: When) -> When:
            return tuple(time + seconds for time in when)  # type: ignore[return-value]

        def shifted(entries: tuple) -> tuple:
            return tuple(replace(entry, when=later(entry.when)) for entry in entries)

        return replace(
            self,
            approach=tuple(replace(entry, until=entry.until + seconds) for entry in self.approach),
            moments={name: time + seconds for name, time in self.moments.items()},
            reaches=shifted(self.reaches),
            postures=shifted(self.postures),
            looks=shifted(self.looks),
            steps=tuple(
                replace(step, start=step.start + seconds, until=None if step.until is None else step.until + seconds)
                for step in self.steps
            ),
            things={
                name: replace(thing, path=tuple((target, later(when)) for target, when in thing.path))
                for name, thing in self.things.items()
            },
            key=None if self.key is None else (self.key[0] + seconds, self.key[1] + seconds),
        )
