"""The small parts every stage leans on."""

import csv
import subprocess
import sys
from dataclasses import dataclass, replace

import pytest
import torch

from intersyn.text import TextEncoder
from tests.synthetic import make_store
from training.common import (
    EMA,
    BatchMaker,
    Clock,
    InputError,
    Log,
    build_text_cache,
    learning_rate,
    load_clips,
    load_state,
    make_dataset,
    make_optimizers,
    run_command,
    save_state,
    step_optimizers,
)


@dataclass(frozen=True)
class Settings:
    size: int


def test_learning_rate_rises_holds_and_falls():
    rates = [learning_rate(step, 100, 10, 0.6) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == 1.0
    assert set(rates[10:60]) == {1.0}
    assert all(a > b for a, b in zip(rates[60:], rates[61:]))
    assert rates[-1] < 0.03


def test_ema_of_a_constant_is_the_constant_and_lags_a_change():
    model = torch.nn.Linear(2, 2)
    ema = EMA(model, 0.9)
    for step in range(50):
        ema.update(model, step)
    assert torch.allclose(ema.shadow["weight"], model.weight)
    with torch.no_grad():
        model.weight += 1
    ema.update(model, 1000)
    assert torch.allclose(ema.shadow["weight"], model.weight - 0.9, atol=1e-6)


def test_a_state_gives_back_weights_averages_and_optimisers(tmp_path):
    def made(seed: int) -> tuple[torch.nn.Module, EMA, list]:
        torch.manual_seed(seed)
        model = torch.nn.ModuleDict({"blocks": torch.nn.ModuleList([torch.nn.Linear(3, 3)])})
        return model, EMA(model, 0.9), make_optimizers(model, 1e-2, 0.0)

    (model, ema, optimizers), (other, other_ema, other_optimizers) = made(0), made(1)
    model["blocks"][0](torch.ones(2, 3)).square().sum().backward()
    step_optimizers(optimizers, 1e-2)
    save_state(tmp_path / "state.pt", 7, model, ema, optimizers, Settings(3))
    assert load_state(tmp_path / "state.pt", other, other_ema, other_optimizers) == 7
    weights = other.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in model.state_dict().items())
    assert all(torch.equal(other_ema.shadow[name], value) for name, value in ema.shadow.items())
    for one, same in zip(optimizers, other_optimizers, strict=True):
        assert str(one.state_dict()) == str(same.state_dict())


def test_a_resumed_log_forgets_what_will_be_written_again(tmp_path):
    path = tmp_path / "log.csv"
    log = Log(path, 0)
    for step in (10, 20, 30):
        log.write(step, {"total": step / 3})
    Log(path, 20).write(30, {"total": 1.0, "val_total": 2.0})
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["10", "20", "30"]
    assert rows[-1]["total"] == "1" and rows[-1]["val_total"] == "2" and rows[0]["val_total"] == ""


def test_a_budget_of_nothing_is_spent_at_once():
    assert Clock(0.0).spent() and not Clock(None).spent()


def test_batches_are_a_function_of_the_step(store_folder, tmp_path):
    dataset = make_dataset([store_folder], "train", 0, "cpu", paired_solos=60)
    cache = build_text_cache(dataset.texts, None, tmp_path / "texts.safetensors")
    maker = BatchMaker(dataset, cache, None, "cpu")
    one, again, other = maker(7, "interleaved", 3), maker(7, "interleaved", 3), maker(8, "interleaved", 3)
    assert torch.equal(one.x0, again.x0)
    assert one.x0.shape != other.x0.shape or not torch.equal(one.x0, other.x0)
    assert one.x0.shape[1] == 2 and one.x0.shape[-1] == 273
    assert (one.x0[~one.exists] == 0).all()
    assert int(one.table.text.max()) < len(one.text)


def test_solo_batches_pair_strangers(store_folder, tmp_path):
    dataset = make_dataset([store_folder], "train", 0, "cpu", paired_solos=60)
    cache = build_text_cache(dataset.texts, None, tmp_path / "texts.safetensors")
    batch = BatchMaker(dataset, cache, None, "cpu")(2, "solo", 4)
    assert batch.x0.shape[:2] == (2, 2)
    assert not batch.table.acquainted().any()
    assert (batch.interacting == 0).all()


def test_a_text_cache_is_read_again_only_if_it_fits(tmp_path):
    path = tmp_path / "texts.safetensors"
    first = build_text_cache(["a person walks", "a person bows"], None, path)
    stamp = path.stat().st_mtime_ns
    assert build_text_cache(["a person bows"], None, path).texts == first.texts
    assert path.stat().st_mtime_ns == stamp
    assert build_text_cache(["a person runs"], None, path).texts == ("a person runs",)
    assert first.encoder == TextEncoder.from_pretrained().fingerprint()


def test_a_text_cache_that_fits_is_read_without_open_clip(tmp_path):
    path = tmp_path / "texts.safetensors"
    build_text_cache(["a person walks"], None, path)
    code = (
        "import sys; from pathlib import Path; from training.train_ins import build_text_cache as build; "
        f"build(['a person walks'], None, Path({str(path)!r})); print('open_clip' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert TextEncoder.fingerprint_of() == TextEncoder.from_pretrained().fingerprint()


def _command(module: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"training.{module}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        ("train_ins", ("--data", "nowhere"), "nowhere holds no clips.zip: --data is a folder"),
        ("train_ins", ("--data", "{data}", "--fork", "nowhere"), "nowhere/fork.pt does not exist: --fork is"),
        ("train_rec", ("--data", "{data}", "--ins", "nowhere"), "nowhere holds no folder ins: --ins is"),
        ("evaluate", ("--data", "nowhere", "--device", "cpu"), "nowhere holds no clips.zip: --data is a folder"),
    ],
)
def test_a_missing_input_is_one_sentence_and_exit_code_2(module, arguments, message, store_folder, tmp_path):
    out = tmp_path / "out"
    run = _command(module, *(str(a).format(data=store_folder) for a in arguments), "--out", out)
    assert run.returncode == 2, run.stderr
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ") and message in last and "Traceback" not in run.stderr
    assert not out.exists()


def test_a_damaged_store_is_named(tmp_path):
    (tmp_path / "clips.zip").write_bytes(b"half")
    with pytest.raises(InputError, match=r"clips\.zip is no clip store"):
        make_dataset([tmp_path], "train", 0, "cpu")


def test_several_folders_are_one_store(store_folder, tmp_path):
    other = make_store(5, per_action=1)
    clips = tuple(replace(clip, name=f"other/{clip.name}", partner=None) for clip in other.clips)
    replace(other, clips=clips).save(tmp_path / "clips.zip")
    one, both = load_clips([store_folder], ("train",)), load_clips([store_folder, tmp_path], ("train",))
    assert len(both.clips) == len(one.clips) + len(clips) and len(both.root) == len(one.root) + len(other.root)
    with pytest.raises(InputError, match="two clips are called"):
        load_clips([tmp_path, tmp_path], ("train",))
    with pytest.raises(InputError, match="no clips to join"):
        load_clips([], ("train",))


def test_a_mistake_of_ours_keeps_its_traceback():
    def main(config: int) -> None:
        raise ValueError(f"shape {config}")

    with pytest.raises(ValueError, match="shape 3"):
        run_command(main, 3)
