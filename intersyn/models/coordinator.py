"""The coordinator M_c of REC: refines how people meet, after the CMDM has sampled each stream.

phi_x = M_c(u_x, u_y, w), then phi_y = M_c(u_y, phi_x, w): the same network, the second time with the refined partner.
For more people the sweep goes on. The output is a residual that starts at zero and acts only inside interactions, with
a taper of ten frames at their ends, so that an untrained coordinator is the identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from intersyn.conditions import INTERACTION, PartTable
from intersyn.features import FEATURE_DIM
from intersyn.features import mask as feature_mask
from intersyn.models.cmdm import PartEncoder, TextContext, streams_mask
from intersyn.models.layers import Block, FrameConv, Rotary, modulate
from intersyn.models.tokens import (
    NUM_ROLES,
    PHASE_DIM,
    RELATION_DIM,
    group_frames,
    part_weights,
    phase,
    relations,
    roles,
)
from intersyn.text import TextFeatures

TAPER_FRAMES = 10


@dataclass(frozen=True)
class CoordinatorConfig:
    dim: int = 192
    layers: int = 4
    heads: int = 6
    ff_mult: float = 2.0
    frames_per_token: int = 2
    text_dim: int = 96
    relation_dim: int = 64
    pooled_dim: int = 384
    token_dim: int = 192


class Coordinator(nn.Module):
    """phi = Coordinator.sweep(u, table, text): u and phi are normalised features (B, P, T, 273)."""

    def __init__(self, config: CoordinatorConfig) -> None:
        super().__init__()
        c = self.config = config
        head_dim, grouped = c.dim // c.heads, c.frames_per_token * FEATURE_DIM
        self.input = nn.Linear(grouped, c.dim)
        self.phase = nn.Sequential(nn.Linear(c.frames_per_token * PHASE_DIM, c.dim), nn.SiLU(), nn.Linear(c.dim, c.dim))
        self.role = nn.Embedding(NUM_ROLES, c.dim)
        self.parts = PartEncoder(c.dim, head_dim, c.text_dim, c.pooled_dim, c.token_dim, text_layers=1)
        self.relation = nn.Sequential(nn.Linear(c.frames_per_token * RELATION_DIM, c.relation_dim), nn.SiLU())
        self.modulation = nn.Sequential(nn.SiLU(), nn.Linear(c.dim, (Block.NUM_MODULATIONS + 2) * c.dim))
        self.blocks = nn.ModuleList(Block(c.dim, c.heads, c.relation_dim, c.ff_mult) for _ in range(c.layers))
        self.norm = nn.LayerNorm(c.dim, elementwise_affine=False)
        self.output = nn.Linear(c.dim, grouped)
        self.conv = FrameConv(FEATURE_DIM)
        self.rotary = Rotary(head_dim)
        # Unlike the CMDM's, the residuals start open: the zero lives in the output alone.
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def encode_text(self, table: PartTable, text: TextFeatures) -> TextContext:
        return self.parts(table, text)

    def forward(self, u: Tensor, table: PartTable, text: TextContext) -> Tensor:
        """Refine everyone at once, each against the others as given: (B, P, T, 273) -> (B, P, T, 273)."""
        frames, per_token = u.shape[2], self.config.frames_per_token
        weights = part_weights(table, frames, per_token)
        partner = self.input(group_frames(u, per_token)) + self.phase(group_frames(phase(table, frames), per_token))
        partner = partner + weights @ self.role(roles(table))
        modulation = self.modulation(text.pooled)
        modulation = weights.to(modulation.dtype) @ modulation
        modulation = modulation.unflatten(-1, (Block.NUM_MODULATIONS + 2, self.config.dim))
        final_scale, final_shift = modulation[..., -2:, :].unbind(-2)
        mask = streams_mask(table, frames, per_token, True)
        relation = self.relation(group_frames(relations(u, table), per_token))
        h = partner
        rotary = self.rotary((torch.arange(h.shape[2], device=h.device) + 0.5) * per_token)
        for block in self.blocks:
            # The partner is a reference that stays as it came; only my own stream is rewritten.
            h = block(h, modulation[..., :-2, :], mask, rotary, text.context, relation, partner)
        delta = self.output(modulate(self.norm(h), final_scale, final_shift))
        delta = self.conv(delta.reshape(*delta.shape[:2], -1, FEATURE_DIM)[:, :, :frames])
        return u + delta * taper(table, frames)[..., None] * feature_mask(table, frames).to(u.dtype)

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
