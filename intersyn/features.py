"""Motion to network features and back to poses, by named parts; normalisation.

Per person and frame, in the order of `PARTS` (velocities and rates are steps to the next frame, the last one repeated):
  root_height    pelvis height, m
  root_xz        pelvis on the floor in the interaction's first-person frame (see `frames`), m; only in interactions
  heading        cos and sin of the yaw in that frame; only in interactions
  root_velocity  step of the pelvis on the floor, turned by minus the heading, m/frame
  yaw_rate       step of the heading, rad/frame
  positions      joints 1..21 less the pelvis's floor projection, turned by minus the heading, m
  velocities     world steps of all 22 joints, turned by minus the heading, m/frame
  rotations      global rotations in 6D, turned by minus the heading, so that FK is linear
  contacts       the four foot contacts, 0..1, in the order of `skeleton.FOOT_JOINTS`
What does not exist (root_xz and heading in solos, everything beyond a sequence's length) is exactly 0.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from intersyn.conditions import PartTable
from intersyn.frames import InteractionFrames, interaction_frames, person_frames
from intersyn.rotations import (
    heading_of,
    matrix_to_6d,
    quaternion_multiply,
    quaternion_to_matrix,
    rotate_xz,
    wrap_angle,
    yaw_matrix,
    yaw_quaternion,
)
from intersyn.skeleton import (
    MIRROR_FEET,
    MIRROR_JOINTS,
    NUM_JOINTS,
    global_rotations,
    joints_from_global,
    joints_from_global_6d,
)

PARTS: dict[str, int] = {
    "root_height": 1,
    "root_xz": 2,
    "heading": 2,
    "root_velocity": 2,
    "yaw_rate": 1,
    "positions": 3 * (NUM_JOINTS - 1),
    "velocities": 3 * NUM_JOINTS,
    "rotations": 6 * NUM_JOINTS,
    "contacts": 4,
}
FEATURE_DIM = sum(PARTS.values())
SLICES: dict[str, slice] = {}
for _name, _size in PARTS.items():
    _start = sum(part.stop - part.start for part in SLICES.values())
    SLICES[_name] = slice(_start, _start + _size)
INTERACTION_PARTS = ("root_xz", "heading")  # what exists in interactions only

# The least standard deviation each part is divided by, in its own unit.
STD_FLOOR = {
    "root_height": 0.05,
    "root_xz": 0.1,
    "heading": 0.1,
    "root_velocity": 0.005,
    "yaw_rate": 0.005,
    "positions": 0.05,
    "velocities": 0.005,
    "rotations": 0.05,
    "contacts": 0.1,
}


def encode(
    local_quat: Tensor, root: Tensor, contacts: Tensor, table: PartTable, frames: InteractionFrames | None = None
) -> Tensor:
    """Features (B, P, T, 273), not normalised, of motion in the world. Differentiable.

    local_quat (B, P, T, 22, 4) unit quaternions, root (B, P, T, 3) pelvis in metres, contacts (B, P, T, 4) in 0..1.
    frames: the interactions' shared frames where they are known better than from this window (see
    `frames.interaction_frames`, which is the default). Values beyond a sequence's length are not looked at.
    """
    _check_motion(local_quat, root, contacts, table)
    length = local_quat.shape[2]
    world = global_rotations(local_quat)
    heading = heading_of(quaternion_to_matrix(world[..., 0, :]))
    if frames is None:
        frames = interaction_frames(root[..., ::2], heading, table)

    upright = quaternion_multiply(yaw_quaternion(-heading)[..., None, :].expand_as(world), world)
    flat = torch.zeros_like(heading)
    joints = joints_from_global(upright, torch.stack((flat, root[..., 1], flat), dim=-1))

    # Steps to the next frame, all in the heading frame of the earlier one.
    yaw_rate = wrap_angle(heading[..., 1:] - heading[..., :-1])
    step = rotate_xz(root[:, :, 1:, ::2] - root[:, :, :-1, ::2], -heading[..., :-1])
    # Elementwise rather than a matrix product, which autocast would do in bfloat16.
    xz = rotate_xz(joints[:, :, 1:, :, ::2], yaw_rate[..., None].expand(-1, -1, -1, NUM_JOINTS)) + step[..., None, :]
    velocities = torch.stack((xz[..., 0], joints[:, :, 1:, :, 1], xz[..., 1]), dim=-1) - joints[:, :, :-1]

    origin, yaw = person_frames(frames, table, length)
    relative = heading - yaw
    parts = {
        "root_height": root[..., 1:2],
        "root_xz": rotate_xz(root[..., ::2] - origin, -yaw),
        "heading": torch.stack((torch.cos(relative), torch.sin(relative)), dim=-1),
        "root_velocity": _repeat_last(step, table),
        "yaw_rate": _repeat_last(yaw_rate[..., None], table),
        "positions": joints[..., 1:, :].flatten(-2),
        "velocities": _repeat_last(velocities.flatten(-2), table),
        "rotations": matrix_to_6d(quaternion_to_matrix(upright)).flatten(-2),
        "contacts": contacts,
    }
    features = torch.cat([parts[name] for name in PARTS], dim=-1)
    return torch.where(mask(table, length), features, torch.zeros((), dtype=features.dtype, device=features.device))


def mask(table: PartTable, length: int) -> Tensor:
    """(B, P, length, 273) True where a feature exists."""
    batch, people, _ = table.kind.shape
    valid = table.valid(length)[:, None, :, None].expand(batch, people, length, 1)
    together = table.in_interaction(length)[..., None]
    columns = [(together if name in INTERACTION_PARTS else valid).expand(-1, -1, -1, n) for name, n in PARTS.items()]
    return torch.cat(columns, dim=-1)


def pose_joints(features: Tensor) -> Tensor:
    """Joints (..., 22, 3) in the heading frame, the pelvis at (0, root_height, 0), from unnormalised (..., 273).

    By linear FK from `rotations`: this is the pose a Motion gets (`positions` only supervise). Differentiable.
    """
    _check_features(features)
    rotations = features[..., SLICES["rotations"]].unflatten(-1, (NUM_JOINTS, 6))
    height = features[..., SLICES["root_height"]]
    zero = torch.zeros_like(height)
    return joints_from_global_6d(rotations, torch.cat((zero, height, zero), dim=-1))


def shared_joints(features: Tensor, joints: Tensor, table: PartTable) -> Tensor:
    """Joints of everyone in the shared frame of the interaction at hand, (B, P, T, 22, 3).

    From metric features (B, P, T, 273) and their joints in the heading frame from `pose_joints`. Meaningful in
    interaction frames only: elsewhere there is no absolute place.
    """
    angle = table.at_frames(table.angle, features.shape[2])
    return placed_in_shared(joints, *shared_place(features, angle))


def shared_place(features: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """How metric features (..., 273) stand in the shared frame, to which their own turns by `angle` (...).

    (from the heading frame to the shared one (..., 3, 3), place on the ground (..., 2)); see `placed_in_shared`.
    """
    heading = F.normalize(features[..., SLICES["heading"]], dim=-1, eps=1e-4)
    yaw = torch.atan2(heading[..., 1], heading[..., 0] + 1e-8) + angle
    return yaw_matrix(yaw), rotate_xz(features[..., SLICES["root_xz"]], angle)


def placed_in_shared(points: Tensor, to_shared: Tensor, place: Tensor) -> Tensor:
    """Points (..., K, 3) of the heading frame in the shared one, given what `shared_place` returns."""
    x, z = place.unbind(-1)
    points = torch.einsum("...ij,...kj->...ki", to_shared, points)
    return points + torch.stack((x, torch.zeros_like(x), z), dim=-1)[..., None, :]


def turn(features: Tensor, yaw: Tensor) -> Tensor:
    """Features seen from a frame turned by -yaw about the same origin: root_xz and heading rotate by yaw (...).

    With yaw = partner's angle - mine it re-expresses a partner in my first-person frame. Works on normalised features
    as well (these two parts have mean 0 and one std each) and leaves what does not exist at 0.
    """
    _check_features(features)
    place = rotate_xz(features[..., SLICES["root_xz"]], yaw)
    cos, sin = features[..., SLICES["heading"]].unbind(-1)
    c, s = torch.cos(yaw), torch.sin(yaw)
    heading = torch.stack((cos * c - sin * s, sin * c + cos * s), dim=-1)
    before, after = features[..., : SLICES["root_xz"].start], features[..., SLICES["heading"].stop :]
    return torch.cat((before, place, heading, after), dim=-1)


def mirror(features: Tensor) -> Tensor:
    """Features (..., 273) of the motion reflected left to right; normalised ones too. Twice is the identity.

    The table stays as it is, except that the angles of interactions of three or more people change sign.
    """
    _check_features(features)
    return features[..., _MIRROR_ORDER.to(features.device)] * _MIRROR_SIGN.to(features)


class Normalizer(nn.Module):
    """(features - mean) / std with one std per part. A module, so that its two buffers travel in the checkpoint.

    The mean is that of the data and its mirror image, and 0 for root_xz and heading: so mirroring and turning a frame
    mean the same before and after normalisation.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Tensor | None = None, std: Tensor | None = None) -> None:
        super().__init__()
        mean = torch.zeros(FEATURE_DIM) if mean is None else mean
        std = torch.ones(FEATURE_DIM) if std is None else std
        if tuple(mean.shape) != (FEATURE_DIM,) or tuple(std.shape) != (FEATURE_DIM,):
            raise ValueError(f"mean and std must be ({FEATURE_DIM},), got {tuple(mean.shape)} and {tuple(std.shape)}")
        if not (std > 0).all():
            raise ValueError("std must be positive")
        self.register_buffer("mean", mean.float())
        self.register_buffer("std", std.float())

    @staticmethod
    def fit(batches: Iterable[tuple[Tensor, Tensor]]) -> Normalizer:
        """From batches of (features (..., 273), mask (..., 273)); only what exists counts. Summed in float64."""
        count = first = second = torch.zeros(FEATURE_DIM, dtype=torch.float64)
        for features, exists in batches:
            _check_features(features)
            if exists.shape != features.shape:
                raise ValueError(f"mask must be {tuple(features.shape)} like its features, got {tuple(exists.shape)}")
            weight = exists.detach().flatten(0, -2).double()
            values = features.detach().flatten(0, -2).double() * weight
            count = count + weight.sum(0).cpu()
            first = first + values.sum(0).cpu()
            second = second + values.square().sum(0).cpu()
        if count[SLICES["root_height"]].sum() == 0:
            raise ValueError("cannot fit a normaliser on no data")
        seen = count.clamp_min(1)
        mean = first / seen
        mean = (mean + mirror(mean)) / 2
        for name in INTERACTION_PARTS:
            mean[SLICES[name]] = 0.0
        variance = second / seen - 2 * mean * first / seen + mean.square()  # about the mean that is used
        std = torch.ones(FEATURE_DIM, dtype=torch.float64)
        for name, part in SLICES.items():
            std[part] = variance[part].clamp_min(0).mean().sqrt().clamp_min(STD_FLOOR[name])
        return Normalizer(mean, std)

    def forward(self, features: Tensor, exists: Tensor) -> Tensor:
        """Normalise (..., 273); what does not exist by `mask` becomes exactly 0."""
        _check_features(features)
        scaled = (features - self.mean) / self.std
        return torch.where(exists, scaled, torch.zeros((), dtype=scaled.dtype, device=scaled.device))

    def inverse(self, scaled: Tensor, exists: Tensor | None = None) -> Tensor:
        """Back to metres, radians and frames; with a mask, what does not exist becomes exactly 0."""
        _check_features(scaled)
        features = scaled * self.std + self.mean
        if exists is None:
            return features
        return torch.where(exists, features, torch.zeros((), dtype=features.dtype, device=features.device))


def _repeat_last(steps: Tensor, table: PartTable) -> Tensor:
    """Steps (B, P, T - 1, C) to values per frame (B, P, T, C): each sequence's last frame repeats the one before."""
    count = steps.shape[2]
    if count == 0:
        return steps.new_zeros(*steps.shape[:2], 1, steps.shape[-1])
    at = torch.arange(count + 1, device=steps.device)
    at = torch.minimum(at, (table.length - 2).clamp(0, count - 1)[:, None])  # (B, T)
    return steps.gather(2, at[:, None, :, None].expand(-1, steps.shape[1], -1, steps.shape[-1]))


def _mirror_map() -> tuple[Tensor, Tensor]:
    """Source column and sign of every mirrored feature."""
    order, sign = torch.arange(FEATURE_DIM), torch.ones(FEATURE_DIM)
    sign[SLICES["root_xz"]] = torch.tensor((-1.0, 1.0))
    sign[SLICES["heading"]] = torch.tensor((1.0, -1.0))
    sign[SLICES["root_velocity"]] = torch.tensor((-1.0, 1.0))
    sign[SLICES["yaw_rate"]] = -1.0
    joints = torch.tensor(MIRROR_JOINTS)
    for name, who, signs in (
        ("positions", joints[1:] - 1, (-1.0, 1.0, 1.0)),
        ("velocities", joints, (-1.0, 1.0, 1.0)),
        ("rotations", joints, (1.0, -1.0, -1.0, -1.0, 1.0, 1.0)),  # columns x and y of the reflected matrix
        ("contacts", torch.tensor(MIRROR_FEET), (1.0,)),
    ):
        part, width = SLICES[name], len(signs)
        order[part] = part.start + (who[:, None] * width + torch.arange(width)).flatten()
        sign[part] = torch.tensor(signs).repeat(len(who))
    return order, sign


_MIRROR_ORDER, _MIRROR_SIGN = _mirror_map()


def _check_features(features: Tensor) -> None:
    if features.ndim < 1 or features.shape[-1] != FEATURE_DIM:
        raise ValueError(f"features must be (..., {FEATURE_DIM}), got {tuple(features.shape)}")


def _check_motion(local_quat: Tensor, root: Tensor, contacts: Tensor, table: PartTable) -> None:
    batch, people, _ = table.kind.shape
    if local_quat.ndim != 5 or local_quat.shape[:2] != (batch, people) or local_quat.shape[3:] != (NUM_JOINTS, 4):
        raise ValueError(
            f"local_quat must be ({batch}, {people}, T, {NUM_JOINTS}, 4) to match the table, "
            f"got {tuple(local_quat.shape)}"
        )
    for name, value, width in (("root", root, 3), ("contacts", contacts, 4)):
        want = (*local_quat.shape[:3], width)
        if tuple(value.shape) != want:
            raise ValueError(f"{name} must be {want}, got {tuple(value.shape)}")
