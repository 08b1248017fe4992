"""Which texts ask for the same thing: classes of (action, side, role). No judge is asked to tell those of one apart.

Several clips share a sentence, and several sentences an action. In a contrastive batch or a retrieval pool two of one
class are no rivals. A text that names no side ("a person waves") belongs to both sides' classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from intersyn.data.pairings import PAIRINGS
from intersyn.data.store import Clip
from intersyn.timeline import mirror_text, swap_roles

TextClass = tuple[str, bool, bool]  # action, mirrored, roles swapped
_SIDED = re.compile(r"\b(left|right)\b")


class TextClasses:
    """The classes of every text that some clips, or the pairings of solo clips, may be told by."""

    def __init__(self, clips: Iterable[Clip]) -> None:
        told: dict[str, dict[str, None]] = {}  # the sentences of each action
        for clip in clips:
            if clip.partner is None or clip.role == 0:
                told.setdefault(clip.action, {}).update(dict.fromkeys((*clip.texts, *clip.test_texts)))
        for pairing in PAIRINGS:
            told.setdefault(f"two {pairing.name}", {}).update(dict.fromkeys((*pairing.texts, *pairing.test_texts)))
        self.merged = _same_words(told)
        self._of: dict[str, set[TextClass]] = {}
        for action, texts in told.items():
            for text in texts:
                self._add(self.merged.get(action, action), text)

    def _add(self, action: str, text: str) -> None:
        for told, own in readings(action, text):
            self._of.setdefault(told, set()).add(own)

    def of(self, text: str) -> frozenset[TextClass]:
        """Raises `KeyError` for a text that nothing is told by."""
        return frozenset(self._of[text])

    def same(self, texts: Sequence[str]) -> Tensor:
        """(N, N) bool: True where two texts may ask for the same thing."""
        classes = [self._of[text] for text in texts]
        names = {name: k for k, name in enumerate(sorted(set().union(*classes)))} if classes else {}
        member = torch.zeros(len(texts), len(names))
        for row, own in zip(member, classes, strict=True):
            row[[names[name] for name in own]] = 1
        return member @ member.T > 0


def readings(action: str, text: str) -> list[tuple[str, TextClass]]:
    """A sentence of an action as it is, of the mirror image, with the roles swapped, and both: each with its class.

    A sentence that names neither side nor roles comes back four times unchanged: it belongs to all four classes.
    """
    found = []
    for mirrored in (False, True):
        name = mirror_text(action) if mirrored else action
        side = mirrored and name == action  # a label that names the side has a label for the other side
        plain = mirror_text(text) if mirrored else text
        found.extend((swap_roles(plain) if swapped else plain, (name, side, swapped)) for swapped in (False, True))
    return found


def _same_words(told: dict[str, dict[str, None]]) -> dict[str, str]:
    """Actions of different sources that share a sentence are one action: {action: the name that stands for all}.

    Labels that name a side are left alone: what left and right share is a sentence that names neither.
    """
    name_of: dict[str, str] = {}
    merged: dict[str, str] = {}

    def top(action: str) -> str:
        while action in merged:
            action = merged[action]
        return action

    for action, texts in told.items():
        if _SIDED.search(action):
            continue
        for text in texts:
            first = top(name_of.setdefault(text, action))
            if first != top(action):
                merged[top(action)] = first
    return {action: top(action) for action in merged}
