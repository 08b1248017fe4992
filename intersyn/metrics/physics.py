"""Physical plausibility of motion: pure functions of joints, no network, no checkpoint.

Every function takes joints (..., T, 22, 3) in metres, y up, floor at 0, and gives one number per leading index
(usually a person) unless it says otherwise. Every function that speaks of time takes fps. Input with numbers that are
not finite, or of too few frames, raises `ValueError`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from intersyn.body.capsules import penetration_depth
from intersyn.motion import Motion
from intersyn.skeleton import FOOT_JOINTS, FOOT_REST_HEIGHT, JOINT, JOINT_NAMES, NUM_JOINTS

FLAT_MARGIN = 0.025  # metres above their standing height within which a foot's two joints lie flat on the floor
SPHERE = 0.06  # radius in metres of the spheres round joints


def check_joints(joints: Tensor, frames: int = 1, what: str = "joints") -> None:
    """Raise `ValueError` unless joints are (..., T, 22, 3), finite, with T >= frames."""
    if joints.ndim < 3 or tuple(joints.shape[-2:]) != (NUM_JOINTS, 3):
        raise ValueError(f"{what} must be (..., T, {NUM_JOINTS}, 3), got {tuple(joints.shape)}")
    if joints.shape[-3] < frames:
        raise ValueError(f"{what} need {frames} frames or more, got {joints.shape[-3]}")
    if not torch.isfinite(joints).all():
        raise ValueError(f"{what} hold numbers that are not finite")


def check_fps(fps: float) -> None:
    """Raise `ValueError` unless fps is a positive number."""
    if not 0 < fps < float("inf"):
        raise ValueError(f"fps must be positive, got {fps}")


def flat_feet(joints: Tensor) -> Tensor:
    """(..., T, 4) True where ankle and toe of a foot both lie near their standing height, in order of FOOT_JOINTS.

    Heights alone decide: a rule that also asked for slow feet would hide the skating it is used to measure. A foot in
    mid-swing passes near the floor with its toe, but not with its ankle as well.
    """
    check_joints(joints)
    low = joints[..., list(FOOT_JOINTS), 1] < FOOT_REST_HEIGHT.to(joints) + FLAT_MARGIN
    left, right = low[..., 0] & low[..., 2], low[..., 1] & low[..., 3]
    return torch.stack((left, right, left, right), dim=-1)


def foot_skating(joints: Tensor, fps: float, contacts: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean slide of feet over the floor while in contact: (mm per frame, m/s), each (...); NaN without contact.

    contacts (..., T, 4), above 0.5 in contact: labels that came with the motion; by default `flat_feet`. A step counts
    where the joint is in contact at both of its ends.
    """
    check_joints(joints, 2)
    check_fps(fps)
    touching = flat_feet(joints) if contacts is None else contacts > 0.5
    if touching.shape != (*joints.shape[:-2], len(FOOT_JOINTS)):
        raise ValueError(f"contacts must be {(*joints.shape[:-2], len(FOOT_JOINTS))}, got {tuple(touching.shape)}")
    step, held = planted_steps(joints, touching)
    metres = (step * held).sum((-2, -1)) / held.sum((-2, -1))  # 0 / 0 is NaN: nothing to measure
    return metres * 1000, metres * fps


def planted_steps(joints: Tensor, touching: Tensor) -> tuple[Tensor, Tensor]:
    """How far each foot joint goes over the floor to the next frame, metres (..., T - 1, 4), and whether it counts.

    touching (..., T, 4) bool. A step counts where the joint is in contact at both of its ends.
    """
    step = joints[..., list(FOOT_JOINTS), ::2].diff(dim=-3).norm(dim=-1)
    return step, touching[..., 1:, :] & touching[..., :-1, :]


def contact_share(joints: Tensor) -> Tensor:
    """Share (...) of frames in which at least one foot is flat on the floor."""
    return flat_feet(joints).any(-1).to(joints.dtype).mean(-1)


def floating(joints: Tensor) -> Tensor:
    """Mean height (...) in mm of the lowest sole above the floor; frames below it count as 0."""
    return _sole(joints).clamp_min(0).mean(-1) * 1000


def sinking(joints: Tensor) -> Tensor:
    """Mean depth (...) in mm of the lowest sole below the floor; frames above it count as 0."""
    return (-_sole(joints)).clamp_min(0).mean(-1) * 1000


def joint_jerk(joints: Tensor, fps: float, among: Sequence[str] = JOINT_NAMES) -> Tensor:
    """Length in m/s^3 of the third derivative of position, (..., T - 3, J), of the joints in `among`.

    Entry k is of frames k to k + 3.
    """
    check_joints(joints, 4)
    check_fps(fps)
    chosen = joints[..., [JOINT[name] for name in among], :]
    return chosen.diff(n=3, dim=-3).norm(dim=-1) * fps**3


def jerk(joints: Tensor, fps: float, among: Sequence[str] = JOINT_NAMES) -> Tensor:
    """Mean length (...) in m/s^3 of the third derivative of position, over frames and the joints named in `among`."""
    return joint_jerk(joints, fps, among).mean((-2, -1))


def walking_speed(joints: Tensor, fps: float) -> Tensor:
    """Mean speed (...) of the pelvis over the floor in m/s."""
    check_joints(joints, 2)
    check_fps(fps)
    return joints[..., JOINT["pelvis"], ::2].diff(dim=-2).norm(dim=-1).mean(-1) * fps


def wrist_above_neck(joints: Tensor, side: str = "either") -> Tensor:
    """Share (...) of frames with a wrist above the neck; side is left, right or either."""
    check_joints(joints)
    sides = {"left": ["left_wrist"], "right": ["right_wrist"], "either": ["left_wrist", "right_wrist"]}
    if side not in sides:
        raise ValueError(f"side must be left, right or either, got {side!r}")
    wrists = joints[..., [JOINT[name] for name in sides[side]], 1]
    return (wrists > joints[..., JOINT["neck"], 1, None]).any(-1).to(joints.dtype).mean(-1)


def capsule_penetration(joints_a: Tensor, joints_b: Tensor) -> tuple[Tensor, Tensor]:
    """Two bodies as capsules: mean over frames of the greatest depth in mm, and the share of frames beyond 2 cm.

    joints_a, joints_b (..., T, 22, 3); both results (...). Capsules end inside the skin and leave out thumbs: for the
    skins themselves see `interpenetration.mesh_depth`.
    """
    _check_pair(joints_a, joints_b)
    depth = penetration_depth(joints_a, joints_b).amax((-2, -1))  # (..., T)
    return depth.mean(-1) * 1000, (depth > 0.02).to(depth.dtype).mean(-1)


def joint_penetration(joints_a: Tensor, joints_b: Tensor) -> Tensor:
    """Mean over frames (...), in mm, of how far the closest joints' 6 cm spheres overlap (the literature's measure)."""
    _check_pair(joints_a, joints_b)
    closest = torch.cdist(joints_a, joints_b).amin((-2, -1))
    return (2 * SPHERE - closest).clamp_min(0).mean(-1) * 1000


def physics(motion: Motion, contacts: Tensor | None = None) -> dict[str, float]:
    """All of the above for a Motion, averaged over people (pairs for penetration); NaN where nothing applies.

    contacts (P, T, 4): labels for foot skating instead of the rule of `flat_feet`.
    """
    joints = motion.joints()
    slide, speed = foot_skating(joints, motion.fps, contacts)
    out = {
        "skating_mm_per_frame": slide.nanmean(),
        "skating_m_per_s": speed.nanmean(),
        "contact_share": contact_share(joints).mean(),
        "floating_mm": floating(joints).mean(),
        "sinking_mm": sinking(joints).mean(),
        "jerk_m_per_s3": jerk(joints, motion.fps).mean(),
        "walking_speed_m_per_s": walking_speed(joints, motion.fps).mean(),
        "wrist_above_neck": wrist_above_neck(joints).mean(),
    }
    if motion.num_people > 1:
        first, second = torch.triu_indices(motion.num_people, motion.num_people, 1)
        depth, share = capsule_penetration(joints[first], joints[second])
        out["capsule_penetration_mm"], out["capsule_penetration_share"] = depth.mean(), share.mean()
        out["joint_penetration_mm"] = joint_penetration(joints[first], joints[second]).mean()
    return {name: float(value) for name, value in out.items()}


def _sole(joints: Tensor) -> Tensor:
    """Height (..., T) in metres of the lowest part of the soles."""
    check_joints(joints)
    return (joints[..., list(FOOT_JOINTS), 1] - FOOT_REST_HEIGHT.to(joints)).amin(-1)


def _check_pair(joints_a: Tensor, joints_b: Tensor) -> None:
    check_joints(joints_a, 1, "joints_a")
    check_joints(joints_b, 1, "joints_b")
    if joints_a.shape != joints_b.shape:
        raise ValueError(f"two people need the same shape, got {tuple(joints_a.shape)} and {tuple(joints_b.shape)}")
