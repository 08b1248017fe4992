"""Texts of clips: several phrasings per action and style, some reserved for testing; cleaning."""

from __future__ import annotations

import hashlib
import re
from functools import cache

from intersyn.data.phrases import ACTIONS, KEYWORDS, STYLES
from intersyn.timeline import mirror_text

TEST_SHARE = 0.2


def fraction(key: str) -> float:
    """A fixed number in [0, 1) for a string, the same on every machine and in every version of Python."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64


@cache
def reserved(count: int, key: str) -> frozenset[int]:
    """Which of `count` phrasings are for testing: a fifth, at least one, by fixed hash. Fewer than 5 give none.

    The first two say it most plainly; they are always for training.
    """
    if count < 5:
        return frozenset()
    order = sorted(range(2, count), key=lambda k: fraction(f"phrase/{key}/{k}"))
    return frozenset(order[: max(1, round(TEST_SHARE * count))])


def phrasings(action: str, style: str = "normal") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sentences for training and sentences reserved for testing, of one action in one style.

    Mirror images share their reserved phrasings, so that no mirrored training text is a test text.
    Raises ValueError for an action or style without wording.
    """
    if action not in ACTIONS or style not in STYLES:
        raise ValueError(f"no wording for action {action!r} in style {style!r}")
    held = reserved(len(ACTIONS[action]), mirror_text(action) if "right" in action else action)
    train: list[str] = []
    test: list[str] = []
    for k, predicate in enumerate(ACTIONS[action]):
        subject = "" if predicate.startswith(("two ", "a couple")) else "a person "
        adverbs = STYLES[style]
        # A style has three wordings; each phrasing takes two of them in turn, which is varied enough.
        chosen = adverbs if len(adverbs) < 3 or k in held else (adverbs[k % 3], adverbs[(k + 1) % 3])
        (test if k in held else train).extend(f"{subject}{predicate} {adverb}".strip() for adverb in chosen)
    return tuple(train), tuple(test)


def clean(description: str) -> str:
    """A free description as a lower-case sentence without a full stop: spaces, dashes and slashes made regular."""
    text = re.sub(r"\s+", " ", description.strip().lower().replace("_", " "))
    text = re.sub(r"\s*/\s*", " or ", text)
    text = re.sub(r"\s+-\s+", ", ", text)
    return text.rstrip(" .,;")


def action_of(description: str) -> str:
    """The small class of a free description, used to balance sampling: its first known keyword, else "other"."""
    text = description.lower()
    return next((action for word, action in KEYWORDS if word in text), "other")


# Bare CMU labels whose verb needs an ending.
_VERBS = {
    "walk": "walks", "walk or stride": "walks with long strides", "run or jog": "runs", "slow walk": "walks slowly",
    "brisk walk": "walks briskly", "slow walk or stride": "walks slowly with long strides",
    "walk, exaggerated stride": "walks with an exaggerated stride", "punch or strike": "punches and strikes",
    "jump, balance": "jumps and keeps balance", "run, leap": "runs and leaps",
    "jump up and down, hop on one foot": "jumps up and down and hops on one foot",
    "bend over, scoop up, rise, lift arm": "bends over, scoops something up, rises and lifts an arm",
    "swordplay": "practises swordplay", "cartwheel": "does a cartwheel", "cartwheels": "does cartwheels",
    "laugh": "laughs", "soccer, kick ball": "plays soccer and kicks a ball",
    "start walk stop": "starts walking and then stops in the style of Michael Jackson",
    "start hop stop": "starts hopping and then stops in the style of Michael Jackson",
    "balance on one leg, outstretched arms": "balances on one leg with outstretched arms",
    "indian dance": "performs an Indian dance", "martial arts": "performs martial arts",
}  # fmt: skip


def describe(description: str, action: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Training and test sentences of a clip with a short description: its own words first, then its action's.

    The action's reserved phrasings are the test texts; the description itself is for training.
    """
    text = clean(description)
    if text in _VERBS:
        own = [f"a person {_VERBS[text]}"]
    elif text.startswith("dance, "):
        detail = text.removeprefix("dance, ")
        own = [f"a person dances, {detail}", f"a person performs a dance: {detail}"]
    else:
        own = [f"a person performs: {text}"]
    # Where the description says more than its action, only the general words about it hold, not "in a straight line".
    train, test = phrasings(action) if action in ACTIONS else ((), ())
    return tuple(dict.fromkeys((*own, *train))), test
