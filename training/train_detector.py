"""Train the boundary detector: which frames of real sequences are interaction.

    python -m training.train_detector --data DATA COMPOSED --out runs/detector

Prints, and logs, its accuracy by frame and the share of boundaries that it finds within 5 frames on held-out sequences.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
import tyro
from torch import Tensor

from intersyn.conditions import INTERACTION
from intersyn.data.dataset import InterleavedDataset
from intersyn.metrics.adherence import adherence, delays
from intersyn.models.boundary_detector import BoundaryDetector, DetectorConfig
from intersyn.skeleton import global_rotations, joints_from_global
from training.common import make_dataset, run_command
from training.fit_judge import fit


@dataclass(frozen=True)
class Config:
    data: tuple[Path, ...]  # folders of training.prepare and training.compose
    out: Path
    model: DetectorConfig = field(default_factory=DetectorConfig)
    steps: int = 1500
    batch_size: int = 32
    lr: float = 1e-3
    weight_decay: float = 0.02
    warmup: int = 50
    decay_from: float = 0.3
    ema_decay: float = 0.995
    noise: float = 0.01  # metres on the joints of half the sequences
    validation: int = 8  # batches
    paired_solos: int = 2000
    seed: int = 0
    max_minutes: float | None = None
    log_every: int = 50
    val_every: int = 500


@dataclass(frozen=True)
class Labelled:
    """joints (B, P, T, 22, 3); together (B, T) bool; inside (B, T) bool; spans: the interactions of each sequence."""

    joints: Tensor
    together: Tensor
    inside: Tensor
    spans: list[list[tuple[int, int]]]


def draw(dataset: InterleavedDataset, step: int, count: int) -> Labelled:
    """Real sequences of a step, with the frames in which their people interact."""
    sequences = dataset.batch(step, "interleaved", count, device="cpu")
    joints, table = joints_from_global(global_rotations(sequences.rotations), sequences.root), sequences.table
    frames = joints.shape[2]
    spans = []
    for b, length in enumerate(table.length.tolist()):
        chosen = table.kind[b, 0] == INTERACTION
        pairs = zip(table.start[b, 0, chosen].tolist(), table.end[b, 0, chosen].tolist(), strict=True)
        spans.append([(max(0, start), min(length, end)) for start, end in pairs])
    return Labelled(joints, table.in_interaction(frames)[:, 0], table.valid(frames), spans)


def noisy(joints: Tensor, scale: float, seed: int) -> Tensor:
    """Half of the sequences with noise on every joint."""
    generator = torch.Generator().manual_seed(seed)
    half = torch.rand(len(joints), 1, 1, 1, 1, generator=generator) < 0.5
    return joints + scale * half * torch.randn(joints.shape, generator=generator)


@torch.no_grad()
def validate(model: BoundaryDetector, batches: list[Labelled]) -> dict[str, float]:
    """Accuracy by frame, and the share of boundaries found within 5 frames."""
    right, count, found = 0, 0, []
    for batch in batches:
        logits = model(batch.joints)
        right += int((((logits > 0) == batch.together) & batch.inside).sum())
        count += int(batch.inside.sum())
        for b, spans in enumerate(batch.spans):
            length = int(batch.inside[b].sum())
            found.append(delays(logits[b, :length].sigmoid(), spans))
    return {"accuracy": right / count, "boundaries within 5 frames": float(adherence(torch.cat(found)))}


def main(config: Config) -> None:
    torch.manual_seed(config.seed)
    train_set = make_dataset(config.data, "train", config.seed, "cpu", paired_solos=config.paired_solos)
    val_set = make_dataset(config.data, "val", config.seed + 1, "cpu", paired_solos=config.paired_solos)
    val = [draw(val_set, 10**6 + k, config.batch_size) for k in range(config.validation)]
    config.out.mkdir(parents=True, exist_ok=True)
    model = BoundaryDetector(config.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr, weight_decay=config.weight_decay)

    def loss_of(step: int) -> Tensor:
        batch = draw(train_set, step, config.batch_size)
        logits = model(noisy(batch.joints, config.noise, step))
        return F.binary_cross_entropy_with_logits(logits[batch.inside], batch.together[batch.inside].float())

    fit(model, optimizer, config, "detector", loss_of, lambda detector: validate(detector, val))


if __name__ == "__main__":
    run_command(main, tyro.cli(Config))
