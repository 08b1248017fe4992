"""The interleaved suite from a frozen file to its page, on made-up data and a tiny checkpoint."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from intersyn.pipeline import VARIANTS
from training import freeze_benchmark
from training.common import InputError
from training.evaluate import Config, main

NAMES = (*VARIANTS, "full+contact")


@pytest.fixture(scope="module")
def config(
    frozen: Path, benchmark_data: Path, judges: dict[str, Path], tiny_checkpoint: Path, tmp_path_factory
) -> Config:  # fmt: skip
    return Config(
        (benchmark_data,), tmp_path_factory.mktemp("out") / "page.md", str(tiny_checkpoint),
        benchmark=frozen / "interleaved-test.json", replications=2, per_action=1, steps=1, guidance_scale=1.0,
        batch_size=8, **judges, device="cpu",
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(config: Config) -> dict:
    main(config)
    return json.loads(config.out.with_suffix(".json").read_text())


def test_every_variant_is_measured_beside_real_motion(report: dict) -> None:
    assert set(report["figures"]) == {"real", *NAMES}
    full, real = report["figures"]["full"], report["figures"]["real"]
    assert full["jerk m/s^3"]["n"] == 2 and full["jerk m/s^3"]["plus_minus"] > 0
    assert real["jerk m/s^3"]["n"] == 1 and real["jerk m/s^3"]["plus_minus"] is None
    assert real["skating mm/frame"]["mean"] != full["skating mm/frame"]["mean"]
    assert set(report["changes"]) == {"REC", "REC, uncoupled", "L_smooth", "coupling", "contact guidance"}
    assert report["sequences"] == 20 and sum(report["patterns"].values()) == 20


def test_judges_have_their_say(report: dict) -> None:
    found = report["evaluator"]
    assert report["lacking"] == []
    assert set(found) == {"real", "raw clips", *NAMES}
    assert 0 <= found["full"]["sequence R@1"]["mean"] <= found["full"]["sequence R@3"]["mean"] <= 1
    assert "segment R@1" not in found["full"]  # the made-up actions fill no pool of 32 classes
    assert "KID x1000" in found["full"] and "FID" not in found["full"]  # for FID there are too few
    assert found["full"]["multimodality"]["mean"] > 0
    assert 0 <= report["figures"]["real"]["boundaries within 5 frames"]["mean"] <= 1


def test_contacts_and_actions_are_told_apart_by_action(report: dict) -> None:
    assert set(report["contacts"]["real"]) <= {"handshake", "pat"} and report["contacts"]["real"]
    assert set(report["contacts"]["full"]) == set(report["contacts"]["real"])
    rows = {row["action"]: row for row in report["actions"]["actions"]}
    assert rows["walk"]["real"] == [3, 3] and rows["walk"]["clips"] == "test"
    assert rows["walk-back"]["clips"] == "all splits"
    assert rows["walk"]["made"]["full"] == rows["walk"]["made"]["no_rec"]  # alone they are one
    assert all(count[1] == 1 for row in rows.values() for count in row["made"].values())
    dropped = {row["action"] for row in report["actions"]["dropped"]}
    assert "handshake" in dropped and not dropped & set(rows)  # hands of the made-up people do not meet


def test_skins_are_measured_by_interaction(report: dict) -> None:
    rows = {(row["name"], row["source"]): row for row in report["meshes"]}
    everything = rows["all", ""]
    assert everything["n"] == sum(row["n"] for (name, _), row in rows.items() if name != "all")
    assert {source for name, source in rows if name == "all"} >= {"", "composed"}
    assert set(everything["depth mm"]) == {"real", *NAMES} and everything["REC"]["plus_minus"] >= 0


def test_the_page_says_all_of_it(report: dict, config: Config) -> None:
    page = config.out.read_text()
    for heading in (
        "## Text",
        "## Distribution",
        "## Seams",
        "## Motion",
        "## Interactions",
        "## Interpenetration of skins",
        "## Actions",
    ):
        assert heading in page
    assert "training.evaluate" in page and "| uncoupled_no_rec |" in page and "Dropped, since" in page


def test_same_seed_same_figures(report: dict, config: Config, tmp_path: Path) -> None:
    main(replace(config, out=tmp_path / "again.md"))
    again = json.loads((tmp_path / "again.json").read_text())
    assert {**again, "command": ""} == {**report, "command": ""}


def test_without_trained_judges_the_rest_is_measured(
    config: Config, benchmark_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    freeze_benchmark.main(freeze_benchmark.Config((benchmark_data,), out=tmp_path, test=3, val=1, paired_solos=40))
    path = tmp_path / "interleaved-test.json"
    plain = replace(config, benchmark=path, evaluator=None, detector=None, out=tmp_path / "page.md", quick=True,
                    replications=None, per_action=0)  # fmt: skip
    main(plain)
    page = plain.out.read_text()
    assert page.count("There is no trained") == 2 and "## Text" not in page and "## Actions" not in page
    report = json.loads(plain.out.with_suffix(".json").read_text())
    assert list(report["figures"]) == ["real", "full", "no_rec", "full+contact"] and report["replications"] == 3
    with pytest.raises(InputError, match="frozen without evaluator"):
        main(replace(plain, evaluator=config.evaluator))


def test_judges_that_are_not_the_frozen_ones_are_refused(config: Config) -> None:
    with pytest.raises(InputError, match="is not the evaluator"):
        main(replace(config, evaluator=config.detector))


def test_more_than_there_is_is_refused(config: Config) -> None:
    with pytest.raises(InputError, match="20 sequences"):
        main(replace(config, sequences=21))
