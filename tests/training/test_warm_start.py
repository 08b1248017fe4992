"""A run may start from an exported network: its weights, its normaliser and its sizes."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from intersyn.features import Normalizer
from intersyn.models.cmdm import CMDM, CMDMConfig
from intersyn.models.coordinator import Coordinator, CoordinatorConfig
from intersyn.networks import INS, REC, INSConfig, RECConfig
from intersyn.text import TextCache
from training import train_ins, train_rec
from training.common import InputError
from training.warm_start import agreed_sizes, beginning, check_text_sizes, sizes_of_state

TINY = {"dim": 32, "layers": 1, "heads": 2, "text_dim": 16, "text_layers": 1, "relation_dim": 8}


@pytest.fixture
def ins_folder(tmp_path: Path) -> Path:
    """An exported CMDM of odd sizes, every weight moved off its start, with a normaliser of its own."""
    torch.manual_seed(3)
    model = CMDM(CMDMConfig(**TINY))
    for parameter in model.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)
    normalizer = Normalizer()
    normalizer.load_state_dict({name: value + 0.5 for name, value in normalizer.state_dict().items()})
    INS(model, normalizer, INSConfig(model.config)).save(tmp_path / "start" / "ins")
    return tmp_path / "start" / "ins"


def ins_config(data: Path, out: Path, **changes) -> train_ins.Config:
    small = {"steps": 1, "batch_size": 2, "mixed_precision": "no", "paired_solos": 8}
    return train_ins.Config(data=(data,), out=out, **{**small, **changes})


def test_ins_starts_from_the_weights_and_the_normaliser_of_the_folder(store_folder, ins_folder, tmp_path, capsys):
    out, start = tmp_path / "out", INS.load(ins_folder)
    train_ins.main(ins_config(store_folder, out, init=ins_folder, lr=0.0))
    made = INS.load(out / "ins")
    assert made.config.model == start.config.model
    for one, other in ((made.model, start.model), (made.normalizer, start.normalizer)):
        there = other.state_dict()
        assert all(torch.allclose(value, there[name], atol=1e-6) for name, value in one.state_dict().items())
    with (out / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["0"] and float(rows[0]["val_total"]) > 0

    # The same command goes on: with the sizes of its state, without the folder.
    state = out / "state.pt"
    assert sizes_of_state(state, CMDMConfig) == start.config.model
    train_ins.main(ins_config(store_folder, out, init=tmp_path / "gone", steps=2))
    assert f"--init is ignored: {state} exists" in capsys.readouterr().out
    assert INS.load(out / "ins").config.steps == 2


def test_rec_starts_from_the_weights_of_the_folder(store_folder, ins_folder, tmp_path):
    torch.manual_seed(4)
    coordinator = Coordinator(CoordinatorConfig(**TINY))
    for parameter in coordinator.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)
    REC(coordinator, RECConfig(coordinator.config)).save(tmp_path / "rec")
    share = {"steps": 1, "batch_size": 2, "denoised": 1, "perturbed": 1, "mixed_precision": "no", "paired_solos": 8}
    folders = {"data": (store_folder,), "ins": ins_folder.parent, "out": tmp_path / "out", "init": tmp_path / "rec"}
    train_rec.main(train_rec.Config(**folders, **share, lr=0.0))
    start, made = (REC.load(folder).model for folder in (tmp_path / "rec", tmp_path / "out" / "rec"))
    assert made.config == start.config
    assert all(torch.allclose(v, start.state_dict()[name], atol=1e-6) for name, v in made.state_dict().items())


def test_a_setting_that_contradicts_the_folder_is_refused():
    saved = CMDMConfig(**TINY)
    assert agreed_sizes(CMDMConfig(), saved, Path("x")) is saved
    assert agreed_sizes(CMDMConfig(dim=32, heads=2), saved, Path("x")) is saved
    with pytest.raises(InputError, match=r"--model\.dim 64 contradicts x, where it is 32: leave the option out"):
        agreed_sizes(CMDMConfig(dim=64), saved, Path("x"))
    with pytest.raises(InputError, match=r"--model\.text-layers 4 contradicts"):
        agreed_sizes(CMDMConfig(text_layers=4), saved, Path("x"))


def test_a_text_encoder_of_other_sizes_is_refused():
    sizes = CMDMConfig(pooled_dim=768, token_dim=768)
    cache = TextCache(("a",), torch.zeros(1, 384), torch.zeros(2, 128), torch.tensor([0, 2]), encoder="tower")
    with pytest.raises(InputError, match="x reads texts of 768 and 768 numbers .* writes 384 and 128"):
        check_text_sizes(sizes, cache, Path("x"))
    check_text_sizes(replace(sizes, pooled_dim=384, token_dim=128), cache, Path("x"))


def test_a_run_begins_in_one_place(tmp_path):
    network, other = tmp_path / "ins", tmp_path / "other"
    assert beginning(tmp_path / "out", None) == (None, None)
    assert beginning(tmp_path / "out", network) == (None, network)
    with pytest.raises(InputError, match="--init and --fork exclude each other"):
        beginning(tmp_path / "out", network, other)
    with pytest.raises(InputError, match=r"fork\.pt does not exist"):
        beginning(tmp_path / "out", None, other)
    for name in ("out/state.pt", "other/fork.pt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    assert beginning(tmp_path / "fresh", None, other) == (other / "fork.pt", None)
    said: list[str] = []
    assert beginning(tmp_path / "out", network, say=said.append) == (tmp_path / "out" / "state.pt", None)
    assert len(said) == 1 and said[0].startswith("--init is ignored")
