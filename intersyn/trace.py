"""One generation with its intermediate results: what the CMDM was given and predicted at each step; REC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from intersyn.motion import Motion
from intersyn.pipeline import InterSynPipeline
from intersyn.settings import VARIANTS, check_settings
from intersyn.timeline import Timeline


@dataclass(frozen=True)
class Trace:
    """The K denoising steps of one generation, each decoded to a motion in the world.

    timesteps: (K) diffusion steps t, from nearly pure noise down to 0. signal: (K) share sqrt(alpha_bar_t) of the
    motion in x_t. noisy: x_t, what step k was given; predictions: the x0 that it answered. The last prediction is what
    INS made, u. refined: what REC made of it, phi; the same where the variant has no REC.
    """

    timesteps: tuple[int, ...]
    signal: tuple[float, ...]
    noisy: tuple[Motion, ...]
    predictions: tuple[Motion, ...]
    refined: Motion


@torch.inference_mode()
def trace(
    pipeline: InterSynPipeline,
    timeline: Timeline,
    *,
    seed: int = 0,
    variant: str = "full",
    steps: int | None = None,
    guidance_scale: float | None = None,
    callback: Callable[[int, int], bool | None] | None = None,
) -> Trace:
    """Generate as `InterSynPipeline.__call__` does, same errors, and keep every step: `refined` is its Motion."""
    steps, guidance_scale = pipeline.config.or_defaults(steps, guidance_scale)
    check_settings(seed, variant, steps, guidance_scale)
    pipeline.check_variant(variant)
    chosen = VARIANTS[variant]
    request, schedule = pipeline.prepare(timeline), pipeline.schedule
    noise = pipeline.noise(request, seed)
    seen: list[tuple[int, Tensor]] = []

    def keep(x0: Tensor, t: int) -> Tensor:
        seen.append((t, x0))
        return x0

    u = pipeline.denoise(request, noise, chosen, steps, guidance_scale, callback, keep)

    def motion(x: Tensor) -> Motion:
        return pipeline.decode(request, x, pipeline.ins[chosen.ins].normalizer)[0]

    noisy, x_t = [], noise
    for k, (t, x0) in enumerate(seen):
        noisy.append(motion(x_t))
        x_t = schedule.ddim_step(x_t, x0, t, seen[k + 1][0] if k + 1 < len(seen) else None)
    return Trace(
        timesteps=tuple(t for t, _ in seen),
        signal=tuple(float(schedule.alphas_cumprod[t].sqrt()) for t, _ in seen),
        noisy=tuple(noisy),
        predictions=tuple(motion(x0) for _, x0 in seen),
        refined=pipeline.finish(request, u, variant),
    )
