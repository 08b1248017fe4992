"""Labels of contact between people: which points of the body meet in which frames of a drawn sequence."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from intersyn.body.points import POINT_NAMES, mirrored_point
from intersyn.conditions import INTERACTION
from intersyn.data.fusion import Cast
from intersyn.data.store import Clip, ClipStore

_POINT = {name: index for index, name in enumerate(POINT_NAMES)}
_MIRRORED = torch.tensor([_POINT[mirrored_point(name)] for name in POINT_NAMES])


@dataclass(frozen=True)
class TouchTable:
    """Up to K touches between people in each of B sequences; every field (B, K), -1 where there is none.

    person, other: who. point, other_point: index into `body.points.POINT_NAMES`. start, end: frames [start, end) of the
    sequence.
    """

    person: Tensor
    point: Tensor
    other: Tensor
    other_point: Tensor
    start: Tensor
    end: Tensor

    def __post_init__(self) -> None:
        shapes = [tuple(getattr(self, field.name).shape) for field in fields(self)]
        if len(shapes[0]) != 2 or len(set(shapes)) > 1:
            raise ValueError(f"the fields of a touch table must all be (B, K), got {shapes}")

    @staticmethod
    def none(batch: int, device: torch.device | str = "cpu") -> TouchTable:
        """No touch in any of `batch` sequences."""
        return TouchTable(*torch.zeros(6, batch, 0, dtype=torch.long, device=device))

    def to(self, device: torch.device | str) -> TouchTable:
        return TouchTable(*(getattr(self, field.name).to(device) for field in fields(self)))


class TouchLabels:
    """What a store's clips of two people say of touches between them, found for drawn sequences by their rows."""

    def __init__(self, store: ClipStore, device: torch.device | str = "cpu"):
        """Raises `ValueError` where a clip names a point that the body does not have."""
        clips = sorted(store.clips, key=lambda clip: clip.start)
        told = [_between_people(clip) for clip in clips]
        most = max((len(touches) for touches in told), default=0)
        table = torch.full((len(clips), most, 6), -1)
        for clip, touches in enumerate(told):
            if touches:
                table[clip, : len(touches)] = torch.tensor(touches)
        self._table = table.to(device)
        self._first = torch.tensor([clip.start for clip in clips], device=device)
        self._role = torch.tensor([clip.role for clip in clips], device=device)

    def of(self, cast: Cast, length: Tensor) -> TouchTable:
        """The touches of two people's sequences, of `length` (B,) frames, in the frames that their window shows.

        A reflected clip touches with the other hand; who plays a role is known by the clip that the row belongs to.
        """
        batch, people, _ = cast.row.shape
        if self._table.shape[1] == 0 or people != 2:
            return TouchTable.none(batch, cast.row.device)
        row, mirror = cast.row[:, 0], cast.mirror[:, 0, :, None]
        clip = torch.searchsorted(self._first, row.contiguous(), right=True) - 1
        person, point, other, other_point, start, end = self._table[clip].unbind(-1)  # (B, S, K)
        there = (person >= 0) & (cast.kind == INTERACTION)[..., None]
        mirrored = _MIRRORED.to(point.device)
        point, other_point = (torch.where(mirror, mirrored[p.clamp_min(0)], p) for p in (point, other_point))
        role = self._role[clip][..., None]  # the one that person 0 of the sequence plays
        shift = (cast.start - row + self._first[clip])[..., None]
        start = torch.maximum(start + shift, cast.start[..., None]).clamp_min(0)
        end = torch.minimum(torch.minimum(end + shift, cast.end[..., None]), length[:, None, None])
        there = (there & (start < end)).flatten(1)
        order = there.long().argsort(dim=1, descending=True, stable=True)[:, : int(there.sum(1).max())]
        found = (person ^ role, point, other ^ role, other_point, start, end)
        return TouchTable(*(torch.where(there, x.flatten(1), -1).gather(1, order) for x in found))


def _between_people(clip: Clip) -> list[tuple[int, ...]]:
    """A clip's touches of one person by another, as numbers in the order of `TouchTable`."""
    found = []
    for touch in clip.touches:
        if clip.partner is None or touch.other is None or touch.other == touch.person:
            continue
        for name in (touch.part, touch.other_part):
            if name not in _POINT:
                raise ValueError(f"{clip.name} touches with {name!r}, which is no point of the body")
        points = _POINT[touch.part], _POINT[touch.other_part]
        found.append((touch.person, points[0], touch.other, points[1], touch.start, touch.end))
    return found
