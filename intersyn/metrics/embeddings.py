"""What the arrays of an evaluator's vectors must look like, for the metrics that read them."""

from __future__ import annotations

import torch
from torch import Tensor


def check_embeddings(embeddings: Tensor, what: str, least: int = 1) -> Tensor:
    """(N, D) in float64, as the metrics compute; `ValueError` for another shape, fewer than `least` rows, or NaN."""
    if embeddings.ndim != 2:
        raise ValueError(f"{what} must be (N, D), got {tuple(embeddings.shape)}")
    if len(embeddings) < least:
        raise ValueError(f"{what} need {least} rows or more, got {len(embeddings)}")
    if not torch.isfinite(embeddings).all():
        raise ValueError(f"{what} hold numbers that are not finite")
    return embeddings.double()


def check_pair(a: Tensor, b: Tensor, what: tuple[str, str], least: int = 1) -> tuple[Tensor, Tensor]:
    """Both of them, of one width D; the same errors."""
    a, b = check_embeddings(a, what[0], least), check_embeddings(b, what[1], least)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"{what[0]} and {what[1]} need one width, got {a.shape[1]} and {b.shape[1]}")
    return a, b
