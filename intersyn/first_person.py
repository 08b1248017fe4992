"""Where a motion's interaction puts each person: their first-person frames, and what their features say there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from intersyn.conditions import PartTable, in_order_of_people
from intersyn.features import SLICES, encode
from intersyn.frames import interaction_frames, person_frames
from intersyn.motion import Motion
from intersyn.rotations import (
    heading_of,
    quaternion_multiply,
    quaternion_to_axis_angle,
    quaternion_to_matrix,
    rotate_xz,
    yaw_quaternion,
)
from intersyn.skeleton import FOOT_JOINTS


@dataclass(frozen=True)
class FirstPerson:
    """The first interaction of a motion, frames [start, end) of it, as each of P people is written for the networks.

    origin: (P, 2) metres, the floor point (x, z) of each person's frame in the world. yaw: (P,) radians, its +z.
    place: (P, T, 2) metres and heading: (P, T, 2) as (cos, sin): the features `root_xz` and `heading`, each person's in
    their own frame; T = end - start.
    """

    start: int
    end: int
    origin: Tensor
    yaw: Tensor
    place: Tensor
    heading: Tensor


def first_person(motion: Motion) -> FirstPerson:
    """Read off a motion with a timeline. Raises `ValueError` where nobody in it interacts, or not everybody at once."""
    if motion.timeline is None:
        raise ValueError("first-person frames are those of a timeline's interaction, and this motion has no timeline")
    met = next((s for s in motion.timeline.segments if len(s.parts) == 1 and s.parts[0].is_interaction), None)
    if met is None:
        raise ValueError("this motion's timeline has no interaction of everybody")
    table, _ = PartTable.from_timelines([in_order_of_people(motion.timeline)])
    place, heading = floor_poses(motion)
    frames = interaction_frames(place[None], heading[None], table)
    origin, yaw = person_frames(frames, table, motion.frames)
    local, root = motion.quaternions()[None], motion.trans[None]
    features = encode(local, root, local.new_zeros(*root.shape[:3], len(FOOT_JOINTS)), table, frames)[0]
    now = slice(met.start, met.end)
    return FirstPerson(
        met.start, met.end, origin[0, :, met.start], yaw[0, :, met.start],
        features[:, now, SLICES["root_xz"]], features[:, now, SLICES["heading"]],
    )  # fmt: skip


def floor_poses(motion: Motion) -> tuple[Tensor, Tensor]:
    """Where everyone is on the floor of the motion's own world: (x, z) (P, T, 2) metres and heading (P, T) radians."""
    return motion.trans[..., ::2], heading_of(quaternion_to_matrix(motion.quaternions()[..., 0, :]))


def seen_from(motion: Motion, origin: Tensor, yaw: Tensor) -> Motion:
    """The motion in the coordinates of a frame on the floor: x -> R(-yaw)(x - origin), y as it is.

    origin: (2,) metres, (x, z) in the motion's own world; yaw: () radians, the direction of the frame's +z.
    """
    if tuple(origin.shape) != (2,) or yaw.ndim != 0:
        raise ValueError(f"origin must be (2,) and yaw (), got {tuple(origin.shape)} and {tuple(yaw.shape)}")
    floor = rotate_xz(motion.trans[..., ::2] - origin, -yaw)
    trans = torch.stack((floor[..., 0], motion.trans[..., 1], floor[..., 1]), dim=-1)
    local = motion.quaternions()
    pelvis = quaternion_multiply(yaw_quaternion(-yaw).expand_as(local[..., 0, :]), local[..., 0, :])
    poses = torch.cat((quaternion_to_axis_angle(pelvis)[..., None, :], motion.poses[..., 1:, :]), dim=-2)
    return replace(motion, poses=poses, trans=trans)
