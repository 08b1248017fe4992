"""The whole suite on files made by the tests: tables, intervals, errors in one sentence."""

import json
from pathlib import Path

import pytest
import torch

from tests.intersyn.models.test_interclip import published
from tests.published_files import walking, write_interhuman
from training import suite_interhuman
from training.suite_interhuman import Config, command, main, summed, takes


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[Path, Path]:
    """Five test pairs, and a random InterCLIP."""
    folder = tmp_path_factory.mktemp("interhuman")
    for k in range(5):
        people = [walking(30 + 5 * k, k + person, (float(person), 0.0)) for person in (0, 1)]
        write_interhuman(folder, str(k), people, [f"pair {k} walks", "they walk " * 60])
    (folder / "test.txt").write_text("0\n1\n2\n3\n4\n")
    torch.save({"state_dict": published()}, folder / "interclip.ckpt")
    return folder, folder / "interclip.ckpt"


@pytest.mark.slow
def test_it_measures_and_writes_a_page(files, tiny_checkpoint, tmp_path, capsys):
    config = Config(
        interhuman=files[0], interclip=files[1], out=tmp_path / "page.md", checkpoint=str(tiny_checkpoint),
        variants=("full", "no_rec"), replications=2, pool=3, diversity_pairs=4, multimodality_replications=1,
        multimodality_texts=2, multimodality_samples=2, multimodality_pairs=2, steps=1, device="cpu",
    )  # fmt: skip
    main(config)
    page = (tmp_path / "page.md").read_text()
    assert page in capsys.readouterr().out
    assert "5 test pairs, 2 replications, pools of 3" in page and "5 of 10 texts are too long" in page
    report = json.loads((tmp_path / "page.json").read_text())
    assert list(report["figures"]) == ["real", "full", "no_rec"]
    assert set(report["each"][0]["full"]) == {
        "R@1", "R@2", "R@3", "FID", "MM distance", "diversity", "multimodality"
    }  # fmt: skip
    assert "multimodality" not in report["each"][1]["full"] and report["each"][0]["full"]["R@3"] == 1
    main(config)
    assert json.loads((tmp_path / "page.json").read_text()) == report


def test_intervals_are_over_the_replications_that_measured():
    found = summed([{"full": {"R@1": 0.2, "multimodality": 1.5}}, {"full": {"R@1": 0.4}}])
    assert found["full"] == {"R@1": "0.3 ± 0.2", "multimodality": "1.5"}


def test_the_command_line_of_evaluate_is_taken_only_where_it_asks_for_it(monkeypatch):
    asked = []
    monkeypatch.setattr(suite_interhuman, "command", asked.append)
    assert not takes(["--data", "interhuman"]) and not takes(["--suite", "interleaved"]) and not takes([])
    assert takes(["--out", "x", "--suite", "interhuman", "--pool", "2"])
    assert asked == [["--out", "x", "--pool", "2"]]


def test_too_few_pairs_and_missing_files_are_one_sentence(files, tmp_path, capsys):
    for arguments, message in (
        (["--interhuman", str(files[0]), "--interclip", str(files[1])], "there are 5 test pairs"),
        (["--interhuman", str(tmp_path), "--interclip", str(files[1])], "is no InterHuman"),
    ):
        with pytest.raises(SystemExit) as stopped:
            command([*arguments, "--out", str(tmp_path / "page.md"), "--device", "cpu"])
        assert stopped.value.code == 2
        assert message in capsys.readouterr().err
