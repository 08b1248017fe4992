"""Kinematics with a gradient by virtual work: the skeleton's own forward kinematics, and the slopes autograd finds."""

from __future__ import annotations

import torch

from intersyn.data.compose.kinematics import CARRIES, components_first, turned_bodies
from intersyn.rotations import axis_angle_to_quaternion, quaternion_multiply
from intersyn.skeleton import JOINT, OFFSETS, forward_kinematics
from tests.motions import smooth_motion


def plainly(turns: torch.Tensor, shift: torch.Tensor, base: torch.Tensor, root: torch.Tensor, bones: torch.Tensor):
    """The same through the skeleton's functions, joint by joint."""
    local = quaternion_multiply(base, axis_angle_to_quaternion(turns))
    joints, world = forward_kinematics(local, root + shift, bones)
    return local, world, joints


def body(scale: float) -> list[torch.Tensor]:
    """Turns, shift, base, root and bones of two people for five frames, in float64."""
    generator = torch.Generator().manual_seed(0)
    base, root, _ = (x.double() for x in smooth_motion(1, 2, frames=5))
    base = base / base.norm(dim=-1, keepdim=True)
    turns = scale * torch.randn(2, 5, 22, 3, generator=generator).double()
    shift = torch.randn(2, 5, 3, generator=generator).double()
    bones = OFFSETS.double() * torch.tensor([1.0, 1.1]).double()[:, None, None, None]
    return [turns, shift, base, root, bones]


def test_bodies_and_slopes_are_those_of_the_plain_way() -> None:
    generator = torch.Generator().manual_seed(2)
    pulls = [torch.randn(2, 5, 22, size, generator=generator).double() for size in (4, 4, 3)]
    for scale in (0.0, 1e-9, 1e-4, 0.3, 3.0):
        found = []
        for way in (turned_bodies, plainly):
            arguments = body(scale)
            variables = [x.requires_grad_() for x in arguments[:2]]
            bodies = way(*arguments)
            slopes = torch.autograd.grad(bodies, variables, pulls)
            found.append((*bodies, *slopes))
        for ours, plain in zip(*found, strict=True):
            torch.testing.assert_close(ours, plain, atol=1e-7, rtol=1e-7)


def test_float32_is_as_good_near_zero() -> None:
    for scale in (0.0, 1e-8, 1e-3):
        turns, *rest = (x.float() for x in body(scale))
        turns.requires_grad_()
        turned_bodies(turns, *rest)[2].square().sum().backward()
        exact, *others = body(scale)
        exact.requires_grad_()
        plainly(exact, *others)[2].square().sum().backward()
        torch.testing.assert_close(turns.grad, exact.grad.float(), atol=1e-4, rtol=1e-4)


def test_components_first_changes_only_the_layout() -> None:
    x = torch.randn(2, 5, 22, 4)
    assert torch.equal(components_first(x), x)
    assert components_first(x).stride()[-1] == 22 * 2 * 5 and components_first(x).stride()[-3] == 1


def test_the_pelvis_carries_everything_and_hands_carry_themselves() -> None:
    assert CARRIES[JOINT["pelvis"]].min() == 1
    assert CARRIES[JOINT["left_wrist"]].sum() == 1
    assert CARRIES[JOINT["left_elbow"]].nonzero()[:, 0].tolist() == [JOINT["left_elbow"], JOINT["left_wrist"]]
