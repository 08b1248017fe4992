"""Fusion U: one interleaved sequence from a two-person interaction and solo clips (InterSyn, section on fusion).

U(p_x, p_y, p_s, t_i, t_s) in the paper aligns, orients and joins clips; how is unsaid. Here, for B sequences of P
people over S segments at once: every segment's clip is placed by one rigid floor transform (`Cast`), the two of a pair
keep their geometry, and each seam is closed by a decaying offset (inertialisation: pose and velocity agree at the seam)
that lies wholly on one side:

- before an interaction, on the frames ahead of it, so that the interaction has full weight from its first frame (an
  interaction that follows another directly starts at full weight too: the earlier one's last frames give way);
- after an interaction, on the solo's first frames;
- between two solos, on the one farther from the first interaction, which everything else is attached to.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from intersyn.conditions import INTERACTION, PADDING
from intersyn.data.footing import plant_feet
from intersyn.data.material import Material, align, moved
from intersyn.rotations import (
    axis_angle_to_quaternion,
    quaternion_conjugate,
    quaternion_multiply,
    quaternion_to_axis_angle,
    rotate_xz,
    wrap_angle,
    yaw_quaternion,
)

# The offset is zero this many frames from the frame it is measured at; in segments too short for that, after half of
# the segment, so that the blends at its two ends do not meet.
BLEND_FRAMES = 13
# Frames of its own clip that a segment needs beyond each end: the offset's value and slope are read there.
SPARE_FRAMES = 3


@dataclass(frozen=True)
class Cast:
    """Which rows of a `Material` each person plays in each segment, and where on the floor.

    kind, start, end: (B, S) kind (PADDING after the last segment) and frames [start, end); the frames may lie outside
        the window that is fused, on either side.
    row: (B, P, S) the material's row at the segment's first frame. mirror: (B, P, S) reflect it.
    yaw (B, P, S), shift (B, P, S, 2): the floor transform x -> R(yaw) x + shift of the (reflected) clip.
    end_yaw, end_shift: the same at the segment's end, where a solo between two interactions must meet both; elsewhere
        equal to the former.
    root_segment: (B,) the segment everything else is attached to: the first interaction, or 0.
    """

    kind: Tensor
    start: Tensor
    end: Tensor
    row: Tensor
    mirror: Tensor
    yaw: Tensor
    shift: Tensor
    end_yaw: Tensor
    end_shift: Tensor
    root_segment: Tensor

    def select(self, index: Tensor) -> Cast:
        """Sequences of the batch."""
        return Cast(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def to(self, device: torch.device | str) -> Cast:
        return Cast(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


@dataclass(frozen=True)
class Fused:
    """Local quaternions (B, P, T, 22, 4), root (B, P, T, 3) metres, contacts (B, P, T, 4); world frame, floor at 0."""

    rotations: Tensor
    root: Tensor
    contacts: Tensor


def fuse(material: Material, cast: Cast, frames: int, blend_frames: int = BLEND_FRAMES, plant: bool = True) -> Fused:
    """Frames [0, frames) of the sequences that `cast` describes; frames beyond a sequence's end mean nothing.

    plant: label contacts anew and lock the feet where clips were bent (see `footing`).

    Raises `ValueError` where the cast's shapes disagree.
    """
    if cast.row.ndim != 3 or cast.kind.shape != (cast.row.shape[0], cast.row.shape[2]):
        raise ValueError(
            f"row must be (B, P, S) and kind (B, S), got {tuple(cast.row.shape)}, {tuple(cast.kind.shape)}"
        )
    local, root, contacts = placed(material, cast, frames)
    if cast.kind.shape[1] > 1:
        local, root = _close_seams(material, cast, local, root, blend_frames)
        if plant:
            bent = blend_mask(cast, frames, blend_frames)
            fixed = (cast.kind.gather(1, _segment_at(cast, frames)) == INTERACTION) & ~bent
            local, root, contacts = plant_feet(local, root, contacts, bent, fixed)
    return Fused(local, root, contacts)


def blend_side(cast: Cast) -> Tensor:
    """(B, S-1) for the seam before segment s+1: -1 where the blend precedes it, +1 where it follows, 0 without seam."""
    later = torch.arange(1, cast.kind.shape[1], device=cast.kind.device)
    before = (cast.kind[:, 1:] == INTERACTION) | (later <= cast.root_segment[:, None])
    side = torch.where(before, -1, 1)
    return torch.where(cast.kind[:, 1:] == PADDING, 0, side)


def blend_lengths(cast: Cast, blend_frames: int = BLEND_FRAMES) -> Tensor:
    """(B, S-1) frames from the one the offset is measured at to where it is zero, by the length of the bent segment."""
    length = cast.end - cast.start
    bent = torch.where(blend_side(cast) < 0, length[:, :-1], length[:, 1:])
    return (bent // 2 + 1).clamp(max=blend_frames)


def blend_mask(cast: Cast, frames: int, blend_frames: int = BLEND_FRAMES) -> Tensor:
    """(B, frames) True where a frame is not the clip's own: the blends, and solos bent to meet two interactions."""
    at = torch.arange(frames, device=cast.kind.device)
    seam = cast.start[:, 1:, None]
    side = blend_side(cast)[..., None]
    reach = blend_lengths(cast, blend_frames)[..., None]
    before = (side < 0) & (at < seam) & (at > seam - reach)
    after = (side > 0) & (at >= seam) & (at < seam + reach - 1)
    bent = (cast.yaw != cast.end_yaw).any(1) | (cast.shift != cast.end_shift).any(-1).any(1)  # (B, S)
    inside = bent[..., None] & (at >= cast.start[..., None]) & (at < cast.end[..., None])
    return (before | after).any(1) | inside.any(1)


def attach(material: Material, row: Tensor, mirror: Tensor, target: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """The floor transform that puts the frame at `row` (...) on the target's floor pose (see `align`)."""
    return align(target, material.floor_pose(row, mirror))


def floor_pose(material: Material, row: Tensor, mirror: Tensor, yaw: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    """Position (..., 2) and heading (...) in the world of the frame at `row` under a floor transform."""
    return moved(material.floor_pose(row, mirror), yaw, shift)


def fit_group(target: tuple[Tensor, Tensor], source: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The one floor transform that best takes a group's floor poses to the targets', and what is left per person.

    Floor poses are positions (..., P, 2) and headings (..., P). Headings weigh like points half a metre ahead of each
    person. Returns yaw (...), shift (..., 2), distance (..., P) metres and angle (..., P) radians.
    """
    a, b = target[0], source[0]
    a_mean, b_mean = a.mean(-2, keepdim=True), b.mean(-2, keepdim=True)
    da, db = a - a_mean, b - b_mean
    turn = target[1] - source[1]
    # Rotation by yaw maps (x, z) to (c x + s z, c z - s x): gather the cosine and sine parts of the alignment.
    cosine = (da * db).sum((-1, -2)) + 0.25 * torch.cos(turn).sum(-1)
    sine = (da[..., 0] * db[..., 1] - da[..., 1] * db[..., 0]).sum(-1) + 0.25 * torch.sin(turn).sum(-1)
    yaw = torch.atan2(sine, cosine)
    shift = (a_mean - rotate_xz(b_mean, yaw[..., None])).squeeze(-2)
    distance = (rotate_xz(b, yaw[..., None]) + shift[..., None, :] - a).norm(dim=-1)
    return yaw, shift, distance, wrap_angle(turn - yaw[..., None]).abs()


def _segment_at(cast: Cast, frames: int) -> Tensor:
    """(B, frames) the segment that plays at each frame; the last one after the end."""
    at = torch.arange(frames, device=cast.kind.device)
    begun = (cast.start[:, None, :] <= at[:, None]) & (cast.kind[:, None, :] != PADDING)
    return (begun.sum(-1) - 1).clamp_min(0)


def placed(material: Material, cast: Cast, frames: int) -> tuple[Tensor, Tensor, Tensor]:
    """Every frame of its own segment's clip under the segment's floor transform, seams left open; as in `Fused`."""
    at = torch.arange(frames, device=cast.kind.device)
    segment = _segment_at(cast, frames)
    people = cast.row.shape[1]
    index = segment[:, None].expand(-1, people, -1)  # (B, P, T)
    start, end = cast.start.gather(1, segment)[:, None], cast.end.gather(1, segment)[:, None]
    rows = cast.row.gather(2, index) + (at - start)
    local, root, contacts = material.pose(rows, cast.mirror.gather(2, index))
    pose_yaw, root = _floor(cast, index, root, (at - start) / (end - start).clamp_min(1))
    local = torch.cat(
        (quaternion_multiply(yaw_quaternion(pose_yaw), local[..., 0, :])[..., None, :], local[..., 1:, :]), -2
    )
    return local, root, contacts


def _floor(cast: Cast, index: Tensor, root: Tensor, phase: Tensor) -> tuple[Tensor, Tensor]:
    """Yaw (B, P, N) to turn by, and the moved root (B, P, N, 3), for frames at `phase` 0..1 of segments `index`."""

    def pick(values: Tensor) -> Tensor:
        if values.ndim == 3:
            return values.gather(2, index)
        return values.gather(2, index[..., None].expand(*index.shape, 2))

    yaw, end_yaw = pick(cast.yaw), pick(cast.end_yaw)
    phase = phase.clamp(0, 1)
    weight = phase * phase * (3 - 2 * phase)
    flat = root[..., (0, 2)]
    here = torch.lerp(
        rotate_xz(flat, yaw) + pick(cast.shift),
        rotate_xz(flat, end_yaw) + pick(cast.end_shift),
        weight[..., None].expand_as(flat),
    )
    turned = yaw + weight * wrap_angle(end_yaw - yaw)
    return turned, torch.stack((here[..., 0], root[..., 1], here[..., 1]), dim=-1)


def _at_seams(material: Material, cast: Cast, segment: Tensor, frame: Tensor) -> tuple[Tensor, Tensor]:
    """Local quaternions (B, P, N, 22, 4) and root (B, P, N, 3) of segments (B, N) at sequence frames (B, N), placed.

    The frames may lie beyond the segment's ends, in the clip's spare frames; transforms do not extend beyond them.
    """
    index = segment[:, None].expand(-1, cast.row.shape[1], -1)
    start, end = cast.start.gather(1, segment)[:, None], cast.end.gather(1, segment)[:, None]
    rows = cast.row.gather(2, index) + (frame[:, None] - start)
    local, root, _ = material.pose(rows, cast.mirror.gather(2, index))
    yaw, root = _floor(cast, index, root, (frame[:, None] - start) / (end - start).clamp_min(1))
    return torch.cat(
        (quaternion_multiply(yaw_quaternion(yaw), local[..., 0, :])[..., None, :], local[..., 1:, :]), -2
    ), root


def _close_seams(
    material: Material, cast: Cast, local: Tensor, root: Tensor, blend_frames: int
) -> tuple[Tensor, Tensor]:
    batch, people, frames = root.shape[:3]
    device = root.device
    seams = cast.kind.shape[1] - 1
    side = blend_side(cast)  # (B, K)
    earlier = torch.arange(seams, device=device).expand(batch, seams)
    # The giving side keeps its frames, the blending side is offset towards it.
    giver = torch.where(side < 0, earlier + 1, earlier)
    taker = torch.where(side < 0, earlier, earlier + 1)
    seam = cast.start[:, 1:]
    base = torch.where(side < 0, seam, seam - 1)  # the giver's frame nearest to the blend
    inward = torch.where(side < 0, 1, -1)  # direction from the blend into the giver

    steps = torch.arange(SPARE_FRAMES, device=device)
    where = (base[..., None] + inward[..., None] * steps).flatten(1)  # (B, K*3)
    repeat = lambda segment: segment[..., None].expand(-1, -1, SPARE_FRAMES).flatten(1)  # noqa: E731
    given, given_root = _at_seams(material, cast, repeat(giver), where)
    taken, taken_root = _at_seams(material, cast, repeat(taker), where)
    gap = quaternion_to_axis_angle(quaternion_multiply(given, quaternion_conjugate(taken)))
    gap = gap.unflatten(2, (seams, SPARE_FRAMES))  # (B, P, K, 3, 22, 3)
    gap = torch.stack((gap[..., 0, :, :], *(_nearest_turn(gap[..., 0, :, :], gap[..., k, :, :]) for k in (1, 2))), 3)
    root_gap = (given_root - taken_root).unflatten(2, (seams, SPARE_FRAMES))[..., None, :]
    gap = torch.cat((gap, root_gap), dim=-2)  # (B, P, K, 3, 23, 3): joints, then the root position

    weights = _decay(blend_lengths(cast, blend_frames), blend_frames, gap)  # (B, K, N, 3)
    offset = torch.einsum("bsnk,bpskjc->bpsnjc", weights, gap)  # (B, P, K, N, 23, 3)
    target = (base[..., None] - inward[..., None] * torch.arange(1, blend_frames, device=device)).flatten(1)
    real = ((side != 0)[..., None] & (weights[..., 0] != 0)).flatten(1)
    real = real & (target >= 0) & (target < frames)
    target = torch.where(real, target, frames)  # what is not needed goes to a spare last frame

    index = target[:, None, :].expand(-1, people, -1)
    offset = offset.flatten(2, 3)
    local = torch.cat((local, local[:, :, :1]), dim=2)
    root = torch.cat((root, root[:, :, :1]), dim=2)
    wide = index[..., None, None].expand(*index.shape, *local.shape[3:])
    turned = quaternion_multiply(axis_angle_to_quaternion(offset[..., :-1, :]), local.gather(2, wide))
    local = local.scatter(2, wide, turned)
    narrow = index[..., None].expand(*index.shape, 3)
    root = root.scatter(2, narrow, root.gather(2, narrow) + offset[..., -1, :])
    return local[:, :, :frames].contiguous(), root[:, :, :frames].contiguous()


def _nearest_turn(reference: Tensor, axis_angle: Tensor) -> Tensor:
    """The rotation vector of the same rotation on the reference's side of pi."""
    angle = axis_angle.norm(dim=-1, keepdim=True).clamp_min(1e-8)
    other = axis_angle * (1 - 2 * torch.pi / angle)
    nearer = (other - reference).square().sum(-1, keepdim=True) < (axis_angle - reference).square().sum(
        -1, keepdim=True
    )
    return torch.where(nearer, other, axis_angle)


def _decay(lengths: Tensor, longest: int, like: Tensor) -> Tensor:
    """(B, K, longest - 1, 3) weights of the gap at the seam and one and two frames beyond, 1, 2, ... frames before it.

    The quintic that continues the gap's value and slope and comes to rest after `lengths` (B, K) frames. (Continuing
    its curvature too made seams rougher: the curvature of recordings is mostly noise.)
    """
    lengths = lengths.to(like)[..., None]
    x = (torch.arange(1, longest, device=like.device, dtype=like.dtype) / lengths).clamp(max=1)
    value = 1 - x**3 * (10 - 15 * x + 6 * x**2)
    slope = lengths * x * (1 - x) ** 3 * (1 + 3 * x)
    # One-sided difference; the slope points away from the giver, so its sign turns.
    first = like.new_tensor((1.5, -2.0, 0.5))
    zero = torch.zeros_like(x)
    return torch.where((x < 1)[..., None], torch.stack((value, zero, zero), -1) + slope[..., None] * first, 0.0)
