"""Joints from skin: exact at rest, near for other shapes, never by negative weights."""

import numpy as np
import pytest

from intersyn.body.make.config import BodyConfig
from intersyn.body.make.directions import Direction, Skinned, stretch
from intersyn.body.make.joints import COUNT, MIRROR, rest_joints
from intersyn.body.make.regressor import joint_regressor
from intersyn.body.make.symmetry import BaseMesh

JOINTS = rest_joints(BodyConfig().left_hand)


def cloud() -> tuple[BaseMesh, np.ndarray]:
    """A ring of vertices round every joint; and who owns them. Only what the regressor looks at is a body's."""
    rng = np.random.default_rng(0)
    ring = 0.05 * rng.standard_normal((12, 3))
    ring = np.concatenate((ring, ring * (-1, 1, 1)))
    vertices = np.concatenate([joint + ring for joint in JOINTS])
    owner = np.repeat(np.arange(COUNT), len(ring))
    swap = np.concatenate((np.arange(12, 24), np.arange(12)))
    mirror = np.concatenate([MIRROR[joint] * 24 + swap for joint in range(COUNT)])
    return BaseMesh(vertices, np.zeros((0, 3), int), mirror), owner


def test_exact_at_rest_and_mirrored():
    mesh, owner = cloud()
    longer = stretch(Skinned(mesh.vertices, np.eye(COUNT)[owner], JOINTS), {"knee": 0.05, "ankle": 0.05})
    rows = joint_regressor(mesh, JOINTS, [longer], BodyConfig().regressor)
    assert rows.min() >= 0
    np.testing.assert_allclose(rows.sum(1), 1, atol=1e-9)
    np.testing.assert_allclose(rows @ mesh.vertices, JOINTS, atol=1e-9)
    np.testing.assert_allclose(rows[list(MIRROR)][:, mesh.mirror], rows, atol=1e-9)
    np.testing.assert_allclose(rows @ longer.vertices, longer.joints, atol=2e-3)
    assert np.abs(longer.joints).max() > 0.03


@pytest.mark.parametrize("away", [0.2, 0.6])
def test_a_joint_outside_its_skin_is_refused(away):
    mesh, _ = cloud()
    joints = JOINTS + (np.arange(COUNT) == 0)[:, None] * (0.0, 0.0, away)
    still = Direction(np.zeros_like(mesh.vertices), np.zeros((COUNT, 3)))
    with pytest.raises(ValueError, match=r"pelvis is not inside the skin within 0\.22 m"):
        joint_regressor(mesh, joints, [still], BodyConfig().regressor)
