"""Declarations: a short YAML file says what two people, or one, do; `Program.draw` decides one clip of it.

Reading a file tries it: it is drawn many times, half of them with all ranges at their ends, so that what cannot be
meant fails then, with the file and the line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from dataclasses import fields as dataclass_fields
from pathlib import Path

import numpy as np

from intersyn.data.compose import entries
from intersyn.data.compose.document import Item, read_document
from intersyn.data.compose.drafting import Draft, Reach
from intersyn.data.compose.quality import Limits
from intersyn.data.compose.scope import Dice, ExtremeDice, Scope
from intersyn.data.phrases import STYLES
from intersyn.data.texts import clean, reserved
from intersyn.timeline import mirror_text, swap_roles

BUNDLED = Path(__file__).parent / "programs"
DEFAULT_STYLES = ("normal", "masculine", "feminine", "youthful")
MIN_PHRASINGS = 12
_TRIALS = 64
_KEYS = (
    "name", "people", "base", "styles", "formation", "walk", "approach", "let", "moments", "reach", "posture", "look",
    "steps", "things", "free", "balance", "yield", "limits", "key", "phrasings",
)  # fmt: skip
_LIMITS = tuple(each.name for each in dataclass_fields(Limits))
_ROLE = re.compile(r"\bthe (first|second) person\b")
_PLURAL = re.compile(
    r"\b(two|both|pair|couple|people|persons|partners|friends|strangers|they|each other|one another)\b"
)
_EITHER = re.compile(r"\bone (person|man|woman|of (them|the))\b")
_ALONE = re.compile(r"\b((a|the|this) (person|figure|human)|an individual|some(one|body))\b")


@dataclass(frozen=True)
class Program:
    """One act, read and tried. phrasings: all its sentences, in the file's order; path: the file it was read from."""

    name: str
    people: int
    path: Path
    phrasings: tuple[str, ...]
    fields: dict[str, Item] = field(repr=False)

    @property
    def texts(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The sentences for training, the first two among them, and those reserved for testing, a fifth."""
        held = reserved(len(self.phrasings), self.name)
        train = tuple(text for k, text in enumerate(self.phrasings) if k not in held)
        return train, tuple(text for k, text in enumerate(self.phrasings) if k in held)

    def draw(self, rng: np.random.Generator) -> Draft:
        """All numbers of one clip; the same generator state gives the same clip.

        Raises `DeclarationError` where the drawn numbers contradict each other, which reading the program may miss.
        """
        return self._draft(Dice(rng))

    def _draft(self, dice: Dice) -> Draft:
        get = self.fields.get
        declared = get("things")
        scope = Scope(self.people, dice, () if declared is None else tuple(declared.fields("things")))
        if (shared := get("let")) is not None:
            scope.let(shared)
        moments = scope.moments(self.fields["moments"])
        base = "standing"
        if "base" in self.fields:
            base = scope.one_of(self.fields["base"], "base", ("standing", "walking"))
        reaches = entries.reaches(scope, get("reach"))
        balance = entries.by_person(scope, get("balance"), "balance")
        yields = entries.by_person(scope, get("yield"), "yield")
        limits = self.fields["limits"].fields("limits", _LIMITS) if "limits" in self.fields else {}
        return Draft(
            name=self.name,
            people=self.people,
            base=base,
            styles=_styles(scope, get("styles")),
            formation=entries.formation(scope, get("formation")),
            walk=entries.walk(scope, get("walk"), base),
            approach=entries.approaches(scope, get("approach")),
            moments=moments,
            reaches=reaches,
            postures=entries.postures(scope, get("posture")),
            looks=entries.looks(scope, get("look")),
            steps=entries.steps(scope, get("steps")),
            things=entries.things(scope, declared),
            free=entries.free(scope, get("free")),
            balance=tuple(scope.number(balance[who]) if who in balance else None for who in range(self.people)),
            yields=tuple(scope.number(yields[who]) if who in yields else 1.0 for who in range(self.people)),
            limits={name: scope.number(value) for name, value in limits.items()},
            key=_key(scope, get("key"), reaches, max(moments.values())),
            phrasings=tuple(text.text() for text in _said(scope, self.fields["phrasings"])),
            choices=scope.choices,
        )


def _styles(scope: Scope, item: Item | None) -> tuple[str, ...]:
    if item is None:
        return DEFAULT_STYLES
    return tuple(scope.one_of(style, "style", tuple(STYLES)) for style in item.entries())


def _key(scope: Scope, item: Item | None, reaches: tuple[Reach, ...], end: float) -> tuple[float, float] | None:
    """The declared key interval, or from the first to the last contact; None where nothing touches."""
    if item is not None:
        items = item.sequence("key")
        if len(items) != 2:
            raise item.error(f"key is two times, got {len(items)}")
        return scope.times(items)  # type: ignore[return-value]
    touches = [reach.when for reach in reaches if reach.contact is not None]
    if not touches:
        return None
    return max(0.0, min(when[1] for when in touches)), min(end, max(when[2] for when in touches))


def _said(scope: Scope | None, item: Item) -> list[Item]:
    """The sentences that hold in a clip (without a scope: all of them); one may be {text: ..., only: ...}."""
    said = []
    for entry in item.sequence("phrasings"):
        fields = {"text": entry} if entry.is_text else entry.fields("a phrasing", ("text", "only"), ("text",))
        if scope is None or scope.holds(fields):
            said.append(fields["text"])
    return said


def _phrasings(item: Item, people: int) -> tuple[str, ...]:
    """All sentences, each of which says who acts and is no other one mirrored or with the roles exchanged."""
    said = _said(None, item)
    if len(said) < MIN_PHRASINGS:
        raise item.error(f"{MIN_PHRASINGS} phrasings are needed, got {len(said)}")
    lines: dict[str, int] = {}
    for sentence in said:
        text = sentence.text()
        if text != clean(text):
            raise sentence.error(f"a phrasing is lower-case without a full stop, such as {clean(text)!r}")
        if people == 2 and _EITHER.search(text):
            raise sentence.error(f"{text!r} does not say which person: the first or the second")
        if people == 2 and not (_ROLE.search(text) or _PLURAL.search(text)):
            raise sentence.error(f"{text!r} names neither 'the first person', 'the second person' nor two people")
        if people == 1 and (_ROLE.search(text) or not _ALONE.search(text)):
            raise sentence.error(f"{text!r} must be about 'a person' or 'someone'")
        # Training mirrors clips and exchanges people: a sentence that only differs so would be in training and test.
        same = min(text, mirror_text(text), swap_roles(text), swap_roles(mirror_text(text)))
        if same in lines:
            raise sentence.error(f"{text!r} is line {lines[same]} again, if only mirrored or with the roles exchanged")
        lines[same] = sentence.line
    return tuple(sentence.text() for sentence in said)


def read_program(path: str | Path) -> Program:
    """Read and try one declaration. Raises `DeclarationError` naming file and line."""
    path = Path(path)
    root = read_document(path)
    fields = root.fields("a declaration", _KEYS, ("name", "people", "moments", "phrasings"))
    name = fields["name"].text()
    if name != path.stem:
        raise fields["name"].error(f"the name must be that of the file, {path.stem!r}, got {name!r}")
    if fields["people"].text() not in ("1", "2"):
        raise fields["people"].error(f"people must be 1 or 2, got {fields['people'].text()}")
    people = int(fields["people"].text())
    program = Program(name, people, path, _phrasings(fields["phrasings"], people), fields)
    rng = np.random.default_rng(0)
    for trial in range(_TRIALS):
        program._draft(Dice(rng) if trial % 2 else ExtremeDice(rng, trial // 2))
    return program


def read_programs(folder: str | Path | None = None) -> dict[str, Program]:
    """All declarations below a folder by name, sorted; those that come with the package by default.

    Raises `DeclarationError` for the first that cannot be read and for a name that two files have, ValueError for a
    folder without any.
    """
    folder = BUNDLED if folder is None else Path(folder)
    programs: dict[str, Program] = {}
    for path in sorted(folder.rglob("*.yaml"), key=lambda path: path.stem):
        program = read_program(path)
        if program.name in programs:
            raise program.fields["name"].error(f"{program.name!r} is also the name of {programs[program.name].path}")
        programs[program.name] = program
    if not programs:
        raise ValueError(f"no declarations (*.yaml) below {folder}")
    return programs
