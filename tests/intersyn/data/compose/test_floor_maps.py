"""Maps of the floor: exact inverses, and feet that stay rigid."""

from __future__ import annotations

import pytest
import torch

from intersyn.data.compose.floor_maps import bend, move_body, move_feet, slow_down, straighten, stretch
from intersyn.rotations import heading_of, quaternion_to_matrix


@pytest.mark.parametrize("curve", [0.0, 0.5, -0.2])
def test_straightening_undoes_bending(curve: float) -> None:
    points = torch.rand(50, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 3.0])
    bent, yaw = bend(curve)(points)
    back, yaw_back = straighten(curve)(bent)
    assert torch.allclose(back, points, atol=1e-5) and torch.allclose(yaw, -yaw_back, atol=1e-5)


def test_maps_along_z() -> None:
    points = torch.tensor([[0.2, 0.0], [0.2, 2.0], [0.2, 3.0], [0.2, 4.0]])
    assert stretch(1.1)(points)[0][:, 1].tolist() == pytest.approx([0.0, 2.2, 3.3, 4.4])
    slow = slow_down(3.0, 1.0, 0.5)(points)[0]
    assert slow[:, 1].tolist() == pytest.approx([0.0, 2.0, 2.75, 3.25])
    assert slow[:, 0].tolist() == pytest.approx([0.2] * 4)


def test_feet_are_moved_rigidly_and_turn_with_the_way() -> None:
    feet = torch.rand(5, 4, 3, generator=torch.Generator().manual_seed(1)) + torch.tensor([0.0, 0.0, 2.0])
    moved = move_feet(feet, bend(0.4))
    before, after = (f[:, 2:] - f[:, :2] for f in (feet, moved))
    assert torch.allclose(before.norm(dim=-1), after.norm(dim=-1), atol=1e-5)
    assert torch.allclose(feet[..., 1], moved[..., 1])
    rotations = torch.zeros(3, 22, 4)
    rotations[..., 0] = 1
    root = torch.tensor([[0.0, 0.9, z] for z in (0.0, 1.0, 2.0)])
    turned, placed = move_body(rotations, root, bend(0.4))
    assert heading_of(quaternion_to_matrix(turned[:, 0])).tolist() == pytest.approx([0.0, 0.4, 0.8])
    assert placed[-1, 0] > 0.5  # to the left, which is +x
