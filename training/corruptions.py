"""Ways to spoil real sequences by degrees, for a judge that should think less of them with every degree.

Motions are lists of joints (P, T, 22, 3) in metres, y up, world; every function returns new ones of the same shapes. A
level of 0 changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import pi

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.data.text_classes import TextClasses
from intersyn.metrics.actions import headings
from intersyn.rotations import rotate_xz
from intersyn.skeleton import JOINT
from intersyn.timeline import DEFAULT_FPS, Timeline

Motions = Sequence[Tensor]
SWAY_SECONDS = 2.0  # of one sway to and fro: a body leaves its place by little, and its feet slide all the time


@dataclass(frozen=True)
class Corruption:
    """A way to spoil motions, and the levels at which it is tried; the first one is 0."""

    name: str
    unit: str
    levels: tuple[float, ...]
    spoil: Callable[[Motions, float, torch.Generator], list[Tensor]]


def joint_noise(motions: Motions, centimetres: float, generator: torch.Generator) -> list[Tensor]:
    """Independent Gaussian noise of this standard deviation on every coordinate of every joint and frame."""
    return [x + centimetres / 100 * torch.randn(x.shape, generator=generator) for x in motions]


def second_late(motions: Motions, frames: float, _: torch.Generator) -> list[Tensor]:
    """The second person so many frames late; until then they stay as they are at first."""
    return [torch.cat((x[:1], _late(x[1:], int(frames)))) for x in motions]


def all_late(motions: Motions, frames: float, _: torch.Generator) -> list[Tensor]:
    """Everybody so many frames late, so that every seam lies that far behind the timeline's."""
    return [_late(x, int(frames)) for x in motions]


def partners_swapped(motions: Motions, percent: float, generator: torch.Generator) -> list[Tensor]:
    """In so many percent of the sequences the second person is another sequence's, of the nearest length.

    They begin where the right one does and face the same way; whoever is too short stays in the last frame.
    """
    out = list(motions)
    order = sorted(range(len(motions)), key=lambda k: motions[k].shape[1])
    chosen = torch.randperm(len(motions), generator=generator)[: round(percent / 100 * len(motions))].tolist()
    place = {k: at for at, k in enumerate(order)}
    for k in chosen:
        other = motions[order[(place[k] + 1) % len(order)]][1]
        length = motions[k].shape[1]
        other = torch.cat((other, other[-1:].expand(max(0, length - len(other)), -1, -1)))[:length]
        out[k] = torch.stack((motions[k][0], _placed(other, motions[k][1])))
    return out


def swayed(motions: Motions, speed: float, generator: torch.Generator) -> list[Tensor]:
    """Every body sways over the floor in a direction of its own, so that its feet slide at this mean speed in m/s."""
    out = []
    for x in motions:
        angle, phase = 2 * pi * torch.rand(2, len(x), 1, generator=generator)
        time = torch.arange(x.shape[1]) / DEFAULT_FPS
        way = speed * SWAY_SECONDS / 4 * torch.sin(2 * pi * time / SWAY_SECONDS + phase)  # (P, T)
        shift = torch.stack((way * torch.cos(angle), torch.zeros_like(way), way * torch.sin(angle)), -1)
        out.append(x + shift[:, :, None])
    return out


def smoothed(motions: Motions, frames: float, _: torch.Generator) -> list[Tensor]:
    """A Gaussian over time, of this standard deviation in frames, over every joint; ends are held."""
    return [_smooth(x, frames) for x in motions]


def sharpened(motions: Motions, times: float, _: torch.Generator) -> list[Tensor]:
    """What a Gaussian of 2 frames would take out is added so many times: too little smoothing."""
    return [x + times * (x - _smooth(x, 2.0)) for x in motions]


CORRUPTIONS = (
    Corruption("noise on every joint", "cm", (0, 1, 2, 4, 6, 8, 10), joint_noise),
    Corruption("one person late", "frames", (0, 5, 10, 20, 40, 60), second_late),
    Corruption("partner of another sequence", "% of sequences", (0, 25, 50, 75, 100), partners_swapped),
    Corruption("seams displaced: everybody late", "frames", (0, 5, 10, 20, 40), all_late),
    Corruption("feet slide", "m/s", (0, 0.1, 0.2, 0.4, 0.8), swayed),
    Corruption("smoothed too much", "frames", (0, 1, 2, 4, 8, 16), smoothed),
    Corruption("smoothed too little", "times", (0, 0.5, 1, 2, 4), sharpened),
)


def retold(
    timelines: Sequence[Timeline], percent: float, texts: dict[bool, Sequence[str]], classes: TextClasses,
    generator: torch.Generator,
) -> list[Timeline]:  # fmt: skip
    """So many percent of all parts are told by a text of another class. texts: of interactions (True) and solos."""

    def other(text: str, together: bool) -> str:
        while True:
            found = texts[together][int(torch.randint(len(texts[together]), (), generator=generator))]
            if not classes.of(found) & classes.of(text):
                return found

    out = []
    for line in timelines:
        segments = []
        for segment in line.segments:
            wrong = torch.rand(len(segment.parts), generator=generator) < percent / 100
            parts = [
                replace(part, text=other(part.text, part.is_interaction)) if told else part
                for part, told in zip(segment.parts, wrong, strict=True)
            ]
            segments.append(replace(segment, parts=tuple(parts)))
        out.append(replace(line, segments=tuple(segments)))
    return out


def texts_by_kind(timelines: Sequence[Timeline]) -> dict[bool, list[str]]:
    """The texts of interactions (True) and of solos (False) that some timelines have."""
    parts = [part for line in timelines for segment in line.segments for part in segment.parts]
    return {kind: sorted({part.text for part in parts if part.is_interaction == kind}) for kind in (False, True)}


def _late(joints: Tensor, frames: int) -> Tensor:
    """(P, T, 22, 3) that begins `frames` later; its end is cut off."""
    at = (torch.arange(joints.shape[1]) - frames).clamp_min(0)
    return joints[:, at]


def _placed(joints: Tensor, like: Tensor) -> Tensor:
    """Joints (T, 22, 3), turned and shifted over the floor to begin where `like` does."""
    turn = headings(like[None, :1])[0, 0] - headings(joints[None, :1])[0, 0]
    pelvis = JOINT["pelvis"]
    flat = joints[..., ::2] - joints[0, pelvis, ::2]
    flat = rotate_xz(flat, turn.expand(flat.shape[:-1])) + like[0, pelvis, ::2]
    return torch.stack((flat[..., 0], joints[..., 1], flat[..., 1]), dim=-1)


def _smooth(joints: Tensor, sigma: float) -> Tensor:
    if sigma == 0:
        return joints
    reach = int(3 * sigma + 0.5)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    rows = joints.movedim(1, -1).flatten(0, -2)[:, None]  # (P * 66, 1, T)
    padded = F.pad(rows, (reach, reach), mode="replicate")
    smooth = F.conv1d(padded, (kernel / kernel.sum())[None, None])
    return smooth[:, 0].unflatten(0, (len(joints), *joints.shape[2:])).movedim(-1, 1)
