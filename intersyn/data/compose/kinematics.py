"""Forward kinematics of many poses at once for an optimiser, with its gradient by the principle of virtual work.

How a cost changes with the turn of a joint is the moment, about that joint, of everything the joint carries: gradients
by positions are forces, gradients by rotations are moments. So the way back is two products with the tree, where
autograd would walk every joint of it. Components come first in memory, frames last: all arithmetic runs along frames.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import FunctionCtx

from intersyn.skeleton import ANCESTORS, LEVELS, NUM_JOINTS, PARENTS

# CARRIES[k, j] = 1 where joint k carries joint j, which may be itself.
CARRIES = ANCESTORS.T.clone()
CARRIES[0] = 1.0
_PARENTS = torch.tensor(PARENTS[1:])
_LEVELS = [(torch.tensor(level), torch.tensor([PARENTS[j] for j in level])) for level in LEVELS[1:]]


def components_first(x: Tensor) -> Tensor:
    """The same tensor (..., 22, C), laid out in memory as (C, 22, ...)."""
    return _last(_first(x).contiguous())


def turned_bodies(turns: Tensor, shift: Tensor, base: Tensor, root: Tensor, bones: Tensor) -> tuple[Tensor, ...]:
    """Local quaternions and global ones (..., 22, 4), and joints (..., 22, 3), of bodies that leave a base pose.

    turns (..., 22, 3): rotation vectors, radians, each in its joint's own frame; shift (..., 3) of the pelvis, metres.
    base (..., 22, 4) local quaternions, root (..., 3) and bones (..., 22, 3), which broadcast, have no gradient.
    """
    place = (root + shift).movedim(-1, 0)
    found = _Bodies.apply(_first(turns), place, _first(base), _first(bones.expand(*root.shape[:-1], NUM_JOINTS, 3)))
    return tuple(_last(x) for x in found)


class _Bodies(Function):
    """Components first: turns (3, 22, ...), pelvis (3, ...), base (4, 22, ...), bones (3, 22, ...)."""

    @staticmethod
    def forward(ctx: FunctionCtx, turns: Tensor, pelvis: Tensor, base: Tensor, bones: Tensor) -> tuple[Tensor, ...]:
        square = (turns * turns).sum(0)
        angle = (square + 1e-20).sqrt()
        cosine, scale = (angle / 2).cos(), (angle / 2).sin() / angle
        local = _multiply(base, torch.cat((cosine[None], scale * turns)))
        world = local.clone()
        for level, parents in _LEVELS:
            world[:, level] = _multiply(world[:, parents], local[:, level])
        joints = _along_tree(ANCESTORS[:, 1:], _rotate(world[:, _PARENTS], bones[:, 1:])) + pelvis[:, None]
        ctx.save_for_backward(turns, square, cosine, scale, local, world, joints)
        return local, world, joints

    @staticmethod
    def backward(ctx: FunctionCtx, by_local: Tensor, by_world: Tensor, by_joints: Tensor) -> tuple[Tensor | None, ...]:
        turns, square, cosine, scale, local, world, joints = ctx.saved_tensors
        force = _along_tree(CARRIES, by_joints)
        # A small turn v in the world changes a quaternion q by v q / 2, one in the joint's own frame by q v / 2.
        moment = _cross(joints, by_joints) + _multiply(by_world, _conjugate(world))[1:] / 2
        moment = _along_tree(CARRIES, moment) - _cross(joints, force)
        moment = _rotate(_conjugate(world), moment) + _multiply(_conjugate(local), by_local)[1:] / 2
        # From further turns in the joint's own frame to the rotation vector: the left Jacobian of the exponential map.
        along = (1 - 2 * cosine * scale) / (square + 1e-20) * (turns * moment).sum(0)
        by_turns = 2 * scale * (cosine * moment + scale * _cross(turns, moment)) + along * turns
        return by_turns, force[:, 0], None, None


def _first(x: Tensor) -> Tensor:
    return x.movedim((-1, -2), (0, 1))


def _last(x: Tensor) -> Tensor:
    return x.movedim((0, 1), (-1, -2))


def _along_tree(tree: Tensor, x: Tensor) -> Tensor:
    """Sums (C, J, ...) of vectors (C, K, ...) over the rows of `tree` (J, K)."""
    return (tree.to(x) @ x.flatten(2)).unflatten(2, x.shape[2:])


def _multiply(a: Tensor, b: Tensor) -> Tensor:
    """Hamilton product (4, ...), see `rotations.quaternion_multiply`."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return torch.stack(
        (
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        )
    )


def _conjugate(q: Tensor) -> Tensor:
    return torch.cat((q[:1], -q[1:]))


def _cross(a: Tensor, b: Tensor) -> Tensor:
    (ax, ay, az), (bx, by, bz) = a, b
    return torch.stack((ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx))


def _rotate(q: Tensor, v: Tensor) -> Tensor:
    """Vectors (3, ...) turned by quaternions (4, ...)."""
    twice = 2 * _cross(q[1:], v)
    return v + q[0] * twice + _cross(q[1:], twice)
