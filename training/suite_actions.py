"""Action checks on a checkpoint: held-out texts of single actions, by every variant, beside real test clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accelerate import PartialState
from accelerate.utils import gather_object
from tqdm import tqdm

from intersyn.data.store import SPLITS, ClipStore
from intersyn.pipeline import VARIANTS, InterSynPipeline
from training.action_checks import Request, chance, clips_of, fit, keeps, real_rate, requests, strangers, table
from training.action_scene import GROUPS, Scene
from training.suite_generation import batches, generate, variant_of
from training.suite_interleaved import Settings
from training.suite_tables import REAL


def run(
    pipe: InterSynPipeline, store: ClipStore, every: ClipStore, split: str, per_action: int, settings: Settings,
    seed: int, state: PartialState,
) -> dict[str, Any] | None:  # fmt: skip
    """{"actions": rows, "dropped": rows, "summary": {group: {maker: share}}}; None on processes other than the first.

    store: clips of the split; every: of all splits, from which an action without clips in the split is taken.
    """
    rows, asked = [], []
    for check, action in table():
        clips, owner, source = clips_of(store, action, check.people, split), store, split
        if not clips:
            clips = [people for name in SPLITS for people in clips_of(every, action, check.people, name)]
            owner, source = every, "all splits"
        if not clips:
            continue
        kept, count = real_rate(check, owner, clips)
        row = {"check": check.name, "action": action, "group": check.group, "clips": source, "real": (kept, count)}
        rows.append(row)
        if fit(kept, count):
            asked += requests(check, action, clips, per_action, seed)
    answers = measure(pipe, asked, settings, seed, state)
    if not state.is_main_process:
        return None
    others = {people: strangers(store, people, split) for people in (1, 2)}
    for row, (check, _) in zip(rows, _present(rows), strict=True):
        row["others"] = chance(check, others[check.people])
        row["made"] = {
            name: _count([held for request, held in zip(asked, held_by, strict=True)
                          if (request.check.name, request.action) == (row["check"], row["action"])])
            for name, held_by in answers.items()
        }  # fmt: skip
    kept_rows = [row for row in rows if fit(*row["real"])]
    return {
        "actions": kept_rows,
        "dropped": [row for row in rows if not fit(*row["real"])],
        "summary": summary(kept_rows, settings.variants),
    }


def measure(
    pipe: InterSynPipeline, asked: Sequence[Request], settings: Settings, seed: int, state: PartialState
) -> dict[str, list[bool]]:
    """{variant: whether it kept each request}. Variants that are one for one person are made once and share it."""
    jobs: list[list[int]] = []
    for people in (1, 2):
        chosen = [k for k, request in enumerate(asked) if request.check.people == people]
        jobs += [
            [chosen[k] for k in batch] for batch in batches([asked[k].frames for k in chosen], settings.batch_size)
        ]
    found: list[tuple[str, int, bool]] = []
    mine = jobs[state.process_index :: state.num_processes]
    for batch in tqdm(mine, desc="actions", disable=not state.is_main_process):
        people = asked[batch[0]].check.people
        variants = settings.variants if people == 2 else alone(settings.variants)
        lines, seeds = [asked[k].timeline for k in batch], [seed + k for k in batch]
        made = generate(pipe, lines, seeds, variants, settings.steps, settings.guidance_scale)
        for name, results in made.items():
            for k, (motion, _) in zip(batch, results, strict=True):
                found.append((name, k, keeps(asked[k].check, Scene.of_motion(motion), asked[k].reading)))
    answers: dict[str, list[bool]] = {name: [False] * len(asked) for name in settings.variants}
    for name, k, held in gather_object(found):
        equals = [name] if asked[k].check.people > 1 else [v for v in settings.variants if alone([name, v]) == [name]]
        for equal in equals:
            answers[equal][k] = held
    return answers


def alone(variants: Sequence[str]) -> list[str]:
    """Those that differ for one person: neither REC nor the partner nor contact guidance does anything then."""
    chosen: dict[str, str] = {}
    for name in variants:
        chosen.setdefault(VARIANTS[variant_of(name)].ins, name)
    return list(chosen.values())


def summary(rows: Sequence[dict[str, Any]], variants: Sequence[str]) -> dict[str, dict[str, float]]:
    """{"all" or a group: {maker: mean over actions of the share that keeps its promise}}, with every action alike."""
    out: dict[str, dict[str, float]] = {}
    for group in ("all", *GROUPS):
        chosen = [row for row in rows if group in ("all", row["group"])]
        shares = {REAL: [_share(row["real"]) for row in chosen]}
        for name in variants:
            shares[name] = [_share(row["made"][name]) for row in chosen]
        out[group] = {name: sum(values) / len(values) for name, values in shares.items() if values}
    return out


def _present(rows: Sequence[dict[str, Any]]) -> list[tuple[Any, str]]:
    names = {(row["check"], row["action"]) for row in rows}
    return [(check, action) for check, action in table() if (check.name, action) in names]


def _count(held: Sequence[bool]) -> tuple[int, int]:
    return sum(held), len(held)


def _share(count: tuple[int, int]) -> float:
    return count[0] / count[1]
