"""Motions of all variants for many timelines at once, from the noise the pipeline would draw for each alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn import foot_lock
from intersyn.conditions import PartTable
from intersyn.features import mask as feature_mask
from intersyn.models.guidance import guided
from intersyn.motion import Motion
from intersyn.pipeline import VARIANTS, InterSynPipeline, in_order_of_people
from intersyn.root_solver import decode
from intersyn.timeline import Timeline


@torch.inference_mode()
def generate(
    pipe: InterSynPipeline,
    timelines: Sequence[Timeline],
    seeds: Sequence[int],
    variants: Iterable[str],
    steps: int,
    guidance_scale: float,
) -> dict[str, list[tuple[Motion, Tensor]]]:
    """{variant: [(motion, contacts (P, T, 4)) of each timeline]}: what the pipeline gives, its shared stages run once.

    The timelines have one number of people and fit the pipeline's window. `ValueError` where they do not.
    """
    frames = max(timeline.frames for timeline in timelines)
    if frames > pipe.config.window_frames:
        raise ValueError(f"a batch holds timelines of at most {pipe.config.window_frames} frames, got {frames}")
    noise = torch.cat([
        F.pad(pipe.noise(pipe.prepare(line), seed), (0, 0, 0, frames - line.frames))
        for line, seed in zip(timelines, seeds, strict=True)
    ])  # fmt: skip
    table, texts = PartTable.from_timelines([in_order_of_people(line) for line in timelines])
    table, text = table.to(pipe.device), pipe.text_encoder(texts)
    exists = feature_mask(table, frames)
    inside = table.valid(frames)[:, None, :, None]  # frames after a sequence's end stay empty, as if it were alone
    sampled: dict[tuple[str, bool], Tensor] = {}
    out = {}
    for name in variants:
        variant = VARIANTS[name]
        key = (variant.ins, variant.coupled)
        if key not in sampled:
            model, below = pipe.ins[variant.ins].model, pipe.config.guidance_below
            predict = guided(model, table, text, guidance_scale, variant.coupled, below)
            sampled[key] = pipe.schedule.ddim_sample(_within(predict, inside), noise, steps)
        x0 = sampled[key]
        if variant.rec and table.acquainted().any():
            x0 = pipe.rec.model.sweep(x0, table, pipe.rec.model.encode_text(table, text))
        features = pipe.ins[variant.ins].normalizer.inverse(x0, exists).cpu()
        out[name] = decode(features, table.to("cpu"), pipe.config.fps, list(timelines))
    return out


def _within(predict: Callable[[Tensor, int], Tensor], inside: Tensor) -> Callable[[Tensor, int], Tensor]:
    return lambda x_t, t: predict(x_t, t) * inside


def batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Indices in batches of at most `size`, of similar lengths, so that little is padded."""
    order = sorted(range(len(lengths)), key=lambda k: (lengths[k], k))
    for begin in range(0, len(order), size):
        yield order[begin : begin + size]


def cleaned(motion: Motion, contacts: Tensor) -> Motion:
    """After the clean-up switch (light smoothing, foot lock), which is part of no variant."""
    local, root = foot_lock.clean_up(motion.quaternions(), motion.trans, contacts)
    return Motion.from_quaternions(local, root, motion.fps, motion.timeline)
