"""One batch of clips of a program: drafts, plans, solutions, figures and a verdict on each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from intersyn.data.compose.bases import Bases, NoBase
from intersyn.data.compose.declaration import Program
from intersyn.data.compose.figures import Figures, measure
from intersyn.data.compose.plan import FPS, stack
from intersyn.data.compose.planning import Planned, make_plan
from intersyn.data.compose.quality import Limits, reasons
from intersyn.data.compose.solver import SolverConfig, solve
from intersyn.data.contacts import foot_contacts
from intersyn.skeleton import forward_kinematics

DRAWS = 20  # of a program until its bases are found


@dataclass(frozen=True)
class Composed:
    """A clip: rotations (P, T, 22, 4) local quaternions, root (P, T, 3) metres, contacts (P, T, 4) of FOOT_JOINTS.

    reasons: the limits it breaks; empty where it is accepted. seconds: of processor time, its share of the batch.
    """

    planned: Planned
    rotations: Tensor
    root: Tensor
    contacts: Tensor
    figures: Figures
    reasons: tuple[str, ...]
    seconds: float


def compose(
    program: Program, bases: Bases, seeds: Sequence[np.random.SeedSequence], config: SolverConfig
) -> list[Composed]:
    """A clip for every seed, accepted or not, in order. Each is a function of its seed alone, but for rounding.

    Plans that differ in more than numbers (a choice of body part) are solved in batches of their own.
    """
    generators = [np.random.default_rng(seed) for seed in seeds]
    plans = [_planned(program, bases, rng) for rng in generators]
    groups: dict[tuple, list[int]] = {}
    for k, planned in enumerate(plans):
        groups.setdefault(planned.plan.signature(), []).append(k)
    out: dict[int, Composed] = {}
    for members in groups.values():
        began = time.process_time()
        solution = solve(stack([plans[k].plan for k in members]), config)
        found = []
        for row, k in enumerate(members):
            frames = plans[k].plan.frames
            found.append((k, solution.rotations[row, :, :frames], solution.root[row, :, :frames]))
        seconds = (time.process_time() - began) / len(members)
        out |= {k: _judged(plans[k], rotations, root, seconds) for k, rotations, root in found}
    return [out[k] for k in range(len(plans))]


def _planned(program: Program, bases: Bases, rng: np.random.Generator) -> Planned:
    """The first of some draws for which there are bases: a small split has nobody who walks at every speed."""
    for _ in range(DRAWS - 1):
        try:
            return make_plan(program.draw(rng), bases, rng)
        except NoBase:
            continue
    return make_plan(program.draw(rng), bases, rng)


def _judged(planned: Planned, rotations: Tensor, root: Tensor, seconds: float) -> Composed:
    joints = forward_kinematics(rotations, root)[0]
    base = forward_kinematics(planned.base_rotations, planned.base_root)[0]
    planted = torch.from_numpy(planned.planted)
    figures = measure(rotations, root, base, foot_contacts(base, FPS), planted, planned.holds, FPS)
    broken = reasons(figures, Limits().override(planned.draft.limits))
    return Composed(planned, rotations, root, foot_contacts(joints, FPS), figures, broken, seconds)
