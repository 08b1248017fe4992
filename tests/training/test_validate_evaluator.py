"""The judges' examination from a frozen file to its page, on made-up data and untrained judges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.corruptions import CORRUPTIONS
from training.validate_evaluator import Config, main


@pytest.fixture(scope="module")
def out(frozen: Path, benchmark_data: Path, judges: dict[str, Path], tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("judged") / "evaluator.md"
    main(Config((benchmark_data,), **judges, out=path, benchmark=frozen / "interleaved-test.json", sequences=18))
    return path


def test_every_corruption_has_its_levels(out: Path) -> None:
    report = json.loads(out.with_suffix(".json").read_text())
    assert report["sequences"] == 18 and report["steps"] == {"evaluator": 1, "detector": 1}
    rows = {row["name"]: row for row in report["corruptions"]}
    assert list(rows) == [*(one.name for one in CORRUPTIONS), "text of another clip"]
    for row in rows.values():
        assert len(row["figures"]) == len(row["levels"]) and row["figures"][0] == {
            name: rows["noise on every joint"]["figures"][0][name] for name in row["figures"][0]
        }  # level 0 is the same real motion everywhere
    assert "KID x1000" not in rows["text of another clip"]["figures"][0]


def test_chance_intervals_and_what_differs_in_one_thing(out: Path) -> None:
    report = json.loads(out.with_suffix(".json").read_text())
    rows = {row["name"]: row for row in report["precision"]}
    assert rows["sequence R@1"]["chance"] == 1 / 32 and rows["sequence R@3"]["chance"] == 3 / 32
    assert all(row["low"] <= row["mean"] <= row["high"] for row in (*rows.values(), *report["otherwise"]))
    names = [row["name"] for row in report["otherwise"]]
    assert names == ["another action in one part, whole sequence", "left and right exchanged, segment",
                     "first and second person exchanged, segment"]  # fmt: skip


def test_the_page_says_all_of_it(out: Path) -> None:
    page = out.read_text()
    for heading in ("## R-precision of real motion", "## Growing corruption", "## The boundary detector"):
        assert heading in page
    assert "Monotone:" in page and "| frames off |" in page and "training.validate_evaluator" in page
