"""Classifier-free guidance (Ho and Salimans, 2022) of the CMDM, in a limited interval for poses.

Nearer to pure noise than GUIDANCE_BELOW, x0 is little more than the mean of all that fits the text: scaling it up
freezes limbs (Kynkäänniemi et al., NeurIPS 2024, limit the interval for this reason). Where people stand in an
interaction is decided just there, so places and headings are guided at every step.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from intersyn.conditions import PartTable
from intersyn.features import INTERACTION_PARTS, SLICES
from intersyn.models.baselines import MutualDenoiser
from intersyn.models.cmdm import CMDM
from intersyn.text import TextFeatures

GUIDANCE_BELOW = 900


def guided(
    model: CMDM | MutualDenoiser,
    table: PartTable,
    text: TextFeatures,
    guidance_scale: float,
    coupled: Tensor | bool = True,
    guidance_below: int = GUIDANCE_BELOW,
) -> Callable[[Tensor, int], Tensor]:
    """The function x0 = predict(x_t, t) for (B, P, T, 273): untold + guidance_scale (told - untold).

    A scale of 1 is the plain model, in one pass instead of two. coupled: (B,) or one bool. Texts are read once, here.
    """
    device = table.kind.device
    if guidance_scale == 1:
        context = model.encode_text(table, text)
        return lambda x_t, t: model(x_t, torch.full((len(x_t),), t, device=device), table, context, coupled)

    size = len(table.length)
    both = table.select(torch.arange(size, device=device).repeat(2))
    drop = torch.zeros_like(both.kind, dtype=torch.bool)
    drop[size:] = True  # the second half has all its texts withheld
    context = model.encode_text(both, text, drop)
    twice = coupled.repeat(2) if isinstance(coupled, Tensor) else coupled

    def predict(x_t: Tensor, t: int) -> Tensor:
        answers = model(x_t.repeat(2, 1, 1, 1), torch.full((2 * size,), t, device=device), both, context, twice)
        told, untold = answers.chunk(2)
        x0 = untold + guidance_scale * (told - untold)
        if t < guidance_below:
            return x0
        limited = told.clone()
        for name in INTERACTION_PARTS:
            limited[..., SLICES[name]] = x0[..., SLICES[name]]
        return limited

    return predict
