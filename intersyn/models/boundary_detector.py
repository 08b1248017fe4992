"""The boundary detector: in which frames people interact, judged from their joints alone.

It measures whether generated interactions begin and end where the timeline says (`metrics.adherence`). Trained on real
sequences only and shipped frozen, like the evaluator; its own rate on held-out real sequences stands beside every
figure, since what people do before they touch already looks like meeting.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from intersyn.checkpoint import fill, load_weights, read_config, save_checkpoint
from intersyn.models.evaluator import STREAM_DIM, stream_features
from intersyn.timeline import DEFAULT_FPS


@dataclass(frozen=True)
class DetectorConfig:
    """config.json of a boundary detector."""

    width: int = 96
    dilations: tuple[int, ...] = (1, 2, 4, 8, 4, 2, 1)  # of convolutions over 3 frames: it sees 22 frames either way
    dropout: float = 0.1
    steps: int = 0  # of training


class BoundaryDetector(nn.Module):
    """Residual dilated convolutions over each person's frames; people are averaged half way and at the end."""

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self.config = config
        self.input = nn.Linear(STREAM_DIM, config.width)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(config.width, config.width, 3, padding=dilation, dilation=dilation)
            for dilation in config.dilations
        )
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in config.dilations)
        self.others = nn.Linear(config.width, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(config.width, 1)

    def forward(self, joints: Tensor, fps: float = DEFAULT_FPS) -> Tensor:
        """joints (B, P, T, 22, 3) metres, world -> logits (B, T) that the people interact."""
        present = torch.ones(joints.shape[:2], dtype=torch.bool, device=joints.device)
        x = self.input(stream_features(joints, present, fps))
        people, half = x.shape[1], len(self.convolutions) // 2
        for k, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            if k == half:
                x = x + self.others(x.mean(1, keepdim=True).expand_as(x))
            y = convolution(norm(x).flatten(0, 1).transpose(1, 2)).transpose(1, 2).unflatten(0, (-1, people))
            x = x + self.dropout(nn.functional.gelu(y))
        return self.output(x.mean(1)).squeeze(-1)

    @torch.no_grad()
    def probability(self, joints: Tensor, fps: float = DEFAULT_FPS) -> Tensor:
        """One sequence (P, T, 22, 3) -> the probability (T,) that the people interact."""
        return self(joints[None].to(self.output.weight.device), fps)[0].sigmoid().cpu()

    @staticmethod
    def load(folder: str | Path) -> BoundaryDetector:
        """A trained detector, frozen. Raises `CheckpointError`."""
        config = read_config(folder, DetectorConfig)
        model = BoundaryDetector(config)
        return fill(model, load_weights(Path(folder)), Path(folder)).eval().requires_grad_(False)

    def save(self, folder: str | Path) -> None:
        save_checkpoint(Path(folder), self.config, self.state_dict())
