"""How well a training run used its machine: sequences per second, share of the chip's peak, time spent waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from training.common import Batch

WARM_UP = 5  # steps that do not count: compilation, first allocations
BACKWARD = 2  # a backward pass costs twice the forward one
# Dense bf16 matrix products per second, from the makers' data sheets; the longest name that fits counts.
PEAK_FLOPS = {
    "H200": 989e12, "H100 PCIe": 756e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12,
}  # fmt: skip


def peak_flops(device: torch.device) -> float | None:
    """The chip's bf16 peak, if it is one we know."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    known = [key for key in PEAK_FLOPS if key in name]
    return PEAK_FLOPS[max(known, key=len)] if known else None


def count_flops(run: Callable[[], Any]) -> int:
    """Floating-point operations of the matrix products, convolutions and attentions of one call, without gradients."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run()
    return counter.get_total_flops()


class Meter:
    """Counts from the `WARM_UP`-th step on; `report` gives figures per second of wall time, validation included."""

    def __init__(self, device: torch.device, processes: int = 1) -> None:
        self.device, self.processes = device, processes
        self._per_frame: dict[str, float] = {}
        self._steps, self._rows, self._flops, self._begin, self._waited = 0, 0, 0.0, 0.0, 0.0

    def add(self, kind: str, batch: Batch, waited: float, forward: Callable[[], Any]) -> None:
        """One step on `batch`. waited: seconds of waiting for data so far; forward: run once per kind to be counted."""
        rows, frames = len(batch.x0), batch.x0.shape[2]
        if kind not in self._per_frame:
            self._per_frame[kind] = (1 + BACKWARD) * count_flops(forward) / (rows * frames)
        self._steps += 1
        if self._steps <= WARM_UP:
            self._begin, self._waited = self._now(), waited
            return
        self._rows += rows
        self._flops += rows * frames * self._per_frame[kind]

    def report(self, waited: float) -> dict[str, Any] | None:
        """None for a run that was over before it was warm. Rates are of all processes together."""
        if not self._rows:
            return None
        seconds = self._now() - self._begin
        peak = peak_flops(self.device)
        rate = self._flops / seconds
        cuda = self.device.type == "cuda"
        return {
            "device": torch.cuda.get_device_name(self.device) if cuda else "cpu",
            "processes": self.processes,
            "steps": self._steps - WARM_UP,
            "seconds": seconds,
            "sequences_per_second": self.processes * self._rows / seconds,
            "tflops": self.processes * rate / 1e12,
            "share_of_bf16_peak": None if peak is None else rate / peak,
            "share_waiting_for_data": (waited - self._waited) / seconds,
            "peak_memory_gb": torch.cuda.max_memory_allocated(self.device) / 1e9 if cuda else None,
        }

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.monotonic()


def sentence(report: dict[str, Any]) -> str:
    """The report in one line."""
    share, peak = report["share_waiting_for_data"], report["share_of_bf16_peak"]
    of_peak = "peak unknown" if peak is None else f"{100 * peak:.1f}% of the bf16 peak of {report['device']}"
    return (
        f"{report['sequences_per_second']:.1f} sequences/s of two people, {report['tflops']:.3g} TFLOP/s ({of_peak}), "
        f"{100 * share:.0f}% of the time spent waiting for data"
    )
