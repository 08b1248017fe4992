"""Figures of a composed clip: how exact its touches are, how deep bodies lie in one another, how smoothly they move.

P people over T frames at one frame rate, in one frame of reference; metres, y up, floor at 0. `measure` gives them all.
Whether they are good enough is for `intersyn.data.compose.quality` to say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from intersyn.body.capsules import capsule_ends, capsule_overlap, self_pairs
from intersyn.body.default import Body, default_body
from intersyn.body.mesh_contact import mesh_contact, own_arm_depth
from intersyn.body.points import POINTS, point_position
from intersyn.body.skin import skin
from intersyn.data.store import Touch
from intersyn.metrics.physics import check_fps, foot_skating, jerk
from intersyn.rotations import quaternion_apply
from intersyn.skeleton import FOOT_JOINTS, FOOT_REST_HEIGHT, JOINT, JOINT_NAMES, OFFSETS, forward_kinematics

MESH_FRAMES = 6  # skins are compared in so many frames of a contact
CLOSING_SECONDS = 0.5
WRISTS = ("left_wrist", "right_wrist")
# Bones that may bend one way only: the joint, the bone's end, and the sign of z in the joint's frame that is too far.
HINGES = tuple(
    (f"{side}_{joint}", f"{side}_{end}", sign)
    for side in ("left", "right")
    for joint, end, sign in (("elbow", "wrist", -1.0), ("knee", "ankle", 1.0))
)


@dataclass(frozen=True)
class Hold:
    """A touch and where the person's point belongs while it lasts.

    position (T, 3): in the rest frame of joint `joint` of person `touch.other`, from that joint; where joint is None (a
    thing, the floor, a place in space) in the world. Only frames of the touch are read.
    """

    touch: Touch
    joint: int | None
    position: Tensor


def hold_between(touch: Touch, frames: int, gap: float | Tensor = 0.0) -> Hold:
    """The hold of two named points of the skin, `gap` metres ((frames,) or one number) along the other's normal.

    Raises `ValueError` where `touch.other_part` is no point of a body.
    """
    if touch.other is None or touch.other_part not in POINTS:
        raise ValueError(f"{touch.other_part!r} of {touch} is no point of anybody's body")
    point = POINTS[touch.other_part]
    off = torch.as_tensor(gap, dtype=torch.float32).expand(frames)[:, None] * torch.tensor(point.normal)
    return Hold(touch, point.joint, torch.tensor(point.offset) + off)


@dataclass(frozen=True)
class Figures:
    """What is measured of one clip. NaN where there is nothing to measure; the worst person, pair or touch counts.

    base_*: the same of the recordings it was made from. Depths of capsules are of the whole clip, of skins in some
    frames of the contacts (`_max_`: and in the frame in which the capsules lie deepest).
    """

    contact_error_mm: float = math.nan  # 95th percentile over the frames of the worst touch
    contact_error_median_mm: float = math.nan
    contact_seconds: float = math.nan  # in which at least one touch lasts
    penetration_mm: float = math.nan  # skin in another's skin, median over the frames looked at
    penetration_max_mm: float = math.nan
    own_penetration_mm: float = math.nan  # forearms and hands in one's own body, median while touching oneself
    own_penetration_max_mm: float = math.nan
    capsule_penetration_mm: float = math.nan  # mean over frames of the greatest depth between two people
    own_capsule_penetration_mm: float = math.nan
    skating_mm: float = math.nan  # per frame, of planted feet
    base_skating_mm: float = math.nan
    steps: float = math.nan  # share of frames in which some foot is not planted
    jerk: float = math.nan  # m/s^3, mean over all joints
    base_jerk: float = math.nan
    wrist_jerk: float = math.nan
    base_wrist_jerk: float = math.nan
    head_jerk: float = math.nan
    base_head_jerk: float = math.nan
    pelvis_jerk: float = math.nan
    base_pelvis_jerk: float = math.nan
    hand_speed: float = math.nan  # m/s, greatest of a wrist
    joint_speed: float = math.nan  # m/s, greatest of any joint
    spike_m: float = math.nan  # greatest second difference of any joint, metres per frame squared
    turn_degrees: float = math.nan  # greatest turn of any joint from one frame to the next
    pelvis_distance_m: float = math.nan  # least, over the floor
    closing_speed: float = math.nan  # m/s, fastest approach of two pelvises over the floor in half a second
    tilt_degrees: float = math.nan  # greatest, of the line from pelvis to neck from the vertical
    hinge_degrees: float = math.nan  # farthest that an elbow or knee bends the wrong way; negative: always bent rightly
    below_floor_mm: float = math.nan  # deepest a foot goes


def contact_error(hold: Hold, joints: Tensor, rotations: Tensor) -> Tensor:
    """Distance (n,) in metres between a person's point and where it belongs, in each of the n frames of the touch.

    joints (P, T, 22, 3); rotations (P, T, 22, 4) global quaternions. Raises `ValueError` for a part, people or frames
    that there are not.
    """
    touch, (people, frames) = hold.touch, joints.shape[:2]
    if touch.end > frames or max(touch.person, touch.other or 0) >= people or hold.position.shape != (frames, 3):
        shape = tuple(hold.position.shape)
        raise ValueError(f"{touch} with positions {shape} does not fit {people} people and {frames} frames")
    during = slice(touch.start, touch.end)
    point = point_position(touch.part, joints[touch.person, during], rotations[touch.person, during])
    goal = hold.position[during].to(point)
    if hold.joint is not None:
        if touch.other is None:
            raise ValueError(f"{touch} has nobody whose joint {hold.joint} could carry it")
        goal = quaternion_apply(rotations[touch.other, during, hold.joint], goal)
        goal = joints[touch.other, during, hold.joint] + goal
    return (point - goal).norm(dim=-1)


def closing_speed(joints: Tensor, fps: float) -> float:
    """Fastest approach in m/s of two of the people (P, T, 22, 3): by how much the way over the floor from pelvis to
    pelvis shrinks within half a second, over that time; NaN for one person."""
    window = min(round(CLOSING_SECONDS * fps), joints.shape[1] - 1)
    apart = _apart(joints)
    return float((apart[:, :-window] - apart[:, window:]).amax() / window * fps) if len(apart) else math.nan


def measure(
    rotations: Tensor,
    root: Tensor,
    base_joints: Tensor,
    base_contacts: Tensor,
    planted: Tensor,
    holds: Sequence[Hold] = (),
    fps: float = 20.0,
    body: Body | None = None,
) -> Figures:
    """The figures of one clip.

    rotations (P, T, 22, 4) local quaternions and root (P, T, 3): the clip. base_joints (P, T, 22, 3) and base_contacts
    (P, T, 4), in order of FOOT_JOINTS: the recordings it was made from. planted (P, T, 4): which feet the plan says
    stand on the floor. holds: its touches. body: the default body if None. Raises `ValueError` for other shapes; a clip
    that is not finite has figures that are NaN.
    """
    people, frames = root.shape[:2]
    for name, value, shape in (
        ("rotations", rotations, (people, frames, len(JOINT_NAMES), 4)),
        ("base_joints", base_joints, (people, frames, len(JOINT_NAMES), 3)),
        ("base_contacts", base_contacts, (people, frames, len(FOOT_JOINTS))),
        ("planted", planted, (people, frames, len(FOOT_JOINTS))),
    ):
        if tuple(value.shape) != shape:
            raise ValueError(f"{name} must be {shape}, got {tuple(value.shape)}")
    check_fps(fps)
    if not (torch.isfinite(rotations).all() and torch.isfinite(root).all()):
        return Figures()
    joints, turned = forward_kinematics(rotations, root)
    return Figures(
        **_contacts(holds, joints, turned, fps),
        **_penetration(rotations, root, joints, turned, [hold.touch for hold in holds], body or default_body()),
        **_motion(joints, base_joints, fps),
        skating_mm=_most(foot_skating(joints, fps, planted)[0]),
        base_skating_mm=_most(foot_skating(base_joints, fps, base_contacts)[0]),
        steps=float((planted < 0.5).any(-1).any(0).double().mean()),
        turn_degrees=_turn(rotations),
        pelvis_distance_m=float(_apart(joints).amin()) if people > 1 else math.nan,
        closing_speed=closing_speed(joints, fps),
        hinge_degrees=_hinge(rotations),
    )


def _contacts(holds: Sequence[Hold], joints: Tensor, rotations: Tensor, fps: float) -> dict[str, float]:
    if not holds:
        return {"contact_seconds": 0.0}
    errors = [contact_error(hold, joints, rotations) * 1000 for hold in holds]
    frames = {t for hold in holds for t in range(hold.touch.start, hold.touch.end)}
    return {
        "contact_error_mm": max(float(error.quantile(0.95)) for error in errors),
        "contact_error_median_mm": max(float(error.median()) for error in errors),
        "contact_seconds": len(frames) / fps,
    }


def _penetration(
    rotations: Tensor, root: Tensor, joints: Tensor, turned: Tensor, touches: Sequence[Touch], body: Body
) -> dict[str, float]:
    """Depths between people and in one's own body. Skins are slow: they are posed in a few frames only."""
    people, frames = root.shape[:2]
    ends = capsule_ends(joints, turned)
    own = capsule_overlap(ends, ends, self_pairs()).amax(-1)  # (P, T)
    found: dict[str, list[float]] = {"own_capsule_penetration_mm": [_most(own.mean(1)) * 1000]}

    def note(name: str, depth: np.ndarray, sampled: int) -> None:
        """Depths (n,): the first `sampled` are of the contact, the last is of the frame of the deepest capsules."""
        found.setdefault(f"{name}_mm", []).append(float(np.median(depth[:sampled])))
        found.setdefault(f"{name}_max_mm", []).append(float(depth.max()))

    for person in range(people):
        spans = [t for t in touches if t.person == t.other == person]
        if spans or own[person].amax() > 0:
            sampled = _spread(spans, frames)
            at = [*sampled, int(own[person].argmax())]
            note(
                "own_penetration",
                own_arm_depth(body, skin(body, rotations[person, at], root[person, at])),
                len(sampled),
            )
    for a, b in combinations(range(people), 2):
        depth = capsule_overlap(*(tuple(end[person] for end in ends) for person in (a, b))).amax((-2, -1))
        found.setdefault("capsule_penetration_mm", []).append(float(depth.mean()) * 1000)
        sampled = _spread([t for t in touches if {t.person, t.other} == {a, b}], frames)
        at = [*sampled, int(depth.argmax())]
        skins = (skin(body, rotations[person, at], root[person, at]) for person in (a, b))
        first, second = skins
        note("penetration", mesh_contact(first, body.faces, second, body.faces).depth_mm, len(sampled))
    return {name: max(values) for name, values in found.items()}


def _spread(touches: Sequence[Touch], frames: int) -> list[int]:
    """Up to MESH_FRAMES frames evenly over those of the touches, or over the whole clip if there are none."""
    every = sorted({t for touch in touches for t in range(touch.start, touch.end)}) or list(range(frames))
    return [every[round(k)] for k in np.linspace(0, len(every) - 1, min(MESH_FRAMES, len(every)))]


def _motion(joints: Tensor, base: Tensor, fps: float) -> dict[str, float]:
    out = {}
    regions = {"": JOINT_NAMES, "wrist_": WRISTS, "head_": ("head",), "pelvis_": ("pelvis",)}
    for name, among in regions.items():
        out[f"{name}jerk"] = _most(jerk(joints, fps, among))
        out[f"base_{name}jerk"] = _most(jerk(base, fps, among))
    speed = joints.diff(dim=1).norm(dim=-1) * fps
    trunk = joints[..., JOINT["neck"], :] - joints[..., JOINT["pelvis"], :]
    below = FOOT_REST_HEIGHT.to(joints) - joints[..., list(FOOT_JOINTS), 1]
    return out | {
        "hand_speed": float(speed[..., [JOINT[name] for name in WRISTS]].amax()),
        "joint_speed": float(speed.amax()),
        "spike_m": float(joints.diff(n=2, dim=1).norm(dim=-1).amax()),
        "tilt_degrees": math.degrees(float(torch.acos((trunk[..., 1] / trunk.norm(dim=-1)).clamp(-1, 1)).amax())),
        "below_floor_mm": max(float(below.amax()), 0.0) * 1000,
    }


def _turn(rotations: Tensor) -> float:
    cosine = (rotations[:, 1:] * rotations[:, :-1]).sum(-1).abs().clamp(max=1)
    return math.degrees(2 * float(torch.acos(cosine.amin())))


def _hinge(rotations: Tensor) -> float:
    """Degrees by which bones stand out on the wrong side of the joint's own rest direction."""
    worst = -90.0
    for joint, end, sign in HINGES:
        bone = OFFSETS[JOINT[end]].to(rotations)
        bone = quaternion_apply(rotations[..., JOINT[joint], :], bone / bone.norm())
        worst = max(worst, math.degrees(float(torch.asin((sign * bone[..., 2]).amax().clamp(-1, 1)))))
    return worst


def _apart(joints: Tensor) -> Tensor:
    """Distances (pairs, T) of the pelvises over the floor."""
    floor = joints[:, :, JOINT["pelvis"], ::2]
    first, second = torch.triu_indices(len(floor), len(floor), 1)
    return (floor[first] - floor[second]).norm(dim=-1)


def _most(values: Tensor) -> float:
    """The greatest that is a number; NaN if none is."""
    numbers = values[~values.isnan()]
    return float(numbers.amax()) if len(numbers) else math.nan
