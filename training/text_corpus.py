"""The sentences a text tower learns from: captions, templates filled with words, and sentences with their opposites."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

# Opposites that sentence encoders blur. Each axis lists (one, other); swapping exchanges them.
AXES: dict[str, tuple[tuple[str, str], ...]] = {
    "side": (("left", "right"), ("leftward", "rightward"), ("leftwards", "rightwards")),
    "ahead": (("forward", "backward"), ("forwards", "backwards"), ("in front of", "behind")),
    "height": (
        ("up", "down"),
        ("upward", "downward"),
        ("upwards", "downwards"),
        ("raise", "lower"),
        ("raises", "lowers"),
        ("raising", "lowering"),
        ("above", "below"),
    ),
    "spin": (("clockwise", "counterclockwise"),),
    "approach": (("toward", "away from"), ("towards", "away from"), ("approaches", "leaves")),
    "role": (
        ("first person", "second person"),
        ("person one", "person two"),
        ("person 1", "person 2"),
        ("one person", "the other person"),
        ("first", "second"),
    ),
    "speed": (("slow", "fast"), ("slowly", "quickly"), ("slower", "faster")),
}
TURN = "turn"  # the axis of pairs that only `composed` makes: with and without a turn

_SPELLINGS = re.compile(r"\b(?:counter|anti)[ -]?clock[ -]?wise\b")

LABELS = (
    "walk", "run", "jog", "jump", "hop", "skip", "crawl", "climb stairs", "sit down", "stand up", "lie down",
    "kneel", "squat", "bend over", "bow", "wave", "clap", "point", "punch", "kick", "throw", "catch", "push",
    "pull", "lift", "carry", "drag", "pick something up", "put something down", "turn around", "spin",
    "step sideways", "walk in a circle", "stumble", "fall", "balance on one leg", "stretch", "do jumping jacks",
    "do push-ups", "dance", "waltz", "salsa dance", "play guitar", "play the violin", "swing a golf club",
    "play tennis", "swim", "drink", "eat", "make a phone call", "wipe a surface", "stir", "shake hands", "hug",
    "high five", "fight", "dodge", "salute", "raise the hands", "look around", "scratch the head",
    "cross the arms", "shrug", "stand still",
)  # fmt: skip

# Base forms; the first word is inflected. {side} {ahead} {height} {spin} {to} are filled with either of two opposites.
_ACTIONS = (
    "walk", "walk {ahead}", "walk in a circle {spin}", "run", "run {ahead}", "jog", "stroll", "march", "dash",
    "sneak", "limp", "stumble to the {side}", "step {ahead}", "step to the {side}", "step {to} the wall", "jump",
    "jump {height}", "jump {ahead}", "hop on the {side} leg", "skip", "crawl {ahead}", "climb {height} the stairs",
    "sit {height}", "stand still", "lie {height}", "kneel {height}", "squat", "bend {height}", "bow", "wave",
    "wave with the {side} hand", "wave both hands", "raise the {side} hand", "raise both hands",
    "lower the {side} arm", "lift the {side} leg", "clap", "point {side}", "point {height} with the {side} hand",
    "punch with the {side} fist", "kick with the {side} leg", "throw a ball with the {side} hand", "catch a ball",
    "push {ahead}", "pull {ahead}", "lift a box {height}", "carry a box {ahead}", "turn {side}",
    "turn around {spin}", "spin {spin}", "turn to the {side}", "look {side}", "look {height}", "lean {ahead}",
    "lean to the {side}", "fall {ahead}", "balance on the {side} foot", "stretch", "dance", "waltz", "salsa dance",
    "do tai chi", "play guitar", "play tennis", "golf", "swim", "drink", "call someone",
    "wipe a table with the {side} hand", "stir a pot", "salute with the {side} hand", "scratch the head",
    "cross the arms", "shrug", "slash with the {side} hand", "dodge to the {side}", "respond", "nod",
    "guide someone with the {side} hand",
)  # fmt: skip
_TOGETHER = (
    "shake hands", "hug", "high five", "fight", "dance salsa", "dance with each other", "waltz together",
    "walk side by side", "walk {to} each other", "bow to each other", "wave at each other", "face each other",
    "spar", "punch at each other", "play tag", "walk hand in hand", "push each other", "circle each other {spin}",
    "sit {height} together", "run {to} each other", "clap hands together", "greet each other", "argue", "talk",
)  # fmt: skip
_ROLES = (
    "push", "pull", "punch", "kick", "lead", "follow", "chase", "hug", "lift", "carry", "approach", "greet",
    "help", "hit", "bow to", "wave at", "walk {to}", "run {to}", "point at", "dance around", "throw a ball to",
    "step back from",
)  # fmt: skip
_SINGLE = ("a person", "someone", "a man", "a woman", "the person", "a human", "the figure", "one person", "person one")
_PLURAL = ("two people", "two persons", "both people", "they", "a man and a woman", "the two", "both")
_MANNERS = (
    "slowly", "quickly", "happily", "sadly", "angrily", "proudly", "tiredly", "with energy", "calmly", "lightly",
    "heavily", "like an old person", "like a child", "like a giant", "in an exhausted way", "in a feminine way",
    "in a masculine way", "in a youthful way", "actively", "without confidence", "normally", "to the music",
    "carefully", "twice", "again and again", "for a while",
)  # fmt: skip
_TURNS = (" and turns {side}", " and turns around", ", then turns to the {side}", " while turning", " and spins around")
_WORD_TEMPLATES = (
    "a person {}", "someone {} slowly", "two people {}", "a person is {}", "they {} together",
    "a person {} forward", "a man {} the other person", "a person walks like a {}", "a person does a {}",
    "a person moves in a {} way",
)  # fmt: skip
_SLOTS = {
    "side": ("left", "right"),
    "ahead": ("forward", "backward"),
    "height": ("up", "down"),
    "spin": ("clockwise", "counterclockwise"),
    "to": ("towards", "away from"),
}


@dataclass(frozen=True)
class Pair:
    """Two sentences that differ by one opposite alone; `one` holds the axis's first member first."""

    one: str
    other: str
    axis: str


def normalise(text: str) -> str:
    """Lower case, single spaces, one spelling of counterclockwise."""
    return _SPELLINGS.sub("counterclockwise", " ".join(text.lower().split()))


def _swapper(axis: str) -> tuple[re.Pattern, dict[str, str]]:
    table: dict[str, str] = {}
    for one, other in AXES[axis]:
        table.setdefault(one, other)
        table.setdefault(other, one)
    longest_first = sorted(table, key=len, reverse=True)
    return re.compile(r"\b(" + "|".join(map(re.escape, longest_first)) + r")\b"), table


_SWAPPERS = {axis: _swapper(axis) for axis in AXES}


def swap(text: str, axis: str) -> str:
    """`text` normalised, with the opposites of one axis exchanged (the same text where there are none)."""
    pattern, table = _SWAPPERS[axis]
    return pattern.sub(lambda match: table[match[0]], normalise(text))


def pairs_of(text: str) -> list[Pair]:
    """A pair for each axis on which `text` says something."""
    text, found = normalise(text), []
    for axis, (pattern, _) in _SWAPPERS.items():
        first = pattern.search(text)
        if first:
            ones = {one for one, _ in AXES[axis]}
            pair = (text, swap(text, axis))
            found.append(Pair(*(pair if first[0] in ones else pair[::-1]), axis))
    return found


def held_out(text: str, share: float) -> bool:
    """Whether a caption is kept for testing: by a fixed hash that a text shares with all its opposites."""
    key = normalise(text)
    for pattern, table in _SWAPPERS.values():
        key = pattern.sub(lambda match, table=table: min(match[0], table[match[0]]), key)
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") < share * 2**32


def third_person(phrase: str) -> str:
    """`walk forward` -> `walks forward`."""
    verb, _, rest = phrase.partition(" ")
    if verb == "salsa":
        return f"salsa {third_person(rest)}"
    if re.search(r"(s|x|sh|ch|o)$", verb):
        verb += "es"
    elif re.search(r"[^aeiou]y$", verb):
        verb = verb[:-1] + "ies"
    else:
        verb += "s"
    return f"{verb} {rest}".strip()


def ing(phrase: str) -> str:
    """`run forward` -> `running forward`."""
    verb, _, rest = phrase.partition(" ")
    if verb == "salsa":
        return f"salsa {ing(rest)}"
    if verb.endswith("ie"):
        verb = verb[:-2] + "y"
    elif verb.endswith("e"):
        verb = verb[:-1]
    elif re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", verb):
        verb += verb[-1]
    return f"{verb}ing {rest}".strip()


def composed(count: int, seed: int = 0) -> tuple[list[str], list[Pair]]:
    """`count` motion sentences of subject, action, manner and direction, and pairs with and without a turn."""
    rng = random.Random(seed)
    sentences, turns = [], []
    for _ in range(count):
        kind = rng.random()
        manner = " " + rng.choice(_MANNERS) if rng.random() < 0.4 else ""
        if kind < 0.15:
            first, second = rng.choice((("the first person", "the second person"), ("person one", "person two")))
            if rng.random() < 0.5:
                first, second = second, first
            sentence = f"{first} {third_person(rng.choice(_ROLES))} {second}{manner}"
        elif kind < 0.4:
            action = rng.choice(_TOGETHER + _ACTIONS)
            subject = rng.choice(_PLURAL)
            sentence = rng.choice((f"{subject} {action}", f"{subject} are {ing(action)}")) + manner
        elif kind < 0.5:
            sentence = rng.choice(_ACTIONS + _TOGETHER) + manner
        else:
            action, subject = rng.choice(_ACTIONS), rng.choice(_SINGLE)
            sentence = rng.choice((f"{subject} {third_person(action)}", f"{subject} is {ing(action)}")) + manner
        sentence = sentence.format(**{name: rng.choice(both) for name, both in _SLOTS.items()})
        sentences.append(sentence)
        if kind >= 0.5 and "turn" not in sentence and "spin" not in sentence and rng.random() < 0.25:
            turn = rng.choice(_TURNS).format(side=rng.choice(_SLOTS["side"]))
            turns.append(Pair(sentence + turn, sentence + rng.choice(("", " without turning", " straight on")), TURN))
    return sentences, turns


def word_sentences(words: Iterable[str]) -> list[str]:
    """One template per word, chosen by the word's hash."""
    return [
        _WORD_TEMPLATES[hashlib.sha256(word.encode()).digest()[0] % len(_WORD_TEMPLATES)].format(word) for word in words
    ]
