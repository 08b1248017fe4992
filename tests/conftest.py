"""Shared by all tests: small thread pools, and the browser that page tests drive."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import torch

os.environ.pop("INTERSYN_BODY", None)  # tests are written for the default body
torch.set_num_threads(min(2, torch.get_num_threads()))  # tests run on small machines, beside other work


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium. Without one the test is skipped, but in CI (CI=true) that is a failure."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    message = "this test needs Chromium: apt-get install chromium"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def gl() -> str:
    """The OpenGL back end. Without one the test is skipped, but in CI (CI=true) that is a failure."""
    from intersyn.render.gl import gl_backend, gl_problem

    backend = gl_backend()
    if backend is not None:
        return backend
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(gl_problem())
    pytest.skip(gl_problem())


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete checkpoint folder of tiny networks with seeded random weights: two people who flail in place.

    Read it only; copy it to change it.
    """
    from intersyn.features import SLICES, Normalizer
    from intersyn.models.cmdm import CMDM, CMDMConfig
    from intersyn.models.coordinator import Coordinator, CoordinatorConfig
    from intersyn.networks import INS, REC, INSConfig, RECConfig
    from intersyn.pipeline import InterSynPipeline, PipelineConfig
    from intersyn.text import TextConfig, TextEncoder

    torch.manual_seed(0)
    text = TextConfig(width=16, heads=2, layers=1, pooled_dim=12, vocab_rank=4)
    sizes = {"dim": 32, "layers": 2, "heads": 2, "text_dim": 16, "relation_dim": 8, "pooled_dim": 12, "token_dim": 16}
    mean, std = torch.zeros(273), torch.full((273,), 0.1)
    mean[SLICES["root_height"]] = 0.9
    mean[SLICES["rotations"]] = torch.tensor((1.0, 0, 0, 0, 1, 0)).repeat(22)  # people at rest, upright
    mean[SLICES["root_xz"]] = torch.tensor((0.0, -0.6))  # each stands 60 cm short of the middle ...
    mean[SLICES["heading"]] = torch.tensor((1.0, 0.0))  # ... and faces the other
    for name, small in {"root_height": 0.01, "root_xz": 0.02, "root_velocity": 2e-3, "yaw_rate": 2e-3}.items():
        std[SLICES[name]] = small  # so that both stay in view

    def randomised(module: torch.nn.Module) -> torch.nn.Module:
        with torch.no_grad():  # untrained networks end in zeros and would answer the same to everything
            for parameter in module.parameters():
                parameter.normal_(0, 0.1)
        return module.eval()

    def ins(smooth: bool) -> INS:
        return INS(randomised(CMDM(CMDMConfig(**sizes))), Normalizer(mean, std), INSConfig(CMDMConfig(**sizes), smooth))

    rec = REC(randomised(Coordinator(CoordinatorConfig(**sizes))), RECConfig(CoordinatorConfig(**sizes)))
    pipeline = InterSynPipeline(
        randomised(TextEncoder(text)),
        {"ins": ins(True), "ins_no_smooth": ins(False)},
        rec,
        PipelineConfig(name="tiny", steps=3),
    )
    return pipeline.save_pretrained(tmp_path_factory.mktemp("checkpoints") / "tiny")
