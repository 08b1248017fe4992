"""HumanML3D and InterHuman files, written by the tests in the published formats from motion of our own skeleton."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor

from intersyn.rotations import axis_angle_to_quaternion, quaternion_multiply, quaternion_to_matrix, yaw_quaternion
from intersyn.skeleton import JOINT, joints_from_global
from intersyn.skeleton import global_rotations as to_global


def walking(frames: int, seed: int = 0, start: tuple[float, float] = (0.0, 0.0)) -> tuple[Tensor, Tensor]:
    """Local quaternions (T, 22, 4) and root (T, 3) of somebody walking a curve with bent knees and swinging arms."""
    time = torch.arange(frames, dtype=torch.float64) / 20 + seed
    pose = torch.zeros(frames, 22, 3).double()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        swing = sign * torch.sin(4 * time)
        pose[:, JOINT[f"{side}_hip"], 0] = -0.35 + 0.3 * swing
        pose[:, JOINT[f"{side}_knee"], 0] = 0.7 - 0.2 * swing
        pose[:, JOINT[f"{side}_ankle"], 0] = -0.35 - 0.1 * swing
        pose[:, JOINT[f"{side}_shoulder"], 2] = -1.1 * sign
        pose[:, JOINT[f"{side}_elbow"], 1] = -sign * (0.9 + 0.2 * swing)
    local = axis_angle_to_quaternion(pose)
    heading = 0.5 * time
    local[:, 0] = quaternion_multiply(yaw_quaternion(heading), local[:, 0])
    velocity = torch.stack((torch.sin(heading), torch.zeros_like(heading), torch.cos(heading)), -1) / 20
    root = torch.cat((torch.zeros(1, 3).double(), velocity.cumsum(0)[:-1]))
    return local, root + torch.tensor([start[0], 0.9, start[1]]).double()


def humanml3d_features(joints: np.ndarray) -> np.ndarray:
    """World joints (T, 22, 3) -> (T - 1, 263), following the published description step by step.

    Facing comes from hips and shoulders; q turns the world into the facing frame; yaw rate is the arcsine of its
    step's y; velocities are seen from the next frame. Rotations, which readers must not trust, are noise.
    """
    across = joints[:, 1] - joints[:, 2] + joints[:, 16] - joints[:, 17]
    forward = np.cross(across, [0, 1, 0])
    angle = np.arctan2(forward[:, 0], forward[:, 2])  # heading of the person
    to_facing = Rotation.from_rotvec(np.stack((0 * angle, -angle, 0 * angle), 1))
    step = to_facing[1:] * to_facing[:-1].inv()
    yaw_rate = np.arcsin(step.as_quat()[:, 1:2] * np.sign(step.as_quat()[:, 3:]))
    velocity = to_facing[1:].apply(joints[1:, 0] - joints[:-1, 0])[:, [0, 2]]
    local = joints - joints[:, :1] * [1, 0, 1]
    local = np.stack([to_facing.apply(local[:, j]) for j in range(22)], 1)
    speed = np.stack([to_facing[1:].apply(joints[1:, j] - joints[:-1, j]) for j in range(22)], 1)
    noise = np.random.default_rng(0).normal(size=(len(joints) - 1, 126))
    parts = [yaw_rate, velocity, joints[:-1, 0, 1:2], local[:-1, 1:].reshape(-1, 63), noise, speed.reshape(-1, 66),
             np.zeros((len(joints) - 1, 4))]  # fmt: skip
    return np.concatenate(parts, 1).astype(np.float32)


def write_humanml3d(root: Path, name: str, joints: np.ndarray, captions: list[str]) -> None:
    (root / "new_joint_vecs").mkdir(parents=True, exist_ok=True)
    (root / "texts").mkdir(exist_ok=True)
    np.save(root / "new_joint_vecs" / f"{name}.npy", humanml3d_features(joints))
    (root / "texts" / f"{name}.txt").write_text("\n".join(captions) + "\n")


def interhuman_features(local: Tensor, root: Tensor) -> np.ndarray:
    """Motion at 30 fps -> (T, 492): 62 joints z up, 51 local rotations as the first two columns, row by row."""
    joints = joints_from_global(to_global(local), root).numpy()
    z_up = np.stack((joints[..., 0], -joints[..., 2], joints[..., 1]), -1)
    positions = np.concatenate((z_up, np.repeat(z_up[:, -1:], 40, 1)), 1)
    matrices = quaternion_to_matrix(local[:, 1:]).numpy()[..., :2].reshape(len(local), 21, 6)
    hands = np.tile(np.eye(3)[:, :2].reshape(6), (len(local), 30, 1))
    rotations = np.concatenate((matrices, hands), 1)
    return np.concatenate((positions.reshape(len(local), -1), rotations.reshape(len(local), -1)), 1).astype(np.float32)


def write_interhuman(root: Path, name: str, people: list[tuple[Tensor, Tensor]], texts: list[str]) -> None:
    for person, (local, position) in enumerate(people, start=1):
        folder = root / "motions_processed" / f"person{person}"
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{name}.npy", interhuman_features(local, position))
    (root / "annots").mkdir(exist_ok=True)
    (root / "annots" / f"{name}.txt").write_text("\n".join(texts) + "\n")
