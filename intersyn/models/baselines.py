"""Denoisers in the shapes of other papers, on our features, so that a table compares methods and not data.

`MutualDenoiser` has InterGen's shape (Liang et al., IJCV 2024): both people pass through the same weights, each block
attends to one's own stream and then across to the partner's, and one text for the whole sequence acts through adaptive
layer norm alone, together with the diffusion step. It knows no parts, no phase and no times; that an interaction is on
shows only in the features, some of which are zero elsewhere. It differs from InterGen in our features, in tokens of
several frames with the same output convolution as the CMDM, and in a learned vector for the first and the second
person, without which nobody could know whose solo a text describes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from intersyn.conditions import INTERACTION, PADDING, PartTable
from intersyn.features import FEATURE_DIM
from intersyn.features import mask as feature_mask
from intersyn.models.layers import FrameConv, StepEmbedding, TextLayers, sinusoidal
from intersyn.models.streams import StreamConfig, check_streams
from intersyn.models.tokens import group_frames
from intersyn.text import TextFeatures

PEOPLE = 2  # a pair and nothing else, as InterGen
BOTH = 2  # row of the embedding of speakers: the text of an interaction


class MutualDenoiser(nn.Module):
    """x0 = MutualDenoiser(x_t, t, table, text), called as the CMDM is; of its sizes `relation_dim` has no use here.

    `table` tells which texts there are, in which order, and where people exist; its times are not read.
    """

    def __init__(self, config: StreamConfig) -> None:
        super().__init__()
        c = self.config = config
        grouped = c.frames_per_token * FEATURE_DIM
        self.speaker = nn.Embedding(PEOPLE + 1, c.token_dim)
        self.text_layers = TextLayers(c.token_dim, c.text_dim, layers=c.text_layers)
        self.text = nn.Linear(c.text_dim, c.dim)
        self.null_text = nn.Parameter(torch.randn(c.dim) * 0.02)
        self.step = StepEmbedding(c.dim)
        self.input = nn.Linear(grouped, c.dim)
        self.person = nn.Embedding(PEOPLE, c.dim)
        self.blocks = nn.ModuleList(MutualBlock(c.dim, c.heads, c.ff_mult) for _ in range(c.layers))
        self.norm = AdaptiveNorm(c.dim)
        self.output = nn.Linear(c.dim, grouped)
        self.conv = FrameConv(FEATURE_DIM)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def encode_text(self, table: PartTable, text: TextFeatures, drop: Tensor | None = None) -> Tensor:
        """The one text of each sequence, all its sentences in order of time: (B, d).

        drop (B, P, S): a sequence's text is withheld where all of it is dropped; dropping a part of it has no meaning.
        """
        tokens, mask = concatenated(table, text, self.speaker.weight)
        tokens = tokens + sinusoidal(torch.arange(tokens.shape[1], device=tokens.device), tokens.shape[-1])
        read = self.text_layers(tokens, mask)
        last = (mask.sum(1) - 1).clamp_min(0)  # the end mark of the last sentence, as in CLIP
        told = self.text(read[torch.arange(len(read), device=read.device), last])
        if drop is None:
            return told
        return torch.where(drop.flatten(1).all(1)[:, None], self.null_text.to(told.dtype), told)

    def forward(self, x_t: Tensor, t: Tensor, table: PartTable, text: Tensor, coupled: Tensor | bool = True) -> Tensor:
        """x_t (B, P, T, 273) normalised and noisy, t (B,) diffusion step, text (B, d) -> x0 (B, P, T, 273).

        coupled: (B,) or one bool; False hides the partner, as do sequences in which nobody meets. Raises `ValueError`
        for more than two people.
        """
        check_streams(x_t, table)
        people, frames, per_token = x_t.shape[1], x_t.shape[2], self.config.frames_per_token
        if people > PEOPLE:
            raise ValueError(f"this denoiser knows {PEOPLE} people at most, got {people}")
        exists = feature_mask(table, frames).to(x_t.dtype)
        h = self.input(group_frames(x_t * exists, per_token))
        at = (torch.arange(h.shape[2], device=h.device) + 0.5) * per_token
        h = h + sinusoidal(at, h.shape[-1]) + self.person.weight[:people, None]
        condition = (self.step(t) + text)[:, None, None]
        inside = group_frames(table.valid(frames)[..., None], per_token).any(-1)  # (B, n)
        met = table.acquainted().any(-1) & torch.as_tensor(coupled, device=h.device).reshape(-1, 1)  # (B, P)
        for block in self.blocks:
            h = block(h, condition, inside, met.to(h.dtype)[..., None, None])
        y = self.output(self.norm(h, condition))
        return self.conv(y.reshape(*y.shape[:2], -1, FEATURE_DIM)[:, :, :frames]) * exists


def concatenated(table: PartTable, text: TextFeatures, speakers: Tensor) -> tuple[Tensor, Tensor]:
    """One row of tokens per sequence (B, L, Dt) and which exist (B, L): all its texts, by time, without gaps.

    An interaction's text stands once. speakers (3, Dt): added to what the first, the second and both people do.
    """
    together = table.kind == INTERACTION  # (B, P, S)
    person = torch.arange(table.num_people, device=table.kind.device)[:, None]
    told = (table.kind != PADDING) & (~together | (person == 0))
    speaker = torch.where(together, BOTH, person)
    mask = (text.mask[table.text] & told[..., None]).transpose(1, 2).flatten(1)  # by segment, then by person
    tokens = text.tokens[table.text] + speakers[speaker][..., None, :].to(text.tokens)
    tokens = tokens.transpose(1, 2).flatten(1, 3)
    order = (~mask).to(torch.uint8).argsort(dim=1, stable=True)[:, : max(1, int(mask.sum(1).max()))]
    mask = mask.gather(1, order)
    return tokens.gather(1, order[..., None].expand(-1, -1, tokens.shape[-1])) * mask[..., None], mask


class AdaptiveNorm(nn.Module):
    """Layer norm whose scale and shift come from the condition."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim, elementwise_affine=False)
        self.linear = nn.Linear(dim, 2 * dim)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.linear(F.silu(condition)).chunk(2, dim=-1)
        return self.norm(x) * (1 + scale) + shift


class MutualBlock(nn.Module):
    """Own stream, the partner's stream, feed-forward: each a residual after an adaptive layer norm."""

    def __init__(self, dim: int, heads: int, ff_mult: float) -> None:
        super().__init__()
        hidden = int(dim * ff_mult)
        self.norm_own, self.norm_across, self.norm_ff = (AdaptiveNorm(dim) for _ in range(3))
        self.own = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.across = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.ff = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(approximate="tanh"), nn.Linear(hidden, dim))

    def forward(self, x: Tensor, condition: Tensor, inside: Tensor, met: Tensor) -> Tensor:
        """x (B, P, n, d); inside (B, n) tokens of the sequence; met (B, P, 1, 1), 0 where nobody is seen."""
        people = x.shape[1]
        ignore = ~inside.repeat_interleave(people, dim=0)

        def attend(attention: nn.MultiheadAttention, query: Tensor, keys: Tensor) -> Tensor:
            query, keys = query.flatten(0, 1), keys.flatten(0, 1)
            y = attention(query, keys, keys, key_padding_mask=ignore, need_weights=False)[0]
            return y.unflatten(0, (-1, people))

        y = self.norm_own(x, condition)
        partner = x.flip(1)  # as it came into the block
        x = x + attend(self.own, y, y)
        x = x + met * attend(self.across, self.norm_across(x, condition), self.norm_across(partner, condition))
        return x + self.ff(self.norm_ff(x, condition))
