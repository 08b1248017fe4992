"""From motions to views: normals, resting ends, and a camera that never loses anybody."""

from __future__ import annotations

import numpy as np
import pytest

from intersyn.body.default import default_body
from intersyn.body.model import load_body_model
from intersyn.motion import Motion
from intersyn.render.scene import Scene, Shot, _face_sums, corners
from tests.motions import smooth_motion


def motion(frames: int = 9, people: int = 2, fps: float = 20.0, seed: int = 1) -> Motion:
    local, root, _ = smooth_motion(seed, people, frames=frames)
    return Motion.from_quaternions(local, root, fps)


def test_normals_are_the_bodys():
    body = default_body()
    packed = corners(body.vertices, body.faces, _face_sums(body.faces))
    assert packed.dtype == np.float32 and packed.flags.c_contiguous
    np.testing.assert_array_equal(packed[:, :3], body.vertices)
    np.testing.assert_allclose(packed[:, 3:], body.normals(), atol=1e-4)


def test_everybody_is_seen_in_every_frame_and_who_has_ended_stands_still():
    long, short = motion(9), motion(4, people=1, seed=2)
    shot = Shot(Scene([long, short], load_body_model()), (160, 120))
    views = list(shot.views(range(9)))
    assert [len(pair) for pair in views] == [2] * 9 and len(views[0][0].people) == 2
    for pair in views:
        for view in pair:
            for skin in view.people:
                pixels, depth = view.camera.project(skin.corners[:, :3])
                assert (depth > 0).all() and (pixels > 0).all() and (pixels < (160, 120)).all()
        assert pair[0].camera is pair[1].camera or np.array_equal(pair[0].camera.eye, pair[1].camera.eye)
    # the same pose in a batch of another size comes out some micrometres apart
    np.testing.assert_allclose(views[3][1].people[0].corners, views[8][1].people[0].corners, atol=2e-5, rtol=0)
    assert not np.array_equal(views[2][1].people[0].corners, views[3][1].people[0].corners)


def test_a_scene_has_one_frame_rate():
    for motions in ([], [motion(), motion(fps=30.0)]):
        with pytest.raises(ValueError, match="one frame rate, got"):
            Scene(motions, load_body_model())
