"""What the texts of an interleaved sequence promise, as the action checks say it, in the frames of each part.

A crop of a clip may keep less than the whole: only what the real motion of the same part keeps is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from intersyn.data.store import Clip
from intersyn.motion import Motion
from training.action_checks import CHECKS, Reading, keeps
from training.action_scene import Check, Scene
from training.frozen_benchmark import Entry


@dataclass(frozen=True)
class Promise:
    """A check of what some people do in frames [start, end), in the reading that their text has."""

    check: Check
    reading: Reading
    people: tuple[int, ...]
    start: int
    end: int


def promises(entry: Entry, real: Motion, clips: dict[str, Clip]) -> list[Promise]:
    """Those that the real motion of an entry keeps. Two recordings put side by side have no check."""
    found = []
    for segment, roles in zip(entry.timeline.segments, entry.cast, strict=True):
        for part in segment.parts:
            first = clips[roles[part.people[0]].clip]
            if part.is_interaction and first.partner != roles[part.people[1]].clip:
                continue
            plain = Reading.of(part.text, len(part.people))
            reading = replace(plain, mirrored=roles[part.people[0]].mirror, swapped=first.role == 1)
            for check in CHECKS:
                if first.action in check.actions and check.people == len(part.people):
                    promise = Promise(check, reading, part.people, segment.start, segment.end)
                    if is_kept(promise, real):
                        found.append(promise)
    return found


def is_kept(promise: Promise, motion: Motion) -> bool:
    """Whether a motion of the whole sequence keeps it."""
    people, frames = list(promise.people), slice(promise.start, promise.end)
    scene = Scene.of(motion.quaternions()[people, frames], motion.trans[people, frames], motion.fps)
    return keeps(promise.check, scene, promise.reading)


def share_kept(promised: Sequence[Promise], motion: Motion) -> float:
    """Share of some promises that a motion keeps; NaN for none."""
    return sum(is_kept(promise, motion) for promise in promised) / len(promised) if promised else float("nan")
