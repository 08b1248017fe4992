"""Small plans for the composer's solver: people who stand face to face with hanging arms, and targets for them."""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.body.points import POINTS
from intersyn.data.compose.plan import Carrier, Gaze, Plan, Reach, Target
from intersyn.rotations import axis_angle_to_quaternion, quaternion_multiply, yaw_quaternion
from intersyn.skeleton import FOOT_JOINTS, FOOT_REST_HEIGHT, JOINT, NUM_JOINTS, OFFSETS, forward_kinematics

WORLD = Carrier()
_STANDING = {
    "left_shoulder": (0.0, 0.0, -1.25), "right_shoulder": (0.0, 0.0, 1.25),
    "left_elbow": (0.0, -0.3, 0.0), "right_elbow": (0.0, 0.3, 0.0),
    "left_hip": (-0.15, 0.0, 0.0), "right_hip": (-0.15, 0.0, 0.0), "left_knee": (0.3, 0.0, 0.0),
    "right_knee": (0.3, 0.0, 0.0), "left_ankle": (-0.15, 0.0, 0.0), "right_ankle": (-0.15, 0.0, 0.0),
}  # fmt: skip


def posed(**turns: tuple[float, float, float]) -> Tensor:
    """Local quaternions (22, 4) of a person who stands at yaw 0 with hanging arms, but for these rotation vectors."""
    vectors = torch.zeros(NUM_JOINTS, 3)
    for joint, turn in (_STANDING | turns).items():
        vectors[JOINT[joint]] = torch.tensor(turn)
    return axis_angle_to_quaternion(vectors)


def target(
    position: tuple[float, ...] | Tensor,
    frames: int,
    carrier: Carrier = WORLD,
    weight: float | Tensor = 1.0,
    normal: tuple[float, ...] = (0.0, 0.0, 0.0),
    fingers: tuple[float, ...] = (0.0, 0.0, 0.0),
) -> Target:
    """A target of one clip; the weights of normal and fingers are 1 where a direction is given."""

    def constant(vector: tuple[float, ...] | Tensor) -> Tensor:
        return torch.as_tensor(vector).expand(1, frames, 3)

    firm = [torch.full((1, frames), float(any(direction))) for direction in (normal, fingers)]
    share = torch.as_tensor(weight, dtype=torch.float32).expand(1, frames)
    return Target(carrier, share, constant(position), constant(normal), firm[0], constant(fingers), firm[1])


def reach(person: int, point: str, *targets: Target, arc: tuple[float, ...] = (0.0, 0.0, 0.0)) -> Reach:
    return Reach(person, POINTS[point], targets, torch.tensor(arc).expand(1, targets[0].weight.shape[1], 3))


def hold(frames: int, start: float = 0.3, end: float = 0.55) -> Tensor:
    """Weights (frames,) that are 0 up to `start` of the frames, 1 from `end` of them on, linear between."""
    return ((torch.arange(frames) / frames - start) / (end - start)).clamp(0, 1)


def standing_plan(
    frames: int = 40,
    apart: float = 0.96,
    people: int = 2,
    reaches: tuple[Reach, ...] = (),
    gazes: tuple[Gaze, ...] = (),
    things: Tensor | None = None,
    scale: float = 1.0,
) -> Plan:
    """One clip: a at -z faces +z, b at +z faces a, feet where people of the common bones stand.

    things (1, K, T, 7); scale: of the bones.
    """
    offsets = OFFSETS * scale
    yaw = torch.tensor([0.0, torch.pi])[:people]
    local = posed().expand(people, frames, -1, -1).clone()
    local[..., 0, :] = quaternion_multiply(yaw_quaternion(yaw)[:, None], local[..., 0, :])
    root = torch.zeros(people, frames, 3)
    root[..., 2] = torch.tensor([-apart / 2, apart / 2])[:people, None]
    ankle = forward_kinematics(local, root)[0][..., FOOT_JOINTS[0], 1]
    root[..., 1] = FOOT_REST_HEIGHT[0] - ankle
    joints, _ = forward_kinematics(local, root)
    root[..., 1] *= scale
    return Plan(
        rotations=local[None],
        root=root[None],
        feet=joints[None, ..., list(FOOT_JOINTS), :],
        feet_weight=torch.ones(1, people, frames, 4),
        freedom=torch.ones(1, people, NUM_JOINTS),
        balance=torch.full((1, people, frames), 0.4),
        yields=torch.ones(1, people),
        things=torch.zeros(1, 0, frames, 7) if things is None else things,
        offsets=offsets.expand(1, people, NUM_JOINTS, 3),
        mask=torch.ones(1, frames),
        reaches=reaches,
        gazes=gazes,
    )
