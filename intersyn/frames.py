"""First-person frames: in an interaction each person is written in a frame of their own.

The frame shared by an interaction has its origin at the centroid of the members' pelvises on the floor at the
interaction's first frame, and +z from the member with angle 0 towards that origin (for two people: towards the
partner). A member's own frame is the shared one turned by `PartTable.angle`: 0 and pi for two people. For more, the
angle is the true direction of each to the centroid in data (`with_true_angles`) and 2 pi role / N in generation.

InterSyn (ICCV 2025) says "first person" without defining it; this definition is ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from intersyn.conditions import PartTable
from intersyn.rotations import rotate_xz, wrap_angle

NEAR = 0.2  # metres between two pelvises below which their direction means nothing and the facing decides


@dataclass(frozen=True)
class InteractionFrames:
    """The shared frames of each sequence's interactions in the world; row g belongs to `PartTable.group` g.

    origin: (B, G, 2) floor position (x, z) in metres. yaw: (B, G) radians, the direction of +z. Unused rows are 0.
    """

    origin: Tensor
    yaw: Tensor

    def __post_init__(self) -> None:
        if self.yaw.ndim != 2 or tuple(self.origin.shape) != (*self.yaw.shape, 2):
            raise ValueError(
                f"origin must be (B, G, 2) and yaw (B, G), got {tuple(self.origin.shape)} and {tuple(self.yaw.shape)}"
            )


def max_groups(table: PartTable) -> int:
    """The most interactions the table's shape has room for: each takes the parts of two people or more."""
    return max(1, table.kind.shape[1] * table.kind.shape[2] // 2)


def members(table: PartTable) -> Tensor:
    """(B, P, S, G) True where a part belongs to interaction g."""
    return table.group[..., None] == torch.arange(max_groups(table), device=table.group.device)


def interaction_frames(root_xz: Tensor, heading: Tensor, table: PartTable) -> InteractionFrames:
    """Shared frames read off a motion at each interaction's first frame (frame 0 where a window cut it).

    root_xz (B, P, T, 2) metres in the world, heading (B, P, T) radians. A window that starts inside an interaction
    has lost the true first frame: pass the frames of the whole sequence to `features.encode` there instead.
    """
    if root_xz.ndim != 4 or root_xz.shape[-1] != 2 or heading.shape != root_xz.shape[:-1]:
        raise ValueError(
            f"root_xz must be (B, P, T, 2) and heading (B, P, T), got {tuple(root_xz.shape)} and {tuple(heading.shape)}"
        )
    place, facing = _at_first_frame(root_xz, table), _at_first_frame(heading[..., None], table)[..., 0]
    member = members(table).to(root_xz.dtype)
    origin = _centroids(place, member)
    to_centre = _of_group(member, origin) - place
    distance = to_centre.norm(dim=-1)
    towards = rotate_xz(to_centre, -table.angle)
    # Each facing turned back by the member's angle; the one with angle 0 outweighs the others, so that people who
    # face the same way do not cancel out.
    count = _sizes(member)
    weight = torch.where(table.angle.abs() < 1e-3, count, torch.ones_like(count))
    turned = facing - table.angle
    looks = torch.stack((torch.sin(turned), torch.cos(turned)), dim=-1) * weight[..., None]
    farthest = (member * distance[..., None]).flatten(1, 2).amax(1)  # (B, G)
    direction = torch.where(
        (farthest < NEAR / 2)[..., None],
        _over_members(member, looks),
        _over_members(member, towards),
    )
    return InteractionFrames(origin, torch.atan2(direction[..., 0], direction[..., 1]))


def with_true_angles(root_xz: Tensor, table: PartTable) -> PartTable:
    """The table with the angles of interactions of three people and more read off the motion (B, P, T, 2).

    Angles are each one's direction to the centroid, relative to that of the member with angle 0. Interactions of two
    keep theirs (0 and pi are the truth there), and so does a group of more whose member 0 stands on the centroid.
    """
    place = _at_first_frame(root_xz, table)
    member = members(table).to(root_xz.dtype)
    to_centre = _of_group(member, _centroids(place, member)) - place
    first = table.angle.abs() < 1e-3
    reference = _of_group(member, _over_members(member, to_centre * first[..., None]))
    angle = torch.atan2(to_centre[..., 0], to_centre[..., 1]) - torch.atan2(reference[..., 0], reference[..., 1])
    usable = (_sizes(member) > 2.5) & (reference.norm(dim=-1) > NEAR / 2)
    return replace(table, angle=torch.where(usable, wrap_angle(angle), table.angle))


def person_frames(frames: InteractionFrames, table: PartTable, length: int) -> tuple[Tensor, Tensor]:
    """The first-person frame of each person's active part: origin (B, P, length, 2), yaw (B, P, length); 0 in solos."""
    batch, people, parts = table.group.shape
    inside = table.group >= 0
    index = table.group.clamp_min(0).flatten(1)  # (B, P * S)
    yaw = frames.yaw.gather(1, index).view(batch, people, parts) + table.angle
    origin = frames.origin.gather(1, index[..., None].expand(-1, -1, 2)).view(batch, people, parts, 2)
    yaw, origin = yaw * inside, origin * inside[..., None]
    xz = [table.at_frames(component, length) for component in origin.unbind(-1)]
    return torch.stack(xz, dim=-1), table.at_frames(yaw, length)


def _at_first_frame(values: Tensor, table: PartTable) -> Tensor:
    """Values (B, P, T, C) at the first frame of each part that lies inside the sequence: (B, P, S, C)."""
    last = (table.length - 1).clamp(min=0, max=values.shape[2] - 1)[:, None, None]
    at = torch.minimum(table.start.clamp_min(0), last)
    return values.gather(2, at[..., None].expand(*at.shape, values.shape[-1]))


def _centroids(place: Tensor, member: Tensor) -> Tensor:
    """Mean position (B, G, C) of each group's members, 0 for groups without any."""
    return _over_members(member, place) / member.sum((1, 2)).clamp_min(1)[..., None]


# Sums instead of matrix products, which autocast would do in bfloat16.
def _over_members(member: Tensor, values: Tensor) -> Tensor:
    """Sum of values (B, P, S, C) over the members (B, P, S, G) of each group: (B, G, C)."""
    return (member[..., None] * values[..., None, :]).sum((1, 2))


def _of_group(member: Tensor, values: Tensor) -> Tensor:
    """Each part's group's value (B, P, S, C) from (B, G, C); 0 for solos."""
    return (member[..., None] * values[:, None, None]).sum(3)


def _sizes(member: Tensor) -> Tensor:
    """How many people take part in each part (B, P, S); 0 for solos."""
    return (member * member.sum((1, 2))[:, None, None]).sum(-1)
