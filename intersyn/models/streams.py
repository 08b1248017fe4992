"""The trunk that both networks share: streams of people who read their texts and each other.

Texts and times enter three ways: per-frame modulation by the active part, the phase within it, and attention to the
text tokens of all the person's parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from intersyn.conditions import NUM_KINDS, PADDING, PartTable
from intersyn.features import FEATURE_DIM
from intersyn.models.layers import Block, Context, FrameConv, Rotary, TextLayers, modulate, sinusoidal
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


@dataclass(frozen=True)
class StreamConfig:
    """Sizes of a network. `pooled_dim` and `token_dim` are those of the text encoder it was trained with."""

    dim: int = 224
    layers: int = 6
    heads: int = 7
    ff_mult: float = 3.0
    frames_per_token: int = 2
    text_dim: int = 192
    text_layers: int = 2
    relation_dim: int = 64
    pooled_dim: int = 384
    token_dim: int = 128


@dataclass(frozen=True)
class TextContext:
    """Texts read once per request: the attention context and the pooled vector of each part (B, P, S, d)."""

    context: Context
    pooled: Tensor


class PartEncoder(nn.Module):
    """Texts, kinds and times of the parts: what modulates the frames and what they attend to."""

    def __init__(
        self, dim: int, head_dim: int, text_dim: int, pooled_dim: int, token_dim: int, text_layers: int
    ) -> None:
        super().__init__()
        self.dim = dim
        self.text_layers = TextLayers(token_dim, text_dim, layers=text_layers)
        self.tokens = nn.Linear(text_dim, dim)
        # Pooled vectors have unit length: the norm brings their entries from 0.05 to 1.
        self.pooled = nn.Sequential(
            nn.LayerNorm(pooled_dim), nn.Linear(pooled_dim, dim), nn.SiLU(), nn.Linear(dim, dim)
        )
        self.kind = nn.Embedding(NUM_KINDS, dim)
        self.duration = nn.Linear(dim, dim)
        self.null_pooled = nn.Parameter(torch.randn(dim) * 0.02)
        self.null_token = nn.Parameter(torch.randn(dim) * 0.02)
        self.rotary = Rotary(head_dim)

    def forward(self, table: PartTable, text: TextFeatures, drop: Tensor | None = None) -> TextContext:
        """`table.text` names rows of `text`. drop (B, P, S): True where a part's text is withheld (guidance)."""
        tokens = self.tokens(self.text_layers(text.tokens, text.mask))[table.text]  # (B, P, S, L, d)
        mask = text.mask[table.text]
        pooled = self.pooled(text.pooled)[table.text]
        if drop is not None:
            tokens = torch.where(drop[..., None, None], self.null_token.to(tokens.dtype), tokens)
            mask = mask & ~(drop[..., None] & (torch.arange(mask.shape[-1], device=mask.device) > 0))
            pooled = torch.where(drop[..., None], self.null_pooled.to(pooled.dtype), pooled)
        pooled = pooled + self.kind(table.kind)
        duration = self.duration(sinusoidal(table.end - table.start, self.dim))
        prefix = (pooled + duration)[..., None, :]
        tokens = torch.cat((prefix, tokens + self.kind(table.kind)[..., None, :] + duration[..., None, :]), dim=-2)
        mask = torch.cat((torch.ones_like(mask[..., :1]), mask), dim=-1) & (table.kind != PADDING)[..., None]
        middle = ((table.start + table.end) / 2)[..., None].expand(mask.shape)
        cos, sin = self.rotary(middle.flatten(2))
        return TextContext(Context(tokens.flatten(2, 3), mask.flatten(2), cos, sin), pooled)


class StreamTransformer(nn.Module):
    """From features (B, P, T, 273) to as many numbers, every person's stream by the same weights."""

    def __init__(self, config: StreamConfig) -> None:
        super().__init__()
        c = self.config = config
        head_dim, grouped = c.dim // c.heads, c.frames_per_token * FEATURE_DIM
        self.input = nn.Linear(grouped, c.dim)
        self.phase = nn.Sequential(nn.Linear(c.frames_per_token * PHASE_DIM, c.dim), nn.SiLU(), nn.Linear(c.dim, c.dim))
        self.role = nn.Embedding(NUM_ROLES, c.dim)
        self.parts = PartEncoder(c.dim, head_dim, c.text_dim, c.pooled_dim, c.token_dim, c.text_layers)
        self.relation = nn.Sequential(nn.Linear(c.frames_per_token * RELATION_DIM, c.relation_dim), nn.SiLU())
        self.modulation = nn.Sequential(nn.SiLU(), nn.Linear(c.dim, (Block.NUM_MODULATIONS + 2) * c.dim))
        self.blocks = nn.ModuleList(Block(c.dim, c.heads, c.relation_dim, c.ff_mult) for _ in range(c.layers))
        self.norm = nn.LayerNorm(c.dim, elementwise_affine=False)
        self.output = nn.Linear(c.dim, grouped)
        self.conv = FrameConv(FEATURE_DIM)
        self.rotary = Rotary(head_dim)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def encode_text(self, table: PartTable, text: TextFeatures, drop: Tensor | None = None) -> TextContext:
        """Read the texts of a batch: it depends on no diffusion step, so once per request is enough."""
        return self.parts(table, text, drop)

    def transform(
        self,
        x: Tensor,
        table: PartTable,
        text: TextContext,
        condition: Tensor,
        coupled: Tensor | bool = True,
        fixed_partner: bool = False,
    ) -> Tensor:
        """x (B, P, T, 273) -> (B, P, T, 273).

        condition (B, P, S, d) modulates the frames of each part. coupled: (B,) or one bool; False hides all partners.
        fixed_partner: partners are read as they came in, layer after layer, instead of as they become.
        """
        people, frames, per_token = x.shape[1], x.shape[2], self.config.frames_per_token
        weights = part_weights(table, frames, per_token)  # (B, P, n, S)

        h = self.input(group_frames(x, per_token))
        h = h + self.phase(group_frames(phase(table, frames), per_token))
        h = h + weights @ self.role(roles(table))

        modulation = self.modulation(condition)
        modulation = weights.to(modulation.dtype) @ modulation
        modulation = modulation.unflatten(-1, (Block.NUM_MODULATIONS + 2, self.config.dim))
        final_scale, final_shift = modulation[..., -2:, :].unbind(-2)

        mask = streams_mask(table, frames, per_token, coupled)
        relation = None
        # In training the layer always runs, masked: DDP wants every parameter in every step.
        if people > 1 and (self.training or bool(torch.as_tensor(coupled).any())):
            relation = self.relation(group_frames(relations(x, table), per_token))
        partner = h if fixed_partner else None
        rotary = self.rotary((torch.arange(h.shape[2], device=h.device) + 0.5) * per_token)
        for block in self.blocks:
            h = block(h, modulation[..., :-2, :], mask, rotary, text.context, relation, partner)
        y = self.output(modulate(self.norm(h), final_scale, final_shift))
        return self.conv(y.reshape(*y.shape[:2], -1, FEATURE_DIM)[:, :, :frames])


def check_streams(x: Tensor, table: PartTable) -> None:
    """Raise `ValueError` unless x is (B, P, T, 273) for the B sequences and P people of the table."""
    want = (*table.kind.shape[:2], FEATURE_DIM)
    if x.ndim != 4 or (*x.shape[:2], x.shape[-1]) != want:
        raise ValueError(f"features must be ({want[0]}, {want[1]}, T, {FEATURE_DIM}), got {tuple(x.shape)}")


def streams_mask(table: PartTable, frames: int, per_token: int, coupled: Tensor | bool) -> Tensor:
    """(B, P, P * n): keys a person may see: own ones inside the sequence, then partners p + 1, p + 2, ... if met."""
    people = table.num_people
    inside = group_frames(table.valid(frames)[..., None], per_token).any(-1)  # (B, n)
    met = table.acquainted() & torch.as_tensor(coupled, device=inside.device).reshape(-1, 1, 1)  # (B, P, P)
    rows = torch.arange(people, device=inside.device)
    seen = [torch.ones_like(met[:, :, 0])] + [met[:, rows, (rows + shift) % people] for shift in range(1, people)]
    return (torch.stack(seen, dim=-1)[..., None] & inside[:, None, None]).flatten(2)
