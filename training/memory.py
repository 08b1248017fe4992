"""How much memory a stage really takes, its worker processes included."""

from __future__ import annotations

import os
import threading
from pathlib import Path


class PeakMemory:
    """Samples the memory of this process and its descendants while a `with` block runs; `gigabytes` is the peak.

    Linux only (proportional set size, so that pages which processes share count once); elsewhere it stays None.
    """

    def __init__(self, interval: float = 0.5) -> None:
        self.gigabytes: float | None = None
        self._interval = interval
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self.sample()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self.sample()

    def sample(self) -> None:
        """Look once, now."""
        sizes = [_proportional_bytes(pid) for pid in _family(os.getpid())]
        if any(sizes):
            self.gigabytes = max(self.gigabytes or 0.0, sum(sizes) / 1e9)

    def _watch(self) -> None:
        while not self._done.wait(self._interval):
            self.sample()


def _family(pid: int) -> list[int]:
    """A process and its descendants."""
    pids = [pid]
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = listing.read_text().split()
        except OSError:  # the thread is gone
            continue
        for child in children:
            pids += _family(int(child))
    return pids


def _proportional_bytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    except OSError:  # the process is gone, or this is no Linux
        pass
    return 0
