"""The benchmark measures what it says: every stage and setting is run, and ratios are beside the default."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from intersyn.data.compose.solver import SolverConfig
from intersyn.data.store import FILE_NAME
from tests.recordings import make_people
from training import benchmark
from training.benchmark import Config, composing, main, timeline


def test_medians_take_turns_and_drop_the_warm_up(monkeypatch):
    clock, calls = [0.0], []
    monkeypatch.setattr(benchmark.time, "perf_counter", lambda: clock[0])

    def job(name: str, *seconds: float) -> Callable[[], None]:
        """Takes the given seconds at its first, second, ... call."""

        def run() -> None:
            clock[0] += seconds[calls.count(name)]
            calls.append(name)

        return run

    result = benchmark.medians({"a": job("a", 9, 1, 5, 2), "b": job("b", 9, 4, 3, 8)}, 3, "cpu")
    assert calls == ["a", "b"] * 4
    assert result == {"a": 2, "b": 4}


def test_timeline_is_the_pages_default():
    assert timeline(196).boundaries == (70, 130)
    assert timeline(392, people=3).num_people == 3


def test_prints_three_tables(tiny_checkpoint, capsys):
    main(Config(checkpoint=str(tiny_checkpoint), threads=1, frames=100, repeats=1))
    shown = capsys.readouterr().out
    for row in ("texts", "INS", "REC", "decoding", "all"):
        assert re.search(rf"^\| {row} \| \d+\.\d{{3}} \|", shown, re.MULTILINE), row
    assert re.search(r"^\| the default \| \d+\.\d{3} \| 1\.00 \|$", shown, re.MULTILINE)
    assert re.search(r"^\| 4 people \| \d+\.\d{3} \| \d+\.\d{2} \|$", shown, re.MULTILINE)
    for row in ("posing 400 frames of one person", r"capsules of two, \d+ frames", "skins of two, the frame of a hug"):
        assert re.search(rf"^\| {row} \| \d+\.\d{{3}} \|$", shown, re.MULTILINE), row
    assert re.search(r"Peak memory \d+ MB", shown)


@pytest.mark.slow
def test_composing_is_timed_per_clip(tmp_path):
    make_people().save(tmp_path / FILE_NAME)
    whole, solving = composing(tmp_path, 2, SolverConfig(iterations=4, restart_iterations=2), 1)
    assert 0 < solving < 2 * whole
