"""Stage 2: perturbed meetings stay inside the interaction, each term has its switch, a run resumes exactly."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from intersyn.data.store import ClipStore
from intersyn.diffusion import CosineSchedule
from intersyn.models.cmdm import CMDM, CMDMConfig
from intersyn.models.coordinator import Coordinator, CoordinatorConfig
from intersyn.networks import INS, REC, INSConfig
from intersyn.text import TextCache, TextEncoder
from tests.synthetic import make_composed, make_store
from training.common import BatchMaker, make_dataset
from training.rec_samples import DENOISED, PERTURBED, SAMPLED, Meeting, denoise_once, perturb, sample
from training.train_rec import Config, Refine, Weights, main, rec_losses, uncoupled_share

TINY = {"dim": 32, "layers": 1, "heads": 2, "text_dim": 16, "relation_dim": 8}


@pytest.fixture(scope="module")
def maker(store_folder: Path) -> BatchMaker:
    dataset = make_dataset([store_folder], "train", 0, "cpu", paired_solos=60)
    return BatchMaker(dataset, TextCache.build(TextEncoder.from_pretrained(), dataset.texts), None, "cpu")


@pytest.fixture(scope="module")
def cmdm(maker: BatchMaker) -> CMDM:
    torch.manual_seed(0)
    sizes = {"pooled_dim": maker.cache.pooled_dim, "token_dim": maker.cache.token_dim}
    return CMDM(CMDMConfig(**TINY, **sizes)).eval().requires_grad_(False)


def test_a_perturbed_meeting_differs_for_one_person_inside_the_interaction(maker):
    batch = maker(3, "interleaved", 4)
    u = perturb(batch, maker.normalizer, torch.Generator().manual_seed(0))
    moved = (u - batch.x0).abs().amax(-1) > 1e-5  # (B, P, T)
    assert (moved.any(-1).sum(1) == 1).all()
    assert not (moved & (batch.interacting == 0)).any()


def test_made_meetings_are_finite_and_zero_where_nothing_exists(maker, cmdm):
    batch, schedule = maker(4, "interleaved", 2), CosineSchedule()
    generator = torch.Generator().manual_seed(0)
    for u in (denoise_once(cmdm, schedule, batch, generator), sample(cmdm, schedule, batch, generator, 3, 2.0)):
        assert torch.isfinite(u).all()
        assert (u[~batch.exists] == 0).all()


def test_truth_terms_and_free_terms_do_not_mix(maker):
    batch = maker(5, "interleaved", 2)
    coordinator = Coordinator(
        CoordinatorConfig(**TINY, pooled_dim=maker.cache.pooled_dim, token_dim=maker.cache.token_dim)
    )
    model = Refine(coordinator)

    def terms(kind: int, u: torch.Tensor, weights: Weights | None = None) -> dict[str, torch.Tensor]:
        meeting = Meeting(u, torch.full((2,), kind), batch)
        return rec_losses(model, maker.normalizer, meeting, weights or Weights(), [0, 1])

    # An untrained coordinator is the identity: the truth has no error, and a sample is not compared with it.
    assert terms(PERTURBED, batch.x0)["reconstruction"] < 1e-9 and terms(PERTURBED, batch.x0)["dm"] < 1e-9
    off = batch.x0 + 0.3 * batch.exists
    assert terms(DENOISED, off)["reconstruction"] > 0 and terms(DENOISED, off)["dm"] > 0
    assert terms(DENOISED, off)["penetration"] == 0 and terms(DENOISED, off)["slide"] == 0
    sampled = terms(SAMPLED, off)
    assert sampled["reconstruction"] == 0 and sampled["dm"] == 0
    assert sampled["rela"] == 0 and sampled["near"] == 0  # phi = u
    assert sampled["contact"] == 0  # nothing is labelled
    nothing = terms(DENOISED, off, Weights(**dict.fromkeys(Weights.__dataclass_fields__, 0.0)))
    assert nothing["total"] == 0


def test_labelled_contact_counts_in_sampled_meetings_by_its_weight(tmp_path):
    ClipStore.join((make_store(0), make_composed(1))).save(tmp_path / "clips.zip")
    dataset = make_dataset([tmp_path], "train", 0, "cpu", paired_solos=60)
    maker = BatchMaker(dataset, TextCache.build(TextEncoder.from_pretrained(), dataset.texts), None, "cpu")
    batch = maker(1, "interleaved", 8)
    assert (batch.touches.person >= 0).any()
    assert maker(1, "solo", 8).touches.person.shape == (4, 0)
    coordinator = Coordinator(
        CoordinatorConfig(**TINY, pooled_dim=maker.cache.pooled_dim, token_dim=maker.cache.token_dim)
    )

    def terms(kind: int, **weights: float) -> dict[str, torch.Tensor]:
        meeting = Meeting(batch.x0, torch.full((8,), kind), batch)
        only = dict.fromkeys(Weights.__dataclass_fields__, 0.0) | weights
        return rec_losses(Refine(coordinator), maker.normalizer, meeting, Weights(**only), [0, 1])

    assert terms(PERTURBED)["contact"] == 0
    sampled = terms(SAMPLED, contact=2.0)
    assert sampled["contact"] > 0
    assert sampled["total"] == 2 * sampled["contact"]
    sampled["total"].backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in coordinator.parameters())


def test_meetings_are_made_as_the_ins_was_trained():
    shares = {share: uncoupled_share(INSConfig(CMDMConfig(**TINY), uncouple=share)) for share in (0.0, 0.2, 1.0)}
    assert shares == {0.0: 0.0, 0.2: 0.5, 1.0: 1.0}


@pytest.mark.slow
def test_a_stopped_run_goes_on_exactly(store_folder, maker, cmdm, tmp_path):
    INS(cmdm, maker.normalizer, INSConfig(cmdm.config)).save(tmp_path / "ins" / "ins")

    def config(out: str, **changes) -> Config:
        return Config(
            data=(store_folder,), ins=tmp_path / "ins", out=tmp_path / out, steps=3, model=CoordinatorConfig(**TINY),
            batch_size=5, denoised=2, perturbed=1, pool=2, sample_steps=2, log_every=1, mixed_precision="no",
            paired_solos=60, **changes,
        )  # fmt: skip

    main(config("whole"))
    main(config("parts", max_minutes=0.0))
    main(config("parts"))
    assert (tmp_path / "whole" / "log.csv").read_text() == (tmp_path / "parts" / "log.csv").read_text()
    whole, parts = (REC.load(tmp_path / name / "rec").model.state_dict() for name in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    fresh = Coordinator(replace(REC.load(tmp_path / "whole" / "rec").config.model)).state_dict()
    assert any(not torch.equal(whole[name], fresh[name]) for name in whole)
