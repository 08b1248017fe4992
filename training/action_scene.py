"""One motion as the action checks see it: joints, rotations, named points of the skin; mirrored, and roles swapped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from intersyn.body.points import point_position
from intersyn.data.store import Clip, ClipStore
from intersyn.metrics.actions import longest
from intersyn.metrics.contact import contact_error
from intersyn.motion import Motion
from intersyn.skeleton import global_rotations, joints_from_global, mirror_positions, mirror_rotations

SIDE, WAY, ROLE = "left/right", "forward/backward", "who acts on whom"
GROUPS = (SIDE, WAY, ROLE)
Names = str | tuple[str, ...]
PALMS = ("left_palm", "right_palm")
HANDS = (*PALMS, "left_fingertips", "right_fingertips", "left_fist", "right_fist")


@dataclass(frozen=True)
class Scene:
    """local (P, T, 22, 4) quaternions, root (P, T, 3) metres; joints and global rotations that follow from them."""

    local: Tensor
    root: Tensor
    fps: float
    joints: Tensor
    rotations: Tensor

    @staticmethod
    def of(local: Tensor, root: Tensor, fps: float) -> Scene:
        rotations = global_rotations(local)
        return Scene(local, root, fps, joints_from_global(rotations, root), rotations)

    @staticmethod
    def of_motion(motion: Motion) -> Scene:
        return Scene.of(motion.quaternions(), motion.trans, motion.fps)

    @staticmethod
    def of_clips(store: ClipStore, clips: Sequence[Clip]) -> Scene:
        """A clip, or the clips of two people in order of their roles."""
        rows = [slice(clip.start, clip.start + clip.frames) for clip in clips]
        local, root = (torch.stack([values[r] for r in rows]).float() for values in (store.rotations, store.root))
        return Scene.of(local, root, store.fps)

    def mirrored(self) -> Scene:
        """What a mirror shows: left and right exchanged."""
        return self._reflection

    @cached_property
    def _reflection(self) -> Scene:
        # a clip is asked for many promises, each of them in both readings
        return Scene.of(mirror_rotations(self.local), mirror_positions(self.root), self.fps)

    def swapped(self) -> Scene:
        """The two people in the other order."""
        return Scene(*(getattr(self, name).flip(0) for name in ("local", "root")), self.fps, self.joints.flip(0),
                     self.rotations.flip(0))  # fmt: skip

    def point(self, person: int, name: str) -> Tensor:
        """Where a named point of the skin is, (T, 3)."""
        return point_position(name, self.joints[person], self.rotations[person])

    def distance(self, person: int, points: Names, other: int, other_points: Names) -> Tensor:
        """Metres (T,) between the nearest of some points of a person and of some points of another, or of the same."""
        ours, theirs = ((names,) if isinstance(names, str) else names for names in (points, other_points))
        every = [self.point(person, a) - self.point(other, b) for a in ours for b in theirs]
        return torch.stack(every).norm(dim=-1).amin(0)

    def touch(self, person: int, points: Names, other: int, other_points: Names) -> float:
        """How near in metres they come, averaged over the best 5 frames."""
        return float(contact_error(self.distance(person, points, other, other_points)))

    def seconds(self, person: int, points: Names, other: int, other_points: Names, within: float) -> float:
        """The longest time that they stay within a distance."""
        return float(longest(self.distance(person, points, other, other_points) < within, self.fps))


@dataclass(frozen=True)
class Check:
    """holds: does a motion keep the promise. group: which summary it belongs to beside the overall one."""

    name: str
    actions: tuple[str, ...]
    people: int
    holds: Callable[[Scene], bool]
    group: str | None = None
