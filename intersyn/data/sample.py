"""The bundled sample: composed clips and short excerpts of recorded pairs, to look at and to test with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from intersyn.data.store import COMPOSED, SPLITS, Clip, ClipStore
from intersyn.motion import Motion
from intersyn.timeline import Part, Segment, Timeline

SAMPLE = Path(__file__).with_name("sample.zip")  # `training.compose_sample` writes it, and its note sample.md
BANDAI = "Bandai-Namco-Research-Motiondataset"
CMU = "CMU Graphics Lab Motion Capture Database"
ORIGINS = {"bandai": BANDAI, "cmu": CMU, "salsa": CMU}  # by the source of a recording


@dataclass(frozen=True)
class Example:
    """Something to look at: one person's clip, or the two clips of a pair in order of role."""

    name: str  # of the act, for example "Handshake"; the second one is "Handshake 2"
    text: str
    clips: tuple[Clip, ...]

    @property
    def recorded(self) -> bool:
        """Whether people did this as it is, before cameras."""
        return self.clips[0].source != COMPOSED

    @property
    def about(self) -> str:
        """One sentence: recorded or composed, from what, and under which licence."""
        origins = " and the ".join(origins_of(self.clips))
        if self.recorded:
            return f"Recorded: an excerpt from the {origins}; free to use, not to be resold."
        return f"Composed: contacts solved on recordings of the {origins}; CC BY-NC 4.0, non-commercial."


@cache
def load_sample() -> ClipStore:
    """The bundled sample, all splits. Read on the first call and shared: do not write to its tensors."""
    return ClipStore.load(SAMPLE, SPLITS)


def takes(store: ClipStore) -> list[tuple[Clip, ...]]:
    """The clips of everyone in a scene together, in order of role. Raises `ValueError` where a partner is missing."""
    by_name = {clip.name: clip for clip in store.clips}
    scenes = []
    for clip in store.clips:
        if clip.partner is None:
            scenes.append((clip,))
            continue
        if clip.partner not in by_name:
            raise ValueError(f"{clip.name} names a partner that is missing: {clip.partner}")
        if clip.role == 0:
            scenes.append((clip, by_name[clip.partner]))
    return scenes


def origins_of(clips: tuple[Clip, ...]) -> list[str]:
    """The published data sets that a scene was recorded for, or composed from.

    Raises `ValueError` for a source whose licence does not let the project give it out.
    """
    names = [name for clip in clips for name in (clip.base if clip.source == COMPOSED else (clip.name,))]
    sources = sorted({name.partition("/")[0] for name in names})
    if unknown := [source for source in sources if source not in ORIGINS]:
        raise ValueError(f"{clips[0].name} comes from {unknown[0]!r}; a sample may hold {', '.join(ORIGINS)}")
    return list(dict.fromkeys(ORIGINS[source] for source in sources))


def list_examples(store: ClipStore) -> tuple[Example, ...]:
    """Everything in a store to look at: what was recorded, then composed interactions, then composed solo acts."""
    scenes = sorted(takes(store), key=_order)
    seen: Counter[str] = Counter()
    examples = []
    for clips in scenes:
        first = clips[0]
        number = seen[first.action]
        seen[first.action] += 1
        name = first.action.replace("-", " ").capitalize() + (f" {number + 1}" if number else "")
        examples.append(Example(name, first.texts[number % len(first.texts)], clips))
    return tuple(examples)


def _order(clips: tuple[Clip, ...]) -> tuple[bool, int, str, str]:
    return clips[0].source == COMPOSED, -len(clips), clips[0].action, clips[0].recording


def to_motion(store: ClipStore, example: Example) -> Motion:
    """What the example's people do, P people and T frames, moved so that they are about the origin.

    The timeline is one segment with the example's text. Raises `TimelineError` where the clip is too short for one.
    """
    frames = example.clips[0].frames
    rows = torch.stack([torch.arange(clip.start, clip.start + frames) for clip in example.clips])
    root = store.root[rows]
    middle = root.mean((0, 1)) * torch.tensor((1.0, 0.0, 1.0))
    people = tuple(range(len(example.clips)))
    timeline = Timeline((Segment(0, frames, (Part(people, example.text),)),), store.fps)
    return Motion.from_quaternions(store.rotations[rows], root - middle, store.fps, timeline)
