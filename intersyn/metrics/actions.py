"""Does a body do what its text says: walking direction, turning, bowing, waving, jumping. Pure functions.

Every function takes joints (..., T, 22, 3) in metres, y up, and gives one number per leading index unless it says
otherwise. Input with numbers that are not finite, or of too few frames, raises `ValueError`. What two people do to each
other is in `encounters`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.metrics.physics import check_fps, check_joints
from intersyn.rotations import quaternion_apply, quaternion_conjugate, quaternion_multiply, rotate_xz, wrap_angle
from intersyn.skeleton import FOOT_JOINTS, FOOT_REST_HEIGHT, JOINT, NUM_JOINTS

HELD = 5  # frames that a posture has to last to count: a quarter of a second at 20 fps
SIDES = ("left", "right")


def headings(joints: Tensor) -> Tensor:
    """(..., T) yaw of the line through the hips in radians: 0 faces +z, and it grows as the body turns to its left."""
    check_joints(joints)
    across = joints[..., JOINT["left_hip"], :] - joints[..., JOINT["right_hip"], :]
    return torch.atan2(-across[..., 2], across[..., 0])


def forward_speed(joints: Tensor, fps: float) -> Tensor:
    """Mean speed (...) of the pelvis in m/s along the way it faces: negative for somebody who walks backward."""
    check_joints(joints, 2)
    check_fps(fps)
    step = joints[..., JOINT["pelvis"], :].diff(dim=-2)
    heading = headings(joints)[..., :-1]
    return (step[..., 0] * torch.sin(heading) + step[..., 2] * torch.cos(heading)).mean(-1) * fps


def turning(joints: Tensor) -> Tensor:
    """How far (...) the body turns between first and last frame, in degrees, whole turns counted; left is positive."""
    check_joints(joints, 2)
    return torch.rad2deg(wrap_angle(headings(joints).diff(dim=-1)).sum(-1))


def turn_range(joints: Tensor) -> Tensor:
    """How far apart (...) the directions are that the body faces in between, in degrees, whole turns counted.

    Unlike `turning` it also sees a turn that is taken back.
    """
    check_joints(joints, 2)
    steps = wrap_angle(headings(joints).diff(dim=-1))
    return torch.rad2deg(spread(torch.nn.functional.pad(steps.cumsum(-1), (1, 0))))


def trunk_pitch(joints: Tensor) -> Tensor:
    """The greatest angle (...) in degrees between the vertical and the line from pelvis to neck."""
    check_joints(joints)
    trunk = joints[..., JOINT["neck"], :] - joints[..., JOINT["pelvis"], :]
    return torch.rad2deg(torch.atan2(trunk[..., ::2].norm(dim=-1), trunk[..., 1])).amax(-1)


def wrist_speed(joints: Tensor, fps: float, side: str) -> Tensor:
    """Mean speed (...) in m/s of a wrist against the pelvis; side is left or right. A static arm has almost none."""
    check_joints(joints, 2)
    check_fps(fps)
    _check_side(side)
    arm = joints[..., JOINT[f"{side}_wrist"], :] - joints[..., JOINT["pelvis"], :]
    return arm.diff(dim=-2).norm(dim=-1).mean(-1) * fps


def held(values: Tensor, frames: int = HELD) -> Tensor:
    """The greatest value (...) that a series (..., T) keeps for `frames` frames on end; T if that is less."""
    if values.ndim < 1 or values.shape[-1] < 1 or frames < 1:
        raise ValueError(f"a series must be (..., T) with a frame or more, got {tuple(values.shape)}")
    return values.unfold(-1, min(frames, values.shape[-1]), 1).amin(-1).amax(-1)


def longest(inside: Tensor, fps: float) -> Tensor:
    """Seconds (...) of the longest run of True in (..., T)."""
    check_fps(fps)
    run, best = torch.zeros(inside.shape[:-1]), torch.zeros(inside.shape[:-1])
    for frame in inside.unbind(-1):
        run = (run + 1) * frame.to(run)
        best = torch.maximum(best, run)
    return best / fps


def meetings(distance: Tensor, near: float, apart: float) -> int:
    """How often things at a distance (T,) come within `near`, each time from beyond `apart` (or at first)."""
    if distance.ndim != 1 or not 0 < near < apart:
        raise ValueError(f"needs (T,) and 0 < near < apart, got {tuple(distance.shape)}, {near} and {apart}")
    count, free = 0, True
    for value in distance.tolist():
        if free and value < near:
            count, free = count + 1, False
        elif value > apart:
            free = True
    return count


def in_heading(joints: Tensor) -> Tensor:
    """Joints (..., T, 22, 3) from the pelvis, turned by the heading of each frame: x to the left, y up, z ahead."""
    local = joints - joints[..., JOINT["pelvis"], None, :]
    yaw = headings(joints)[..., None].expand(local.shape[:-1])
    xz = rotate_xz(local[..., ::2], -yaw)
    return torch.stack((xz[..., 0], local[..., 1], xz[..., 1]), dim=-1)


def sideways_speed(joints: Tensor, fps: float) -> Tensor:
    """Mean speed (...) of the pelvis in m/s to its left: negative for somebody who walks to the right."""
    check_joints(joints, 2)
    check_fps(fps)
    step = joints[..., JOINT["pelvis"], :].diff(dim=-2)
    heading = headings(joints)[..., :-1]
    return (step[..., 0] * torch.cos(heading) - step[..., 2] * torch.sin(heading)).mean(-1) * fps


def travel(joints: Tensor) -> Tensor:
    """The way (...) in metres over the floor from the pelvis's first place to the one farthest from it."""
    check_joints(joints)
    place = joints[..., JOINT["pelvis"], ::2]
    return (place - place[..., :1, :]).norm(dim=-1).amax(-1)


def wrist_rise(joints: Tensor, side: str) -> Tensor:
    """How far (...) in metres a wrist is held above the neck; negative where it stays below."""
    check_joints(joints)
    _check_side(side)
    return held(joints[..., JOINT[f"{side}_wrist"], 1] - joints[..., JOINT["neck"], 1])


def wrist_low(joints: Tensor, side: str) -> Tensor:
    """The height (...) in metres above the floor down to which a wrist is held."""
    check_joints(joints)
    _check_side(side)
    return -held(-joints[..., JOINT[f"{side}_wrist"], 1])


def arm_reach(joints: Tensor, side: str) -> Tensor:
    """How far (...) in metres a wrist is held ahead of its own shoulder, the way the body faces."""
    _check_side(side)
    body = in_heading(joints)
    return held(body[..., JOINT[f"{side}_wrist"], 2] - body[..., JOINT[f"{side}_shoulder"], 2])


def wrists_crossed(joints: Tensor) -> Tensor:
    """How far (...) in metres the left wrist is held to the right of the right one; negative where they never cross."""
    body = in_heading(joints)
    return held(body[..., JOINT["right_wrist"], 0] - body[..., JOINT["left_wrist"], 0])


def peak_speed(joints: Tensor, fps: float, joint: str) -> Tensor:
    """The greatest speed (...) in m/s of a joint against the pelvis."""
    check_joints(joints, 2)
    check_fps(fps)
    if joint not in JOINT:
        raise ValueError(f"no joint is called {joint!r}")
    return (joints[..., JOINT[joint], :] - joints[..., JOINT["pelvis"], :]).diff(dim=-2).norm(dim=-1).amax(-1) * fps


def squat_depth(joints: Tensor) -> Tensor:
    """How far (...) in metres the pelvis goes down from where it is at its highest."""
    check_joints(joints)
    height = joints[..., JOINT["pelvis"], 1]
    return height.amax(-1) - height.amin(-1)


def jump_height(joints: Tensor) -> Tensor:
    """How far (...) in metres both feet are above the floor at once: the highest that the lowest sole gets."""
    check_joints(joints)
    return (joints[..., list(FOOT_JOINTS), 1] - FOOT_REST_HEIGHT.to(joints)).amin(-1).amax(-1)


def foot_lift(joints: Tensor, side: str) -> Tensor:
    """How far (...) in metres an ankle rises above where it is when standing."""
    check_joints(joints)
    _check_side(side)
    ankle = JOINT[f"{side}_ankle"]
    return joints[..., ankle, 1].amax(-1) - float(FOOT_REST_HEIGHT[FOOT_JOINTS.index(ankle)])


def head_below_pelvis(joints: Tensor) -> Tensor:
    """How far (...) in metres the head is below the pelvis at its lowest: positive in a cartwheel."""
    check_joints(joints)
    return (joints[..., JOINT["pelvis"], 1] - joints[..., JOINT["head"], 1]).amax(-1)


def shoulder_rise(joints: Tensor) -> Tensor:
    """How far (...) in metres the shoulders rise against the neck, from their lowest to their highest."""
    check_joints(joints)
    lift = joints[..., [JOINT["left_shoulder"], JOINT["right_shoulder"]], 1].mean(-1) - joints[..., JOINT["neck"], 1]
    return lift.amax(-1) - lift.amin(-1)


def head_angles(rotations: Tensor) -> tuple[Tensor, Tensor]:
    """Yaw (left +) and pitch (down +) in degrees, each (..., T), of the head against the chest.

    rotations (..., T, 22, 4): global quaternions. Positions alone do not show which way a head looks.
    """
    if rotations.ndim < 3 or tuple(rotations.shape[-2:]) != (NUM_JOINTS, 4):
        raise ValueError(f"rotations must be (..., T, {NUM_JOINTS}, 4), got {tuple(rotations.shape)}")
    chest, head = rotations[..., JOINT["spine3"], :], rotations[..., JOINT["head"], :]
    against = quaternion_multiply(quaternion_conjugate(chest), head)
    ahead = quaternion_apply(against, against.new_tensor((0.0, 0.0, 1.0)).expand(*against.shape[:-1], 3))
    yaw = torch.atan2(ahead[..., 0], ahead[..., 2])
    pitch = torch.atan2(-ahead[..., 1], ahead[..., ::2].norm(dim=-1))
    return torch.rad2deg(yaw), torch.rad2deg(pitch)


def spread(values: Tensor) -> Tensor:
    """Greatest less least (...) of a series (..., T)."""
    return values.amax(-1) - values.amin(-1)


def _check_side(side: str) -> None:
    if side not in SIDES:
        raise ValueError(f"side must be left or right, got {side!r}")
