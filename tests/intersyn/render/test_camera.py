"""The camera sees what it is asked to frame."""

import numpy as np
import pytest

from intersyn.render.camera import Camera

SIZE = (60, 40)


@pytest.mark.parametrize("azimuth", [0.0, 77.0, -140.0])
@pytest.mark.parametrize("size", [(60, 40), (40, 60)])
def test_framing_sees_all_points_and_comes_as_near_as_it_can(azimuth: float, size: tuple[int, int]):
    points = np.random.default_rng(0).uniform((-2, 0, -1), (1, 1.8, 3), (200, 3))
    flat, depth = Camera.framing(points, azimuth, size).project(points)
    assert (depth > 0).all() and (flat >= 0).all() and (flat <= size).all()
    assert max((flat.max(0) - flat.min(0)) / size) > 0.9


def test_azimuth_turns_as_yaw_does():
    points = np.array([(0, 0, 0), (0, 2, 0), (1, 1, 0), (-1, 1, 0), (0, 1, 1), (0, 1, -1)], float)
    front, side = Camera.framing(points, 0, SIZE), Camera.framing(points, 90, SIZE)
    assert front.eye[2] > 3 and abs(front.eye[0]) < 1e-6  # at +z, so a left hand at +x is on the right
    assert front.project(points)[0][2, 0] > 30 > front.project(points)[0][3, 0]
    assert side.eye[0] > 3 and abs(side.eye[2]) < 1e-6


@pytest.mark.parametrize(("points", "size"), [(np.zeros((0, 3)), SIZE), (np.full((1, 3), np.nan), SIZE),
                                              (np.zeros((1, 3)), (4, 4))])  # fmt: skip
def test_what_cannot_be_framed_is_refused(points: np.ndarray, size: tuple[int, int]):
    with pytest.raises(ValueError, match="got"):
        Camera.framing(points, 0, size)
