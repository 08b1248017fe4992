"""How a model's motions are spread beside real ones, in an evaluator's space: FID, KID, diversity, multimodality.

Embeddings are (N, D), one row per motion. Pure functions in float64; `ValueError` for other shapes or NaN.
"""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.metrics.embeddings import check_embeddings, check_pair


def fid(real: Tensor, generated: Tensor) -> Tensor:
    """Fréchet distance of the Gaussians fitted to both (Heusel et al. 2017).

    |mu_r - mu_g|^2 + tr(C_r + C_g - 2 (C_r C_g)^(1/2)). The trace of the root is the sum of singular values of
    X_r X_g^T for centred data, so that nothing is inverted and a covariance may be singular. Biased upwards for few
    rows: show the figure of real against real, of the same sizes, beside it.
    """
    real, generated = check_pair(real, generated, ("real", "generated"), least=2)
    shift = real.mean(0) - generated.mean(0)
    a = (real - real.mean(0)) / (len(real) - 1) ** 0.5  # covariance = a^T a
    b = (generated - generated.mean(0)) / (len(generated) - 1) ** 0.5
    # R factors carry the same covariance in D rows at most: the singular values are those of a small matrix.
    a, b = (torch.linalg.qr(x, mode="r").R if len(x) > x.shape[1] else x for x in (a, b))
    root = torch.linalg.svdvals(a @ b.T).sum()
    return (shift.square().sum() + a.square().sum() + b.square().sum() - 2 * root).clamp_min(0)


def kid(real: Tensor, generated: Tensor) -> Tensor:
    """Kernel distance: unbiased squared MMD with the kernel (x.y / D + 1)^3 (Binkowski et al. 2018).

    Its expectation is 0 where both have one distribution, whatever their sizes, so few rows suffice; it may come out
    slightly negative.
    """
    real, generated = check_pair(real, generated, ("real", "generated"), least=2)

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def within(x: Tensor) -> Tensor:
        values = kernel(x, x)
        return (values.sum() - values.diagonal().sum()) / (len(x) * (len(x) - 1))

    return within(real) + within(generated) - 2 * kernel(real, generated).mean()


def diversity(embeddings: Tensor, pairs: int, generator: torch.Generator) -> Tensor:
    """Mean distance of `pairs` random pairs of two different motions (T2M, CVPR 2022; 300 pairs in the field).

    InterGen's table halves this and scales its vectors by 6: give it embeddings * 6 and halve the result.
    """
    embeddings = check_embeddings(embeddings, "embeddings", least=2)
    if pairs < 1:
        raise ValueError(f"pairs must be positive, got {pairs}")
    first, second = _pairs(len(embeddings), pairs, generator)
    return (embeddings[first] - embeddings[second]).norm(dim=1).mean()


def multimodality(embeddings: Tensor, pairs: int, generator: torch.Generator) -> Tensor:
    """Mean distance between motions of the same text: embeddings (texts, samples, D), `pairs` random pairs of each.

    The field draws 30 samples of 100 texts and 10 pairs each.
    """
    if embeddings.ndim != 3 or embeddings.shape[1] < 2:
        raise ValueError(f"embeddings must be (texts, 2 samples or more, D), got {tuple(embeddings.shape)}")
    if not len(embeddings):
        raise ValueError("multimodality needs a text or more, got none")
    return torch.stack([diversity(samples, pairs, generator) for samples in embeddings]).mean()


def _pairs(count: int, pairs: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    first = torch.randint(count, (pairs,), generator=generator)
    step = torch.randint(1, count, (pairs,), generator=generator)
    return first, (first + step) % count
