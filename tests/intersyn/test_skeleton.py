"""The skeleton: hand-computed forward kinematics, global and local rotations, mirroring."""

from __future__ import annotations

import math

import pytest
import torch

from intersyn import skeleton as S
from intersyn.rotations import (
    axis_angle_to_quaternion,
    matrix_to_6d,
    quaternion_multiply,
    quaternion_to_matrix,
    yaw_quaternion,
)
from tests.motions import smooth_motion


def rest(*shape: int) -> torch.Tensor:
    local = torch.zeros(*shape, S.NUM_JOINTS, 4)
    local[..., 0] = 1.0
    return local


def pose(local: torch.Tensor, root: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> torch.Tensor:
    return S.joints_from_global(S.global_rotations(local), torch.tensor(root).expand(*local.shape[:-2], 3))


def test_the_tree_is_a_tree() -> None:
    assert S.NUM_JOINTS == 22
    assert S.PARENTS[0] == -1
    assert all(0 <= parent < joint for joint, parent in enumerate(S.PARENTS) if joint)
    for joint, other in enumerate(S.MIRROR_JOINTS):
        assert S.MIRROR_JOINTS[other] == joint
        assert S.JOINT_NAMES[joint].split("_")[-1] == S.JOINT_NAMES[other].split("_")[-1]


def test_the_rest_body_is_symmetric_upright_and_faces_z() -> None:
    torch.testing.assert_close(S.mirror_positions(S.REST_JOINTS[list(S.MIRROR_JOINTS)]), S.REST_JOINTS)
    assert S.REST_JOINTS[S.JOINT["head"], 1] > S.REST_JOINTS[S.JOINT["pelvis"], 1]
    assert S.REST_JOINTS[S.JOINT["left_wrist"], 0] > 0.5  # the left arm points to +x
    assert S.REST_JOINTS[S.JOINT["left_foot"], 2] > S.REST_JOINTS[S.JOINT["left_ankle"], 2]  # toes ahead


def test_rest_pose_by_hand() -> None:
    joints = pose(rest(), tuple(S.REST_JOINTS[0].tolist()))
    torch.testing.assert_close(joints, S.REST_JOINTS)


def test_raised_left_arm_by_hand() -> None:
    """The left shoulder turns 90 degrees about +z: the arm that pointed to +x points up, with the same bones."""
    local = rest()
    local[S.JOINT["left_shoulder"]] = torch.tensor((math.cos(math.pi / 4), 0.0, 0.0, math.sin(math.pi / 4)))
    joints = pose(local)
    shoulder = S.REST_JOINTS[S.JOINT["left_shoulder"]] - S.REST_JOINTS[0]
    upper, lower = (0.272, -0.008, -0.008), (0.250, 0.0, 0.004)  # offsets of elbow and wrist at rest, from the table
    elbow = shoulder + torch.tensor((-upper[1], upper[0], upper[2]))
    wrist = elbow + torch.tensor((-lower[1], lower[0], lower[2]))
    torch.testing.assert_close(joints[S.JOINT["left_elbow"]], elbow)
    torch.testing.assert_close(joints[S.JOINT["left_wrist"]], wrist)
    others = [j for j in range(22) if j not in (S.JOINT["left_elbow"], S.JOINT["left_wrist"])]
    torch.testing.assert_close(joints[others], (S.REST_JOINTS - S.REST_JOINTS[0])[others])


def test_bent_knee_on_a_turned_body_by_hand() -> None:
    """Pelvis turned to +x (yaw 90 degrees) at (1, 1, 1), left knee bent by 90: the shin points to the back, -x."""
    local = rest()
    local[0] = yaw_quaternion(torch.tensor(math.pi / 2))
    local[S.JOINT["left_knee"]] = torch.tensor((math.cos(math.pi / 4), math.sin(math.pi / 4), 0.0, 0.0))
    joints = pose(local, (1.0, 1.0, 1.0))
    # rest offsets (x, y, z): yaw of 90 degrees maps them to (z, y, -x)
    hip = torch.tensor((1.0 + 0.000, 1.0 - 0.085, 1.0 - 0.086))
    knee = hip + torch.tensor((0.004, -0.400, -0.011))
    # the shin's offset (-.005, -.402, -.032) first turns about x by 90 degrees: (x, -z, y)
    ankle = knee + torch.tensor((-0.402, 0.032, 0.005))
    torch.testing.assert_close(joints[S.JOINT["left_hip"]], hip)
    torch.testing.assert_close(joints[S.JOINT["left_knee"]], knee)
    torch.testing.assert_close(joints[S.JOINT["left_ankle"]], ankle)


def test_bones_keep_their_length() -> None:
    local, root, _ = smooth_motion(1, 2, frames=50)
    joints = S.joints_from_global(S.global_rotations(local), root)
    bones = (joints[..., 1:, :] - joints[..., list(S.PARENTS[1:]), :]).norm(dim=-1)
    torch.testing.assert_close(bones, S.OFFSETS[1:].norm(dim=-1).expand_as(bones), atol=1e-5, rtol=0)


def test_local_and_global_are_inverse() -> None:
    local, _, _ = smooth_motion(2, 2, frames=50)
    back = S.local_rotations(S.global_rotations(local))
    torch.testing.assert_close((back * local).sum(-1).abs(), torch.ones(2, 50, 22), atol=1e-5, rtol=0)


def test_forward_kinematics_is_fk_of_global_rotations() -> None:
    local, root, _ = smooth_motion(5, 2, frames=50)
    joints, world = S.forward_kinematics(local, root)
    torch.testing.assert_close(world, S.global_rotations(local), atol=1e-6, rtol=0)
    torch.testing.assert_close(joints, S.joints_from_global(world, root), atol=1e-5, rtol=0)


def test_forward_kinematics_of_other_bones() -> None:
    """One person half as tall as the other: around their pelvises everything is half as far."""
    local, root, _ = smooth_motion(6, 1, frames=20)
    bones = S.OFFSETS * torch.tensor([1.0, 0.5])[:, None, None]
    joints, world = S.forward_kinematics(local.expand(2, -1, -1, -1), root.expand(2, -1, -1), bones[:, None])
    around = joints - joints[:, :, :1]
    torch.testing.assert_close(around[1], around[0] / 2, atol=1e-6, rtol=0)
    assert torch.equal(world[0], world[1])


def test_the_gradient_of_forward_kinematics() -> None:
    """Slopes along turns of every joint and along shifts of the pelvis, for joints and for global quaternions."""
    generator = torch.Generator().manual_seed(7)
    local, root, _ = (x.double() for x in smooth_motion(7, 1, frames=3))
    turn, shift = (torch.randn(shape, generator=generator).double() for shape in ((1, 3, 22, 3), (1, 3, 3)))
    pulls = [torch.randn(1, 3, 22, size, generator=generator).double() for size in (3, 4)]

    def pulled(distance: torch.Tensor | float) -> torch.Tensor:
        turned = quaternion_multiply(local, axis_angle_to_quaternion(distance * turn))
        found = S.forward_kinematics(turned, root + distance * shift)
        return sum((pull * x).sum() for pull, x in zip(pulls, found, strict=True))

    distance = torch.zeros((), dtype=torch.float64, requires_grad=True)
    pulled(distance).backward()
    assert float(distance.grad) == pytest.approx(float(pulled(1e-6) - pulled(-1e-6)) / 2e-6, rel=1e-6)


def test_linear_fk_is_fk() -> None:
    local, root, _ = smooth_motion(3, 2, frames=50)
    world = S.global_rotations(local)
    six = matrix_to_6d(quaternion_to_matrix(world))
    torch.testing.assert_close(S.joints_from_global_6d(six, root), S.joints_from_global(world, root), atol=1e-5, rtol=0)


def test_linear_fk_stays_precise_under_autocast() -> None:
    local, root, _ = smooth_motion(3, 2, frames=50)
    world = S.global_rotations(local)
    six = matrix_to_6d(quaternion_to_matrix(world))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        joints = S.joints_from_global_6d(six, root)
        assert S.joints_from_global_6d(six.bfloat16(), root).dtype == torch.float32
    torch.testing.assert_close(joints, S.joints_from_global(world, root), atol=1e-5, rtol=0)


def test_mirroring() -> None:
    """Mirroring the pose mirrors the joints; twice is itself."""
    local, root, _ = smooth_motion(4, 2, frames=50)
    mirrored = S.mirror_rotations(local)
    assert torch.equal(S.mirror_rotations(mirrored), local)
    joints = S.joints_from_global(S.global_rotations(local), root)
    found = S.joints_from_global(S.global_rotations(mirrored), S.mirror_positions(root))
    torch.testing.assert_close(found, S.mirror_positions(joints)[..., list(S.MIRROR_JOINTS), :], atol=1e-5, rtol=0)
    assert (found - joints).abs().max() > 0.1


def test_standing_feet_are_a_sole_above_the_floor() -> None:
    assert S.FOOT_REST_HEIGHT.tolist() == pytest.approx([0.078, 0.078, 0.022, 0.022], abs=1e-3)


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(5, 21, 4\)"):
        S.global_rotations(torch.zeros(5, 21, 4))
    with pytest.raises(ValueError, match=r"\(5, 22, 4\)"):
        S.joints_from_global_6d(torch.zeros(5, 22, 4), torch.zeros(5, 3))
    with pytest.raises(ValueError, match=r"\(5, 22, 3\)"):
        S.forward_kinematics(torch.zeros(5, 22, 3), torch.zeros(5, 3))
