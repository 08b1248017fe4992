"""Rotations of our skeleton for data that only has joint positions (SMPL's 22 joints).

Positions leave twist and some neutral poses open. What decides here: pelvis and chest are the frames their own
joints span; thighs and upper arms turn about their bones so that knees and elbows bend as hinges, smoothed over
time and left untwisted while the limb is straight; neck and collars are measured from their median in the clip;
a foot is flat where it is planted; hands follow the forearm and the head the neck.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from intersyn.rotations import (
    axis_angle_to_quaternion,
    matrix_to_quaternion,
    minimal_rotation,
    quaternion_apply,
    quaternion_conjugate,
    quaternion_multiply,
    slerp,
)
from intersyn.skeleton import JOINT, NUM_JOINTS, OFFSETS, REST_JOINTS

TWIST_FRAMES = 4  # standard deviation of the smoothing of twist, frames
STRAIGHT, BENT = math.radians(10), math.radians(35)  # hinges count from the first, in full from the second
FOOT_PITCH_RANGE = (math.radians(10), math.radians(45))


def rotations_from_joints(joints: Tensor) -> Tensor:
    """Joints (T, 22, 3), y up, people facing +z when their heading is 0 -> global rotations (T, 22, 4)."""
    if joints.ndim != 3 or tuple(joints.shape[1:]) != (NUM_JOINTS, 3):
        raise ValueError(f"joints must be (T, {NUM_JOINTS}, 3), got {tuple(joints.shape)}")
    out: dict[str, Tensor] = {}
    out["pelvis"] = _span_rotation(joints, _pelvis_span)
    out["spine3"] = _span_rotation(joints, _chest_span)
    out["spine1"] = slerp(out["pelvis"], out["spine3"], 1 / 3)
    out["spine2"] = slerp(out["pelvis"], out["spine3"], 2 / 3)
    out["neck"] = _from_median(joints, out["spine3"], "neck", "head")
    out["head"] = out["neck"]
    for side in ("left", "right"):
        out[f"{side}_collar"] = _from_median(joints, out["spine3"], f"{side}_collar", f"{side}_shoulder")
        _limb(out, joints, side, ("collar", "shoulder", "elbow", "wrist"))
        out[f"{side}_wrist"] = out[f"{side}_elbow"]
        _limb(out, joints, side, ("pelvis", "hip", "knee", "ankle"))
        out[f"{side}_ankle"] = _foot(joints, out[f"{side}_knee"], side)
        out[f"{side}_foot"] = out[f"{side}_ankle"]
    return torch.stack([out[name] for name in JOINT], 1)


def pelvis_rotation(joints: Tensor) -> Tensor:
    """Global rotation (T, 4) of the pelvis that its hips and spine span, joints (T, 22 or more, 3)."""
    return _span_rotation(joints, _pelvis_span)


def _pelvis_span(joints: Tensor) -> tuple[Tensor, Tensor]:
    left, right = joints[:, JOINT["left_hip"]], joints[:, JOINT["right_hip"]]
    return left - right, joints[:, JOINT["spine1"]] - (left + right) / 2


def _chest_span(joints: Tensor) -> tuple[Tensor, Tensor]:
    left, right = joints[:, JOINT["left_collar"]], joints[:, JOINT["right_collar"]]
    return left - right, joints[:, JOINT["neck"]] - joints[:, JOINT["spine3"]]


def _span_rotation(joints: Tensor, span) -> Tensor:
    now = _frame(*span(joints))
    rest = _frame(*span(REST_JOINTS[None].to(joints)))
    return matrix_to_quaternion(now @ rest.mT)


def _frame(lateral: Tensor, up: Tensor) -> Tensor:
    """Rotation matrices (T, 3, 3) whose x is `lateral` and whose y is nearest to `up`."""
    x = torch.nn.functional.normalize(lateral, dim=-1)
    y = torch.nn.functional.normalize(up - (up * x).sum(-1, keepdim=True) * x, dim=-1)
    return torch.stack((x, y, torch.linalg.cross(x, y, dim=-1)), -1)


def _bone(joints: Tensor, start: str, end: str) -> Tensor:
    return torch.nn.functional.normalize(joints[:, JOINT[end]] - joints[:, JOINT[start]], dim=-1)


def _from_median(joints: Tensor, parent: Tensor, start: str, end: str) -> Tensor:
    """The parent's rotation, turned by how far the bone is from its median direction in the parent's frame."""
    bone = quaternion_apply(quaternion_conjugate(parent), _bone(joints, start, end))
    neutral = torch.nn.functional.normalize(bone.median(0).values, dim=-1)
    return quaternion_multiply(parent, minimal_rotation(neutral.expand_as(bone), bone))


def _limb(out: dict[str, Tensor], joints: Tensor, side: str, chain: tuple[str, str, str, str]) -> None:
    """Upper and lower bone of an arm or a leg, from parent, root joint, hinge and end of the chain."""
    parent, upper, hinge, end = (name if name == "pelvis" else f"{side}_{name}" for name in chain)
    first, second = _bone(joints, upper, hinge), _bone(joints, hinge, end)
    rest_first, rest_second = (OFFSETS[JOINT[name]].to(joints).expand_as(first) for name in (hinge, end))
    plain = quaternion_multiply(
        minimal_rotation(quaternion_apply(out[parent], rest_first), first), out[parent].expand(len(first), -1)
    )
    # Where the hinge's axis is at rest: knees bend back, elbows bend to the front.
    towards = first.new_tensor([0.0, 0.0, -1.0 if hinge.endswith("knee") else 1.0])
    rest_axis = torch.linalg.cross(rest_first, towards.expand_as(first), dim=-1)
    expected = torch.nn.functional.normalize(quaternion_apply(plain, rest_axis), dim=-1)
    axis = torch.linalg.cross(first, second, dim=-1)
    sine = torch.linalg.cross(expected, axis, dim=-1)
    twist = torch.atan2((sine * first).sum(-1), (expected * axis).sum(-1))
    bend = torch.atan2(axis.norm(dim=-1), (first * second).sum(-1))
    weight = ((bend - STRAIGHT) / (BENT - STRAIGHT)).clamp(0, 1)
    angle = _smooth_angle(twist, weight * weight * (3 - 2 * weight))
    out[upper] = quaternion_multiply(axis_angle_to_quaternion(first * angle[:, None]), plain)
    carried = quaternion_apply(out[upper], rest_second)
    out[hinge] = quaternion_multiply(minimal_rotation(carried, second), out[upper])


def _smooth_angle(angle: Tensor, weight: Tensor) -> Tensor:
    """Angles (T) averaged over neighbouring frames by weight (T), and drawn to 0 where nothing weighs."""
    at = torch.arange(len(angle), dtype=angle.dtype)
    kernel = torch.exp(-0.5 * ((at[:, None] - at[None]) / TWIST_FRAMES) ** 2)
    kernel = kernel / kernel.sum(1, keepdim=True)
    return torch.atan2(kernel @ (weight * torch.sin(angle)), kernel @ (weight * torch.cos(angle)) + 0.05)


def _foot(joints: Tensor, shin: Tensor, side: str) -> Tensor:
    """A foot points where its toe is, does not roll against the shin, and is flat where it is lowest."""
    bone = _bone(joints, f"{side}_ankle", f"{side}_foot")
    lateral = quaternion_apply(shin, bone.new_tensor([1.0, 0.0, 0.0]).expand_as(bone))
    z = bone
    x = torch.nn.functional.normalize(lateral - (lateral * z).sum(-1, keepdim=True) * z, dim=-1)
    y = torch.linalg.cross(z, x, dim=-1)
    pointing = matrix_to_quaternion(torch.stack((x, y, z), -1))
    height = joints[:, [JOINT[f"{side}_ankle"], JOINT[f"{side}_foot"]], 1].sum(-1)
    planted = height <= height.quantile(0.3)
    pitch = float(torch.asin((-bone[planted, 1]).clamp(-1, 1)).median().clamp(*FOOT_PITCH_RANGE))
    # The bone of a flat foot points down by `pitch`: turn that away, so that flat is the identity.
    level = axis_angle_to_quaternion(bone.new_tensor([-pitch, 0.0, 0.0]))
    return quaternion_multiply(pointing, level.expand(len(bone), 4))
