"""The losses of both stages, each under its own name.

InterSyn: L_I = L_rec + 0.1 L_smooth (stage 1) and L_R = L_rela + 0.5 L_dm + ... (stage 2).

All take features (B, P, T, 273): `x0` is the prediction, `target` the truth; "normalised" and "metric" say in which
scale. Geometric terms are in metres, written in the heading frame, so that forward kinematics is linear and no root
has to be integrated. Every mean is over what exists (see `features.mask`), so that padding and solos weigh nothing.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.body.points import POINTS
from intersyn.conditions import PartTable
from intersyn.data.touches import TouchTable
from intersyn.features import PARTS, SLICES, pose_joints, shared_joints
from intersyn.rotations import matrix_from_6d, rotate_xz, yaw_matrix
from intersyn.skeleton import FOOT_JOINTS, NUM_JOINTS

# Parts count by themselves, not by their number of channels: the root is 5 of 273 numbers and decides everything.
PART_WEIGHTS = {
    "root_height": 1.0, "root_xz": 2.0, "heading": 2.0, "root_velocity": 2.0, "yaw_rate": 2.0,
    "positions": 1.0, "velocities": 1.0, "rotations": 3.0, "contacts": 0.5,
}  # fmt: skip
# Geometric errors are divided by these before squaring, which puts them beside the normalised parts.
JOINT_SCALE, STEP_SCALE, ROOT_SCALE = 0.2, 0.05, 0.05  # metres, metres per frame, metres
GEOMETRY_MAX_T = 700  # above it the prediction is too blurred for geometry to mean anything (InterGen's ablation)
SMOOTH_WINDOW = 5  # frames on each side of a seam
CONTACT_GAP = 0.03  # metres between two points that count as touching
_POINT_JOINT = torch.tensor([point.joint for point in POINTS.values()])
_POINT_OFFSET = torch.tensor([point.offset for point in POINTS.values()])


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of `values` where the broadcast `mask` is positive, weighted by it; 0 where nothing is."""
    mask = mask.expand(torch.broadcast_shapes(values.shape, mask.shape))
    return (values * mask).sum() / mask.sum().clamp_min(1)


def reconstruction_parts(x0: Tensor, target: Tensor, exists: Tensor) -> dict[str, Tensor]:
    """Mean squared error of each named part, normalised features. exists: (B, P, T, 273)."""
    error = (x0 - target) ** 2
    return {name: masked_mean(error[..., SLICES[name]], exists[..., SLICES[name]]) for name in PARTS}


def joint_error(joints: Tensor, true_joints: Tensor, weight: Tensor) -> Tensor:
    """Squared distance of joints (B, P, T, 22, 3) after linear FK, in units of JOINT_SCALE. weight (B, P, T)."""
    error = (joints - true_joints) / JOINT_SCALE
    return masked_mean((error**2).sum(-1), weight[..., None])


def joint_steps(features: Tensor, joints: Tensor) -> Tensor:
    """What FK, `root_velocity` and `yaw_rate` together say each joint moves to the next frame, in my heading frame.

    Metric features (B, P, T, 273) and their joints (B, P, T, 22, 3) from `pose_joints`: (B, P, T - 1, 22, 3) metres
    per frame. In the truth this equals `velocities`.
    """
    turn = yaw_matrix(features[..., :-1, SLICES["yaw_rate"]].squeeze(-1))
    ahead = torch.einsum("...ij,...kj->...ki", turn, joints[..., 1:, :, :])
    step = ahead - joints[..., :-1, :, :]
    root = features[..., :-1, SLICES["root_velocity"]]
    return step + torch.stack((root[..., 0], torch.zeros_like(root[..., 0]), root[..., 1]), dim=-1)[..., None, :]


def velocity_error(steps: Tensor, true_steps: Tensor, weight: Tensor) -> Tensor:
    """Squared error of `joint_steps` (B, P, T - 1, 22, 3), in units of STEP_SCALE. weight (B, P, T)."""
    error = (steps - true_steps) / STEP_SCALE
    return masked_mean((error**2).sum(-1), _pairs(weight)[..., None])


def foot_contact_error(steps: Tensor, contacts: Tensor, weight: Tensor) -> Tensor:
    """Feet in contact must not move: squared `joint_steps` of the foot joints, in units of STEP_SCALE.

    steps (B, P, T - 1, 22, 3); contacts (B, P, T, 4), above 0.5 in contact; weight (B, P, T).
    """
    touching = (contacts > 0.5).to(steps.dtype)
    held = touching[..., 1:, :] * touching[..., :-1, :] * _pairs(weight)[..., None]
    return masked_mean((steps[..., list(FOOT_JOINTS), :] / STEP_SCALE).square().sum(-1), held)


def root_consistency(x0: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """In interactions root_xz moves by R(heading) root_velocity: squared difference, in units of ROOT_SCALE.

    weight (B, P, T): 1 in interaction frames. The truth's own residual (0 up to the contact of groups) is subtracted.
    """
    residual = (_root_residual(x0) - _root_residual(target)) / ROOT_SCALE
    return masked_mean((residual**2).sum(-1), _pairs(weight))


def _root_residual(features: Tensor) -> Tensor:
    heading = F.normalize(features[..., :-1, SLICES["heading"]], dim=-1, eps=1e-4)
    yaw = torch.atan2(heading[..., 1], heading[..., 0] + 1e-8)
    step = rotate_xz(features[..., :-1, SLICES["root_velocity"]], yaw)
    root = features[..., SLICES["root_xz"]]
    return root[..., 1:, :] - root[..., :-1, :] - step


def _pairs(weight: Tensor) -> Tensor:
    """Weight of each pair of neighbouring frames: both must count. (..., T) -> (..., T - 1)."""
    return weight[..., 1:] * weight[..., :-1]


def smooth_loss(x0: Tensor, target: Tensor, seams: Tensor, weight: Tensor, rms: float) -> Tensor:
    """L_smooth: second differences of joint positions within 5 frames of each seam, against the truth's.

    Against the truth, because towards zero would freeze the seam; divided by the truth's training RMS, because in
    metres the term is 1e-5 and switching it off would change nothing. Positions in each window are integrated from
    its first frame by `yaw_rate` and `root_velocity`, the part of the root solver that decides a window this short.

    x0, target: metric (B, P, T, 273); seams (B, K) first frames after a seam, -1 where there is none;
    weight (B, P, T) 1 inside the sequence; rms: metres per frame^2.
    """
    frames, width = x0.shape[2], 2 * SMOOTH_WINDOW + 2
    if frames < width or seams.numel() == 0:
        return x0.sum() * 0
    exists = seams >= 0
    first = (seams - SMOOTH_WINDOW - 1).clamp(0, frames - width)
    index = first[:, :, None] + torch.arange(width, device=x0.device)  # (B, K, W)
    rows = torch.arange(len(x0), device=x0.device)[:, None, None]
    use = weight[rows, :, index].permute(0, 1, 3, 2).amin(-1) * exists[:, :, None]  # (B, K, P)
    if not bool(use.any()):
        return x0.sum() * 0
    error = (_second_difference(x0, rows, index) - _second_difference(target, rows, index)) / rms
    return masked_mean((error**2).mean((-1, -2)), use[..., None])


def _second_difference(features: Tensor, rows: Tensor, index: Tensor) -> Tensor:
    """(B, P, T, 273) -> (B, K, P, W - 2, 22, 3): joints of each window in the frame of its first heading."""
    window = features[rows, :, index].transpose(2, 3)  # (B, K, P, W, D)
    joints = pose_joints(window)
    rate = window[..., SLICES["yaw_rate"]].squeeze(-1)
    yaw = F.pad(rate[..., :-1].cumsum(-1), (1, 0))
    step = rotate_xz(window[..., SLICES["root_velocity"]], yaw)
    root = F.pad(step[..., :-1, :].cumsum(-2), (0, 0, 1, 0))
    world = torch.einsum("...ij,...kj->...ki", yaw_matrix(yaw), joints)
    world = world + torch.stack((root[..., 0], torch.zeros_like(root[..., 0]), root[..., 1]), dim=-1)[..., None, :]
    return world[..., 2:, :, :] - 2 * world[..., 1:-1, :, :] + world[..., :-2, :, :]


def second_difference_rms(target: Tensor, seams: Tensor, weight: Tensor) -> float:
    """RMS over the windows of the truth of one batch, metres per frame^2; what `smooth_loss` divides by."""
    zero = torch.zeros_like(target)
    zero[..., SLICES["rotations"]] = target[..., :1, SLICES["rotations"]]  # a pose that never moves
    return float(smooth_loss(zero, target, seams, weight, 1.0).sqrt())


def distance_maps(joints: Tensor) -> Tensor:
    """Cross-person joint distances (B, T, 22, 22) of two people's joints (B, 2, T, 22, 3), metres."""
    if joints.ndim != 5 or joints.shape[1] != 2:
        raise ValueError(f"joints must be (B, 2, T, 22, 3), got {tuple(joints.shape)}")
    return torch.cdist(joints[:, 0], joints[:, 1])


def distance_map_loss(predicted: Tensor, target: Tensor, weight: Tensor, near: float = 1.0) -> Tensor:
    """L_dm, InterGen's masked joint distance map: squared error over pairs nearer than 1 m in truth or prediction.

    predicted, target (B, T, 22, 22) metres; weight (B, T).
    """
    close = ((target < near) | (predicted < near)).to(predicted.dtype)
    return masked_mean((predicted - target) ** 2 / JOINT_SCALE**2, close * weight[..., None, None])


def contact_error(features: Tensor, joints: Tensor, table: PartTable, touches: TouchTable, weight: Tensor) -> Tensor:
    """How far points that should touch are apart beyond CONTACT_GAP, in units of JOINT_SCALE: mean over the labelled.

    Metric features (B, P, T, 273) and their joints in the heading frame from `pose_joints`; weight (B, T), 0 where
    somebody does not interact. 0 where nothing is labelled.
    """
    if touches.start.shape[1] == 0:
        return features.new_zeros(())
    batch, people, frames = joints.shape[:3]
    person = torch.arange(people, device=joints.device)[:, None]
    # (B, P, K): the point that each person would touch with; whom it does not concern is not looked at below
    point = torch.where(touches.other[:, None] == person, touches.other_point[:, None], touches.point[:, None])
    point = point.clamp_min(0)
    joint = _POINT_JOINT.to(joints.device)[point][:, :, None, :, None].expand(-1, -1, frames, -1, -1)
    rotations = features[..., SLICES["rotations"]].unflatten(-1, (NUM_JOINTS, 6))
    rotations = matrix_from_6d(rotations.gather(3, joint.expand(*joint.shape[:-1], 6)))  # (B, P, T, K, 3, 3)
    offset = torch.einsum("bptkij,bpkj->bptki", rotations, _POINT_OFFSET.to(joints)[point])
    place = shared_joints(features, joints.gather(3, joint.expand(*joint.shape[:-1], 3)) + offset, table)
    rows, which = torch.arange(batch, device=joints.device)[:, None], torch.arange(point.shape[2], device=joints.device)
    a, b = (place[rows, who.clamp_min(0), :, which] for who in (touches.person, touches.other))  # (B, K, T, 3)
    gap = ((a - b).square().sum(-1) + 1e-12).sqrt() - CONTACT_GAP
    at = torch.arange(frames, device=joints.device)
    labelled = (at >= touches.start[..., None]) & (at < touches.end[..., None])
    return masked_mean(gap.clamp_min(0) / JOINT_SCALE, labelled * weight[:, None])


def relation_loss(phi: Tensor, u: Tensor, exists: Tensor) -> Tensor:
    """L_rela = |phi - u|: if the partner already suits me, refining changes little. Huber, normalised features."""
    return masked_mean(F.huber_loss(phi, u, reduction="none", delta=1.0), exists)
