"""CMDM, the conditional motion diffusion model of INS (InterSyn, section on interleaved synthesis).

One transformer denoises every person's first-person stream with the same weights, u_hat = M_s(u_t, w_u, t_i, t_s),
predicting the clean motion. Streams of people who interact attend to each other; with `coupled` false nobody sees a
partner, which is the strict first-person reading of the paper.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from intersyn.conditions import PartTable
from intersyn.features import mask as feature_mask
from intersyn.models.layers import StepEmbedding
from intersyn.models.streams import StreamConfig, StreamTransformer, TextContext, check_streams


@dataclass(frozen=True)
class CMDMConfig(StreamConfig):
    """Sizes of the CMDM; the defaults leave room for two of them and the rest in a bundle of 40 MB."""


class CMDM(StreamTransformer):
    """x0 = CMDM(x_t, t, table, text): features in and out are normalised, (B, P, T, 273)."""

    def __init__(self, config: CMDMConfig) -> None:
        super().__init__(config)
        self.step = StepEmbedding(config.dim)
        # AdaLN-zero (DiT, Peebles and Xie 2023): every residual starts closed.
        nn.init.zeros_(self.modulation[1].weight)
        nn.init.zeros_(self.modulation[1].bias)

    def forward(
        self, x_t: Tensor, t: Tensor, table: PartTable, text: TextContext, coupled: Tensor | bool = True
    ) -> Tensor:
        """x_t (B, P, T, 273) normalised and noisy, t (B,) diffusion step -> x0 (B, P, T, 273).

        coupled: (B,) or one bool; False hides all partners.
        """
        check_streams(x_t, table)
        exists = feature_mask(table, x_t.shape[2]).to(x_t.dtype)
        condition = self.step(t)[:, None, None] + text.pooled  # (B, P, S, d)
        return self.transform(x_t * exists, table, text, condition, coupled) * exists
