"""The bundled sample: `python -m training.compose_sample --composed DIR --data DATA`.

Picks composed scenes evenly over programs, two thirds of them interactions (the two people of a pair are one scene),
and short excerpts of recorded pairs. Of the recordings only those of CMU may be given out as they are. Writes a clip
store, and beside it a note of what is in it, where it comes from and under which licence. The same data give the same
files.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from intersyn.data.sample import BANDAI, CMU, SAMPLE, Example, list_examples, origins_of, takes, to_motion
from intersyn.data.sources.cmu import SALSA
from intersyn.data.store import COMPOSED, SPLITS, Clip, ClipStore
from intersyn.files import atomic_write

NOTE = f"""# The sample: where it comes from, and its licence

`sample.zip` is a clip store (`intersyn.data.sample.load_sample`), made by `python -m training.compose_sample`.

- **Composed scenes**: made by this project's composer on recordings of the {BANDAI} 1 and 2
  (Bandai Namco Research Inc., arXiv 2306.08861, CC BY-NC 4.0) and, where the table says so, of CMU. The recordings were
  retargeted to another skeleton, resampled, cut, combined, and moved so that hands and bodies meet; no recording is
  included as it was. Because of the first source: Creative Commons Attribution-NonCommercial 4.0 International,
  https://creativecommons.org/licenses/by-nc/4.0/. Each clip names the recordings it was made from (`Clip.base`).
- **Recorded scenes**: excerpts of the salsa takes (subjects 60 and 61) of the {CMU} in
  the BVH conversions by cgspeed, retargeted and resampled. Free to use, not to be resold as data.

The data used in this project was obtained from mocap.cs.cmu.edu. The database was created with funding from NSF
EIA-0196217.

| scene | people | seconds | split | text | recordings of |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class SampleConfig:
    """What the sample is made from, and where it goes."""

    composed: Path
    """Folder that training.compose wrote."""
    data: Path | None = None
    """Folder that training.prepare wrote, for the recorded pairs; without it there are none."""
    out: Path = SAMPLE
    """The clip store; the note goes beside it, ending in .md."""
    count: int = 50
    """Composed scenes, fewer where the folder has fewer."""
    pairs: int = 2
    """Recorded pairs."""
    seconds: float = 4.0
    """Length of a recorded excerpt."""


def spread(sizes: Sequence[int], count: int) -> list[int]:
    """How many to take from groups of these sizes so that all give about as many, `count` altogether if there are."""
    taken = [0] * len(sizes)
    while open_groups := [group for group, size in enumerate(sizes) if taken[group] < size]:
        now = min(count - sum(taken), len(open_groups))
        if now == 0:
            break
        for k in range(now):  # the last round reaches some only: evenly over all
            taken[open_groups[k * len(open_groups) // now]] += 1
    return taken


def evenly(size: int, count: int) -> list[int]:
    """`count` places evenly over `size`, away from its ends."""
    return [(2 * k + 1) * size // (2 * count) for k in range(count)]


def excerpt(store: ClipStore, clip: Clip, start: int, end: int) -> ClipStore:
    """Frames [start, end) of one clip as a store of its own; touches and the key interval are cut to them."""
    rows = slice(clip.start + start, clip.start + end)
    key = clip.key and _cut(*clip.key, start, end)
    cuts = ((touch, _cut(touch.start, touch.end, start, end)) for touch in clip.touches)
    touches = tuple(replace(touch, start=cut[0], end=cut[1]) for touch, cut in cuts if cut)
    clip = replace(clip, start=0, frames=end - start, key=key, touches=touches)
    return ClipStore(store.rotations[rows], store.root[rows], store.contacts[rows], (clip,), store.fps)


def _cut(first: int, last: int, start: int, end: int) -> tuple[int, int] | None:
    first, last = max(first, start), min(last, end)
    return (first - start, last - start) if first < last else None


def composed_scenes(store: ClipStore, count: int) -> list[ClipStore]:
    """Clips of up to `count` composed scenes: two thirds interactions, one third solo acts, evenly over programs."""
    kinds: tuple[dict[str, list], dict[str, list]] = {}, {}
    for clips in takes(store):
        if clips[0].source == COMPOSED:
            kinds[len(clips) == 1].setdefault(clips[0].action, []).append(clips)
    pairs, solos = (sum(map(len, programs.values())) for programs in kinds)
    solos = min(solos, max(count // 3, count - pairs))
    chosen: list[tuple[Clip, ...]] = []
    for programs, wanted in zip(kinds, (count - solos, solos), strict=True):
        ordered = [sorted(programs[name], key=lambda clips: clips[0].recording) for name in sorted(programs)]
        for scenes, number in zip(ordered, spread([len(scenes) for scenes in ordered], wanted), strict=True):
            chosen += [scenes[place] for place in evenly(len(scenes), number)]
    return [excerpt(store, clip, 0, clip.frames) for clips in chosen for clip in clips]


def recorded_scenes(store: ClipStore, count: int, seconds: float) -> list[ClipStore]:
    """The middle of `count` recorded salsa takes. Raises `ValueError` where fewer are long enough."""
    frames = round(seconds * store.fps)
    long = [clips for clips in takes(store) if clips[0].source == SALSA and clips[0].frames >= frames]
    if len(long) < count:
        raise ValueError(f"{count} salsa takes of {seconds:g} s or more wanted, the data have {len(long)}")
    parts = []
    for place in evenly(len(long), count):
        start = (long[place][0].frames - frames) // 2
        parts += [excerpt(store, clip, start, start + frames) for clip in long[place]]
    return parts


def note(store: ClipStore) -> str:
    """What is in a sample, where it comes from, and its licence."""
    return NOTE + "".join(_row(example, store.fps) for example in list_examples(store))


def _row(example: Example, fps: float) -> str:
    clip, kind = example.clips[0], "recorded" if example.recorded else "composed"
    facts = (
        f"{example.name} ({kind})", len(example.clips), f"{clip.frames / fps:.1f}", clip.split, example.text,
        ", ".join(origins_of(example.clips)),
    )  # fmt: skip
    return f"| {' | '.join(map(str, facts))} |\n"


def main(config: SampleConfig) -> Path:
    """Write the sample and its note; returns the path of the clip store."""
    parts = composed_scenes(ClipStore.load(config.composed, SPLITS), config.count)
    if not parts:
        raise ValueError(f"{config.composed} holds no composed clips")
    if config.data is not None:  # held-out pairs stay held out
        parts += recorded_scenes(ClipStore.load(config.data, ("train",)), config.pairs, config.seconds)
    store = ClipStore.join(parts)
    examples = list_examples(store)
    for example in examples:
        to_motion(store, example)  # what cannot be shown is refused before anything is written
    path = store.save(config.out)
    with atomic_write(config.out.with_suffix(".md"), "w") as file:
        file.write(note(store))
    acts = len({example.clips[0].action for example in examples})
    print(f"{len(examples)} scenes of {acts} acts, {path.stat().st_size / 1e3:.0f} kB: {path}")
    return path


if __name__ == "__main__":
    try:
        main(tyro.cli(SampleConfig))
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(f"{problem}")
