"""The body model: the template at rest, the common skeleton's joints, feet on the floor, batches, bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from intersyn.body.default import default_body
from intersyn.body.model import CHUNK, BodyModel, load_body_model
from intersyn.motion import Motion
from intersyn.rotations import quaternion_to_axis_angle
from intersyn.skeleton import JOINT, REST_FLOOR, REST_JOINTS
from tests.motions import smooth_motion


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return load_body_model()


def standing(betas: torch.Tensor, frames: int = 2) -> Motion:
    """People in T-pose, the common skeleton's soles on the floor."""
    trans = torch.tensor((0.5, float(REST_JOINTS[0, 1]) - REST_FLOOR, -1.0)).expand(len(betas), frames, 3)
    return Motion(torch.zeros(len(betas), frames, 22, 3), trans, betas, 20.0)


def moving(frames: int) -> Motion:
    local, root, _ = smooth_motion(3, 2, frames=frames)
    return Motion(quaternion_to_axis_angle(local), root, torch.zeros(2, 10), 20.0)


def test_vertices_at_rest_are_the_template(body: BodyModel) -> None:
    motion = standing(torch.zeros(1, 10))
    moved = body.place(motion, 0)[0] - body.rest().joints[0]
    np.testing.assert_allclose(moved, motion.trans[0, 0] - REST_JOINTS[0], atol=1e-3)
    vertices = body.vertices(motion, 0)
    assert vertices.shape == (2, len(default_body().vertices), 3) and vertices.dtype == np.float32
    np.testing.assert_allclose(vertices[1], default_body().vertices + moved, atol=2e-5)
    np.testing.assert_allclose(body.rest().vertices, default_body().vertices)
    np.testing.assert_allclose(body.rest().weights.sum(1), 1, atol=1e-5)


def test_joints_are_the_common_skeletons_at_betas_0(body: BodyModel) -> None:
    motion = moving(20)
    expected = motion.joints().numpy()
    for person in range(2):
        np.testing.assert_allclose(body.joints(motion, person), expected[person], atol=1e-3)
    # and the skin is where those joints are: a hand keeps its distance from the wrist, but for the pose correctives
    wrist = JOINT["left_wrist"]
    hand = body.arrays.weights[:, wrist] > 0.999
    vertices = body.vertices(motion, 0)[:, hand]
    rest = body.rest()
    reach = np.linalg.norm(rest.vertices[hand] - rest.joints[wrist], axis=-1)
    np.testing.assert_allclose(np.linalg.norm(vertices - expected[0][:, None, wrist], axis=-1) - reach, 0, atol=0.01)


@pytest.mark.parametrize("beta", range(10))
@pytest.mark.parametrize("size", [-2.0, 2.0])
def test_feet_stay_on_the_floor_for_every_shape(body: BodyModel, beta: int, size: float) -> None:
    betas = torch.zeros(1, 10)
    betas[0, beta] = size
    vertices = body.vertices(standing(betas, 1), 0)
    assert vertices[0, :, 1].min() == pytest.approx(0, abs=1e-4)
    rest = body.rest(betas[0])
    assert rest.vertices[:, 1].min() == pytest.approx(body.floor(betas[0]))
    assert np.abs(rest.vertices - body.rest().vertices).max() > 1e-3


def test_chunks_agree_with_single_frames(body: BodyModel) -> None:
    motion = moving(CHUNK + 3)
    whole = body.vertices(motion, 1)
    chosen = [0, CHUNK - 1, CHUNK, CHUNK + 2]
    for frame in chosen:
        np.testing.assert_allclose(whole[frame], body.vertices(motion, 1, [frame])[0], atol=1e-5)
    np.testing.assert_allclose(whole[chosen], body.vertices(motion, 1, chosen), atol=1e-5)
    np.testing.assert_allclose(whole[5:9], body.vertices(motion, 1, slice(5, 9)), atol=1e-5)


def test_numbers_that_are_not_finite_are_refused(body: BodyModel) -> None:
    motion = standing(torch.zeros(2, 10))
    poses = motion.poses.clone()
    poses[1, 0, 3, 0] = torch.nan
    broken = Motion(poses, motion.trans, motion.betas, 20.0)
    body.vertices(broken, 0)
    for call in (body.vertices, body.place, body.joints):
        with pytest.raises(ValueError, match="person 1 hold numbers that are not finite"):
            call(broken, 1)
    with pytest.raises(ValueError, match="betas hold numbers that are not finite"):
        body.rest(np.array([0.0, np.inf]))
    with pytest.raises(ValueError, match=r"betas must be \(10,\) or fewer, got \(11,\)"):
        body.rest(np.zeros(11))
    with pytest.raises(ValueError, match="people 0 to 1, got person 2"):
        body.vertices(motion, 2)
