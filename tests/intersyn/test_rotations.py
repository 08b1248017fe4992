"""Rotations: the algebra, there and back, gradients at the places where formulas divide by zero."""

from __future__ import annotations

import math

import pytest
import torch

from intersyn import rotations as R


def random_quaternions(count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return R.normalize_quaternion(torch.randn(count, 4, generator=generator, dtype=torch.float64))


def same_rotation(a: torch.Tensor, b: torch.Tensor, tolerance: float = 1e-9) -> bool:
    return bool(((a * b).sum(-1).abs() > 1 - tolerance).all())


def test_a_quarter_turn_by_hand() -> None:
    """Yaw turns +z to +x, written in every form."""
    quarter = torch.tensor(math.pi / 2, dtype=torch.float64)
    z, x = torch.tensor((0.0, 0.0, 1.0)).double(), torch.tensor((1.0, 0.0, 0.0)).double()
    torch.testing.assert_close(R.quaternion_apply(R.yaw_quaternion(quarter), z), x)
    torch.testing.assert_close(R.yaw_matrix(quarter) @ z, x)
    torch.testing.assert_close(R.axis_angle_to_matrix(torch.tensor((0.0, math.pi / 2, 0.0)).double()) @ z, x)
    torch.testing.assert_close(R.rotate_xz(z[::2], quarter), x[::2])
    assert R.heading_of(R.yaw_matrix(quarter)) == pytest.approx(math.pi / 2)


def test_product_is_the_composition() -> None:
    a, b = random_quaternions(50, 1), random_quaternions(50, 2)
    v = torch.randn(50, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    composed = R.quaternion_apply(R.quaternion_multiply(a, b), v)
    torch.testing.assert_close(composed, R.quaternion_apply(a, R.quaternion_apply(b, v)))
    torch.testing.assert_close(
        R.quaternion_to_matrix(R.quaternion_multiply(a, b)), R.quaternion_to_matrix(a) @ R.quaternion_to_matrix(b)
    )
    torch.testing.assert_close(R.quaternion_apply(R.quaternion_conjugate(a), R.quaternion_apply(a, v)), v)
    torch.testing.assert_close((R.quaternion_to_matrix(a) @ v[..., None])[..., 0], R.quaternion_apply(a, v))


def test_apply_broadcasts() -> None:
    q, v = random_quaternions(6).view(2, 3, 1, 4), torch.randn(5, 3, dtype=torch.float64)
    assert R.quaternion_apply(q, v).shape == (2, 3, 5, 3)


def test_round_trips() -> None:
    q = random_quaternions(500)
    matrix = R.quaternion_to_matrix(q)
    assert torch.linalg.det(matrix).allclose(torch.ones(500, dtype=torch.float64))
    assert same_rotation(R.matrix_to_quaternion(matrix), q)
    assert same_rotation(R.axis_angle_to_quaternion(R.quaternion_to_axis_angle(q)), q)
    torch.testing.assert_close(R.matrix_from_6d(R.matrix_to_6d(matrix)), matrix)
    torch.testing.assert_close(R.axis_angle_to_matrix(R.matrix_to_axis_angle(matrix)), matrix)


@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.6, 0.0, -0.8)])
@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-4, math.pi - 1e-6, math.pi])
def test_round_trips_at_the_ends(axis: tuple[float, float, float], angle: float) -> None:
    vector = torch.tensor(axis, dtype=torch.float64) * angle
    matrix = R.axis_angle_to_matrix(vector)
    torch.testing.assert_close(R.axis_angle_to_matrix(R.matrix_to_axis_angle(matrix)), matrix, atol=1e-7, rtol=0)
    assert R.matrix_to_axis_angle(matrix).norm() == pytest.approx(angle, abs=1e-6)


def test_6d_of_anything_is_a_rotation() -> None:
    loose = torch.randn(100, 6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    matrix = R.matrix_from_6d(loose)
    eye = torch.eye(3, dtype=torch.float64).expand(100, 3, 3)
    torch.testing.assert_close(matrix.transpose(-1, -2) @ matrix, eye)
    torch.testing.assert_close(torch.linalg.det(matrix), torch.ones(100, dtype=torch.float64))


def test_gradients_at_rest() -> None:
    """The rest pose is where norms are 0; a NaN gradient there would end a training run."""
    vector = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    R.axis_angle_to_matrix(vector).sum().backward()
    assert torch.isfinite(vector.grad).all()
    q = torch.tensor((1.0, 0.0, 0.0, 0.0), dtype=torch.float64, requires_grad=True)
    R.quaternion_to_axis_angle(q).sum().backward()
    torch.testing.assert_close(q.grad[1:], torch.full((3,), 2.0, dtype=torch.float64))
    matrix = torch.eye(3, dtype=torch.float64, requires_grad=True)
    R.matrix_to_quaternion(matrix).sum().backward()
    assert torch.isfinite(matrix.grad).all()
    same = torch.tensor((1.0, 0.0, 0.0, 0.0), requires_grad=True)
    R.slerp(same, torch.tensor((1.0, 0.0, 0.0, 0.0)), 0.5).sum().backward()
    assert torch.isfinite(same.grad).all()
    assert torch.autograd.gradcheck(R.axis_angle_to_matrix, torch.tensor((0.3, -0.2, 0.9)).double().requires_grad_())


def test_slerp_by_hand() -> None:
    a = R.yaw_quaternion(torch.tensor(0.2, dtype=torch.float64))
    b = R.yaw_quaternion(torch.tensor(1.0, dtype=torch.float64))
    assert same_rotation(R.slerp(a, b, 0.25), R.yaw_quaternion(torch.tensor(0.4, dtype=torch.float64)))
    assert same_rotation(R.slerp(a, -b, 0.25), R.slerp(a, b, 0.25))  # the short way round
    p, q = random_quaternions(50, 5), random_quaternions(50, 6)
    assert same_rotation(R.slerp(p, q, 0.0), p)
    assert same_rotation(R.slerp(p, q, 1.0), q)
    weights = torch.linspace(0, 1, 50, dtype=torch.float64)[:, None]
    assert R.slerp(p, q, weights).norm(dim=-1).allclose(torch.ones(50, dtype=torch.float64))
    near = R.yaw_quaternion(torch.tensor(0.2001, dtype=torch.float64))
    assert same_rotation(R.slerp(a, near, 0.5), R.yaw_quaternion(torch.tensor(0.20005, dtype=torch.float64)), 1e-14)


def test_heading_survives_a_bow_and_a_lean_back() -> None:
    yaw = torch.tensor(2.0, dtype=torch.float64)
    for bow in (-1.2, 0.0, 1.2, 1.9):
        pelvis = R.yaw_matrix(yaw) @ R.axis_angle_to_matrix(torch.tensor((bow, 0.0, 0.0), dtype=torch.float64))
        assert R.heading_of(pelvis) == pytest.approx(2.0)


def test_wrap_angle() -> None:
    angles = torch.tensor((0.1, 0.1 + 2 * math.pi, -3.0, 4.0), dtype=torch.float64)
    expected = torch.tensor((0.1, 0.1, -3.0, 4.0 - 2 * math.pi), dtype=torch.float64)
    torch.testing.assert_close(R.wrap_angle(angles), expected)


def test_minimal_rotation_turns_one_direction_onto_another_and_no_further() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 50, 3, generator=generator, dtype=torch.float64)
    q = R.minimal_rotation(a, b)
    turned = R.quaternion_apply(q, a / a.norm(dim=-1, keepdim=True))
    torch.testing.assert_close(turned, b / b.norm(dim=-1, keepdim=True))
    # its axis is square to both
    assert float((q[:, 1:] * a).sum(-1).abs().max()) < 1e-9


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-6)])
def test_minimal_rotation_of_opposite_directions(dtype: torch.dtype, tolerance: float) -> None:
    for a in (*torch.eye(3, dtype=dtype), torch.tensor((0.6, 0.0, -0.8), dtype=dtype)):
        turned = R.quaternion_apply(R.minimal_rotation(a, -a), a)
        torch.testing.assert_close(turned, -a, atol=tolerance, rtol=0)
