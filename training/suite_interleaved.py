"""The interleaved suite: every variant on the frozen timelines, from shared noise, beside the real motion of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import gather_object
from torch import Tensor
from tqdm import tqdm

from intersyn.data.store import COMPOSED, ClipStore
from intersyn.data.text_classes import TextClasses
from intersyn.pipeline import InterSynPipeline
from intersyn.skeleton import global_rotations, joints_from_global
from training.corruptions import retold, texts_by_kind
from training.frozen_benchmark import Benchmark, Entry
from training.suite_figures import WINDOW, cleaned_figures, figures, references
from training.suite_generation import batches, generate
from training.suite_judges import Judges, part_timelines
from training.suite_material import contacts_of, interiors, realise
from training.suite_meshes import depths, mesh_figures
from training.suite_tables import (
    RAW,
    REAL,
    Asked,
    Reference,
    Row,
    changes,
    contact_figures,
    distances,
    estimate,
    evaluator_figures,
    retrieval_figures,
    sequence_figures,
)


@dataclass(frozen=True)
class Settings:
    """How much is measured, and how it is made."""

    sequences: int
    replications: int
    variants: tuple[str, ...]
    steps: int
    guidance_scale: float
    batch_size: int


def run(
    pipe: InterSynPipeline, benchmark: Benchmark, store: ClipStore, judges: Judges, settings: Settings,
    state: PartialState,
) -> dict[str, Any] | None:  # fmt: skip
    """All tables; None on processes other than the first."""
    entries = benchmark.sequences[: settings.sequences]
    made = measure_variants(pipe, benchmark, store, judges, settings, state)
    if not state.is_main_process:
        return None
    real = realise(entries, store)
    motions = [one.motion.joints() for one in real]
    insides = [interiors(entry) for entry in entries]
    lines = [entry.timeline for entry in entries]
    clips = {clip.name: clip for clip in store.clips}
    embedded = judges.embed(motions, lines, insides)
    rows: dict[str, list[Row]] = {REAL: []}
    for k, (entry, one) in enumerate(zip(entries, real, strict=True)):
        found, windows, touched = figures(one.motion, contacts_of(entry, clips))
        late = judges.late(motions[k], entry.timeline)
        deep = depths(one.motion, entry, clips)
        rows[REAL].append(Row(k, 0, REAL, found, windows, touched, late, embedded and embedded[k], deep))
    rows |= {name: [row for row in made if row.variant == name] for name in settings.variants}
    raw = references(raw_recordings(store), torch.Generator().manual_seed(benchmark.seeds[0]))
    report = {
        "figures": {name: sequence_figures(group, raw["jerk curve mm"] / 1000) for name, group in rows.items()},
        "contacts": {name: contact_figures(group) for name, group in rows.items()},
        "meshes": mesh_figures(
            {name: [row.depths for row in group if row.replication == 0] for name, group in rows.items()}, REAL
        ),
        "changes": changes(rows),
        "raw": raw,
        "window": WINDOW,
        "patterns": {p: sum(entry.pattern == p for entry in entries) for p in sorted({e.pattern for e in entries})},
        "lacking": judges.lacking,
    }
    if judges.evaluator is not None:
        asked = what_was_asked(entries, judges, TextClasses(store.clips))
        others = benchmark.references[: settings.sequences]
        reference = real_reference(others, store, judges)
        seed = benchmark.seeds[0]
        blind = other_texts(entries, asked, judges, TextClasses(store.clips), seed)
        report["layout"] = {name: {"mean": value} for name, value in retrieval_figures(rows[REAL], blind, seed).items()}
        report["evaluator"] = {name: evaluator_figures(group, asked, reference, seed) for name, group in rows.items()}
        own = judges.embed([one.raw for one in real], lines, insides)
        floor = distances(torch.cat([one.interiors for one in own]), reference.interiors, "interior ")
        report["evaluator"][RAW] = {name: estimate([value]) for name, value in floor.items()}
    return report


def measure_variants(
    pipe: InterSynPipeline, benchmark: Benchmark, store: ClipStore, judges: Judges, settings: Settings,
    state: PartialState,
) -> list[Row]:  # fmt: skip
    """A row per replication, sequence and variant, gathered from all processes."""
    entries = benchmark.sequences[: settings.sequences]
    clips = {clip.name: clip for clip in store.clips}
    every = [(r, k) for k in range(len(entries)) for r in range(settings.replications)]
    jobs = list(batches([entries[k].timeline.frames for _, k in every], settings.batch_size))
    rows: list[Row] = []
    mine = jobs[state.process_index :: state.num_processes]
    for batch in tqdm(mine, desc="sequences", disable=not state.is_main_process):
        chosen = [every[place] for place in batch]
        lines = [entries[k].timeline for _, k in chosen]
        seeds = [benchmark.seeds[r] + k for r, k in chosen]
        made = generate(pipe, lines, seeds, settings.variants, settings.steps, settings.guidance_scale)
        for name, results in made.items():
            joints = [motion.joints() for motion, _ in results]
            embedded = judges.embed(joints, lines, [interiors(entries[k]) for _, k in chosen])
            for b, ((r, k), (motion, contacts)) in enumerate(zip(chosen, results, strict=True)):
                found, windows, touched = figures(motion, contacts_of(entries[k], clips))
                found |= cleaned_figures(motion, contacts)
                late = judges.late(joints[b], lines[b])
                deep = [] if r else depths(motion, entries[k], clips)
                rows.append(Row(k, r, name, found, windows, touched, late, embedded and embedded[b], deep))
    return sorted(gather_object(rows), key=lambda row: (row.variant, row.replication, row.sequence))


def what_was_asked(entries: Sequence[Entry], judges: Judges, classes: TextClasses) -> Asked:
    """The evaluator's vectors of all texts, and the classes that pools of segments keep apart."""
    parts = [part_timelines(entry.timeline) for entry in entries]
    flat = [line for lines in parts for line in lines]
    return Asked(
        judges.embed_texts([entry.timeline for entry in entries]),
        judges.embed_texts([entry.exchanged for entry in entries]),
        judges.embed_texts(flat),
        [classes.of(line.segments[0].parts[0].text) for line in flat],
        [entry.pattern for entry in entries],
        [entry.pattern for entry, lines in zip(entries, parts, strict=True) for _ in lines],
    )


def other_texts(entries: Sequence[Entry], asked: Asked, judges: Judges, classes: TextClasses, seed: int) -> Asked:
    """The same pools with every text, right and wrong ones, told by another action's.

    What is found then is found by the layout: how long a segment lasts, and who is together when.
    """
    lines = [entry.timeline for entry in entries]
    generator = torch.Generator().manual_seed(seed)
    told = retold(lines, 100, texts_by_kind(lines), classes, generator)
    wrong = [replace(entry, timeline=line).exchanged for entry, line in zip(entries, told, strict=True)]
    parts = [part for line in told for part in part_timelines(line)]
    return replace(
        asked, wholes=judges.embed_texts(told), wrong=judges.embed_texts(wrong), parts=judges.embed_texts(parts)
    )


def real_reference(entries: Sequence[Entry], store: ClipStore, judges: Judges) -> Reference:
    """Other real sequences, fused and as raw clips."""
    real = realise(entries, store)
    lines, insides = [entry.timeline for entry in entries], [interiors(entry) for entry in entries]
    fused = judges.embed([one.motion.joints() for one in real], lines, insides)
    raw = judges.embed([one.raw for one in real], lines, insides)
    return Reference(torch.stack([one.whole for one in fused]), torch.cat([one.interiors for one in raw]))


def raw_recordings(store: ClipStore) -> list[Tensor]:
    """Joints (T, 22, 3) of every recorded clip: no frame of them is ours."""
    found = []
    for clip in store.clips:
        if clip.source != COMPOSED:
            rows = slice(clip.start, clip.start + clip.frames)
            found.append(joints_from_global(global_rotations(store.rotations[rows]), store.root[rows]))
    return found
