"""FID, KID, diversity and multimodality where the answer is known by hand."""

from __future__ import annotations

import pytest
import torch

from intersyn.metrics.distribution import diversity, fid, kid, multimodality


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(count: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, width, generator=generator(seed), dtype=torch.float64)


def exact(mean: torch.Tensor, spread: torch.Tensor, count: int = 400) -> torch.Tensor:
    """Rows whose sample mean and (diagonal) sample covariance are exactly these."""
    x = normal(count, len(mean))
    x = torch.linalg.qr(x - x.mean(0)).Q
    x = x - x.mean(0)
    x = torch.linalg.qr(x).Q * (count - 1) ** 0.5
    return x * spread + mean


def test_fid_of_two_gaussians_in_closed_form() -> None:
    """Axis-aligned Gaussians: |mu_a - mu_b|^2 + sum (s_a - s_b)^2."""
    a = exact(torch.tensor([0.0, 1, 2]).double(), torch.tensor([1.0, 2, 3]).double())
    b = exact(torch.tensor([1.0, 1, 0]).double(), torch.tensor([2.0, 2, 1]).double(), 300)
    assert float(fid(a, b)) == pytest.approx(5 + 1 + 4, rel=1e-6)


def test_fid_of_the_same_rows_is_zero_and_symmetric() -> None:
    a, b = normal(100, 6, 1), 2 * normal(80, 6, 2) + 1
    assert float(fid(a, a)) == pytest.approx(0, abs=1e-9)
    assert float(fid(a, b)) == pytest.approx(float(fid(b, a)), rel=1e-9)


def test_fid_agrees_with_the_root_of_the_product() -> None:
    """tr (C_a C_b)^(1/2) as the sum of the roots of the product's eigenvalues."""
    a, b = normal(200, 5, 1) @ normal(5, 5, 3), normal(150, 5, 2) @ normal(5, 5, 4) + 0.3
    product = a.T.cov() @ b.T.cov()
    root = torch.linalg.eigvals(product).real.clamp_min(0).sqrt().sum()
    expected = (a.mean(0) - b.mean(0)).square().sum() + a.T.cov().trace() + b.T.cov().trace() - 2 * root
    assert float(fid(a, b)) == pytest.approx(float(expected), rel=1e-8)


def test_fid_with_fewer_rows_than_columns() -> None:
    """Singular covariances: one point apart from its copy has only the shift."""
    a = normal(5, 20)
    assert float(fid(a, a + 1)) == pytest.approx(20, rel=1e-9)


def test_kid_is_about_zero_for_one_distribution_and_grows_with_the_shift() -> None:
    same = torch.stack([kid(normal(200, 4, 2 * k), normal(150, 4, 2 * k + 1)) for k in range(20)])
    assert abs(float(same.mean())) < 3 * float(same.std()) / 20**0.5
    shifted = [float(kid(normal(200, 4), normal(200, 4, 1) + shift)) for shift in (0.5, 1.0, 2.0)]
    assert float(same.max()) < shifted[0] < shifted[1] < shifted[2]


def test_kid_of_single_points_by_hand() -> None:
    """Kernel (xy / 1 + 1)^3: within 0s 1, within 1s 8, across 1."""
    assert float(kid(torch.zeros(3, 1), torch.ones(4, 1))) == pytest.approx(1 + 8 - 2)


def test_diversity_never_pairs_a_motion_with_itself() -> None:
    two = torch.tensor([[0.0, 0], [3, 4]])
    assert float(diversity(two, 50, generator())) == pytest.approx(5)
    assert float(diversity(torch.ones(10, 3), 50, generator())) == 0


def test_diversity_of_a_normal_cloud() -> None:
    """Differences of standard normals have twice the variance: sqrt(2) * sqrt(pi / 2) on average in two dimensions."""
    assert float(diversity(normal(4000, 2), 4000, generator())) == pytest.approx(torch.pi**0.5, rel=0.03)


def test_multimodality_looks_within_texts_only() -> None:
    samples = torch.zeros(3, 2, 4)
    samples[:, :, 1] = torch.tensor([0.0, 100, 200])[:, None]  # texts far apart
    samples[:, 1, 0] = torch.tensor([1.0, 2, 6])
    assert float(multimodality(samples, 10, generator())) == pytest.approx(3)


def test_what_does_not_fit_is_refused() -> None:
    for metric in (fid, kid):
        with pytest.raises(ValueError, match="one width"):
            metric(normal(5, 3), normal(5, 4))
        with pytest.raises(ValueError, match="2 rows"):
            metric(normal(5, 3), normal(1, 3))
        with pytest.raises(ValueError, match="not finite"):
            metric(normal(5, 3), torch.full((5, 3), torch.inf))
    with pytest.raises(ValueError, match="pairs"):
        diversity(normal(5, 3), 0, generator())
    with pytest.raises(ValueError, match="texts"):
        multimodality(normal(5, 3), 3, generator())
