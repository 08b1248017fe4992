"""Motions of all variants for many timelines at once, from the noise the pipeline would draw for each alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from intersyn import foot_lock
from intersyn.conditions import PartTable, in_order_of_people
from intersyn.features import mask as feature_mask
from intersyn.motion import Motion
from intersyn.pipeline import VARIANTS, InterSynPipeline, Request
from intersyn.root_solver import decode
from intersyn.timeline import Timeline

CONTACT = "+contact"  # after a variant's name: with contact guidance of scale 1, what touches read off the texts


def variant_of(name: str) -> str:
    """The variant of a name that may end with CONTACT."""
    return name.removesuffix(CONTACT)


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

    A variant with CONTACT after its name is made one timeline after another, since every guide has its own contacts.
    The timelines have one number of people and of frames, which fits the pipeline's window: padding would change the
    last frames of the shorter ones. `ValueError` where they do not.
    """
    lengths = {timeline.frames for timeline in timelines}
    if len(lengths) > 1 or max(lengths) > pipe.config.window_frames:
        most = pipe.config.window_frames
        raise ValueError(f"a batch holds timelines of one length, {most} frames at most, got {sorted(lengths)}")
    noise = torch.cat([pipe.noise(pipe.prepare(line), seed) for line, seed in zip(timelines, seeds, strict=True)])
    table, texts = PartTable.from_timelines([in_order_of_people(line) for line in timelines])
    table = table.to(pipe.device)
    request = Request(timelines[0], table, pipe.text_encoder(texts), feature_mask(table, *lengths))
    sampled: dict[tuple[str, bool], Tensor] = {}
    out = {}
    for name in variants:
        variant = VARIANTS[variant_of(name)]
        if name.endswith(CONTACT):
            alone = zip(timelines, noise.split(1), strict=True)
            out[name] = [_with_contact(pipe, line, one, variant_of(name), steps, guidance_scale) for line, one in alone]
            continue
        key = (variant.ins, variant.coupled)
        if key not in sampled:
            sampled[key] = pipe.denoise(request, noise, variant, steps, guidance_scale)
        x0 = pipe.settle(request, sampled[key], variant)
        features = pipe.ins[variant.ins].normalizer.inverse(x0, request.exists).cpu()
        out[name] = decode(features, table.to("cpu"), pipe.config.fps, list(timelines))
    return out


def _with_contact(
    pipe: InterSynPipeline, timeline: Timeline, noise: Tensor, name: str, steps: int, guidance_scale: float
) -> tuple[Motion, Tensor]:
    request = pipe.prepare(timeline)
    variant, guide = VARIANTS[name], pipe.contact_guide(request, name, 1.0)
    x0 = pipe.denoise(request, noise, variant, steps, guidance_scale, guide=guide)
    return pipe.decode(request, pipe.settle(request, x0, variant, guide), pipe.ins[variant.ins].normalizer)


def batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Indices in batches of at most `size`, of one length each."""
    groups: dict[int, list[int]] = {}
    for k, length in enumerate(lengths):
        groups.setdefault(length, []).append(k)
    for length in sorted(groups):
        for begin in range(0, len(groups[length]), size):
            yield groups[length][begin : begin + size]


def cleaned(motion: Motion, contacts: Tensor) -> Motion:
    """After the clean-up switch (light smoothing, foot lock), which is part of no variant."""
    local, root = foot_lock.clean_up(motion.quaternions(), motion.trans, contacts)
    return Motion.from_quaternions(local, root, motion.fps, motion.timeline)
