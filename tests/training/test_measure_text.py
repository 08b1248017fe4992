"""The command that measures the tower: visitors' texts, figures, and what cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from intersyn.data.compose.declaration import read_programs
from intersyn.data.pairings import PAIRINGS
from intersyn.data.phrases import ACTIONS
from intersyn.data.texts import phrasings
from intersyn.text import TextConfig, TextEncoder
from training.common import InputError
from training.measure_text import VISITORS, Config, main, mean_by_action, read_visitors


def test_visitors_texts_name_actions_and_cover_them():
    texts = read_visitors(VISITORS)
    programs = read_programs()
    known = {*ACTIONS, *programs, *(f"two {pairing.name}" for pairing in PAIRINGS)}
    assert len(texts) >= 200
    assert {action for actions in texts.values() for action in actions} <= known
    covered = {action for actions in texts.values() for action in actions}
    assert set(programs) <= covered


def test_visitors_texts_are_no_phrasings():
    said = {text for action in ACTIONS for group in phrasings(action) for text in group}
    said |= {text for program in read_programs().values() for group in program.texts for text in group}
    said |= {text for pairing in PAIRINGS for text in (*pairing.texts, *pairing.test_texts)}
    assert not said & set(read_visitors(VISITORS))


@pytest.mark.parametrize("content", ["nonsense", "[]", '{"texts": {"he nods": []}}', '{"texts": {"he nods": [1]}}'])
def test_a_file_that_is_none_is_refused(content: str, tmp_path: Path):
    path = tmp_path / "texts.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"texts\.json"):
        read_visitors(path)


def test_every_action_weighs_the_same():
    assert mean_by_action(torch.tensor([1.0, 1.0, 0.0]), ["a", "a", "b"]) == 0.5


def test_the_report_has_every_figure(store_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    torch.manual_seed(0)
    TextEncoder(TextConfig(width=16, heads=2, layers=1, vocab_rank=8)).save(tmp_path / "tower")
    visitors = tmp_path / "texts.json"
    visitors.write_text(json.dumps({"texts": {"he strolls forward": ["walk"], "he juggles": ["juggle"]}}))
    main(Config(data=(store_folder,), out=tmp_path / "out", tower=tmp_path / "tower", visitors=visitors))
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    (lists,) = report["encoders"].values()
    row = lists["visitors' texts"]["retrieval"]["table"]["all"]
    assert row["texts"] == 1
    assert {"nearest sentence R@1", "nearest class mean R@3", "probe R@1"} <= set(row)
    assert all(0 <= row[name] <= 1 for name in row if "R@" in name)
    page = (tmp_path / "out" / "report.md").read_text()
    assert page.strip() in capsys.readouterr().out
    assert "| forward/backward | 1 |" in page
