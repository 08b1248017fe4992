"""Stage 1: a run that was stopped goes on exactly; the ablation differs by its loss alone; a tiny CMDM can learn."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from intersyn.data.layouts import LayoutChoice
from intersyn.diffusion import CosineSchedule
from intersyn.features import Normalizer, encode
from intersyn.features import mask as feature_mask
from intersyn.models.baselines import MutualDenoiser
from intersyn.models.cmdm import CMDM, CMDMConfig
from intersyn.networks import INS
from intersyn.root_solver import decode
from intersyn.text import TextFeatures
from training.common import Batch, InputError, make_dataset, make_optimizers
from training.train_ins import Config, TrainableDenoiser, ins_losses, kind_of, main

TINY = CMDMConfig(dim=32, layers=1, heads=2, text_dim=16, relation_dim=8)


def config(data: Path, out: Path, **changes) -> Config:
    small = {"model": TINY, "steps": 4, "batch_size": 2, "log_every": 1, "val_every": 4, "mixed_precision": "no"}
    small["paired_solos"] = 60
    return Config(data=(data,), out=out, **{**small, **changes})


def losses_of(folder: Path) -> list[tuple[str, str]]:
    with (folder / "log.csv").open(newline="") as file:
        return [(row["step"], row["total"]) for row in csv.DictReader(file)]


@pytest.mark.slow
def test_a_stopped_run_goes_on_with_the_same_curve(store_folder, tmp_path):
    main(config(store_folder, tmp_path / "whole"))
    main(config(store_folder, tmp_path / "parts", max_minutes=0.0))  # stops after one step
    assert len(losses_of(tmp_path / "parts")) == 1
    main(config(store_folder, tmp_path / "parts"))
    assert losses_of(tmp_path / "parts") == losses_of(tmp_path / "whole")
    whole, parts = (INS.load(tmp_path / name / "ins").model.state_dict() for name in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


@pytest.mark.slow
def test_drawing_ahead_changes_nothing(store_folder, tmp_path):
    for name, prefetch in (("ahead", True), ("plain", False)):
        main(config(store_folder, tmp_path / name, prefetch=prefetch, steps=7, solo_every=2, val_every=7))
        used = json.loads((tmp_path / name / "utilisation.json").read_text())
        assert used["steps"] == 2 and 0 <= used["share_waiting_for_data"] <= 1 and used["tflops"] > 0
    assert (tmp_path / "ahead" / "log.csv").read_text() == (tmp_path / "plain" / "log.csv").read_text()
    ahead, plain = (INS.load(tmp_path / name / "ins").model.state_dict() for name in ("ahead", "plain"))
    assert all(torch.equal(ahead[name], plain[name]) for name in ahead)


@pytest.mark.slow
def test_a_baseline_is_trained_resumed_and_exported_as_what_it_is(store_folder, tmp_path):
    settings = {"kind": "mutual", "uncouple": 0.0, "layouts": LayoutChoice(("sis",)), "solo_every": 0}
    main(config(store_folder, tmp_path / "run", max_minutes=0.0, **settings))
    main(config(store_folder, tmp_path / "run", steps=2, **settings))
    made = INS.load(tmp_path / "run" / "ins")
    assert isinstance(made.model, MutualDenoiser)
    assert (made.config.kind, made.config.uncouple, made.config.steps) == ("mutual", 0.0, 2)
    with pytest.raises(InputError, match="holds a network of kind mutual"):
        main(config(store_folder, tmp_path / "other", init=tmp_path / "run" / "ins"))


@pytest.mark.slow
def test_a_run_takes_the_normaliser_of_another(store_folder, tmp_path):
    main(config(store_folder, tmp_path / "one", steps=1))
    only = {"layouts": LayoutChoice(("sis",)), "solo_every": 0, "steps": 1}
    main(config(store_folder, tmp_path / "alike", normalizer=tmp_path / "one", **only))
    main(config(store_folder, tmp_path / "alone", **only))
    one, alike, alone = (INS.load(tmp_path / name / "ins").normalizer.std for name in ("one", "alike", "alone"))
    assert torch.equal(one, alike) and not torch.equal(one, alone)


def test_a_normaliser_that_cannot_be_taken_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="holds no normalizer.pt"):
        main(config(tmp_path, tmp_path / "run", normalizer=tmp_path / "absent"))
    with pytest.raises(InputError, match="goes with neither --init nor --fork"):
        main(config(tmp_path, tmp_path / "run", normalizer=tmp_path / "one", init=tmp_path / "two"))


def test_batches_alternate_or_are_interleaved_alone():
    kinds = [kind_of(step, config(Path(), Path())) for step in range(6)]
    assert kinds == ["interleaved", "interleaved", "solo"] * 2
    assert {kind_of(step, config(Path(), Path(), solo_every=0)) for step in range(6)} == {"interleaved"}


@pytest.mark.slow
def test_no_smooth_forks_from_the_same_weights_and_data(store_folder, tmp_path):
    main(config(store_folder, tmp_path / "full", fork_at=0.5, batch_size=6))
    main(config(store_folder, tmp_path / "ablation", fork_at=0.5, fork=tmp_path / "full", smooth=False, batch_size=6))
    assert [step for step, _ in losses_of(tmp_path / "ablation")] == ["3", "4"]
    with (tmp_path / "full" / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (tmp_path / "ablation" / "log.csv").open(newline="") as file:
        forked = list(csv.DictReader(file))
    # The first step after the fork sees the same batch, noise and weights; only the total lacks the term.
    assert forked[0]["joints"] == rows[2]["joints"] and forked[0]["smooth"] == rows[2]["smooth"]
    assert float(forked[0]["total"]) == pytest.approx(
        float(rows[2]["total"]) - 0.1 * float(rows[2]["smooth"]), rel=1e-4
    )
    assert float(rows[2]["smooth"]) > 0
    assert not INS.load(tmp_path / "ablation" / "ins").config.smooth


@pytest.mark.slow
def test_a_tiny_cmdm_reproduces_one_interleaved_sequence_to_two_centimetres(store_folder):
    torch.manual_seed(0)
    dataset = make_dataset([store_folder], "train", 0, "cpu", paired_solos=60)
    sequences = dataset.batch(0, kind="interleaved", batch_size=1)
    table, frames = sequences.table, sequences.root.shape[2]
    metric = encode(sequences.rotations, sequences.root, sequences.contacts, table, frames=sequences.frames)
    exists = feature_mask(table, frames)
    normalizer = Normalizer.fit([(metric, exists)])
    rows, unique = table.text.flatten().unique(return_inverse=True)
    table = replace(table, text=unique.reshape(table.text.shape))
    text = TextFeatures(torch.randn(len(rows), 8), torch.randn(len(rows), 3, 8), torch.ones(len(rows), 3).bool())
    batch = Batch(metric, normalizer(metric, exists), exists, table, text, sequences.seams, sequences.touches)

    model = CMDM(CMDMConfig(dim=96, layers=2, heads=4, text_dim=16, frames_per_token=2, pooled_dim=8, token_dim=8))
    trained, schedule = TrainableDenoiser(model), CosineSchedule()
    optimizers = make_optimizers(model, 2e-3, 0.0)
    settings = config(Path(), Path(), drop_all=0.0, drop_each=0.0, uncouple=0.0)
    steps = 500
    for step in range(steps):
        generator = torch.Generator().manual_seed(step)
        ins_losses(trained, schedule, normalizer, batch, settings, 0.01, generator)["total"].backward()
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = 2e-3 * min(1.0, 2 * (1 - step / steps))
            optimizer.step()
            optimizer.zero_grad()

    model.eval()
    with torch.no_grad():
        context = model.encode_text(table, text)
        noise = torch.randn(metric.shape, generator=torch.Generator().manual_seed(99)) * exists
        x0 = schedule.ddim_sample(lambda x, t: model(x, torch.tensor([t]), table, context), noise, 16)
    made, truth = (decode(f, table, 20.0)[0][0].joints() for f in (normalizer.inverse(x0, exists), metric))
    assert (made - truth).norm(dim=-1).mean() < 0.02
