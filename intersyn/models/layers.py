"""Building blocks of both networks: step embedding, rotary positions, a transformer block with partner attention."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def sinusoidal(t: Tensor, dim: int, max_period: float = 10_000.0) -> Tensor:
    """Sines and cosines of t (...), as in the transformer paper: (..., dim)."""
    half = dim // 2
    frequencies = torch.exp(-math.log(max_period) * torch.arange(half, device=t.device, dtype=torch.float32) / half)
    angles = t.float()[..., None] * frequencies
    return torch.cat((angles.sin(), angles.cos()), dim=-1)


class StepEmbedding(nn.Module):
    """Diffusion step (B,) -> (B, dim)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.mlp = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim))

    def forward(self, t: Tensor) -> Tensor:
        return self.mlp(sinusoidal(t, self.dim))


class Rotary(nn.Module):
    """Rotary position embedding (RoFormer, Su et al. 2021): attention sees only differences of time."""

    inverse_frequency: Tensor

    def __init__(self, head_dim: int, max_period: float = 1000.0) -> None:
        super().__init__()
        steps = torch.arange(0, head_dim, 2).float() / head_dim
        self.register_buffer("inverse_frequency", max_period**-steps, persistent=False)

    def forward(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """positions (...) -> cos, sin, each (..., head_dim / 2)."""
        angles = positions[..., None].float() * self.inverse_frequency
        return angles.cos(), angles.sin()


def apply_rotary(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn pairs of channels of x (..., n, head_dim) by the angles of `Rotary`."""
    a, b = x.chunk(2, dim=-1)
    cos, sin = cos.to(x.dtype), sin.to(x.dtype)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)


def modulate(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return x * (1 + scale) + shift


class StreamAttention(nn.Module):
    """Each person's tokens attend to their own and to their partners' tokens, with rotary time.

    The partner's keys and values carry an embedding of where the partner is in my frame (`relation`): the relative
    transform that lets a stream written in another frame be read in mine.
    """

    def __init__(self, dim: int, heads: int, relation_dim: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.relation = nn.Linear(relation_dim, 2 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(
        self,
        x: Tensor,
        mask: Tensor,
        rotary: tuple[Tensor, Tensor],
        relation: Tensor | None = None,
        partner: Tensor | None = None,
    ) -> Tensor:
        """x (B, P, n, d): queries, own keys and, unless `partner` (same shape) is given, what partners' keys come from.

        relation (B, P, P - 1, n, r): person (p + k + 1) % P seen from p; None: nobody attends to anyone else.
        mask (B, P, P * n): True where a key may be seen, own keys first, then partners in the order of `relation`.
        """
        batch, people, n, dim = x.shape
        own = self.qkv(x)
        (q,), (k, v) = self._heads(own[..., :dim], 1), self._heads(own[..., dim:], 2)
        keys, values = [apply_rotary(k, *rotary)], [v]
        if relation is not None:
            theirs = own[..., dim:] if partner is None else self.qkv(partner)[..., dim:]
            for k_shift in range(1, people):
                seen = theirs.roll(-k_shift, dims=1) + self.relation(relation[:, :, k_shift - 1])
                their_k, their_v = self._heads(seen, 2)
                keys.append(apply_rotary(their_k, *rotary))
                values.append(their_v)
        y = _attend(apply_rotary(q, *rotary), torch.cat(keys, dim=-2), torch.cat(values, dim=-2), mask)
        return self.out(y.transpose(2, 3).reshape(batch, people, n, dim))

    def _heads(self, x: Tensor, parts: int) -> tuple[Tensor, ...]:
        """(B, P, n, parts * d) -> `parts` tensors (B, P, heads, n, d / heads)."""
        batch, people, n, size = x.shape
        return x.reshape(batch, people, n, parts, self.heads, size // parts // self.heads).permute(3, 0, 1, 4, 2, 5)


@dataclass(frozen=True)
class Context:
    """What the texts say to each person: tokens (B, P, m, d), mask (B, P, m), rotary cos and sin (B, P, m, c / 2)."""

    tokens: Tensor
    mask: Tensor
    cos: Tensor
    sin: Tensor


class ContextAttention(nn.Module):
    """Motion tokens read the text tokens of their person's parts, which stand at the middle of their part's time."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(dim, dim)
        self.kv = nn.Linear(dim, 2 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor, rotary: tuple[Tensor, Tensor], context: Context) -> Tensor:
        """x (B, P, n, d), its rotary angles, and what to read -> (B, P, n, d)."""
        batch, people, n, dim = x.shape
        head_dim = dim // self.heads
        q = self.q(x).reshape(batch, people, n, self.heads, head_dim).transpose(2, 3)
        k, v = self.kv(context.tokens).reshape(batch, people, -1, 2, self.heads, head_dim).permute(3, 0, 1, 4, 2, 5)
        k = apply_rotary(k, context.cos[:, :, None], context.sin[:, :, None])
        y = _attend(apply_rotary(q, *rotary), k, v, context.mask)
        return self.out(y.transpose(2, 3).reshape(batch, people, n, dim))


def _attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """q (B, P, h, n, c), k and v (B, P, h, m, c), mask (B, P, m or more) -> (B, P, h, n, c)."""
    mask = mask[:, :, None, None, : k.shape[-2]].expand(-1, -1, -1, q.shape[-2], -1).flatten(0, 1)
    y = F.scaled_dot_product_attention(q.flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1), attn_mask=mask)
    return y.unflatten(0, q.shape[:2])


class Block(nn.Module):
    """Streams, context, feed-forward; each residual is scaled, shifted and gated per frame (AdaLN-zero, DiT 2023)."""

    NUM_MODULATIONS = 6  # scale, shift, gate for the streams; the same for the feed-forward

    def __init__(self, dim: int, heads: int, relation_dim: int, ff_mult: float) -> None:
        super().__init__()
        hidden = int(dim * ff_mult)
        self.norm_streams = nn.LayerNorm(dim, elementwise_affine=False)
        self.norm_context = nn.LayerNorm(dim)
        self.norm_ff = nn.LayerNorm(dim, elementwise_affine=False)
        self.streams = StreamAttention(dim, heads, relation_dim)
        self.context = ContextAttention(dim, heads)
        self.ff = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(approximate="tanh"), nn.Linear(hidden, dim))
        # What this layer adds to the modulation shared by all layers (PixArt-alpha's AdaLN-single, 2023).
        self.modulation = nn.Parameter(torch.zeros(self.NUM_MODULATIONS, dim))
        nn.init.zeros_(self.context.out.weight)
        nn.init.zeros_(self.context.out.bias)

    def forward(
        self,
        x: Tensor,
        modulation: Tensor,
        streams_mask: Tensor,
        rotary: tuple[Tensor, Tensor],
        context: Context,
        relation: Tensor | None = None,
        partner: Tensor | None = None,
    ) -> Tensor:
        """x (B, P, n, d); modulation (B, P, n, 6, d), shared by the layers; the rest as in the attentions."""
        own = self.modulation.to(modulation.dtype)
        scale_s, shift_s, gate_s, scale_f, shift_f, gate_f = (modulation + own).unbind(-2)
        y = modulate(self.norm_streams(x), scale_s, shift_s)
        x = x + gate_s * self.streams(y, streams_mask, rotary, relation, partner)
        x = x + self.context(self.norm_context(x), rotary, context)
        y = modulate(self.norm_ff(x), scale_f, shift_f)
        return x + gate_f * self.ff(y)


class TextLayers(nn.Module):
    """Two small trained transformer layers over the frozen encoder's token features, as in InterGen's text head."""

    def __init__(self, token_dim: int, dim: int, layers: int = 2, heads: int = 4) -> None:
        super().__init__()
        self.project = nn.Linear(token_dim, dim)
        layer = nn.TransformerEncoderLayer(
            dim, heads, 2 * dim, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """tokens (N, L, token_dim), mask (N, L) True where there is a token -> (N, L, dim)."""
        # Rows without any token would give NaN in softmax; let them see their first (zero) token instead.
        visible = mask.clone()
        visible[:, 0] = True
        return self.norm(self.layers(self.project(tokens), src_key_padding_mask=~visible))


class FrameConv(nn.Module):
    """A residual temporal convolution on features: smooths what tokens of several frames leave at their borders."""

    def __init__(self, features: int, hidden: int = 64, kernel: int = 7) -> None:
        super().__init__()
        self.inner = nn.Conv1d(features, hidden, kernel, padding=kernel // 2)
        self.outer = nn.Conv1d(hidden, features, kernel, padding=kernel // 2)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, P, T, D) -> (B, P, T, D)."""
        y = x.flatten(0, 1).transpose(1, 2)
        y = self.outer(F.gelu(self.inner(y), approximate="tanh"))
        return x + y.transpose(1, 2).reshape(x.shape)
