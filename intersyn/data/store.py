"""The clip store: every prepared clip of the common skeleton in a few flat tensors, small enough to stay in memory."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Clip:
    """One person's clip at 20 fps. `start` is its first row in the store's flat tensors."""

    name: str  # unique, for example "bandai/dataset-2_wave-left-hand_normal_003"
    source: str  # bandai, cmu, salsa, humanml3d, interhuman
    recording: str  # takes of one recording never straddle two splits
    action: str  # normalised label, for example "wave-left-hand"; sampling is balanced over it
    style: str  # "normal" where the source names none
    split: str
    start: int
    frames: int
    texts: tuple[str, ...]  # phrasings for training, about "a person"; for pairs about both people
    test_texts: tuple[str, ...] = ()  # phrasings reserved for evaluation
    key: tuple[int, int] | None = None  # frames any crop must contain (the kick, the clasp), relative to the clip
    partner: str | None = None  # name of the other person's clip where two were recorded together, same frames
    role: int = 0  # 0 or 1: which person of the texts this is


@dataclass(frozen=True)
class ClipStore:
    """rotations (F, 22, 4) local quaternions; root (F, 3) metres; contacts (F, 4) in 0..1, order of FOOT_JOINTS.

    Clip c owns rows c.start : c.start + c.frames. Mirrored copies are made when drawn, not stored.
    """

    rotations: Tensor
    root: Tensor
    contacts: Tensor
    clips: tuple[Clip, ...]
    fps: float = 20.0
