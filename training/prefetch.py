"""The next batch is drawn on a thread of its own while this one trains; what is drawn does not change."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from typing import Any

import torch

from training.common import Batch


class Prefetch:
    """Batches of steps first, first + 1, ..., last - 1 from `draw(step)`, each drawn while the one before is used.

    On a GPU they are drawn on a stream of their own. ahead=False draws each when it is asked for. `waited` is how many
    seconds the caller had to wait in all. Only this class may call `draw` while it is in use.
    """

    def __init__(
        self, draw: Callable[[int], Batch], first: int, last: int, device: torch.device, ahead: bool = True
    ) -> None:
        self.draw, self.last, self.device, self.waited = draw, last, device, 0.0
        self._next: tuple[int, Future[Batch]] | None = None
        self._thread = ThreadPoolExecutor(1, "prefetch") if ahead else None
        self._stream = None
        if ahead and device.type == "cuda":
            torch.cuda.synchronize(device)  # what batches are made from has arrived
            self._stream = torch.cuda.Stream(device)
        self._submit(first)

    def close(self) -> None:
        """End the thread; a batch that nobody asked for is thrown away."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)

    def __call__(self, step: int) -> Batch:
        """The batch of `step`; what `draw` raised is raised here. Steps are asked for in order."""
        begin = time.monotonic()
        if self._thread is None:
            batch = self.draw(step)
        else:
            if self._next is None or self._next[0] != step:
                raise ValueError(f"the next batch is {self._next and self._next[0]}, not {step}")
            batch = self._next[1].result()
            self._submit(step + 1)
            if self._stream is not None:
                _used_by(batch, torch.cuda.current_stream(self.device))
        self.waited += time.monotonic() - begin
        return batch

    def _submit(self, step: int) -> None:
        if self._thread is not None:
            self._next = (step, self._thread.submit(self._drawn, step)) if step < self.last else None

    def _drawn(self, step: int) -> Batch:
        if self._stream is None:
            return self.draw(step)
        with torch.cuda.device(self.device), torch.cuda.stream(self._stream):
            batch = self.draw(step)
            self._stream.synchronize()
        return batch


def _used_by(value: Any, stream: torch.cuda.Stream) -> None:
    """Tell the allocator that `stream` reads these tensors: it would give their memory to the next batch too soon."""
    if isinstance(value, torch.Tensor):
        value.record_stream(stream)
    elif is_dataclass(value):
        for field in fields(value):
            _used_by(getattr(value, field.name), stream)
