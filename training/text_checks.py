"""Does the motion do what its text says: one figure per kind of action, on held-out wordings and on real test clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from intersyn.data.store import COMPOSED, Clip, ClipStore
from intersyn.metrics.actions import forward_speed, trunk_pitch, turning, wrist_speed
from intersyn.metrics.physics import wrist_above_neck
from intersyn.skeleton import global_rotations, joints_from_global
from intersyn.timeline import Part, Segment, Timeline

FRAMES = (40, 196)  # the lengths training has seen
BOW_DEGREES = 30.0


@dataclass(frozen=True)
class Check:
    """A measure of one person's joints (T, 22, 3) -> {figure: number}; figures named share are 0 or 1 per clip."""

    name: str
    actions: tuple[str, ...]
    measure: Callable[[Tensor, float], dict[str, float]]


@dataclass(frozen=True)
class Request:
    """One text to be made, and the real test clip it describes."""

    check: Check
    clip: Clip
    text: str

    @property
    def timeline(self) -> Timeline:
        """One person, one segment, as long as the clip (40 to 196 frames)."""
        frames = min(max(self.clip.frames, FRAMES[0]), FRAMES[1])
        return Timeline((Segment(0, frames, (Part((0,), self.text),)),))


def _speed(joints: Tensor, fps: float) -> dict[str, float]:
    return {"forward speed m/s": float(forward_speed(joints, fps))}


def _turn(sign: int) -> Callable[[Tensor, float], dict[str, float]]:
    def measure(joints: Tensor, fps: float) -> dict[str, float]:
        angle = float(turning(joints))
        return {"turn deg (left +)": angle, "share turning the right way": float(sign * angle > 0)}

    return measure


def _hands(named: tuple[str, ...], still: tuple[str, ...]) -> Callable[[Tensor, float], dict[str, float]]:
    def measure(joints: Tensor, fps: float) -> dict[str, float]:
        up = {side: float(wrist_above_neck(joints, side)) > 0 for side in ("left", "right")}
        moved = [float(wrist_speed(joints, fps, side)) for side in named]
        out = {
            "share with the named wrist above the neck": float(all(up[side] for side in named)),
            "named wrist m/s": sum(moved) / len(moved),
        }
        if still:
            out["share with the other wrist above the neck"] = float(any(up[side] for side in still))
        return out

    return measure


def _bow(joints: Tensor, fps: float) -> dict[str, float]:
    angle = float(trunk_pitch(joints))
    return {"greatest trunk pitch deg": angle, f"share beyond {BOW_DEGREES:.0f} deg": float(angle > BOW_DEGREES)}


CHECKS = (
    Check("walks", ("walk",), _speed),
    Check("runs", ("run", "dash"), _speed),
    Check("walks backward", ("walk-back",), _speed),
    Check("walks and turns left", ("walk-turn-left",), _turn(1)),
    Check("walks and turns right", ("walk-turn-right",), _turn(-1)),
    Check("raises the left hand", ("raise-up-left-hand",), _hands(("left",), ("right",))),
    Check("raises the right hand", ("raise-up-right-hand",), _hands(("right",), ("left",))),
    Check("raises both hands", ("raise-up-both-hands",), _hands(("left", "right"), ())),
    Check("waves the left hand", ("wave-left-hand",), _hands(("left",), ("right",))),
    Check("waves the right hand", ("wave-right-hand",), _hands(("right",), ("left",))),
    Check("waves both hands", ("wave-both-hands",), _hands(("left", "right"), ())),
    Check("bows", ("bow",), _bow),
)


def reference_clips(store: ClipStore, check: Check, split: str = "test") -> list[Clip]:
    """Recorded solo clips of the check's actions that have held-out texts."""
    wanted = (clip for clip in store.clips if clip.split == split and clip.partner is None and clip.test_texts)
    return [clip for clip in wanted if clip.action in check.actions and clip.source != COMPOSED]


def draw_requests(clips: Sequence[Clip], check: Check, count: int, seed: int) -> list[Request]:
    """`count` held-out texts of the check, each from a clip drawn at random (all different ones first)."""
    if not clips:
        return []
    rng = np.random.default_rng([seed, CHECKS.index(check)])
    order = np.concatenate([rng.permutation(len(clips)) for _ in range(-(-count // len(clips)))])[:count]
    return [Request(check, clips[k], str(rng.choice(clips[k].test_texts))) for k in order]


def clip_joints(store: ClipStore, clip: Clip) -> Tensor:
    """World joints (T, 22, 3) of a stored clip."""
    rows = slice(clip.start, clip.start + clip.frames)
    return joints_from_global(global_rotations(store.rotations[rows]), store.root[rows])
