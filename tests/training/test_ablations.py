"""The table of runs: commands that parse, nothing done twice, budgets that cut anywhere, and a page."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import tyro

from training import ablations, bundle, evaluate, train_ins, train_rec
from training.ablations import BY_NAME, LINES, MARK, RUNS, Evaluate, Report, Train, chosen, evaluation_commands, train
from training.ablations_page import COLUMNS, HEADING, PAPER, page
from training.common import InputError

SCRIPTS = {"train_ins": train_ins, "train_rec": train_rec, "bundle": bundle, "evaluate": evaluate}


class Machine:
    """Stands in for the commands: writes what they would, `cut` steps per training command."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cut: int = 10**9) -> None:
        self.commands: list[tuple[str, dict[str, str]]] = []
        self.cut = cut
        monkeypatch.setattr(subprocess, "run", self)

    def __call__(self, command, check):
        name = command[2].removeprefix("training.")
        tyro.cli(SCRIPTS[name].Config, args=list(command[3:]))  # the script would take it
        options = dict(zip(command[3:], (*command[4:], "")))
        self.commands.append((name, options))
        out = Path(options["--out"])
        if name.startswith("train_"):
            folder = out / name.removeprefix("train_")
            steps = min(int(options["--steps"]), ablations.trained(folder) + self.cut)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "config.json").write_text(json.dumps({"steps": steps}))
        elif name == "bundle":
            out.mkdir(parents=True)
            (out / "config.json").write_text("{}")
        else:
            out.with_suffix(".json").write_text("{}")
        return subprocess.CompletedProcess(command, 0)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.commands]


@pytest.fixture
def config(tmp_path) -> Train:
    return Train(data=(tmp_path / "a", tmp_path / "b"), out=tmp_path / "runs", ins_steps=10, rec_steps=4)


def test_everything_is_trained_once_with_commands_that_the_scripts_take(config, monkeypatch):
    machine = Machine(monkeypatch)
    train(config)
    own_ins = [run for run in RUNS if run.ins_of is None]
    own_rec = [run for run in RUNS if run.rec is not None and run.rec_of is None]
    assert machine.names.count("train_ins") == len(own_ins)
    assert machine.names.count("train_rec") == len(own_rec)
    assert machine.names.count("bundle") == len(RUNS)
    assert all(options["--seed"] == "0" for name, options in machine.commands if name.startswith("train"))
    before = len(machine.commands)
    train(config)
    assert len(machine.commands) == before


def test_networks_are_shared_where_the_table_says_so(config, monkeypatch):
    machine = Machine(monkeypatch)
    train(replace(config, only=("no_smooth", "no_rela")))
    bundles = {options["--name"]: options for name, options in machine.commands if name == "bundle"}
    assert list(bundles) == ["full", "no_smooth", "no_rela"]  # full comes along
    out = config.out
    assert bundles["no_smooth"]["--ins"] == str(out / "no_smooth" / "ins")
    assert bundles["no_smooth"]["--rec"] == bundles["full"]["--rec"] == str(out / "full" / "rec_run" / "rec")
    assert bundles["no_rela"]["--ins"] == bundles["full"]["--ins"]
    assert bundles["no_rela"]["--rec"] == str(out / "no_rela" / "rec_run" / "rec")
    forks = [options for name, options in machine.commands if name == "train_ins" and "--fork" in options]
    assert [options["--fork"] for options in forks] == [str(out / "full")]


def test_runs_that_differ_in_ins_alone_share_the_coordinator_and_what_it_reads(config, monkeypatch):
    machine = Machine(monkeypatch)
    train(replace(config, only=("fixed_times", "mutual"), more_rec="--pool 7"))
    assert machine.names == ["train_ins", "train_rec", "bundle", "train_ins", "bundle", "train_ins", "bundle"]
    full, fixed, mutual = (options for name, options in machine.commands if name == "train_ins")
    assert "--normalizer" not in full
    assert fixed["--normalizer"] == mutual["--normalizer"] == str(config.out / "full")
    assert fixed["--layouts.patterns"] == "sis" and "--layouts.fixed-times" in fixed
    assert machine.commands[1][1]["--pool"] == "7"
    bundles = {options["--name"]: options for name, options in machine.commands if name == "bundle"}
    assert bundles["fixed_times"]["--rec"] == bundles["full"]["--rec"] and "--rec" not in bundles["mutual"]


def test_a_budget_cuts_anywhere_and_the_next_call_goes_on(config, monkeypatch, capsys):
    machine = Machine(monkeypatch, cut=6)
    config = replace(config, only=("full",), minutes=5.0)
    train(config)
    assert machine.names == ["train_ins"] and "is spent before full" in capsys.readouterr().out
    assert 0 < float(machine.commands[0][1]["--max-minutes"]) <= 5
    train(config)
    assert machine.names == ["train_ins"] * 2 + ["train_rec", "bundle"]
    train(replace(config, only=("sis",), minutes=0.1))  # too little to start with
    assert len(machine.commands) == 4


def test_dry_runs_nothing(config, monkeypatch, capsys):
    machine = Machine(monkeypatch)
    train(replace(config, dry=True, more_ins="--compile"))
    printed = capsys.readouterr().out
    assert not machine.commands and not config.out.exists()
    assert printed.count("python -m training.train_ins") == printed.count("--compile") > 5


def test_what_is_finished_is_evaluated_until_it_has_figures(config, monkeypatch):
    machine = Machine(monkeypatch)
    train(replace(config, only=("uncoupled", "mutual")))
    settings = Evaluate(config.data, config.out, quick=True)
    commands = list(evaluation_commands(settings))
    names = [Path(command[command.index("--checkpoint") + 1]).parent.name for command in commands]
    assert names == ["full", "uncoupled", "mutual"]
    at = commands[1].index("--variants")
    assert commands[1][at + 1 : at + 3] == ("full", "no_rec")
    assert tyro.cli(evaluate.Config, args=list(commands[2][3:])).variants == ("no_rec",)
    (config.out / "mutual" / "figures.json").write_text("{}")
    assert len(list(evaluation_commands(settings))) == 2
    assert machine.names.count("evaluate") == 0


def test_an_unknown_run_and_a_failed_command_are_one_sentence(config, monkeypatch):
    with pytest.raises(InputError, match="there is no run sos: choose among full"):
        chosen(("sos",))
    monkeypatch.setattr(subprocess, "run", lambda command, check: subprocess.CompletedProcess(command, 2))
    with pytest.raises(InputError, match="the command above failed"):
        train(config)
    with pytest.raises(InputError, match="holds no figures"):
        ablations.report(Report(config.out, config.out / "page.md"))


def test_every_line_is_a_run_and_the_papers_lines_are_all_stood_for():
    assert {line.run for line in LINES} == set(BY_NAME)
    assert {line.paper for line in LINES if line.paper} == set(PAPER)
    for run in RUNS:
        for other in (run.ins_of, run.rec_of, run.fork):
            assert other is None or RUNS.index(BY_NAME[other]) < RUNS.index(run)


def test_the_page_shows_figures_beside_the_papers_and_says_what_is_missing(tmp_path):
    def figures(offset: float) -> dict:
        names = {"full": 0.5 + offset, "no_rec": 0.3 + offset, "real": 0.9}
        estimates = {row: {"mean": value, "plus_minus": 0.012, "n": 3} for row, value in names.items()}
        return {
            "command": "python -m training.evaluate", "sequences": 256, "trained_steps": {"ins": 10},
            "evaluator": {row: {"segment R@1": e, "segment R@1 sis": e} for row, e in estimates.items()},
            "figures": {row: {"jerk m/s^3": {**e, "plus_minus": None}} for row, e in estimates.items()},
        }  # fmt: skip

    found = {"full": figures(0.0), "sis": figures(0.1)}
    text = page(LINES, found, {run.name: run.what for run in RUNS})
    assert "| real motion | 0.9 ± 0.012 | 0.9 |" in text
    assert "| full, without coordinator | 0.3 ± 0.012 | 0.3 |" in text
    assert "| trained on s-i-s; t_s = 0, t_i random | 0.6 ± 0.012 | 0.6 |" in text
    assert "| without L_rela | 0.283 | 0.537 | 3.838 | without L_rela |" in text
    assert "Not measured yet: without L_smooth" in text and "not evaluated" in text
    assert "tested on s-i-s" in text and "may be compared" in text
    assert not any(name in text for name in ("FID ±", "nan"))
    assert "not all measured alike" not in text
    found["sis"]["sequences"] = 64
    assert "not all measured alike" in page(LINES, found, {})
    assert len(set(COLUMNS.values())) == len(COLUMNS)


def test_what_is_written_above_the_figures_stays_and_the_training_is_named(config, monkeypatch):
    Machine(monkeypatch)
    monkeypatch.setattr(sys, "argv", ["ablations.py", "train", "--ins-steps", "10"])
    train(replace(config, only=("full",)))
    (config.out / "full" / "figures.json").write_text(json.dumps({"command": "evaluate", "figures": {"full": {}}}))
    written = config.out / "page.md"
    ablations.report(Report(config.out, written))
    first = written.read_text()
    assert first.startswith(HEADING + MARK) and "python -m training.ablations train --ins-steps 10" in first
    written.write_text(first.replace(HEADING, f"{HEADING}What we read from them.\n\n") + "old figures")
    ablations.report(Report(config.out, written))
    assert written.read_text() == first.replace(HEADING, f"{HEADING}What we read from them.\n\n")
