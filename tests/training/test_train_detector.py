"""The detector's labels are the timeline's, it learns, and a run resumes exactly."""

from __future__ import annotations

from pathlib import Path

import torch

from intersyn.models.boundary_detector import BoundaryDetector, DetectorConfig
from training.common import make_dataset
from training.train_detector import Config, draw, main, validate

TINY = DetectorConfig(width=16, dilations=(1, 2, 1), dropout=0.0)


def test_labels_are_the_spans(store_folder: Path) -> None:
    batch = draw(make_dataset([store_folder], "train", 0, "cpu", paired_solos=60), 0, 16)
    assert batch.together.any()
    for b, spans in enumerate(batch.spans):
        expected = torch.zeros(batch.together.shape[1], dtype=torch.bool)
        for start, end in spans:
            expected[start:end] = True
        assert torch.equal(batch.together[b] & batch.inside[b], expected)


def test_an_oracle_keeps_every_boundary(store_folder: Path) -> None:
    batch = draw(make_dataset([store_folder], "train", 0, "cpu", paired_solos=60), 0, 16)

    class Oracle:
        def __call__(self, joints: torch.Tensor) -> torch.Tensor:
            return batch.together.float() * 8 - 4

    assert validate(Oracle(), [batch]) == {"accuracy": 1.0, "boundaries within 5 frames": 1.0}


def test_a_run_learns_and_resumes_exactly(store_folder: Path, tmp_path: Path) -> None:
    def config(out: str, minutes: float | None = None) -> Config:
        return Config(
            (store_folder,), tmp_path / out, model=TINY, steps=4, batch_size=4, warmup=2, paired_solos=60,
            log_every=2, val_every=100, validation=1, max_minutes=minutes,
        )  # fmt: skip

    main(config("whole"))
    for _ in range(4):
        main(config("parts", minutes=0.0))
    whole, parts = (BoundaryDetector.load(tmp_path / out / "detector").state_dict() for out in ("whole", "parts"))
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value, msg=name)
