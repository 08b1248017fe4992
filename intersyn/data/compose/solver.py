"""The kinematic solver: bends real motion until points reach their targets, and keeps it a plausible motion.

Variables are rotation offsets of every joint and a shift of the pelvis, on cubic B-splines over time, scaled by how
readily each joint moves, so that the prior sets the step sizes. Adam with tolerances that start wide and narrow
(continuation, without which trunks fold in half); collisions come in late. Batched over clips, people and frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from intersyn.data.compose import terms
from intersyn.data.compose.curves import bspline_basis
from intersyn.data.compose.kinematics import components_first
from intersyn.data.compose.plan import Plan
from intersyn.skeleton import NUM_JOINTS, OFFSETS


@dataclass(frozen=True)
class Weights:
    """Of the terms; 0 switches one off."""

    reach: float = 1.0
    turn: float = 1.0
    look: float = 1.0
    stay: float = 0.8
    feet: float = 1.0
    limits: float = 1.0
    balance: float = 1.0
    smooth: float = 1.0
    collisions: float = 1.0


@dataclass(frozen=True)
class Tolerances:
    """What one unit of each residual is; pairs go from wide to narrow over the first `annealing` of the iterations."""

    reach: tuple[float, float] = (0.080, 0.006)  # metres
    palm: tuple[float, float] = (0.6, 0.2)  # radians
    fingers: tuple[float, float] = (1.05, 0.35)
    ankle: tuple[float, float] = (0.030, 0.0035)  # metres
    toe: tuple[float, float] = (0.045, 0.005)
    look: float = 0.35  # radians
    root: tuple[float, float, float] = (0.08, 0.05, 0.08)  # metres
    limits: float = 0.1
    balance: float = 0.06  # metres
    bend: float = 0.27  # second difference per frame, radians
    drift: float = 0.022  # metres
    jerk: float = 0.115  # third difference per frame, metres
    between: float = 0.0063  # metres
    within: float = 0.0106
    allowed: float = 0.012


@dataclass(frozen=True)
class SolverConfig:
    weights: Weights = Weights()
    tolerances: Tolerances = Tolerances()
    knots: float = 2.0  # frames between knots; 3 make contacts and feet twice as inexact
    iterations: int = 150
    lr: float = 0.05
    root_lr: float = 0.3  # times lr
    last_lr: float = 0.04  # times lr, reached by a cosine
    annealing: float = 0.6  # of the iterations
    collisions_from: float = 0.25
    collisions_full: float = 0.6
    restart_iterations: int = 70  # for the common skeleton, after a solution for somebody taller or smaller
    restart_annealing: float = 0.3


@dataclass(frozen=True)
class Solution:
    """rotations (N, P, T, 22, 4) local quaternions, root (N, P, T, 3), joints (N, P, T, 22, 3), float32."""

    rotations: Tensor
    root: Tensor
    joints: Tensor


def solve(plan: Plan, config: SolverConfig | None = None) -> Solution:
    """Solve a batch of plans of one signature (`plan.stack`).

    Where a clip's bones are not those of the common skeleton, its motion is found for those bones first, then its
    rotations are carried over and the contacts found again: people of other heights move in other ways.
    """
    config = config or SolverConfig()
    first = _descend(plan, config, config.iterations, config.annealing)
    common = OFFSETS.to(plan.offsets).expand_as(plan.offsets)
    others = (plan.offsets != common).flatten(1).any(1)
    if not others.any():
        return first
    # Hips as high over bent legs as the other legs would carry them.
    ratio = (_leg_length(common) / _leg_length(plan.offsets))[others]
    root = first.root[others] * torch.stack([torch.ones_like(ratio), ratio, torch.ones_like(ratio)], -1)
    again = replace(plan.clips(others).restarted(first.rotations[others], root), offsets=common[others])
    found = _descend(again, config, config.restart_iterations, config.restart_annealing)
    for all_clips, some in ((first.rotations, found.rotations), (first.root, found.root), (first.joints, found.joints)):
        all_clips[others] = some
    return first


def _leg_length(offsets: Tensor) -> Tensor:
    """Thigh and shin (N, P, 1) of bones (N, P, 22, 3)."""
    return offsets[:, :, (4, 7)].norm(dim=-1).sum(-1, keepdim=True)


def _descend(plan: Plan, config: SolverConfig, iterations: int, annealing: float) -> Solution:
    people, frames = plan.root.shape[1], plan.frames
    basis = bspline_basis(frames, config.knots).to(plan.root)
    count, knots = plan.root.shape[0], basis.shape[1]
    # components first, time last in memory: what runs along frames is fast
    plan = plan.restarted(components_first(plan.rotations), plan.root)
    bends = plan.root.new_zeros(3, NUM_JOINTS, count, people, knots, requires_grad=True)
    shifts = plan.root.new_zeros(3, count, people, knots, requires_grad=True)
    optimizer = torch.optim.Adam(
        [{"params": [bends], "lr": config.lr}, {"params": [shifts], "lr": config.lr * config.root_lr}],
        betas=(0.9, 0.98),
        fused=True,
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    sigma = terms.default_sigma(plan.freedom)

    def state() -> terms.State:
        offset = (bends @ basis.T).permute(2, 3, 4, 1, 0) * (2 * sigma)[..., None]
        return terms.moved(plan, offset, (shifts @ basis.T).movedim(0, -1))

    with torch.no_grad():
        base = state()
        ways = [terms.place_of(reach.point, reach.person, base).position for reach in plan.reaches]
        mass = terms.mass_over_feet(base.joints, plan)
    for iteration in range(iterations):
        done = iteration / iterations
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * (config.last_lr + (1 - config.last_lr) * 0.5 * (1 + math.cos(math.pi * done)))
        ready = (done - config.collisions_from) / (config.collisions_full - config.collisions_from)
        # every other frame in turn: capsules are slow, and what one frame learns its neighbours share
        every = slice(iteration % 2, None, 2) if ready > 0 else None
        now = state()
        loss = energy(now, plan, ways, mass, config, min(1.0, done / annealing))
        if every is not None and config.weights.collisions:
            t = config.tolerances
            crowded = terms.collisions(now, plan, every, t.between, t.within, t.allowed)
            loss = loss + config.weights.collisions * min(1.0, ready) * crowded.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        found = state()
    return Solution(found.local, plan.root + found.shift, found.joints)


def energy(
    state: terms.State, plan: Plan, ways: list[Tensor], mass: Tensor, config: SolverConfig, narrowed: float
) -> Tensor:
    """All terms but collisions, weighted and summed. narrowed: 0 with wide tolerances .. 1 with narrow ones."""
    w, t = config.weights, config.tolerances

    def at(wide: float, narrow: float, geometric: bool = True) -> float:
        return wide * (narrow / wide) ** narrowed if geometric else wide + (narrow - wide) * narrowed

    root = plan.root.new_tensor(t.root)
    each = w.stay * terms.staying(state, terms.default_sigma(plan.freedom), root)
    each = each + w.feet * terms.standing(state, plan, at(*t.ankle), at(*t.toe))
    each = each + w.limits * terms.joint_limits(state, t.limits)
    each = each + w.balance * terms.balance(state, plan, mass, t.balance)
    total = (each * plan.mask[:, None]).sum()
    for reach, way in zip(plan.reaches, ways, strict=True):
        place = terms.place_of(reach.point, reach.person, state)
        pull = w.reach * terms.reaching(reach, place, way, state, plan, at(*t.reach))
        turn = terms.turning(reach, place, state, plan, at(*t.palm, geometric=False), at(*t.fingers, geometric=False))
        total = total + ((pull + w.turn * turn) * plan.mask).sum()
    for gaze in plan.gazes:
        look = terms.looking(gaze.person, gaze.target, state, plan, t.look)
        total = total + (w.look * look * plan.mask).sum()
    return total + w.smooth * terms.smoothness(state, plan.mask, t.bend, t.drift, t.jerk).sum()
