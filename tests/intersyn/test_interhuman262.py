"""The field's 262 numbers: differences of their own positions, a common frame, contacts, and the published files."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from intersyn.interhuman262 import published_pair, to_interhuman262
from intersyn.motion import Motion
from intersyn.rotations import quaternion_to_matrix
from intersyn.skeleton import JOINT, NUM_JOINTS
from tests.motions import smooth_motion
from tests.published_files import interhuman_features, walking


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
    # on the floor, distances between the two people are those of the world
    world = motion.joints()[:, :-1]
    torch.testing.assert_close(
        (joints[0] - joints[1])[..., ::2].norm(dim=-1), (world[0] - world[1])[..., ::2].norm(dim=-1)
    )
    assert to_interhuman262(motion, fps=30.0).shape[1] in range(86, 90)
    assert set(vector[..., 258:].unique().tolist()) <= {0.0, 1.0}


def test_rotations_are_two_columns_row_by_row() -> None:
    local, root, _ = smooth_motion(11, 1, frames=5)
    rotations = to_interhuman262(Motion.from_quaternions(local, root, 20.0))[0, :, 132:258].unflatten(-1, (21, 3, 2))
    torch.testing.assert_close(rotations, quaternion_to_matrix(local[0, :-1, 1:])[..., :2], atol=1e-5, rtol=0)


def test_everyone_stands_on_the_floor_and_contacts_are_low_and_still_feet() -> None:
    """A body at rest stands on four contacts, also one whose floor was elsewhere; a sliding or leaping one on none."""
    local = torch.zeros(1, 5, NUM_JOINTS, 4)
    local[..., 0] = 1.0
    standing = torch.tensor((0.0, 0.965, 0.0)).expand(1, 5, 3)
    lifted = standing + torch.tensor((0.0, 0.2, 0.0))
    slide = 0.04 * torch.arange(5.0)[None, :, None] * torch.tensor((1.0, 0.0, 0.0))
    for root, expected in ((standing, 1.0), (lifted, 1.0), (standing + slide, 0.0)):
        vector = to_interhuman262(Motion.from_quaternions(local, root, 20.0))
        assert (vector[..., 258:] == expected).all()
        assert vector[..., 1:66:3].amin() == pytest.approx(0, abs=1e-6)
    leap = torch.cat((standing[:, :2], lifted[:, 2:]), dim=1)
    vector = to_interhuman262(Motion.from_quaternions(local, leap, 20.0))
    assert vector[0, :, 258:].tolist() == [[1.0] * 4, [0.0] * 4, [0.0] * 4, [0.0] * 4]


def test_published_files_and_our_motion_say_the_same() -> None:
    people = [walking(40, seed, (0.8 * seed, 0.3)) for seed in (0, 1)]
    files = [torch.from_numpy(interhuman_features(local, root)) for local, root in people]
    local, root = (torch.stack(values).float() for values in zip(*people, strict=True))
    ours = to_interhuman262(Motion.from_quaternions(local, root, 30.0))
    torch.testing.assert_close(published_pair(*files), ours, atol=1e-4, rtol=0)
    swapped = published_pair(*files[::-1])
    assert torch.allclose(swapped[0, 0, :3:2], torch.zeros(2), atol=1e-6)


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(ValueError, match=r"got \(3, 492\) and \(4, 492\)"):
        published_pair(torch.zeros(3, 492), torch.zeros(4, 492))
    with pytest.raises(ValueError, match="2 frames or more, got 1"):
        published_pair(torch.from_numpy(np.zeros((1, 492), np.float32)), torch.zeros(1, 492))
