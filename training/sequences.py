"""Drawn sequences told as timelines."""

from __future__ import annotations

from intersyn.conditions import INTERACTION, PADDING
from intersyn.data.dataset import Sequences
from intersyn.timeline import Part, Segment, Timeline


def whole_timeline(sequences: Sequences, b: int, texts: tuple[str, ...]) -> Timeline | None:
    """Sequence b's timeline; None where the window cut a segment."""
    table = sequences.table
    segments = []
    for s in range(table.kind.shape[2]):
        kind, start, end = (int(values[b, 0, s]) for values in (table.kind, table.start, table.end))
        if kind == PADDING:
            break
        if start < 0 or end > int(table.length[b]):
            return None
        people = range(table.num_people)
        parts = [Part((p,), texts[int(table.text[b, p, s])]) for p in people]
        if kind == INTERACTION:
            parts = [Part(tuple(people), texts[int(table.text[b, 0, s])])]
        segments.append(Segment(start, end, tuple(parts)))
    return Timeline(tuple(segments))
