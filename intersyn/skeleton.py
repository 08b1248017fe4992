"""The one skeleton of the project: SMPL's first 22 joints with the rest offsets of the default body.

Every source is retargeted to it, so bone lengths never change. Rest pose: T-pose, facing +z, y up, metres.
"""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.rotations import matrix_from_6d, quaternion_apply, quaternion_conjugate, quaternion_multiply

JOINT_NAMES = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
NUM_JOINTS = len(JOINT_NAMES)
PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
JOINT = {name: index for index, name in enumerate(JOINT_NAMES)}

# Rest joint positions of the default body (J_regressor @ v_template), metres.
REST_JOINTS = torch.tensor(
    [
        (0.000, -0.223, 0.028), (0.086, -0.308, 0.028), (-0.086, -0.308, 0.028), (0.000, -0.113, 0.016),
        (0.097, -0.708, 0.032), (-0.097, -0.708, 0.032), (0.000, 0.007, 0.012), (0.092, -1.110, 0.000),
        (-0.092, -1.110, 0.000), (0.000, 0.077, 0.022), (0.107, -1.166, 0.120), (-0.107, -1.166, 0.120),
        (0.000, 0.280, 0.006), (0.072, 0.204, 0.016), (-0.072, 0.204, 0.016), (0.000, 0.357, 0.032),
        (0.178, 0.220, 0.010), (-0.178, 0.220, 0.010), (0.450, 0.212, 0.002), (-0.450, 0.212, 0.002),
        (0.700, 0.212, 0.006), (-0.700, 0.212, 0.006),
    ]
)  # fmt: skip
REST_FLOOR = -1.18806  # lowest vertex of the default body at rest
# Offset of each joint from its parent at rest; the pelvis has none.
OFFSETS = torch.stack(
    [torch.zeros(3)] + [REST_JOINTS[j] - REST_JOINTS[PARENTS[j]] for j in range(1, NUM_JOINTS)]
)  # (22, 3)

# Feet: the four joints whose contact with the floor is labelled, in this order everywhere.
FOOT_JOINTS = (JOINT["left_ankle"], JOINT["right_ankle"], JOINT["left_foot"], JOINT["right_foot"])
FOOT_REST_HEIGHT = REST_JOINTS[list(FOOT_JOINTS), 1] - REST_FLOOR  # joint height above the sole when standing, (4,)
LEG_LENGTH = float(OFFSETS[JOINT["left_knee"]].norm() + OFFSETS[JOINT["left_ankle"]].norm())

# Index of the same joint on the other side of the body.
MIRROR_JOINTS = tuple(
    JOINT[name.replace("left", "right") if name.startswith("left") else name.replace("right", "left")]
    for name in JOINT_NAMES
)

MIRROR_FEET = (1, 0, 3, 2)  # the same for FOOT_JOINTS

# ANCESTORS[j, k] = 1 where bone k lies on the chain from the pelvis to joint j (j itself included, pelvis not).
ANCESTORS = torch.zeros(NUM_JOINTS, NUM_JOINTS)
for _joint in range(1, NUM_JOINTS):
    _bone = _joint
    while _bone > 0:
        ANCESTORS[_joint, _bone] = 1.0
        _bone = PARENTS[_bone]

# Joints by their distance from the pelvis in bones: each level is one batch of forward kinematics.
LEVELS: tuple[tuple[int, ...], ...] = tuple(
    tuple(j for j in range(NUM_JOINTS) if sum(1 for k in range(NUM_JOINTS) if ANCESTORS[j, k]) == depth)
    for depth in range(int(ANCESTORS.sum(1).max()) + 1)
)
_BY_LEVEL = [j for level in LEVELS for j in level]
_FROM_LEVELS = [_BY_LEVEL.index(j) for j in range(NUM_JOINTS)]


def unsided(name: str) -> str:
    """The name of a joint or point without its side: "left_elbow" -> "elbow"."""
    return name.removeprefix("left_").removeprefix("right_")


def forward_kinematics(local: Tensor, root: Tensor, offsets: Tensor = OFFSETS) -> tuple[Tensor, Tensor]:
    """Joints (..., 22, 3) and global quaternions (..., 22, 4) from local quaternions and pelvis positions (..., 3).

    offsets (..., 22, 3) metres, broadcast: the bones of somebody taller or smaller. Level by level, which makes few
    large steps for autograd: what an optimiser over poses wants.
    """
    _check(local, (NUM_JOINTS, 4), "local quaternions")
    offsets = offsets.to(local)
    rotations, joints = [local[..., :1, :]], [root[..., None, :]]
    for above, level in zip(LEVELS, LEVELS[1:], strict=False):
        parents = [above.index(PARENTS[j]) for j in level]
        parent = rotations[-1][..., parents, :]
        joints.append(joints[-1][..., parents, :] + quaternion_apply(parent, offsets[..., level, :]))
        rotations.append(quaternion_multiply(parent, local[..., level, :]))
    return torch.cat(joints, dim=-2)[..., _FROM_LEVELS, :], torch.cat(rotations, dim=-2)[..., _FROM_LEVELS, :]


def global_rotations(local: Tensor) -> Tensor:
    """Local rotations, quaternions (..., 22, 4), to rotations in the frame of the pelvis's parent (the world)."""
    _check(local, (NUM_JOINTS, 4), "local quaternions")
    out: list[Tensor] = [local[..., 0, :]]
    for j in range(1, NUM_JOINTS):
        out.append(quaternion_multiply(out[PARENTS[j]], local[..., j, :]))
    return torch.stack(out, dim=-2)


def local_rotations(global_: Tensor) -> Tensor:
    """The inverse of `global_rotations`: (..., 22, 4) -> (..., 22, 4)."""
    _check(global_, (NUM_JOINTS, 4), "global quaternions")
    parents = global_[..., list(PARENTS[1:]), :]
    rest = quaternion_multiply(quaternion_conjugate(parents), global_[..., 1:, :])
    return torch.cat((global_[..., :1, :], rest), dim=-2)


def joints_from_global(global_: Tensor, root: Tensor) -> Tensor:
    """Forward kinematics from global quaternions (..., 22, 4) and pelvis positions (..., 3): joints (..., 22, 3)."""
    _check(global_, (NUM_JOINTS, 4), "global quaternions")
    offsets = OFFSETS.to(global_)
    out: list[Tensor] = [root]
    for j in range(1, NUM_JOINTS):
        out.append(out[PARENTS[j]] + quaternion_apply(global_[..., PARENTS[j], :], offsets[j]))
    return torch.stack(out, dim=-2)


def joints_from_global_6d(rotations: Tensor, root: Tensor) -> Tensor:
    """FK from global rotations in 6D (..., 22, 6): the bones are linear in the matrices, so this is one product.

    Returns joints (..., 22, 3) in the frame the rotations are written in, the pelvis at `root` (..., 3). Computed in
    float32 or better, under autocast too: bfloat16 is 6 mm coarse at a man's height.
    """
    _check(rotations, (NUM_JOINTS, 6), "6D rotations")
    with torch.autocast(rotations.device.type, enabled=False):
        if rotations.dtype in (torch.float16, torch.bfloat16):
            rotations = rotations.float()
        root = root.to(rotations.dtype)
        return _chained(matrix_from_6d(rotations[..., list(PARENTS[1:]), :]), root)


def joints_from_global_matrices(rotations: Tensor, root: Tensor) -> Tensor:
    """The same from global rotation matrices (..., 22, 3, 3). Raises `ValueError` for other shapes."""
    _check(rotations.flatten(-2), (NUM_JOINTS, 9), "rotation matrices, a row each,")
    return _chained(rotations[..., list(PARENTS[1:]), :, :], root)


def _chained(parents: Tensor, root: Tensor) -> Tensor:
    """Joints (..., 22, 3) from the global rotations (..., 21, 3, 3) of every joint's parent."""
    bones = (parents @ OFFSETS[1:].to(parents)[..., None]).squeeze(-1)
    joints = root[..., None, :] + ANCESTORS[1:, 1:].to(parents) @ bones
    return torch.cat((root[..., None, :], joints), dim=-2)


def mirror_rotations(quaternions: Tensor) -> Tensor:
    """Reflect (..., 22, 4) across the plane x = 0 and swap left and right. Applied twice it is the identity."""
    _check(quaternions, (NUM_JOINTS, 4), "quaternions")
    return quaternions[..., list(MIRROR_JOINTS), :] * quaternions.new_tensor((1.0, 1.0, -1.0, -1.0))


def mirror_positions(positions: Tensor) -> Tensor:
    """Reflect points (..., 3) across the plane x = 0 (joint order is the caller's business)."""
    return positions * positions.new_tensor((-1.0, 1.0, 1.0))


def mirror_contacts(contacts: Tensor) -> Tensor:
    """Foot contacts (..., 4), in the order of FOOT_JOINTS, of the mirrored body."""
    return contacts[..., list(MIRROR_FEET)]


def _check(x: Tensor, last: tuple[int, int], what: str) -> None:
    if x.ndim < 2 or tuple(x.shape[-2:]) != last:
        raise ValueError(f"{what} must be (..., {last[0]}, {last[1]}), got {tuple(x.shape)}")
