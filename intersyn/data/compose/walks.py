"""People who really walk: a recorded walk laid along a curve, or one that ends where somebody stands."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from intersyn.data.compose.bases import Base
from intersyn.data.compose.curves import minimum_jerk, quintic
from intersyn.data.compose.floor_maps import FloorMap, bend, move_body, move_feet
from intersyn.data.compose.footsteps import Footstep, Place
from intersyn.data.compose.legs import feet_of
from intersyn.data.compose.stance import Ground, on_floor, place, settled, smooth
from intersyn.rotations import quaternion_apply, quaternion_multiply, slerp, yaw_quaternion
from intersyn.skeleton import JOINT, OFFSETS

EVEN = 5.0  # frames: sigma by which the planned way of a walk is smoother than its pelvis
STOPPING = (10, 20)  # frames from the last strike until the body stands, at least and at most
SETTLING = 1.6  # times as long as the pelvis takes to stop
CLOSING = (2, 12)  # frames after the last strike: until then the other foot is the walk's, then it is beside the first
FLATTENED = 0.8  # of its swing until that foot is parallel to the floor
FALLING = 0.3  # of the speed at which the foot was rising when it left the walk: it does not go far
BONE = float(OFFSETS[JOINT["left_foot"]].norm())  # ankle to toe
RECORDED = 0.02  # metres a planted foot of a recording may move to the next frame, and be too high
FLAT = (-1, 5)  # frames about the last strike in which the striking foot takes its place


def walk_along(base: Base, curve: float = 0.0, start: Place = (0.0, 0.0, 0.0)) -> Ground:
    """A steady walk from `start` on, on a circle of radius 1 / `curve` metres to the left (negative: to the right).

    Planted feet stay where they are, because each place of the straight walk has one place on the circle.
    """
    floors = bend(curve), moved(start)
    feet, rotations, root = feet_of(base.rotations, base.root), base.rotations, base.root
    even = torch.from_numpy(smooth(root[:, ::2].double().numpy(), EVEN, straight=True)).float()
    yaw = torch.zeros(base.frames)
    for floor in floors:
        feet = move_feet(feet, floor)
        rotations, root = move_body(rotations, root, floor)
        even, turn = floor(even)
        yaw = yaw + turn
    planted = (base.contacts > 0.5) & on_floor(feet, RECORDED)
    return settled(rotations, root, torch.cat((even, yaw[:, None]), -1), feet, planted)


def walk_in(walk: Base, stand: Base, end: Place, frames: int, footsteps: Sequence[Footstep] = ()) -> Ground:
    """A walk that arrives and then stands at `end`, facing the way it came: `frames` frames in all.

    Up to the last strike the walk is as it was recorded. Then the body goes on, slower and slower, over the foot that
    struck, the pose passes into that of the standing base, and the other foot closes; later footsteps go from there.
    Raises `ValueError` where the walk has no strike or the standing base is too short.
    """
    if walk.strike is None:
        raise ValueError(f"the walk of {walk.names} does not arrive: it has no last strike")
    strike, lead = walk.strike
    if frames <= strike or stand.frames < frames:
        raise ValueError(f"{frames} frames need a strike before them and a standing base, got {strike}, {stand.frames}")
    ground = place(stand, end, footsteps, frames)
    turned = yaw_quaternion(torch.tensor(float(end[2])))
    feet = quaternion_apply(turned, feet_of(walk.rotations, walk.root))
    root = quaternion_apply(turned, walk.root)
    # the striking toe comes down where it will stand
    flat = min(strike + 3, walk.frames - 1)
    apart = (ground.feet[flat, 2 + lead] - feet[flat, 2 + lead]) * root.new_tensor((1.0, 0, 1.0))
    feet, root = feet + apart, root + apart
    rotations = walk.rotations.clone()
    rotations[:, 0] = quaternion_multiply(turned.expand(walk.frames, 4), rotations[:, 0])

    frame = np.arange(frames) - strike
    at = torch.from_numpy(np.minimum(np.arange(frames), walk.frames - 1))
    left = float((ground.root[strike] - root[strike])[::2].norm())
    speed = (root[strike] - root[strike - 3]) / 3
    stop = round(min(max(2 * left / max(float(speed[::2].norm()), 1e-3), STOPPING[0]), STOPPING[1]))
    blend = torch.from_numpy(minimum_jerk(frame, 0, stop)).float()
    coasting = root[strike] + speed * torch.from_numpy(_coast(frame, stop)).float()[:, None]
    before = torch.from_numpy(frame <= 0)
    pelvis = torch.where(before[:, None], root[at], torch.lerp(coasting, ground.root, blend[:, None]))
    # limbs come to rest after the pelvis
    settling = torch.from_numpy(minimum_jerk(frame, 0, SETTLING * stop)).float()
    poses = slerp(rotations[at], ground.rotations, settling[:, None, None])
    feet = _closing(feet[at], ground.feet, frame, lead)
    planned = torch.where(before[:, None], pelvis, torch.lerp(coasting, _level(ground.path), blend[:, None]))
    way = torch.cat((planned[:, ::2], ground.path[:, 2:]), -1)
    even = smooth(way.double().numpy(), EVEN, straight=True)
    planted = on_floor(feet, RECORDED)
    planted[: strike + 1] &= walk.contacts[: strike + 1] > 0.5
    return settled(poses, pelvis, torch.from_numpy(even).float(), feet, planted)


def moved(start: Place) -> FloorMap:
    """The floor carried so that the origin comes to lie at `start` and +z along its yaw."""

    def mapped(xz: Tensor) -> tuple[Tensor, Tensor]:
        x, z = xz.unbind(-1)
        sine, cosine = math.sin(start[2]), math.cos(start[2])
        placed = torch.stack((start[0] + cosine * x + sine * z, start[1] - sine * x + cosine * z), -1)
        return placed, torch.full_like(x, start[2])

    return mapped


def _level(path: Tensor) -> Tensor:
    """Floor points (T, 3) at height 0 of a path (T, 3) of x, z, yaw."""
    return torch.stack((path[:, 0], torch.zeros(len(path)), path[:, 1]), -1)


def _coast(frame: np.ndarray, stop: int) -> np.ndarray:
    """Frames' worth of way at the speed of the strike, slowing down evenly to nothing after `stop` frames."""
    t = np.clip(frame, 0, stop)
    return t - t**2 / (2 * stop)


def _closing(walked: Tensor, standing: Tensor, frame: np.ndarray, lead: int) -> Tensor:
    """Feet (T, 4, 3): the walk's, then those that stand; the trailing foot is carried on beside the other.

    It goes on as fast as it left the floor in the walk, and turns flat on its way.
    """
    out, goal = walked.double().numpy().copy(), standing.double().numpy()
    pressed = minimum_jerk(frame, *FLAT)[:, None]
    for joint in (lead, 2 + lead):
        out[:, joint] += (goal[:, joint] - out[:, joint]) * pressed
    ankle, toe = 1 - lead, 3 - lead
    first, last = CLOSING
    begin = int((frame <= first).sum()) - 1
    done = min(int((frame < last).sum()), len(frame) - 1)
    here, there = out[begin, ankle].copy(), goal[done, ankle]
    speed = (here - out[begin - 1, ankle]) * (1.0, FALLING, 1.0)
    swinging = (frame > first) & (frame < last)
    way = quintic(frame[swinging, None].astype(float), (first, here, speed, 0.0), (last, there, 0.0, 0.0))
    flat = minimum_jerk(frame, first, first + FLATTENED * (last - first))[swinging, None]
    bone = (1 - flat) * (out[begin, toe] - here) + flat * (goal[done, toe] - there)
    bone *= BONE / np.linalg.norm(bone, axis=-1, keepdims=True)
    sunk = np.maximum(np.maximum(there[1] - way[:, 1], goal[done, toe, 1] - way[:, 1] - bone[:, 1]), 0)
    way[:, 1] += sunk
    out[swinging, ankle], out[swinging, toe] = way, way + bone
    out[frame >= last] = goal[frame >= last]
    return torch.from_numpy(out).float()
