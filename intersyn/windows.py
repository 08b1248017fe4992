"""Sequences longer than training's, in overlapping windows of the trained length.

The networks have seen windows that cut segments, so a window is a sequence like any other; where windows overlap,
their answers are averaged at every diffusion step (as MultiDiffusion, Bar-Tal et al. 2023, does for images). An
interaction that a window cuts keeps its own frame, that of its true first frame, in all windows: so what they say of
places and headings can be averaged as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from intersyn.conditions import PADDING, PartTable


@dataclass(frozen=True)
class Windows:
    """W windows of `size` frames at `starts` that cover [0, frames)."""

    frames: int
    size: int
    starts: tuple[int, ...]

    @staticmethod
    def cover(frames: int, size: int, overlap: int) -> Windows:
        """As few evenly spaced windows as overlap by `overlap` frames or more; one if the sequence fits."""
        if not 0 < overlap < size:
            raise ValueError(f"overlap must lie between 0 and the window's {size} frames, got {overlap}")
        if frames <= size:
            return Windows(frames, frames, (0,))
        count = -(-(frames - overlap) // (size - overlap))
        return Windows(frames, size, tuple(round(k * (frames - size) / (count - 1)) for k in range(count)))

    def split(self, x: Tensor) -> Tensor:
        """(B, P, frames, D) -> (W * B, P, size, D), window after window."""
        if x.ndim != 4 or x.shape[2] != self.frames:
            raise ValueError(f"x must be (B, P, {self.frames}, D), got {tuple(x.shape)}")
        return torch.cat([x[:, :, start : start + self.size] for start in self.starts])

    def merge(self, x: Tensor) -> Tensor:
        """(W * B, P, size, D) -> (B, P, frames, D), cross-faded where windows overlap."""
        if len(self.starts) == 1:
            return x
        at = torch.arange(self.size, device=x.device, dtype=x.dtype)
        # Flat where it reaches zero: a window neither comes nor goes with a kink.
        ramp = torch.sin(torch.pi * (at + 0.5) / self.size).square()[:, None]
        batch = len(x) // len(self.starts)
        total = x.new_zeros(batch, x.shape[1], self.frames, x.shape[3])
        weight = x.new_zeros(self.frames, 1)
        for start, window in zip(self.starts, x.split(batch), strict=True):
            total[:, :, start : start + self.size] += ramp * window
            weight[start : start + self.size] += ramp
        return total / weight

    def tables(self, table: PartTable) -> PartTable:
        """What the table (B sequences) says inside each window: (W * B), with only the parts that reach into it."""
        if len(self.starts) == 1:
            return table
        cut = [self._cut(table, start) for start in self.starts]
        most = max(int((one.kind != PADDING).sum(-1).max()) for one in cut)  # texts that no window shows cost nothing

        def joined(name: str) -> Tensor:
            every = torch.cat([getattr(one, name) for one in cut])
            return every if name == "length" else every[..., :most]

        return PartTable(**{field.name: joined(field.name) for field in fields(PartTable)})

    def _cut(self, table: PartTable, begin: int) -> PartTable:
        start, end = table.start - begin, table.end - begin
        inside = (table.kind != PADDING) & (end > 0) & (start < self.size)
        order = (~inside).long().argsort(dim=-1, stable=True)  # parts inside first, still in order of time

        def pack(values: Tensor, empty: float) -> Tensor:
            return torch.where(inside, values, torch.full_like(values, empty)).gather(-1, order)

        return replace(
            table,
            kind=pack(table.kind, PADDING),
            start=pack(start, 0),
            end=pack(end, 0),
            text=pack(table.text, 0),
            group=pack(table.group, -1),
            angle=pack(table.angle, 0),
            length=(table.length - begin).clamp(0, self.size),
        )
