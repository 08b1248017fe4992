"""Does a motion keep what its text promises: the checks of `solo_checks` and `pair_checks`, and which of them are fit.

A text that names a side may be the mirror image of a clip's, and one that names the roles may be told from the other
person; then the motion has to be so too. What a text leaves open is the model's to choose: any reading of it counts.
A check that real test clips keep in fewer than 95% of cases measures the check, not the model: `fit` drops it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from intersyn.data.layouts import MAX_FRAMES, MIN_FRAMES
from intersyn.data.store import COMPOSED, Clip, ClipStore
from intersyn.timeline import Part, Segment, Timeline, mirror_text, swap_roles
from training.action_scene import Check, Scene
from training.pair_checks import PAIRS
from training.solo_checks import SOLOS

CHECKS = SOLOS + PAIRS

FIT = 0.95  # of real test clips have to keep a promise for it to be asked of generated motion


@dataclass(frozen=True)
class Reading:
    """What a text leaves open, and how it differs from its clip's: told of the mirror image, of the other person."""

    either_side: bool
    either_role: bool
    mirrored: bool = False
    swapped: bool = False

    @staticmethod
    def of(text: str, people: int) -> Reading:
        return Reading(mirror_text(text) == text, people == 2 and swap_roles(text) == text)


@dataclass(frozen=True)
class Request:
    """A held-out text of an action to be made, `frames` long."""

    check: Check
    action: str
    text: str
    reading: Reading
    frames: int

    @property
    def timeline(self) -> Timeline:
        """One segment of one or two people."""
        return Timeline((Segment(0, self.frames, (Part(tuple(range(self.check.people)), self.text),)),))


def keeps(check: Check, scene: Scene, reading: Reading) -> bool:
    """Whether a motion keeps the promise in one of the readings that its text allows."""
    sides = (False, True) if reading.either_side else (reading.mirrored,)
    roles = (False, True) if reading.either_role else (reading.swapped,)
    for mirrored, swapped in product(sides, roles):
        seen = scene.mirrored() if mirrored else scene
        if check.holds(seen.swapped() if swapped else seen):
            return True
    return False


def clips_of(store: ClipStore, action: str, people: int, split: str) -> list[tuple[Clip, ...]]:
    """Clips of an action in a split: of one person alone, or of two in order of their roles."""
    by_name = {clip.name: clip for clip in store.clips}
    found = []
    for clip in store.clips:
        if clip.action == action and clip.split == split and clip.test_texts:
            if people == 1 and clip.partner is None:
                found.append((clip,))
            elif people == 2 and clip.partner is not None and clip.role == 0:
                found.append((clip, by_name[clip.partner]))
    return found


def real_rate(check: Check, store: ClipStore, clips: Sequence[tuple[Clip, ...]]) -> tuple[int, int]:
    """(kept, asked): each clip under each of its own held-out texts."""
    kept = asked = 0
    for people in clips:
        scene = Scene.of_clips(store, people)
        answers: dict[Reading, bool] = {}
        for text in people[0].test_texts:
            reading = Reading.of(text, check.people)
            if reading not in answers:
                answers[reading] = keeps(check, scene, reading)
            kept, asked = kept + answers[reading], asked + 1
    return kept, asked


def strangers(store: ClipStore, people: int, split: str) -> dict[str, Scene]:
    """One clip of every action of so many people."""
    actions = dict.fromkeys(clip.action for clip in store.clips)
    found = {action: clips_of(store, action, people, split) for action in actions}
    return {action: Scene.of_clips(store, clips[0]) for action, clips in found.items() if clips}


def chance(check: Check, others: dict[str, Scene]) -> tuple[int, int]:
    """(kept, asked): clips of other actions, which promised nothing of the kind: near 0 for a check that is worth much.

    They are taken in any reading, as texts without side or role are.
    """
    chosen = [scene for action, scene in others.items() if action not in check.actions]
    return sum(keeps(check, scene, Reading(True, check.people == 2)) for scene in chosen), len(chosen)


def fit(kept: int, asked: int) -> bool:
    """Whether real clips keep the promise often enough for it to be asked of a model."""
    return asked > 0 and kept >= FIT * asked


def requests(check: Check, action: str, clips: Sequence[tuple[Clip, ...]], count: int, seed: int) -> list[Request]:
    """`count` held-out texts of an action, all clips and texts in turn; every other one told the other way about.

    Composed clips are stored with the right hand, and recorded ones as they were: a text that names a side is asked for
    as it is and mirrored in turn, unless the other side is an action of its own.
    """
    if not clips:
        return []
    rng = np.random.default_rng([seed, CHECKS.index(check)])
    offset = int(rng.integers(1000))
    out = []
    for k in range(count):
        clip = clips[(offset + k) % len(clips)][0]
        text = clip.test_texts[(offset + k // len(clips) + k) % len(clip.test_texts)]
        plain = Reading.of(text, check.people)
        mirrored = not plain.either_side and mirror_text(action) == action and clip.source == COMPOSED and k % 2 == 1
        swapped = check.people == 2 and not plain.either_role and k // 2 % 2 == 1
        told = mirror_text(text) if mirrored else text
        told = swap_roles(told) if swapped else told
        frames = min(max(clip.frames, MIN_FRAMES), MAX_FRAMES)
        reading = Reading(plain.either_side, plain.either_role, mirrored, swapped)
        out.append(Request(check, action, told, reading, frames))
    return out


def table(checks: Sequence[Check] = CHECKS) -> list[tuple[Check, str]]:
    """(check, action): success is counted by action."""
    return [(check, action) for check in checks for action in check.actions]
