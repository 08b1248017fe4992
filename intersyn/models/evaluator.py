"""The evaluator: a contrastive model of motion and text that measures generated motion, as TMR and InterCLIP do.

One model for a whole interleaved sequence and for a single segment of it, and for any number of people. It reads joint
positions, so that any method's output can be measured, has a text encoder of its own (`word_encoder`), and shares no
weights with the generator or its text tower. Both sides end in unit vectors of 128 numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from intersyn.checkpoint import fill, load_weights, read_config, save_checkpoint
from intersyn.metrics.actions import headings
from intersyn.models.layers import sinusoidal
from intersyn.models.word_encoder import WordEncoder
from intersyn.rotations import rotate_xz, wrap_angle
from intersyn.skeleton import JOINT, NUM_JOINTS
from intersyn.timeline import DEFAULT_FPS, Timeline

PERSONS = 3  # embeddings: the first, the second, and everybody else
TIME_SCALE = 20.0  # seconds are embedded as sines of `TIME_SCALE * seconds`
STREAM = {"joints": 66, "velocities": 66, "yaw_rate": 1, "others": 66, "nearness": 1}  # parts of a frame, in order
STREAM_DIM = sum(STREAM.values())
VELOCITY_SECONDS = 0.25  # a velocity in m/s counts like this many seconds of way
FAR = 3.0  # metres at which somebody else has faded to 1 / e


@dataclass(frozen=True)
class EvaluatorConfig:
    """config.json of an evaluator."""

    dim: int = 128  # of the common space
    width: int = 160
    layers: int = 3
    heads: int = 4
    frames_per_token: int = 4
    text_width: int = 128
    text_layers: int = 2
    part_layers: int = 2
    words: int = 4096  # buckets of hashed words, and of their letter triples
    pieces: int = 4096
    dropout: float = 0.1
    steps: int = 0  # of training


def stream_features(joints: Tensor, present: Tensor, fps: float = DEFAULT_FPS) -> Tensor:
    """What each person does, and what the nearest other one does, seen from each person: (B, P, T, 200).

    joints (B, P, T, 22, 3) metres, world, y up; present (B, P) bool. Everything is relative to a person's own floor
    point and heading of the frame, so that it does not depend on where and which way a sequence was put. `others` are
    the nearest other person's joints, faded out with distance; 0 where there is nobody else. Parts: `STREAM`.
    """
    if joints.ndim != 5 or tuple(joints.shape[3:]) != (NUM_JOINTS, 3):
        raise ValueError(f"joints must be (B, P, T, {NUM_JOINTS}, 3), got {tuple(joints.shape)}")
    if tuple(present.shape) != tuple(joints.shape[:2]):
        raise ValueError(f"present must be {tuple(joints.shape[:2])}, got {tuple(present.shape)}")
    yaw = headings(joints)
    place = joints[..., JOINT["pelvis"], :] * joints.new_tensor((1.0, 0.0, 1.0))

    def seen(points: Tensor) -> Tensor:
        """World offsets (..., K, 3) in the heading's frame."""
        flat = rotate_xz(points[..., ::2], -yaw[..., None])
        return torch.stack((flat[..., 0], points[..., 1], flat[..., 1]), dim=-1)

    own = seen(joints - place[..., None, :])
    step = joints.diff(dim=2, append=joints[:, :, -1:]) * fps * VELOCITY_SECONDS
    turn = wrap_angle(yaw.diff(dim=2, append=yaw[:, :, -1:])) * fps * VELOCITY_SECONDS
    others, nearness = torch.zeros_like(joints), torch.zeros_like(yaw)
    people = joints.shape[1]
    for shift in range(1, people):
        theirs, there = joints.roll(-shift, 1), present.roll(-shift, 1) & present
        away = (theirs[..., JOINT["pelvis"], :] - place)[..., ::2].norm(dim=-1)
        near = torch.exp(-((away / FAR) ** 2)) * there[..., None]
        nearer = near > nearness
        others = torch.where(nearer[..., None, None], theirs - place[..., None, :], others)
        nearness = torch.maximum(nearness, near)
    theirs = seen(others) * nearness[..., None, None]
    parts = (own.flatten(-2), seen(step).flatten(-2), turn[..., None], theirs.flatten(-2), nearness[..., None])
    return torch.cat(parts, dim=-1)


class MotionEncoder(nn.Module):
    """Joints -> (B, dim): one transformer over everybody's tokens and a token that asks."""

    def __init__(self, c: EvaluatorConfig) -> None:
        super().__init__()
        self.per_token = c.frames_per_token
        self.input = nn.Linear(c.frames_per_token * STREAM_DIM, c.width)
        self.person = nn.Embedding(PERSONS, c.width)
        self.query = nn.Parameter(torch.zeros(1, 1, c.width))
        self.layers = _transformer(c.width, c.layers, c.heads, c.dropout)
        self.out = nn.Sequential(nn.LayerNorm(c.width), nn.Linear(c.width, c.dim))

    def forward(self, joints: Tensor, present: Tensor, length: Tensor, fps: float = DEFAULT_FPS) -> Tensor:
        """joints (B, P, T, 22, 3); present (B, P) bool; length (B,) frames that count."""
        x = stream_features(joints, present, fps)
        inside = torch.arange(x.shape[2], device=x.device) < length[:, None]
        x = x * inside[:, None, :, None]
        pad = -x.shape[2] % self.per_token
        x = F.pad(x, (0, 0, 0, pad)).unflatten(2, (-1, self.per_token)).flatten(-2)  # (B, P, n, per_token * D)
        inside = F.pad(inside, (0, pad)).unflatten(1, (-1, self.per_token)).any(-1)
        tokens = self.input(x)
        at = (torch.arange(tokens.shape[2], device=x.device) + 0.5) * self.per_token / fps
        tokens = tokens + sinusoidal(at * TIME_SCALE, tokens.shape[-1])
        who = torch.arange(tokens.shape[1], device=x.device).clamp(max=PERSONS - 1)
        tokens = tokens + self.person(who)[:, None]
        visible = (present[..., None] & inside[:, None]).flatten(1)
        y = _ask(self.query, tokens.flatten(1, 2), visible, self.layers)
        return F.normalize(self.out(y), dim=-1)


class TimelineEncoder(nn.Module):
    """What was asked for -> (B, dim): a token for each part, made of its text, who plays it and when."""

    def __init__(self, c: EvaluatorConfig) -> None:
        super().__init__()
        self.words = WordEncoder(c.text_width, c.text_layers, c.heads, c.words, c.pieces, c.dropout)
        self.text = nn.Linear(c.text_width, c.width)
        self.person = nn.Embedding(PERSONS, c.width)
        self.start, self.end = nn.Linear(c.width, c.width), nn.Linear(c.width, c.width)
        self.query = nn.Parameter(torch.zeros(1, 1, c.width))
        self.layers = _transformer(c.width, c.part_layers, c.heads, c.dropout)
        self.out = nn.Sequential(nn.LayerNorm(c.width), nn.Linear(c.width, c.dim))

    def forward(self, timelines: Sequence[Timeline]) -> Tensor:
        parts = [[(segment, part) for segment in line.segments for part in segment.parts] for line in timelines]
        rows = {text: k for k, text in enumerate(dict.fromkeys(p.text for line in parts for _, p in line))}
        texts = self.text(self.words(list(rows)))
        shape, device = (len(parts), max(map(len, parts))), texts.device
        text = torch.zeros(shape, dtype=torch.long)
        who = torch.zeros(*shape, PERSONS)
        times = torch.zeros(*shape, 2)
        present = torch.zeros(shape, dtype=torch.bool)
        for b, line in enumerate(parts):
            for k, (segment, part) in enumerate(line):
                text[b, k], present[b, k] = rows[part.text], True
                times[b, k] = torch.tensor((segment.start, segment.end)) / timelines[b].fps
                for person in part.people:
                    who[b, k, min(person, PERSONS - 1)] = 1
        start, end = sinusoidal(times.to(device) * TIME_SCALE, self.person.embedding_dim).unbind(2)
        tokens = texts[text.to(device)] + who.to(device) @ self.person.weight + self.start(start) + self.end(end)
        return F.normalize(self.out(_ask(self.query, tokens, present.to(device), self.layers)), dim=-1)


class Evaluator(nn.Module):
    """Both encoders, and the temperature that training learned for their cosine."""

    def __init__(self, config: EvaluatorConfig) -> None:
        super().__init__()
        self.config = config
        self.motion = MotionEncoder(config)
        self.timeline = TimelineEncoder(config)
        self.log_scale = nn.Parameter(torch.tensor(2.7))

    def embed_motions(self, joints: Sequence[Tensor], fps: float = DEFAULT_FPS, batch_size: int = 64) -> Tensor:
        """Unit vectors (N, dim) of N motions (P, T, 22, 3), each of its own length and number of people."""
        rows = [self.motion(*pad_motions(joints[k : k + batch_size], self._device), fps) for k in
                range(0, len(joints), batch_size)]  # fmt: skip
        return torch.cat(rows)

    def embed_timelines(self, timelines: Sequence[Timeline], batch_size: int = 256) -> Tensor:
        """Unit vectors (N, dim) of what N timelines ask for."""
        return torch.cat([self.timeline(timelines[k : k + batch_size]) for k in range(0, len(timelines), batch_size)])

    @property
    def _device(self) -> torch.device:
        return self.log_scale.device

    @staticmethod
    def load(folder: str | Path) -> Evaluator:
        """A trained evaluator, frozen. Raises `CheckpointError`."""
        config = read_config(folder, EvaluatorConfig)
        return fill(Evaluator(config), load_weights(Path(folder)), Path(folder)).eval().requires_grad_(False)

    def save(self, folder: str | Path) -> None:
        save_checkpoint(Path(folder), self.config, self.state_dict())


def pad_motions(motions: Sequence[Tensor], device: torch.device | str = "cpu") -> tuple[Tensor, Tensor, Tensor]:
    """N motions (P, T, 22, 3) as one batch: joints (N, P', T', 22, 3), present (N, P') bool, length (N,)."""
    people, frames = max(m.shape[0] for m in motions), max(m.shape[1] for m in motions)
    joints = torch.zeros(len(motions), people, frames, NUM_JOINTS, 3)
    present = torch.zeros(len(motions), people, dtype=torch.bool)
    for k, motion in enumerate(motions):
        joints[k, : motion.shape[0], : motion.shape[1]] = motion
        joints[k, : motion.shape[0], motion.shape[1] :] = motion[:, -1:]  # held: its last velocity stays finite
        present[k, : motion.shape[0]] = True
    length = torch.tensor([motion.shape[1] for motion in motions])
    return joints.to(device), present.to(device), length.to(device)


def _transformer(width: int, layers: int, heads: int, dropout: float) -> nn.TransformerEncoder:
    layer = nn.TransformerEncoderLayer(
        width, heads, 4 * width, dropout, activation="gelu", batch_first=True, norm_first=True
    )
    return nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)


def _ask(query: Tensor, tokens: Tensor, visible: Tensor, layers: nn.Module) -> Tensor:
    """The query's place after the layers, (B, width)."""
    x = torch.cat((query.expand(len(tokens), -1, -1), tokens), dim=1)
    seen = torch.cat((torch.ones_like(visible[:, :1]), visible), dim=1)
    return layers(x, src_key_padding_mask=~seen)[:, 0]
