"""The loop that trains the evaluator and the boundary detector: one process, averaged weights, resumable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn
from tqdm import tqdm

from training.common import (
    EMA,
    Clock,
    Log,
    Module,
    learning_rate,
    load_state,
    plain_attention,
    save_state,
    step_optimizers,
)


class Schedule(Protocol):
    """What the loop reads of a script's configuration."""

    out: Path
    steps: int
    lr: float
    warmup: int
    decay_from: float
    ema_decay: float
    max_minutes: float | None
    log_every: int
    val_every: int


def fit(
    model: Module,
    optimizer: torch.optim.Optimizer,
    config: Schedule,
    name: str,
    loss_of: Callable[[int], Tensor],
    validate: Callable[[Module], dict[str, float]],
    clip: float | None = None,
) -> None:
    """Minimise `loss_of(step)`; what is validated and saved, as `config.out / name`, has averaged weights.

    The model's `config` is a dataclass with `steps`, which says how many were made. clip: greatest norm of gradients.
    """
    plain_attention(torch.device("cpu"))
    ema = EMA(model, config.ema_decay)
    state = config.out / "state.pt"
    first = load_state(state, model, ema, [optimizer]) if state.exists() else 0
    log, clock = Log(config.out / "log.csv", first), Clock(config.max_minutes)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f}M parameters, steps {first} to {config.steps}")

    def averaged(done: int) -> Module:
        return ema.fill(type(model)(replace(model.config, steps=done))).eval()

    bar = tqdm(range(first, config.steps), initial=first, total=config.steps)
    sums: list[float] = []
    for step in bar:
        loss = loss_of(step)
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        factor = learning_rate(step, config.steps, config.warmup, config.decay_from)
        step_optimizers([optimizer], config.lr * factor)
        ema.update(model, step)
        sums.append(loss.item())
        done, over = step + 1, clock.spent()
        if done % config.log_every == 0:
            values = {"loss": sum(sums) / len(sums)}
            sums = []
            if done % config.val_every == 0 or done == config.steps:
                values |= validate(averaged(done))
            log.write(done, values)
            bar.set_postfix({key: f"{value:.3f}" for key, value in values.items()})
        if done % config.val_every == 0 or done == config.steps or over:
            save_state(state, done, model, ema, [optimizer], config)
            averaged(done).save(config.out / name)
        if over:
            print(f"stopped at step {done} by --max-minutes; run the same command to go on")
            break
