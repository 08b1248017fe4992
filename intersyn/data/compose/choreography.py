"""Where everybody is on the floor, from the first frame to the last: formations, approaches, walks, steps and jumps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from intersyn.data.compose.bases import Base, Bases
from intersyn.data.compose.drafting import Approach, Draft, Step
from intersyn.data.compose.footsteps import Footstep, Place, ahead_of, around, march_steps, orbit_steps, walk_steps
from intersyn.data.compose.jumps import Jump
from intersyn.data.compose.plan import FPS
from intersyn.data.compose.spaces import formation_poses
from intersyn.data.compose.stance import Ground, place
from intersyn.data.compose.walks import walk_along, walk_in

FIRST_STEP = 0.1  # seconds before anybody takes a step
CLOSING = 0.4  # seconds after its last strike in which a recorded walk comes to rest


@dataclass(frozen=True)
class Choreography:
    """P people over T frames: the draft with its final times, bases on their way (rotations (P, T, 22, 4), root
    (P, T, 3)), feet (P, T, 4, 3), planted (P, T, 4) bool, paths (P, T, 3) x, z, yaw, and place (P, 3), where they stand
    to meet.
    """

    draft: Draft
    rotations: Tensor
    root: Tensor
    feet: np.ndarray
    planted: np.ndarray
    paths: np.ndarray
    place: np.ndarray
    bases: tuple[str, ...]

    @property
    def frames(self) -> int:
        return self.root.shape[1]


def choreograph(draft: Draft, bases: Bases, rng: np.random.Generator) -> Choreography:
    """Put everybody on the floor. What takes more time than the draft has before it makes the whole clip later."""
    poses = list(formation_poses(draft.formation))
    if draft.base == "walking":
        grounds, names = _walking(draft, bases, rng, poses)
    else:
        draft, grounds, names = _standing(draft, bases, rng, poses)
    return Choreography(
        draft,
        torch.stack([ground.rotations for ground in grounds]),
        torch.stack([ground.root for ground in grounds]),
        torch.stack([ground.feet for ground in grounds]).numpy(),
        torch.stack([ground.planted for ground in grounds]).numpy(),
        torch.stack([ground.path for ground in grounds]).double().numpy(),
        np.array(poses),
        names,
    )


def _frames(draft: Draft) -> int:
    return math.ceil(draft.duration * FPS) + 1


def _walking(
    draft: Draft, bases: Bases, rng: np.random.Generator, poses: list[Place]
) -> tuple[list[Ground], tuple[str, ...]]:
    """Everybody walks real strides along one bent floor, at one speed, as near to the draft's as people walk."""
    frames, curve = _frames(draft), draft.walk.curve
    speed = bases.walkable(draft.walk.speed, draft.styles)
    grounds, names = [], []
    for pose in poses:
        base = bases.walking(rng, frames, speed, draft.styles)
        grounds.append(walk_along(base, curve, pose))
        names += base.names
    return grounds, tuple(dict.fromkeys(names))


def _standing(
    draft: Draft, bases: Bases, rng: np.random.Generator, poses: list[Place]
) -> tuple[Draft, list[Ground], tuple[str, ...]]:
    """Everybody stands, comes nearer, and steps as the draft says."""
    strides: dict[int, Base] = {}
    for approach in (a for a in draft.approach if a.gait == "walk"):
        together = next((base.strike.frame + 1 for base in strides.values()), None)
        strides[approach.who] = bases.arriving(rng, approach.by, draft.styles, together)
    ways: dict[int, list[Footstep]] = {}
    starts = {}
    for approach in draft.approach:
        starts[approach.who] = ahead_of(poses[approach.who], -approach.by, 0.0)
        if approach.gait != "walk":
            ways[approach.who] = walk_steps(starts[approach.who], poses[approach.who], 0.0, approach.pace, rng)
    draft = draft.delayed(_missing(draft, ways, strides))
    frames = _frames(draft)
    centre = tuple(np.mean([pose[:2] for pose in poses], axis=0))
    grounds, names = [], []
    for who, pose in enumerate(poses):
        base = bases.standing(rng, frames, draft.styles)
        names += base.names
        approach = next((a for a in draft.approach if a.who == who), None)
        footsteps: list[Footstep] = []
        if approach is not None and approach.gait != "walk":
            late = approach.until - max(step.end for step in ways[who])
            way = walk_steps(starts[who], pose, late, approach.pace, rng, foot=ways[who][0].foot)
            footsteps += way
        after, jumps = _steps([step for step in draft.steps if step.who == who], pose, centre, rng)
        footsteps += after
        if who in strides:
            names += strides[who].names
            grounds.append(walk_in(strides[who], base, pose, frames, footsteps))
        else:
            grounds.append(place(base, starts.get(who, pose), footsteps, frames, jumps))
    return draft, grounds, tuple(dict.fromkeys(names))


def _missing(draft: Draft, ways: dict[int, list[Footstep]], strides: dict[int, Base]) -> float:
    """Seconds by which everything must be later, so that approaches can begin at the clip's start; less than 0 where
    recorded walks arrive earlier."""
    lacking = [_needed(a, ways, strides) - a.until for a in draft.approach]
    if strides:
        first = min(time for name, time in draft.moments.items() if name != "start")
        return max(max(lacking), FIRST_STEP - first)
    return max(0.0, max(lacking, default=0.0))


def _needed(approach: Approach, ways: dict[int, list[Footstep]], strides: dict[int, Base]) -> float:
    """Seconds an approach takes from the clip's start."""
    if approach.gait == "walk":
        return strides[approach.who].strike.frame / FPS + CLOSING
    return FIRST_STEP + max(step.end for step in ways[approach.who])


def _steps(
    steps: list[Step], pose: Place, centre: tuple[float, float], rng: np.random.Generator
) -> tuple[list[Footstep], list[Jump]]:
    """Footsteps and jumps of one person who stands at `pose` before them; orbits go round `centre`."""
    footsteps: list[Footstep] = []
    jumps: list[Jump] = []
    for step in sorted(steps, key=lambda s: s.start):
        if step.kind == "move":
            goal = ahead_of(pose, *step.move, step.turn)
            footsteps += walk_steps(pose, goal, step.start, step.pace, rng)
            pose = goal
        elif step.kind == "march":
            footsteps += march_steps(pose, step.start, step.until, step.pace, step.lift)
        elif step.kind == "orbit":
            # partners begin with opposite feet, as in a dance
            travel = _travel(step)
            footsteps += orbit_steps(pose, centre, step.turn, travel, step.start, step.until, step.pace, step.who % 2)
            pose = around(pose, centre, step.turn, travel)
            centre = (centre[0] + travel[0], centre[1] + travel[1])
        else:
            jumps.append(Jump(step.start, step.height))
    return footsteps, jumps


def _travel(step: Step) -> tuple[float, float]:
    """An orbit's travel (x, z): (forward, left) of the first person, who faces +z in a formation."""
    forward, left = step.move
    return left, forward
