"""Quality over a grid of steps and guidance, from a frozen file to its page, on made-up data and a tiny checkpoint."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from training.common import InputError
from training.quality_curve import Config, grid, main


@pytest.fixture(scope="module")
def config(
    frozen: Path, benchmark_data: Path, judges: dict[str, Path], tiny_checkpoint: Path, tmp_path_factory
) -> Config:  # fmt: skip
    return Config(
        (benchmark_data,), str(tiny_checkpoint), tmp_path_factory.mktemp("quality") / "quality.md", sequences=4,
        steps=(1, 3), guidance=(1.0, 2.5), benchmark=frozen / "interleaved-val.json", **judges,
    )  # fmt: skip


def test_the_grid_goes_from_the_defaults_outwards_and_has_every_point_once() -> None:
    points = grid(Config((), steps=(4, 8, 16, 50), guidance=(1.0, 2.5, 3.0)), (16, 2.5))
    assert points == [(16, 2.5), (8, 2.5), (16, 3.0), (4, 2.5), (16, 1.0), (50, 2.5)]


def test_every_point_is_measured_and_drawn(config: Config) -> None:
    main(config)
    report = json.loads(config.out.with_suffix(".json").read_text())
    default = report["default"]
    assert {(p["steps"], p["guidance_scale"]) for p in report["points"]} == {
        tuple(default), (1, default[1]), (3, default[1]), (default[0], 1.0), (default[0], 2.5)
    }  # fmt: skip
    first = report["points"][0]
    assert [first["steps"], first["guidance_scale"]] == default and not any(first["changed"].values())
    assert {"KID x1000", "skating mm/frame", "boundaries kept", "seconds"} <= set(first["figures"])
    assert report["real"]["promises kept"] == 1
    page = config.out.read_text()
    assert "## Steps" in page and "## Guidance" in page and "(default)" in page and "| real |" in page
    assert config.out.with_suffix(".svg").read_text().startswith("<svg")


def test_what_does_not_fit_into_the_time_is_left_out_and_named(config: Config, tmp_path: Path) -> None:
    main(replace(config, out=tmp_path / "q.md", max_minutes=1e-9, evaluator=None, detector=None))
    report = json.loads((tmp_path / "q.json").read_text())
    assert len(report["points"]) == 1 and len(report["left_out"]) >= 2
    assert "Left out, since" in (tmp_path / "q.md").read_text() and not (tmp_path / "q.svg").exists()


def test_a_variant_or_a_judge_that_is_not_there_is_refused(config: Config, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not nobody"):
        main(replace(config, variant="nobody"))
    with pytest.raises(InputError, match="holds no evaluator"):
        main(replace(config, evaluator=tmp_path / "none"))
