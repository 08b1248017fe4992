"""Operations are counted by hand where that is easy; a report needs steps after the warm-up."""

from types import SimpleNamespace

import pytest
import torch

from training.utilisation import WARM_UP, Meter, count_flops, peak_flops, sentence

CPU = torch.device("cpu")


def test_a_matrix_product_is_two_operations_per_entry():
    layer = torch.nn.Linear(5, 7, bias=False)
    assert count_flops(lambda: layer(torch.ones(3, 5))) == 2 * 3 * 5 * 7
    assert layer.weight.grad is None


def test_the_chips_we_know_are_named_by_the_longest_match(monkeypatch):
    assert peak_flops(CPU) is None
    for name, peak in (("NVIDIA H200", 989e12), ("NVIDIA H100 PCIe", 756e12), ("NVIDIA L40S", 362e12), ("X", None)):
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda device, name=name: name)
        assert peak_flops(torch.device("cuda")) == peak


def test_rates_are_of_the_steps_after_the_warm_up(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("training.utilisation.time.monotonic", lambda: clock.now)
    layer = torch.nn.Linear(5, 7, bias=False)
    x = torch.ones(4, 2, 5)
    batch = SimpleNamespace(x0=torch.ones(4, 2, 10, 5))
    meter, calls = Meter(CPU, processes=2), []
    assert meter.report(0.0) is None
    for step in range(WARM_UP + 3):
        clock.now += 100.0 if step < WARM_UP else 2.0
        waited = 1.0 * (step + 1)
        meter.add("solo", batch, waited, lambda: (calls.append(1), layer(x)))
    report = meter.report(waited)
    assert len(calls) == 1 and report["steps"] == 3 and report["seconds"] == 6.0
    assert report["sequences_per_second"] == 2 * 3 * 4 / 6.0
    assert report["tflops"] == pytest.approx(2 * 3 * (3 * 2 * 8 * 5 * 7) / 6.0 / 1e12)
    assert report["share_waiting_for_data"] == pytest.approx(0.5) and report["share_of_bf16_peak"] is None
    assert "4.0 sequences/s" in sentence(report) and "50% of the time" in sentence(report)
