"""What the entries of a declaration come to in one clip: reaches, postures, looks, steps, things and the rest.

Each function reads the entries of one key with a `Scope`, which draws their numbers, and raises `DeclarationError` at
the line that cannot be meant. An entry for both people is drawn for each of them.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf, radians

from intersyn.data.compose.document import Item
from intersyn.data.compose.drafting import (
    ALWAYS,
    Approach,
    Beat,
    Formation,
    Look,
    Posture,
    Reach,
    Step,
    Target,
    Thing,
    Walk,
    When,
)
from intersyn.data.compose.scope import Scope
from intersyn.skeleton import JOINT_NAMES

_PACE = "0.42..0.5"  # seconds a step of people who are in no hurry
_CLEAR = 0.06  # metres in front of skin from which a hand goes straight for it
_ANGLES = ("lean", "twist", "tilt", "nod", "turn_head", "tilt_head", "shrug")
_GROUPS = {
    "trunk": ("trunk",),
    "head": ("head",),
    "left_arm": ("left_arm",),
    "right_arm": ("right_arm",),
    "arms": ("left_arm", "right_arm"),
    "legs": ("legs",),
}
_REACH = ("who", "part", "to", "at", "in", "meets", "when", "palm", "fingers", "firm", "shift", "gap", "clear", "arc")


def _entries(scope: Scope, item: Item | None, what: str, known: tuple[str, ...], needed: tuple[str, ...] = ()):
    """(entry, its fields) of those entries of a key that hold in this clip."""
    for entry in [] if item is None else item.entries():
        fields = entry.fields(what, (*known, "only"), needed)
        if scope.holds(fields):
            yield entry, fields


def formation(scope: Scope, item: Item | None) -> Formation | None:
    """How two people stand at the contact: face to face, 0.9 to 1.2 m apart, unless it is said. None for one person."""
    if scope.people == 1:
        if item is not None:
            raise item.error("one person has no formation")
        return None
    keys = ("kind", "apart", "aside", "turn_a", "turn_b")
    fields = {} if item is None else item.fields("formation", keys)
    kinds = ("face", "beside", "behind", "back")
    return Formation(
        kind=scope.one_of(fields["kind"], "kind of formation", kinds) if "kind" in fields else "face",
        apart=scope.positive(fields, "apart", "0.9..1.2"),
        aside=scope.drawn(fields, "aside", "0"),
        turns=(radians(scope.drawn(fields, "turn_a", "0")), radians(scope.drawn(fields, "turn_b", "0"))),
    )


def walk(scope: Scope, item: Item | None, base: str) -> Walk | None:
    """How everybody walks; None on standing bases."""
    if base != "walking":
        if item is not None:
            raise item.error("walk needs 'base: walking'")
        return None
    fields = {} if item is None else item.fields("walk", ("speed", "curve", "opposite"))
    opposite = "opposite" in fields and scope.truth(fields["opposite"])
    return Walk(scope.positive(fields, "speed", "0.9..1.3"), scope.drawn(fields, "curve", "0"), opposite)


def approaches(scope: Scope, item: Item | None) -> tuple[Approach, ...]:
    """Who comes nearer before the contact."""
    found: dict[int, Approach] = {}
    for entry, fields in _entries(scope, item, "approach", ("who", "by", "until", "gait", "pace"), ("by", "until")):
        gait = scope.one_of(fields["gait"], "gait", ("steps", "walk")) if "gait" in fields else "steps"
        for who in scope.persons(fields.get("who"), entry):
            if who in found:
                raise entry.error("one person cannot approach twice")
            by, (until,) = scope.positive(fields, "by", ""), scope.times([fields["until"]])
            found[who] = Approach(who, by, until, gait, scope.positive(fields, "pace", _PACE))
    return tuple(found.values())


def _place(scope: Scope, fields: dict[str, Item], who: int) -> Target:
    """A place in a frame, from `at` and `in`."""
    return Target(frame=scope.frame(fields.get("in")), frame_of=who, position=scope.vector(fields["at"]))


def _beat(scope: Scope, item: Item, when: When, ways: tuple[str, ...]) -> Beat:
    """ways: the keys one of which says how a reach moves; none for a posture."""
    fields = item.fields("beat", ("rate", "times", *ways))
    if ways and len(fields.keys() & set(ways)) != 1:
        raise item.error(f"a beat needs one of {' and '.join(ways)}")
    times = scope.positive(fields, "times", "") if "times" in fields else None
    hold = when[2] - when[1]
    if "rate" in fields:
        rate = scope.positive(fields, "rate", "")
    elif times is not None and 0 < hold < inf:
        rate = times / hold
    else:
        raise item.error("a beat needs its rate, or times in a hold that ends")
    by = scope.vector(fields["by"]) if "by" in fields else None
    return Beat(rate, by, scope.drawn(fields, "gap", "0"), times)  # type: ignore[arg-type]


def reaches(scope: Scope, item: Item | None) -> tuple[Reach, ...]:
    """The points of bodies that follow targets."""
    known = (*_REACH, "beat", "contact")
    return tuple(
        _reach(scope, entry, fields, who)
        for entry, fields in _entries(scope, item, "reach", known, ("part", "when"))
        for who in scope.persons(fields.get("who"), entry)
    )


def _reach(scope: Scope, entry: Item, fields: dict[str, Item], who: int) -> Reach:
    if ("to" in fields) == ("at" in fields):
        raise entry.error("a reach needs either 'to' or 'at'")
    for key in ("in", "meets") if "to" in fields else ("shift",):
        if key in fields:
            raise fields[key].error(f"{key!r} does not go with {'to' if 'to' in fields else 'at'!r}")
    touched: tuple[int | None, str] | None = None
    if "to" in fields:
        touched = owner, name = scope.place_on(fields["to"], who)
        shift = scope.vector(fields["shift"]) if "shift" in fields else (0.0, 0.0, 0.0)
        if owner is None:
            target = Target(thing=name, position=shift)  # type: ignore[arg-type]
        else:
            target = Target(owner=owner, point=name, position=shift)  # type: ignore[arg-type]
    else:
        target = _place(scope, fields, who)
        if "meets" in fields:
            touched = scope.place_on(fields["meets"], who, default=1 - who if scope.people == 2 else who)
    contact = scope.truth(fields["contact"]) if "contact" in fields else touched is not None
    if contact and touched is None:
        raise entry.error("a contact at a place needs 'meets': whom it touches there")
    when = scope.when(fields["when"])
    return Reach(
        who=who,
        part=scope.part(fields["part"]),
        target=_oriented(scope, fields, target),
        when=when,
        arc=scope.vector(fields["arc"]) if "arc" in fields else (0.0, 0.0, 0.0),  # type: ignore[arg-type]
        beat=_beat(scope, fields["beat"], when, ("gap", "by")) if "beat" in fields else None,
        contact=touched if contact else None,
    )


def _oriented(scope: Scope, fields: dict[str, Item], target: Target) -> Target:
    """The target with its directions and distances: by default a palm lies against what it goes to."""
    firm = fields["firm"].fields("firm", ("palm", "fingers")) if "firm" in fields else {}
    palm = scope.direction(fields["palm"]) if "palm" in fields else None
    fingers = scope.direction(fields["fingers"]) if "fingers" in fields else None
    faces = palm is not None or target.frame is None
    return replace(
        target,
        palm=palm,
        fingers=fingers,
        palm_weight=scope.drawn(firm, "palm", "1") if faces else 0.0,
        fingers_weight=scope.drawn(firm, "fingers", "0.5") if fingers else 0.0,
        gap=scope.drawn(fields, "gap", "0"),
        clear=scope.drawn(fields, "clear", str(_CLEAR) if target.owner is not None else "0"),
    )


def postures(scope: Scope, item: Item | None) -> tuple[Posture, ...]:
    """Offsets of people's postures."""
    found = []
    known = (*_ANGLES, "crouch", "joints")
    for entry, fields in _entries(scope, item, "posture", ("who", *known, "when", "beat")):
        if not fields.keys() & set(known):
            raise entry.error(f"a posture needs one of {', '.join(known)}")
        for who in scope.persons(fields.get("who"), entry):
            values = {key: radians(scope.number(fields[key])) for key in _ANGLES if key in fields}
            if "crouch" in fields:
                values["crouch"] = scope.number(fields["crouch"])
            turned = fields["joints"].fields("joints") if "joints" in fields else {}
            joints = {
                fields["joints"].check_known("joint", name, JOINT_NAMES): tuple(map(radians, scope.vector(angles)))
                for name, angles in turned.items()
            }
            when = scope.when(fields["when"]) if "when" in fields else ALWAYS
            beat = _beat(scope, fields["beat"], when, ()) if "beat" in fields else None
            found.append(Posture(who, values, joints, when, beat))  # type: ignore[arg-type]
    return tuple(found)


def looks(scope: Scope, item: Item | None) -> tuple[Look, ...]:
    """Where people look: at each other's eyes always, then what is declared."""
    found = [Look(who, _eyes(1 - who), ALWAYS) for who in range(scope.people) if scope.people == 2]
    for entry, fields in _entries(scope, item, "look", ("who", "at", "in", "when"), ("at",)):
        for who in scope.persons(fields.get("who"), entry):
            when = scope.when(fields["when"]) if "when" in fields else ALWAYS
            found.append(Look(who, _seen(scope, fields, who), when))
    return tuple(found)


def _eyes(who: int) -> Target:
    return Target(owner=who, point="eyes")


def _seen(scope: Scope, fields: dict[str, Item], who: int) -> Target | None:
    at = fields["at"]
    if at.is_list:
        return _place(scope, fields, who)
    if "in" in fields:
        raise fields["in"].error("'in' needs 'at' as three numbers")
    name = scope.name(at)
    if name == "away":
        return None
    if name == "partner" and scope.people == 2:
        return _eyes(1 - who)
    owner, name = scope.place_on(at, who)
    return Target(thing=name) if owner is None else Target(owner=owner, point=name)


def steps(scope: Scope, item: Item | None) -> tuple[Step, ...]:
    """What feet do."""
    found: list[Step] = []
    known = ("who", "from", "until", "move", "turn", "march", "orbit", "jump", "travel", "pace")
    for entry, fields in _entries(scope, item, "step", known, ("from",)):
        kinds = [kind for kind in ("move", "march", "orbit", "jump") if kind in fields]
        if len(kinds) > 1 or not (kinds or "turn" in fields):
            raise entry.error("a step is one of move (or turn), march, orbit and jump")
        kind = kinds[0] if kinds else "move"
        people = scope.persons(fields.get("who"), entry)
        if kind == "orbit":
            if len(people) < 2:
                raise entry.error("an orbit is of both")
            step = _step(scope, entry, fields, 0, kind)
            found += [step, replace(step, who=1)]
        else:
            found += [_step(scope, entry, fields, who, kind) for who in people]
    return tuple(found)


# Which keys each kind of step has besides its own, and whether it must say when it ends.
_STEP_KEYS = {"move": {"turn", "pace", "until"}, "march": {"pace", "until"}, "orbit": {"travel", "pace", "until"}}


def _step(scope: Scope, entry: Item, fields: dict[str, Item], who: int, kind: str) -> Step:
    for key in fields.keys() & {"turn", "travel", "pace", "until"} - _STEP_KEYS.get(kind, set()):
        raise fields[key].error(f"{key!r} does not go with {kind!r}")
    if kind in ("march", "orbit") and "until" not in fields:
        raise entry.error(f"{kind!r} needs 'until'")
    times = scope.times([fields[key] for key in ("from", "until") if key in fields])
    step = Step(who, times[0], times[1] if len(times) == 2 else None, kind)
    if kind == "jump":
        return replace(step, height=scope.positive(fields, "jump", ""))
    step = replace(step, pace=scope.positive(fields, "pace", _PACE))
    if kind == "march":
        return replace(step, lift=scope.positive(fields, "march", ""))
    turn, way = ("orbit", "travel") if kind == "orbit" else ("turn", "move")
    move = scope.vector(fields[way], 2) if way in fields else (0.0, 0.0)
    return replace(step, move=move, turn=radians(scope.drawn(fields, turn, "0")))


def things(scope: Scope, item: Item | None) -> dict[str, Thing]:
    """The things of the clip and their ways."""
    found: dict[str, Thing] = {}
    for name, value in ({} if item is None else item.fields("things")).items():
        fields = value.fields("a thing", ("radius", "path"), ("path",))
        path = []
        for entry, part in _entries(scope, fields["path"], "path", ("at", "in", "who", "when"), ("at", "when")):
            who = scope.persons(part["who"], entry)[0] if "who" in part else 0
            path.append((_place(scope, part, who), scope.when(part["when"])))
        if not path:
            raise value.error(f"the thing {name!r} has no way")
        found[name] = Thing(scope.positive(fields, "radius", "0.05"), tuple(path))
    return found


def by_person(scope: Scope, item: Item | None, what: str) -> dict[int, Item]:
    """What a key such as `balance` says of each person; what it says of one replaces what it says of both."""
    names = ("both", "a", "b") if scope.people == 2 else ("a",)
    fields = {} if item is None else item.fields(what, names)
    people = {"both": (0, 1), "a": (0,), "b": (1,)}
    return {who: fields[name] for name in names if name in fields for who in people[name]}


def free(scope: Scope, item: Item | None) -> dict[tuple[int, str], float]:
    """How readily groups of joints leave the base, by person and group (arms as left_arm and right_arm)."""
    found: dict[tuple[int, str], float] = {}
    for who, groups in by_person(scope, item, "free").items():
        fields = groups.fields("free", _GROUPS)
        for name in sorted(fields, key=lambda name: name != "arms"):
            value = scope.positive(fields, name, "")
            found |= {(who, group): value for group in _GROUPS[name]}
    return found
