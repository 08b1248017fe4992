"""Small clip stores made by formula: people who walk, wave and dance without any recording."""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.data.store import Clip, ClipStore
from intersyn.rotations import axis_angle_to_quaternion, quaternion_multiply, yaw_quaternion
from intersyn.skeleton import FOOT_JOINTS, FOOT_REST_HEIGHT, JOINT, REST_FLOOR, global_rotations, joints_from_global


def motion(
    generator: torch.Generator, frames: int, speed: float, turn: float = 0.0, swing: float = 0.2
) -> tuple[Tensor, Tensor]:
    """A smooth body: limbs swing as sines, the pelvis moves at `speed` metres and turns by `turn` radians a frame."""
    t = torch.arange(frames, dtype=torch.float32)
    rate = 0.15 + 0.2 * torch.rand(22, 3, generator=generator)
    phase = 6.28 * torch.rand(22, 3, generator=generator)
    angle = swing * torch.sin(rate * t[:, None, None] + phase)
    angle[:, 0] *= 0.2
    for joint, side in (("left_shoulder", -1.0), ("right_shoulder", 1.0)):
        angle[:, JOINT[joint], 2] += side * 1.1  # arms down
    local = axis_angle_to_quaternion(angle)
    yaw = 6.28 * torch.rand((), generator=generator) + turn * t
    local[:, 0] = quaternion_multiply(yaw_quaternion(yaw), local[:, 0])
    step = speed * torch.stack((torch.sin(yaw), torch.zeros(frames), torch.cos(yaw)), -1)
    root = torch.cumsum(step, 0) + torch.randn(3, generator=generator)
    root[:, 1] = -0.223 - REST_FLOOR
    return local, root


def contacts_of(local: Tensor, root: Tensor) -> Tensor:
    feet = joints_from_global(global_rotations(local), root)[:, list(FOOT_JOINTS)]
    step = torch.cat((feet.diff(dim=0), feet[-1:] - feet[-2:-1])).norm(dim=-1)
    return ((step < 0.02) & (feet[..., 1] - FOOT_REST_HEIGHT < 0.06)).float()


def make_store(seed: int = 0, per_action: int = 6, frames: tuple[int, int] = (90, 160)) -> ClipStore:
    """Solo clips of a few actions and two synchronised salsa takes."""
    generator = torch.Generator().manual_seed(seed)
    parts: list[tuple[Tensor, Tensor]] = []
    clips: list[Clip] = []
    start = 0

    def add(local: Tensor, root: Tensor, **fields: object) -> None:
        nonlocal start
        parts.append((local, root))
        clips.append(Clip(start=start, frames=len(root), **fields))
        start += len(root)

    def length() -> int:
        return int(torch.randint(frames[0], frames[1], (), generator=generator))

    for action, speed, key in (
        ("walk", 0.06, None), ("walk-back", -0.05, None), ("wave-right-hand", 0.0, (30, 50)), ("bow", 0.0, (25, 45)),
        ("raise-up-left-hand", 0.0, None), ("dance", 0.01, None),
    ):  # fmt: skip
        side = "right" if "right" in action else "left"
        texts = (f"a person does {action}", f"someone performs {action} on the {side}")
        for k in range(per_action):
            local, root = motion(generator, length(), speed)
            add(
                local, root, name=f"made/{action}_{k}", source="made", recording=f"{action}_{k}", action=action,
                style="normal", split="train", texts=texts, test_texts=(f"{action} is done",), key=key,
            )  # fmt: skip
    for take in range(2):
        count = length() + 60
        for role in (0, 1):
            local, root = motion(generator, count, 0.01, turn=0.01)
            root = root - root[:1] * root.new_tensor((1.0, 0.0, 1.0)) + root.new_tensor((0.6 * role, 0.0, 0.0))
            add(
                local, root, name=f"salsa/{take}_{role}", source="salsa", recording=f"take_{take}", action="salsa",
                style="normal", split="train", texts=("two people dance salsa", "the first person leads"),
                test_texts=("salsa",), partner=f"salsa/{take}_{1 - role}", role=role,
            )  # fmt: skip
    local, root = torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])
    contacts = torch.cat([contacts_of(*part) for part in parts])
    return ClipStore(local, root, contacts, tuple(clips))
