"""The accepted clips of a composition as one clip store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import torch

from intersyn.data.compose.declaration import Program
from intersyn.data.compose.plan import FPS
from intersyn.data.store import COMPOSED, Clip, ClipStore
from training.compose_chunks import Chunk, Kept


def gather(
    programs: Sequence[Program], chunks: Mapping[str, Sequence[Chunk]], goals: Mapping[str, Mapping[str, int]]
) -> tuple[ClipStore, dict[str, list[Kept]]]:
    """The store of the accepted clips, the first of each split, as many as asked for; and their records by program."""
    clips: list[Clip] = []
    parts: dict[str, list[torch.Tensor]] = {"rotations": [], "root": [], "contacts": []}
    chosen: dict[str, list[Kept]] = {}
    start = 0
    for program in programs:
        train, test = program.texts
        left = dict(goals[program.name])
        for kept in (kept for chunk in chunks[program.name] for kept in chunk.attempts if kept.accepted):
            if not left.get(kept.split):
                continue
            left[kept.split] -= 1
            chosen.setdefault(program.name, []).append(kept)
            take = f"{COMPOSED}/{program.name}/{kept.split}-{kept.number:05d}"
            names = [f"{take}/{'ab'[role]}" for role in range(program.people)]
            for role, name in enumerate(names):
                clips.append(
                    Clip(
                        name=name, source=COMPOSED, recording=take, action=program.name, style="normal",
                        split=kept.split, start=start, frames=kept.frames, texts=train, test_texts=test, key=kept.key,
                        partner=names[1 - role] if program.people > 1 else None, role=role, touches=kept.touches,
                        base=kept.bases,
                    )
                )  # fmt: skip
                start += kept.frames
                for field, values in parts.items():
                    values.append(torch.from_numpy(kept.arrays[field][role]))
    if not clips:
        tried = [kept for some in chunks.values() for chunk in some for kept in chunk.attempts]
        why = Counter(reason for kept in tried for reason in kept.reasons)
        told = ", ".join(f"{reason} {count}" for reason, count in why.most_common())
        raise ValueError(f"none of {len(tried)} clips was accepted; they broke these limits: {told}")
    return ClipStore(*(torch.cat(values) for values in parts.values()), tuple(clips), FPS), chosen
