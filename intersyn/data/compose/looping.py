"""Short recordings made longer: the end fades into an earlier moment in which the body is much the same."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from intersyn.rotations import slerp


@dataclass(frozen=True)
class Cut:
    """Which frames of a recording each of T frames is made of: first (T,), second (T,), weight (T,) of the second."""

    first: Tensor
    second: Tensor
    weight: Tensor

    def rotations(self, source: Tensor) -> Tensor:
        """Quaternions (n, J, 4) -> (T, J, 4)."""
        return slerp(source[self.first], source[self.second], self.weight[:, None, None])

    def positions(self, source: Tensor) -> Tensor:
        """Numbers (n, ...) -> (T, ...), mixed."""
        weight = self.weight.reshape(-1, *[1] * (source.ndim - 1))
        return torch.lerp(source[self.first], source[self.second], weight)


def window(start: int, frames: int) -> Cut:
    """Frames start, start + 1, ... as they are."""
    at = torch.arange(start, start + frames)
    return Cut(at, at, torch.zeros(frames))


def lengthened(poses: Tensor, frames: int, fade: int, shortest: int) -> Cut:
    """`frames` frames from a recording of fewer, poses (n, D) in metres: passes joined where the body is most alike.

    Each pass fades over `fade` frames into one that begins `shortest` frames earlier or more. Raises `ValueError`
    where the recording is too short for that, or a pass shorter than its fade.
    """
    count = len(poses)
    if not fade <= shortest < count - fade:
        raise ValueError(f"passes of {shortest} frames that fade over {fade} do not fit into {count} frames")
    if frames <= count:
        return window(0, frames)
    apart = torch.cdist(poses, poses).square()
    ends = torch.arange(max(shortest, count - fade - shortest), count - fade + 1)
    starts = torch.arange(0, count - fade - shortest + 1)
    along = torch.arange(fade)
    cost = apart[(ends[:, None, None] + along).expand(-1, len(starts), -1), starts[None, :, None] + along].mean(-1)
    cost = cost.masked_fill(ends[:, None] - starts[None] < shortest, torch.inf)
    best = int(cost.argmin())
    end, start = int(ends[best // len(starts)]), int(starts[best % len(starts)])
    u = (along + 1) / (fade + 1)
    first, second, weight = [torch.arange(end)], [torch.arange(end)], [torch.zeros(end)]
    while sum(map(len, first)) < frames:
        rest = torch.arange(start + fade, end)
        first += [end + along, rest]
        second += [start + along, rest]
        weight += [u * u * (3 - 2 * u), torch.zeros(len(rest))]
    return Cut(torch.cat(first)[:frames], torch.cat(second)[:frames], torch.cat(weight)[:frames])
