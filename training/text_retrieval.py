"""Retrieval of actions by text: known sentences form classes of (action, side, role), others have to land on theirs.

Three judges score a text against every class: the nearest known sentence, the nearest mean of a class's sentences
(both by cosine of the pooled vectors), and a linear probe on pooled and token features, which reads what the networks
read. What a text leaves open (its side, who acts) is right either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from intersyn.data.pairings import PAIRINGS
from intersyn.data.store import Clip
from intersyn.data.text_classes import TextClass, TextClasses, readings
from intersyn.text import TextEncoder
from intersyn.timeline import mirror_text, swap_roles
from training.text_corpus import swap

ROLES = 0.9  # share of an action's sentences that name the roles, from which on it matters who acts


@dataclass(frozen=True)
class Asked:
    """Texts with their classes. right (N, C) bool; actions: the action that each text counts for; people: 1 or 2."""

    texts: tuple[str, ...]
    actions: tuple[str, ...]
    right: Tensor
    people: Tensor


class ActionTexts:
    """The sentences that the clips and the pairings of their solos are told by.

    known: sentences for training, mirrored and with the roles swapped too; member (N, C): whether they belong to each
    of `classes`. held_out: the sentences reserved for testing likewise, less those that are known.
    """

    def __init__(self, clips: Sequence[Clip]) -> None:
        merged = TextClasses(clips).merged
        told = {action: group for action, group in _told(clips).items() if group[0]}
        self._names: dict[str, set[str]] = {}  # the names in `classes` by what an action was called
        known: dict[str, set[TextClass]] = {}
        people: dict[str, int] = {}
        roles: dict[str, list[bool]] = {}
        for action, (train, _, count) in told.items():
            for text in train:
                for said, (name, side, swapped) in readings(merged.get(action, action), text):
                    known.setdefault(said, set()).add((name, side, swapped))
                    people[name] = count
                    roles.setdefault(name, []).append(swap_roles(text) != text)
            self._names[action] = {name for name, *_ in (own for _, own in readings(merged.get(action, action), ""))}
        self.classes = tuple(sorted(set().union(*known.values())))
        self._people = people
        self._acting = {name for name, named in roles.items() if sum(named) >= ROLES * len(named)}
        self.known = tuple(known)
        self._seen = frozenset(known)
        self.member = self._rows(list(known.values()))
        self.action_of_class = _codes([name for name, *_ in self.classes])
        self.merged = merged
        test = [(action, text) for action, (_, texts, _) in told.items() for text in texts]
        self.held_out = self.ask((text, (action,)) for action, text in test)

    def ask(self, texts: Iterable[tuple[str, Sequence[str]]]) -> Asked:
        """Texts with the actions they may be taken for, each also mirrored and with the roles swapped.

        Actions without clips here are left out, and texts that are left without any; known sentences too. A text counts
        for the first of its actions.
        """
        found: dict[str, set[TextClass]] = {}
        first: dict[str, str] = {}
        for text, actions in texts:
            for action in actions:
                if action not in self._names:
                    continue
                for said, own in readings(self.merged.get(action, action), text):
                    if said in self._seen:
                        continue
                    found.setdefault(said, set()).add(own)
                    first.setdefault(said, own[0])
        right = self._rows([self._open(classes) for classes in found.values()])
        people = torch.tensor([self._people[name] for name in first.values()], dtype=torch.long)
        return Asked(tuple(found), tuple(first.values()), right, people)

    def has_roles(self, action: str) -> bool:
        """Whether it matters in an action who is the first person: nearly all of its sentences say so."""
        return action in self._acting

    def _open(self, classes: set[TextClass]) -> set[TextClass]:
        """With the other role, where the two people of an action do the same."""
        return classes | {(name, side, not swapped) for name, side, swapped in classes if not self.has_roles(name)}

    def _rows(self, found: Sequence[set[TextClass]]) -> Tensor:
        column = {own: c for c, own in enumerate(self.classes)}
        rows = torch.zeros(len(found), len(column), dtype=torch.bool)
        for row, classes in zip(rows, found, strict=True):
            row[[column[own] for own in classes if own in column]] = True
        return rows


def _told(clips: Sequence[Clip]) -> dict[str, tuple[dict[str, None], dict[str, None], int]]:
    """Sentences for training and for testing of every action, and how many people it takes."""
    told: dict[str, tuple[dict[str, None], dict[str, None], int]] = {}
    for clip in clips:
        train, test, _ = told.setdefault(clip.action, ({}, {}, 1 + bool(clip.partner)))
        train |= dict.fromkeys(clip.texts)
        test |= dict.fromkeys(clip.test_texts)
    for pairing in PAIRINGS:
        # A pairing whose actions the clips lack is never seen.
        if set(pairing.first) & set(told) and set(pairing.second) & set(told):
            name = f"two {pairing.name}"
            told[name] = (dict.fromkeys(pairing.texts), dict.fromkeys(pairing.test_texts), 2)
    return told


def _codes(names: Sequence[str]) -> Tensor:
    rows = {name: k for k, name in enumerate(sorted(set(names)))}
    return torch.tensor([rows[name] for name in names])


@dataclass(frozen=True)
class Features:
    """pooled (N, Dp) of unit length; tokens (N, 2 Dt): mean and maximum over a text's tokens, or None."""

    pooled: Tensor
    tokens: Tensor | None = None

    @property
    def joined(self) -> Tensor:
        return self.pooled if self.tokens is None else torch.cat((self.pooled, self.tokens), dim=1)


def features(encoder: TextEncoder, texts: Sequence[str], batch_size: int = 256) -> Features:
    """Features of N texts, in their order."""
    parts = []
    for begin in range(0, len(texts), batch_size):
        found = encoder(texts[begin : begin + batch_size])
        parts.append((found.pooled, summary(found.tokens, found.mask)))
    pooled, tokens = zip(*parts, strict=True)
    return Features(torch.cat(pooled), torch.cat(tokens))


def summary(tokens: Tensor, mask: Tensor) -> Tensor:
    """Mean and maximum over the tokens that exist: (N, L, D) with mask (N, L) -> (N, 2 D)."""
    mean = (tokens * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return torch.cat((mean, tokens.masked_fill(~mask[..., None], -torch.inf).amax(1)), dim=1)


def nearest_text(known: Features, asked: Features, member: Tensor) -> Tensor:
    """(Q, C): the greatest cosine to a sentence of each class. member (N, C) bool."""
    cosine = asked.pooled @ known.pooled.T
    scores = torch.full((len(cosine), member.shape[1]), -torch.inf)
    for c, own in enumerate(member.T):
        scores[:, c] = cosine[:, own].amax(1)
    return scores


def nearest_mean(known: Features, asked: Features, member: Tensor) -> Tensor:
    """(Q, C): the cosine to the mean of each class's sentences."""
    return asked.pooled @ F.normalize(member.float().T @ known.pooled, dim=-1).T


def probe(known: Features, asked: Features, member: Tensor, steps: int = 60, decay: float = 1e-4) -> Tensor:
    """(Q, C) logits of a multinomial logistic regression fitted to the known sentences, standardised features.

    A sentence of several classes is right in any of them; a class weighs the same however many sentences it has.
    """
    inputs = known.joined
    mean, std = inputs.mean(0), inputs.std(0).clamp(min=1e-4)
    inputs = (inputs - mean) / std
    counts = member.float().sum(0).clamp(min=1)
    weight = (member / counts).sum(1)
    weight = weight / weight.sum()
    matrix = torch.zeros(inputs.shape[1], member.shape[1], requires_grad=True)
    bias = torch.zeros(member.shape[1], requires_grad=True)
    fit = torch.optim.LBFGS([matrix, bias], max_iter=steps, history_size=8, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        fit.zero_grad()
        logits = inputs @ matrix + bias
        right = torch.logsumexp(logits.masked_fill(~member, -torch.inf), 1)
        loss = (weight * (torch.logsumexp(logits, 1) - right)).sum() + decay * matrix.square().sum()
        loss.backward()
        return loss

    fit.step(closure)
    return ((asked.joined - mean) / std @ matrix + bias).detach()


def ranks(scores: Tensor, right: Tensor, action_of_class: Tensor) -> Tensor:
    """(Q,) rank of the best right class among actions, from 1: what scores above it counts once per action.

    The right action the wrong way round (other side, other role) counts as well. scores (Q, C), right (Q, C) bool.
    """
    best = scores.masked_fill(~right, -torch.inf).amax(1, keepdim=True)
    better = (scores > best + 1e-5).float()  # classes with the same sentences differ in their last digit
    return 1 + ((better @ F.one_hot(action_of_class).float()) > 0).sum(1)


# Opposites of a text on each axis; the text itself where it names none.
OPPOSITES = {
    "left/right": mirror_text,
    "forward/backward": lambda text: swap(text, "ahead"),
    "who acts": swap_roles,
}


@dataclass(frozen=True)
class Sided:
    """A text, known paraphrases that name an axis the same way, and those told the opposite way: rows of texts."""

    text: str
    action: str
    same: tuple[str, ...]
    other: tuple[str, ...]


def sided(found: ActionTexts, asked: Asked, axis: str) -> list[Sided]:
    """The texts that name an axis, those known sentences of their classes that do so too, and these reversed."""
    opposite, out = OPPOSITES[axis], []
    for text, action, right in zip(asked.texts, asked.actions, asked.right, strict=True):
        if opposite(text) == text or (axis == "who acts" and not found.has_roles(action)):
            continue
        rows = (found.member & right).any(1).nonzero()[:, 0].tolist()
        known = tuple(found.known[row] for row in rows)
        same = tuple(one for one in known if opposite(one) != one)
        if same:
            out.append(Sided(text, action, same, tuple(opposite(one) for one in same)))
    return out
