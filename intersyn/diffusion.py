"""Gaussian diffusion with a clean-sample (x0) predictor: the schedule, q(x_t | x_0) and DDIM. Knows nothing of motion.

Symbols follow DDPM (Ho et al., 2020) and DDIM (Song et al., 2021); the schedule is the cosine one of Nichol and
Dhariwal (2021, eq. 17). The paper uses 1000 steps and DDIM at inference.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

MAX_BETA = 0.999
# DDIM's timesteps lie denser near noise, where motion takes its shape: 1 would be even spacing.
SPACING_POWER = 1.5


class CosineSchedule(nn.Module):
    """`alphas_cumprod` (num_train_timesteps,), from nearly 1 at t = 0 to nearly 0 at the last step."""

    alphas_cumprod: Tensor

    def __init__(self, num_train_timesteps: int = 1000) -> None:
        super().__init__()
        at = torch.arange(num_train_timesteps + 1, dtype=torch.float64) / num_train_timesteps
        f = torch.cos((at + 0.008) / 1.008 * math.pi / 2) ** 2
        betas = (1 - f[1:] / f[:-1]).clamp(max=MAX_BETA)
        self.num_train_timesteps = num_train_timesteps
        self.register_buffer("alphas_cumprod", torch.cumprod(1 - betas, 0).float(), persistent=False)

    def q_sample(self, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """x_t = sqrt(alpha_bar_t) x0 + sqrt(1 - alpha_bar_t) noise. x0 and noise (B, ...), t (B,)."""
        alpha_bar = self.alphas_cumprod[t].reshape(-1, *[1] * (x0.ndim - 1))
        return alpha_bar.sqrt() * x0 + (1 - alpha_bar).sqrt() * noise

    def ddim_timesteps(self, steps: int) -> list[int]:
        """`steps` different timesteps from the last (pure noise) down to 0, denser near noise (SPACING_POWER)."""
        if not 1 <= steps <= self.num_train_timesteps:
            raise ValueError(f"steps must be 1 to {self.num_train_timesteps}, got {steps}")
        if steps == 1:
            return [self.num_train_timesteps - 1]
        timesteps: list[int] = []
        for k in range(steps):
            wanted = round((self.num_train_timesteps - 1) * (1 - (k / (steps - 1)) ** SPACING_POWER))
            # No timestep twice, and enough left for the steps to come.
            highest = timesteps[-1] - 1 if timesteps else wanted
            timesteps.append(max(min(wanted, highest), steps - 1 - k))
        return timesteps

    def ddim_step(self, x_t: Tensor, x0: Tensor, t: int, t_prev: int | None) -> Tensor:
        """One deterministic DDIM step (eta = 0) from t to t_prev; `None` means the clean sample.

        The noise is derived from x_t and x0. Using x0 itself as the direction (as some libraries do for sample
        prediction) would be wrong.
        """
        if t_prev is None:
            return x0
        alpha_bar, alpha_bar_prev = self.alphas_cumprod[t], self.alphas_cumprod[t_prev]
        noise = (x_t - alpha_bar.sqrt() * x0) / (1 - alpha_bar).sqrt()
        return alpha_bar_prev.sqrt() * x0 + (1 - alpha_bar_prev).sqrt() * noise

    def ddim_sample(
        self,
        predict_x0: Callable[[Tensor, int], Tensor],
        noise: Tensor,
        steps: int,
        on_step: Callable[[int, int], None] | None = None,
    ) -> Tensor:
        """Denoise from `noise` at the last step. predict_x0(x_t, t) is the model; on_step(done, total) may raise."""
        timesteps = self.ddim_timesteps(steps)
        x = noise
        for k, t in enumerate(timesteps):
            t_prev = timesteps[k + 1] if k + 1 < len(timesteps) else None
            x = self.ddim_step(x, predict_x0(x, t), t, t_prev)
            if on_step is not None:
                on_step(k + 1, len(timesteps))
        return x
