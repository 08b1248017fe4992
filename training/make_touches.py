"""Write the table that `intersyn.touches` reads: the sentences of every two-person action, and what touches in it.

    python -m training.make_touches --data DATA COMPOSED

Training clips and training phrasings only. The touches of an action are those of its clip of middling length among the
clips that touch in the commonest way. Then it prints how often the bundled text tower reads the right touches off the
phrasings held out of training, and off texts that visitors might type.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from intersyn.data.pairings import PAIRINGS
from intersyn.data.store import Clip
from intersyn.data.text_classes import readings
from intersyn.files import atomic_write
from intersyn.skeleton import unsided
from intersyn.text import TextEncoder
from intersyn.touches import TABLE, Action, Contact, TouchReader, load_actions
from training.common import load_clips, run_command
from training.measure_text import VISITORS, read_visitors


@dataclass(frozen=True)
class Config:
    """From which clips, and where to."""

    data: tuple[Path, ...]
    out: Path = TABLE


def touches_of(clips: Sequence[Clip]) -> list[list[int | str]]:
    """[person, point, other, other point, start, end] of each touch between people, the first of them at frame 0."""
    between = {clip.name: [t for t in clip.touches if t.other not in (None, t.person)] for clip in clips}
    ways = {name: frozenset((t.person, t.part, t.other, t.other_part) for t in told) for name, told in between.items()}
    commonest = Counter(ways.values()).most_common(1)[0][0]
    if not commonest:
        return []

    def span(name: str) -> int:
        return max(t.end for t in between[name]) - min(t.start for t in between[name])

    alike = sorted((name for name, way in ways.items() if way == commonest), key=span)
    chosen = between[alike[len(alike) // 2]]
    first = min(t.start for t in chosen)
    return [[t.person, t.part, t.other, t.other_part, t.start - first, t.end - first] for t in chosen]


def sentences(action: str, texts: Sequence[str]) -> list[str]:
    """Training phrasings with their mirror images and with the roles swapped: a text may be any of them."""
    return list(dict.fromkeys(told for text in texts for told, _ in readings(action, text)))


def held_out(clips: Sequence[Clip]) -> dict[str, set[str]]:
    """{sentence: actions it is told of} of the phrasings held out of training."""
    asked: dict[str, set[str]] = {}
    for clip in clips:
        if clip.partner is not None and clip.role == 0:
            for text in clip.test_texts:
                asked.setdefault(text, set()).add(clip.action)
    for pairing in PAIRINGS:
        for text in pairing.test_texts:
            asked.setdefault(text, set()).add(f"two {pairing.name}")
    return asked


def visitors(actions: Mapping[str, Action]) -> dict[str, set[str]]:
    """The same of texts that visitors might type, those of two people."""
    told = {text: set(names) & set(actions) for text, names in read_visitors(VISITORS).items()}
    return {text: names for text, names in told.items() if names}


def rates(reader: TouchReader, asked: Mapping[str, set[str]]) -> str:
    """How often what is read touches with the right parts of the body, whichever side and role."""

    def parts(touches: Sequence[Contact]) -> frozenset[tuple[str, str]]:
        return frozenset((unsided(touch.point), unsided(touch.other_point)) for touch in touches)

    read = [parts(found.touches) for found in reader(list(asked))]
    true = [{parts(reader.actions[name].touches) for name in names} for names in asked.values()]
    touching = [(r, t) for r, t in zip(read, true, strict=True) if any(t)]
    others = [r for r, t in zip(read, true, strict=True) if not any(t)]
    right = sum(r in t for r, t in touching) / len(touching)
    wrong = sum(bool(r) and r not in t for r, t in touching) / len(touching)
    return (f"{len(touching)} texts that touch: {right:.0%} read right, {wrong:.0%} as another touch; {len(others)} "
            f"that do not: {sum(map(bool, others)) / len(others):.0%} read as a touch")  # fmt: skip


def main(config: Config) -> None:
    store = load_clips(config.data, ("train",))
    clips: dict[str, list[Clip]] = {}
    for clip in store.clips:
        if clip.partner is not None and clip.role == 0:
            clips.setdefault(clip.action, []).append(clip)
    table = {}
    for action, own in sorted(clips.items()):
        texts = list(dict.fromkeys(text for clip in own for text in clip.texts))
        table[action] = {"texts": sentences(action, texts), "touches": touches_of(own)}
    for pairing in PAIRINGS:
        table[f"two {pairing.name}"] = {"texts": sentences(pairing.name, pairing.texts), "touches": []}
    with atomic_write(config.out, "w") as file:
        json.dump(table, file, indent=1, ensure_ascii=False)
    touching = sum(bool(told["touches"]) for told in table.values())
    print(f"{len(table)} actions, {touching} of them touch, {sum(len(t['texts']) for t in table.values())} sentences")
    reader = TouchReader(TextEncoder.from_pretrained(), load_actions(config.out))
    print("held out:", rates(reader, held_out(load_clips(config.data, ("val",)).clips)))
    print("visitors:", rates(reader, visitors(reader.actions)))


if __name__ == "__main__":
    run_command(main, tyro.cli(Config))
