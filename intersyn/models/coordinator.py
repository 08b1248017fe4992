"""The coordinator M_c of REC: refines how people meet, after the CMDM has sampled each stream.

phi_x = M_c(u_x, u_y, w), then phi_y = M_c(u_y, phi_x, w): the same network, the second time with the refined partner.
For more people the sweep goes on. The output is a residual that starts at zero and acts only inside interactions, with
a taper of ten frames at their ends, so that an untrained coordinator is the identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from intersyn.conditions import INTERACTION, PartTable
from intersyn.features import mask as feature_mask
from intersyn.models.streams import StreamConfig, StreamTransformer, TextContext, check_streams

TAPER_FRAMES = 10


@dataclass(frozen=True)
class CoordinatorConfig(StreamConfig):
    """Sizes of the coordinator."""

    dim: int = 192
    layers: int = 4
    heads: int = 6
    ff_mult: float = 2.0
    text_dim: int = 96
    text_layers: int = 1


class Coordinator(StreamTransformer):
    """phi = Coordinator.sweep(u, table, text): u and phi are normalised features (B, P, T, 273).

    Unlike the CMDM's, its residuals start open: the zero lies in the output alone.
    """

    def forward(self, u: Tensor, table: PartTable, text: TextContext) -> Tensor:
        """Refine everyone at once, each against the others as given: (B, P, T, 273) -> (B, P, T, 273)."""
        check_streams(u, table)
        # The partner is a reference that stays as it came; only my own stream is rewritten.
        delta = self.transform(u, table, text, text.pooled, fixed_partner=True)
        exists = feature_mask(table, u.shape[2]).to(u.dtype)
        return u + delta * taper(table, u.shape[2])[..., None] * exists

    def sweep(self, u: Tensor, table: PartTable, text: TextContext, order: Sequence[int] | None = None) -> Tensor:
        """The paper's two calls, for any number of people: person after person, each against the latest others."""
        phi = u
        for person in order if order is not None else range(u.shape[1]):
            refined = self(phi, table, text)
            chosen = (torch.arange(u.shape[1], device=u.device) == person)[:, None, None]
            phi = torch.where(chosen, refined, phi)
        return phi


def taper(table: PartTable, frames: int) -> Tensor:
    """(B, P, T) weight of the refinement: 0 in solos, rising over ten frames to 1 inside each interaction.

    At the ends of the sequence there is no solo to stay continuous with, so there it does not fall.
    """
    at = torch.arange(frames, device=table.start.device)
    start, end = table.at_frames(table.start, frames), table.at_frames(table.end, frames)
    since = torch.where(start <= 0, TAPER_FRAMES + 1, at - start + 1)
    until = torch.where(end >= table.length[:, None, None], TAPER_FRAMES + 1, end - at)
    ramp = (torch.minimum(since, until) / (TAPER_FRAMES + 1)).clamp(0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    return ramp * (table.at_frames(table.kind, frames) == INTERACTION) * table.valid(frames)[:, None]
