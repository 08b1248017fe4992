"""The field's 262 numbers: differences of their own positions, a common frame, contacts of low and still feet."""

from __future__ import annotations

import torch

from intersyn.interhuman262 import to_interhuman262
from intersyn.motion import Motion
from intersyn.skeleton import JOINT, NUM_JOINTS
from tests.motions import smooth_motion


def test_layout_and_common_frame() -> None:
    local, root, _ = smooth_motion(10, 2, frames=60)
    motion = Motion.from_quaternions(local, root, 20.0)
    vector = to_interhuman262(motion)
    assert vector.shape == (2, 59, 262)
    joints = vector[..., :66].unflatten(-1, (22, 3))
    torch.testing.assert_close(joints[:, 1:] - joints[:, :-1], vector[:, :-1, 66:132].unflatten(-1, (22, 3)))
    hips = joints[0, 0, JOINT["left_hip"]] - joints[0, 0, JOINT["right_hip"]]
    assert hips[0] > 0
    assert abs(float(hips[2])) < 1e-5
    torch.testing.assert_close(joints[0, 0, 0, ::2], torch.zeros(2), atol=1e-6, rtol=0)
    # distances between the two people are those of the world
    world = motion.joints()[:, :-1]
    torch.testing.assert_close((joints[0] - joints[1]).norm(dim=-1), (world[0] - world[1]).norm(dim=-1))
    assert to_interhuman262(motion, fps=30.0).shape[1] in range(86, 90)
    assert set(vector[..., 258:].unique().tolist()) <= {0.0, 1.0}


def test_contacts_are_low_and_still_feet() -> None:
    """A body at rest with its soles on the floor stands on four contacts; lifted by 20 cm on none; sliding, none."""
    local = torch.zeros(1, 5, NUM_JOINTS, 4)
    local[..., 0] = 1.0
    standing = torch.tensor((0.0, 0.965, 0.0)).expand(1, 5, 3)
    slide = 0.04 * torch.arange(5.0)[None, :, None] * torch.tensor((1.0, 0.0, 0.0))
    for root, expected in (
        (standing, 1.0),
        (standing + torch.tensor((0.0, 0.2, 0.0)), 0.0),
        (standing + slide, 0.0),
    ):
        vector = to_interhuman262(Motion.from_quaternions(local, root, 20.0))
        assert (vector[..., 258:] == expected).all()
