"""Recordings made up for the composer's tests: people who raise one hand, and people who walk."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from intersyn.data.compose.floor_maps import move_body
from intersyn.data.compose.footsteps import Footstep
from intersyn.data.compose.legs import feet_of, reach_feet
from intersyn.data.compose.swings import foot_path, stance_tracks
from intersyn.data.compose.walks import moved
from intersyn.data.contacts import foot_contacts
from intersyn.data.store import Clip, ClipStore
from intersyn.rotations import axis_angle_to_quaternion, quaternion_multiply
from intersyn.skeleton import JOINT, REST_FLOOR, REST_JOINTS, global_rotations, joints_from_global

PELVIS = float(REST_JOINTS[0, 1]) - REST_FLOOR


def raising(side: str, frames: int, seed: int) -> tuple[Tensor, Tensor]:
    """Somebody whose one hand is up and moves, while the other arm hangs: local rotations, root; sways a little."""
    rng = np.random.default_rng(seed)
    t = torch.arange(frames) / 20 + float(rng.uniform(0, 5))
    turns = torch.zeros(frames, 22, 3)
    for name, sign in (("left", 1), ("right", -1)):
        turns[:, JOINT[f"{name}_shoulder"], 2] = sign * (-1.3 + 0.03 * torch.sin(t))
        turns[:, JOINT[f"{name}_elbow"], 1] = sign * -0.15
    sign = 1 if side == "left" else -1
    turns[:, JOINT[f"{side}_shoulder"], 2] = sign * (0.9 + 0.2 * torch.sin(9 * t))
    turns[:, JOINT["spine1"], 2] = 0.01 * torch.sin(t)
    root = torch.stack((0.01 * torch.sin(1.3 * t), torch.full_like(t, PELVIS - 0.01), 0.01 * torch.cos(t)), -1)
    local = axis_angle_to_quaternion(turns)
    feet = feet_of(local, root).mean(0, keepdim=True).expand(frames, 4, 3)
    return move_body(reach_feet(local, root, feet), root, moved((3.0, -2.0, float(rng.uniform(-3, 3)))))


def walking(frames: int, speed: float, pace: float = 0.55, heading: float = 2.0) -> tuple[Tensor, Tensor]:
    """Somebody who walks straight on: local rotations and root, planted feet still."""
    before = 40  # frames of walking that are not kept
    time = np.arange(frames + before) / 20
    steps = [
        Footstep(k * pace, 0.0, speed * (k + 1.2) * pace, 0.0, k % 2, 0.9 * pace, 0.05)
        for k in range(int(time[-1] / pace) + 2)
    ]
    rests = np.array([[0.1, 0.1, 0.0], [-0.1, 0.1, 0.0]])
    tracks = stance_tracks((0.0, 0.0, 0.0), steps, time)
    still = np.zeros((len(time), 2))
    feet = np.stack([foot_path(tracks[k], rests[k], steps, k, time, still) for k in (0, 1)], 2)[before:]
    t = torch.arange(before, before + frames) / 20
    turns = torch.zeros(frames, 22, 3)
    for sign, name in ((1, "left"), (-1, "right")):
        turns[:, JOINT[f"{name}_shoulder"], 2] = -1.3 * sign
        turns[:, JOINT[f"{name}_shoulder"], 1] = 0.3 * torch.sin(math.pi * t / pace)
    root = torch.stack((0.02 * torch.sin(math.pi * t / pace), torch.full_like(t, PELVIS - 0.06), speed * t), -1)
    local = reach_feet(axis_angle_to_quaternion(turns), root, torch.from_numpy(feet.reshape(frames, 4, 3)).float())
    return move_body(local, root, moved((1.0, 4.0, heading)))


def store_of(recordings: dict[str, tuple[str, str, tuple[Tensor, Tensor]]], split: str = "train") -> ClipStore:
    """A store of name: (action, style, (rotations, root))."""
    clips, start = [], 0
    for name, (action, style, (_, root)) in recordings.items():
        clips.append(Clip(f"bandai/{name}", "bandai", name, action, style, split, start, len(root), ("a person acts",)))
        start += len(root)
    rotations = torch.cat([motion[0] for _, _, motion in recordings.values()])
    root = torch.cat([motion[1] for _, _, motion in recordings.values()])
    joints = joints_from_global(global_rotations(rotations), root).split([clip.frames for clip in clips])
    contacts = torch.cat([foot_contacts(part, 20.0) for part in joints])
    return ClipStore(rotations, root, contacts, tuple(clips))


def make_people() -> ClipStore:
    """Five who stand, of two styles, and three who walk."""
    looking_down = raising("left", 90, 5)
    bowed = axis_angle_to_quaternion(torch.tensor([0.9, 0.0, 0.0])).expand(90, 4)
    looking_down[0][:, JOINT["head"]] = quaternion_multiply(looking_down[0][:, JOINT["head"]], bowed)
    return store_of(
        {
            "left": ("wave-left-hand", "normal", raising("left", 90, 0)),
            "right": ("wave-right-hand", "normal", raising("right", 80, 1)),
            "third": ("raise-up-left-hand", "normal", raising("left", 70, 2)),
            "one": ("wave-left-hand", "feminine", raising("left", 100, 3)),
            "looking-down": ("wave-left-hand", "normal", looking_down),
            "walk": ("walk", "normal", walking(120, 1.2)),
            "slow": ("walk", "normal", walking(80, 0.9, 0.6, -1.0)),
            "short": ("walk", "feminine", walking(60, 1.5)),
        }
    )
