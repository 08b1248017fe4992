"""The real side of the benchmark: the motion that a frozen entry names, its raw clips, and where its people touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from intersyn.body.points import mirrored_point
from intersyn.conditions import INTERACTION, PADDING, SOLO
from intersyn.data.fusion import Cast, fuse, placed
from intersyn.data.material import Material
from intersyn.data.store import Clip, ClipStore
from intersyn.motion import Motion
from intersyn.timeline import mirror_text, swap_roles
from intersyn.touches import Contact
from training.frozen_benchmark import Entry
from training.suite_contacts import Meeting
from training.suite_generation import batches

INTERIOR = 10  # frames next to a seam that are no interior of a segment
INTERIOR_LEAST = 20
_BATCH = 32


@dataclass(frozen=True)
class Real:
    """motion: the fused sequence. raw (P, T, 22, 3): its clips where they stand, seams left open."""

    motion: Motion
    raw: Tensor


def realise(entries: Sequence[Entry], store: ClipStore) -> list[Real]:
    """The real motion of each entry. Raises `KeyError` for clips that the store lacks (see `check_data`)."""
    material = Material.from_store(store)
    clips = {clip.name: clip for clip in store.clips}
    out: dict[int, Real] = {}
    for chosen in batches([entry.timeline.frames for entry in entries], _BATCH):
        cast = as_cast([entries[k] for k in chosen], clips)
        frames = entries[chosen[0]].timeline.frames
        fused = fuse(material, cast, frames)
        local, root, _ = placed(material, cast, frames)
        for b, k in enumerate(chosen):
            line = entries[k].timeline
            motion = Motion.from_quaternions(fused.rotations[b], fused.root[b], line.fps, line)
            raw = Motion.from_quaternions(local[b], root[b], line.fps).joints()
            out[k] = Real(motion, raw)
    return [out[k] for k in range(len(entries))]


def as_cast(entries: Sequence[Entry], clips: dict[str, Clip]) -> Cast:
    """The fusion's description of a batch of entries."""
    people, segments = len(entries[0].cast[0]), max(len(entry.cast) for entry in entries)
    shape = (len(entries), people, segments)
    kind = torch.full((len(entries), segments), PADDING)
    start, end = torch.zeros_like(kind), torch.zeros_like(kind)
    row, mirror = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.bool)
    place, end_place = torch.zeros(*shape, 3), torch.zeros(*shape, 3)
    for b, entry in enumerate(entries):
        for s, (segment, roles) in enumerate(zip(entry.timeline.segments, entry.cast, strict=True)):
            kind[b, s] = INTERACTION if segment.parts[0].is_interaction else SOLO
            start[b, s], end[b, s] = segment.start, segment.end
            for p, role in enumerate(roles):
                row[b, p, s], mirror[b, p, s] = clips[role.clip].start + role.first, role.mirror
                place[b, p, s], end_place[b, p, s] = torch.tensor(role.place), torch.tensor(role.end_place)
        start[b, len(entry.cast) :] = end[b, len(entry.cast) :] = entry.timeline.frames
    root = (kind == INTERACTION).long().argmax(1)
    return Cast(
        kind, start, end, row, mirror, place[..., 0], place[..., 1:], end_place[..., 0], end_place[..., 1:], root
    )


def interiors(entry: Entry) -> list[tuple[tuple[int, ...], int, int]]:
    """(people, start, end) of every part without the frames next to seams, where enough are left."""
    found = []
    last = entry.timeline.frames
    for segment in entry.timeline.segments:
        start = segment.start + (INTERIOR if segment.start > 0 else 0)
        end = segment.end - (INTERIOR if segment.end < last else 0)
        if end - start >= INTERIOR_LEAST:
            found += [(part.people, start, end) for part in segment.parts]
    return found


def contacts_of(entry: Entry, clips: dict[str, Clip]) -> tuple[Meeting, ...]:
    """What the clips of two people say of touches between them, in frames of the sequence."""
    found = []
    for segment, roles in zip(entry.timeline.segments, entry.cast, strict=True):
        clip = clips[roles[0].clip]
        if not segment.parts[0].is_interaction or clip.partner != roles[1].clip:
            continue
        touches = []
        for touch in clip.touches:
            low = max(segment.start, touch.start - roles[0].first + segment.start)
            high = min(segment.end, touch.end - roles[0].first + segment.start)
            if touch.other is None or touch.other == touch.person or low >= high:
                continue
            part, other_part = touch.part, touch.other_part
            if roles[0].mirror:
                part, other_part = mirrored_point(part), mirrored_point(other_part)
            # person 0 of the sequence may play the clip's second role
            who = (touch.person ^ clip.role, part, touch.other ^ clip.role, other_part)
            touches.append(Contact(*who, low, high))
        if touches:
            text = segment.parts[0].text
            either_side, either_role = mirror_text(text) == text, swap_roles(text) == text
            found.append(Meeting(clip.action, segment.start, segment.end, tuple(touches), either_side, either_role))
    return tuple(found)
