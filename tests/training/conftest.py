"""Shared by the tests of training: synthetic stores, and a frozen benchmark of one of them."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from intersyn.data.store import FILE_NAME, ClipStore
from intersyn.models.boundary_detector import BoundaryDetector, DetectorConfig
from intersyn.models.evaluator import Evaluator, EvaluatorConfig
from tests.synthetic import make_composed, make_store
from training import freeze_benchmark


@pytest.fixture(scope="session")
def store_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic store with a train and a val side."""
    sides = []
    for seed, split in enumerate(("train", "val")):
        store = make_store(seed)
        offset = len(sides[0].root) if sides else 0
        clips = tuple(
            replace(
                clip,
                split=split,
                start=clip.start + offset,
                name=f"{split}/{clip.name}",
                partner=clip.partner and f"{split}/{clip.partner}",
            )
            for clip in store.clips
        )
        sides.append(replace(store, clips=clips))
    joined = {name: torch.cat([getattr(s, name) for s in sides]) for name in ("rotations", "root", "contacts")}
    folder = tmp_path_factory.mktemp("data")
    ClipStore(**joined, clips=sides[0].clips + sides[1].clips).save(folder / FILE_NAME)
    return folder


def _side(seed: int, split: str) -> ClipStore:
    """Recorded and composed clips of one split; the walks backward are for training only."""
    store = ClipStore.join((make_store(seed, per_action=3), make_composed(seed + 1, per_action=2)))

    def named(name: str | None) -> str | None:
        return name and f"{split}/{name}"

    clips = tuple(
        replace(
            clip, split="train" if clip.action == "walk-back" else split, name=named(clip.name),
            partner=named(clip.partner), test_texts=clip.test_texts or tuple(f"{text} again" for text in clip.texts),
        )
        for clip in store.clips
    )  # fmt: skip
    return replace(store, clips=clips)


@pytest.fixture(scope="session")
def benchmark_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic clips to be tested on: a test and a val side, with interactions that touch."""
    folder = tmp_path_factory.mktemp("data")
    ClipStore.join([_side(3, "test"), _side(7, "val")]).save(folder / FILE_NAME)
    return folder


@pytest.fixture(scope="session")
def judges(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of an untrained evaluator and an untrained detector, tiny."""
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("judges")
    small = EvaluatorConfig(dim=8, width=16, layers=1, heads=2, text_width=16, text_layers=1, part_layers=1, words=64,
                            pieces=64, steps=1)  # fmt: skip
    Evaluator(small).save(folder / "evaluator")
    BoundaryDetector(DetectorConfig(width=8, dilations=(1, 2), steps=1)).save(folder / "detector")
    return {name: folder / name for name in ("evaluator", "detector")}


@pytest.fixture(scope="session")
def frozen(benchmark_data: Path, judges: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a frozen benchmark of the synthetic clips: 20 test and 4 validation sequences, with judges."""
    folder = tmp_path_factory.mktemp("frozen")
    freeze_benchmark.main(
        freeze_benchmark.Config((benchmark_data,), **judges, out=folder, test=20, val=4, paired_solos=40)
    )
    return folder
