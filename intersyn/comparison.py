"""Several motions of one timeline, each a switch away from the next: what the page and the films put side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from intersyn.contact_guidance import ContactGuide
from intersyn.motion import Motion
from intersyn.pipeline import InterSynPipeline
from intersyn.settings import Settings
from intersyn.timeline import Timeline


def total_steps(panels: Sequence[Settings]) -> int:
    """Denoising steps that `compare` takes for these settings."""
    return sum({panel.sampling: panel.steps for panel in panels}.values())


@torch.inference_mode()
def compare(
    pipeline: InterSynPipeline,
    timeline: Timeline,
    panels: Sequence[Settings],
    callback: Callable[[int, int], bool | None] | None = None,
) -> list[Motion]:
    """The motions of `panels`, in their order, from the same noise where their seeds are equal.

    What `full` and `no_rec` share, all of INS, is sampled once. callback(done, total) counts the steps of all; errors
    and cancelling are those of `InterSynPipeline.__call__`, each of whose results a call alone would give as well.
    """
    for panel in panels:
        pipeline.check_variant(panel.variant)
    request = pipeline.prepare(timeline)
    total, begun = total_steps(panels), 0

    def on_step(done: int, _: int) -> bool | None:
        return None if callback is None else callback(begun + done, total)

    sampled: dict[tuple[object, ...], tuple[Tensor, ContactGuide | None]] = {}
    motions = []
    for panel in panels:
        if panel.sampling not in sampled:
            settings = panel.seed, panel.variant, panel.steps, panel.guidance_scale
            guide = pipeline.contact_guide(request, panel.variant, panel.contact_guidance)
            sampled[panel.sampling] = pipeline.sample(request, *settings, on_step, guide), guide
            begun += panel.steps
        x0, guide = sampled[panel.sampling]
        motions.append(pipeline.finish(request, x0, panel.variant, panel.clean_up, guide))
    return motions
