"""Small clip stores made by formula: people who walk, wave and dance without any recording."""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.data.store import COMPOSED, Clip, ClipStore, Touch
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


class _Builder:
    """Collects clips one after another."""

    def __init__(self) -> None:
        self.parts: list[tuple[Tensor, Tensor]] = []
        self.clips: list[Clip] = []
        self.start = 0

    def add(self, local: Tensor, root: Tensor, **fields: object) -> None:
        self.parts.append((local, root))
        self.clips.append(Clip(start=self.start, frames=len(root), style="normal", split="train", **fields))
        self.start += len(root)

    def store(self) -> ClipStore:
        local, root = (torch.cat(values) for values in zip(*self.parts, strict=True))
        contacts = torch.cat([contacts_of(*part) for part in self.parts])
        return ClipStore(local, root, contacts, tuple(self.clips))


def make_store(seed: int = 0, per_action: int = 6, frames: tuple[int, int] = (90, 160)) -> ClipStore:
    """Solo clips of a few actions and two synchronised salsa takes."""
    generator = torch.Generator().manual_seed(seed)
    made = _Builder()

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
            made.add(
                local, root, name=f"made/{action}_{k}", source="made", recording=f"{action}_{k}", action=action,
                texts=texts, test_texts=(f"{action} is done",), key=key,
            )  # fmt: skip
    for take in range(2):
        count = length() + 60
        for role in (0, 1):
            local, root = motion(generator, count, 0.01, turn=0.01)
            root = root - root[:1] * root.new_tensor((1.0, 0.0, 1.0)) + root.new_tensor((0.6 * role, 0.0, 0.0))
            made.add(
                local, root, name=f"salsa/{take}_{role}", source="salsa", recording=f"take_{take}", action="salsa",
                texts=("two people dance salsa", "the first person leads"),
                test_texts=("salsa",), partner=f"salsa/{take}_{1 - role}", role=role,
            )  # fmt: skip
    return made.store()


def make_composed(seed: int = 0, per_action: int = 4, frames: tuple[int, int] = (44, 100)) -> ClipStore:
    """Short interactions with a key and touches in their middle, 0.8 m apart at first, and solos."""
    generator = torch.Generator().manual_seed(seed)
    made = _Builder()
    for action in ("handshake", "pat", "salute"):
        for k in range(per_action):
            count = int(torch.randint(frames[0], frames[1], (), generator=generator))
            middle = count // 2
            name, about = f"composed/{action}_{k}", {"action": action, "source": COMPOSED, "recording": f"{action}_{k}"}
            about |= {"key": (middle - 8, middle + 8), "base": ("made/walk_0",)}
            if action == "salute":
                made.add(*motion(generator, count, 0.0), name=name, texts=("a person salutes",), **about)
                continue
            touches = [Touch(0, "right_palm", 1, "right_palm", middle - 8, middle + 8)]
            if action == "pat":
                touches = [
                    Touch(0, "right_palm", 1, "left_shoulder_top", at, at + 4) for at in (middle - 8, middle + 4)
                ] + [Touch(1, "left_palm", None, "parcel", 0, count)]
            texts = (f"the first person gives the second person a {action} with the right hand",)
            for role in (0, 1):
                local, root = motion(generator, count, 0.0)
                root = root - root[:1] * root.new_tensor((1.0, 0.0, 1.0)) + root.new_tensor((0.0, 0.0, 0.8 * role))
                made.add(
                    local, root, name=f"{name}_{role}", texts=texts, partner=f"{name}_{1 - role}", role=role,
                    touches=tuple(touches), **about,
                )  # fmt: skip
    return made.store()
