"""The camera sees what it is asked to frame."""

import numpy as np
import pytest

from intersyn.render.camera import Camera, CameraPath, best_azimuth

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


def crowd(frames: int, seed: int = 0) -> np.ndarray:
    """(T, 40, 3) points of somebody about 1.8 m tall who fidgets."""
    rng = np.random.default_rng(seed)
    return rng.uniform((-0.4, 0, -0.4), (0.4, 1.8, 0.4), (40, 3)) + rng.normal(0, 0.02, (frames, 40, 3))


def heights(points: np.ndarray, path: CameraPath) -> np.ndarray:
    """(T,) share of the picture's height that the points take; fails where they are not in view."""
    out = []
    for frame, now in enumerate(points):
        flat, depth = path.at(frame).project(now)
        assert (depth > 0).all() and (flat >= 0).all() and (flat <= SIZE).all()
        out.append(np.ptp(flat[:, 1]) / SIZE[1])
    return np.array(out)


def test_the_camera_stands_still_for_people_who_stay():
    path = CameraPath(crowd(50), 30.0, SIZE)
    assert not path.moves and heights(crowd(50), path).min() > 0.8
    np.testing.assert_array_equal(path.at(0).eye, path.at(49).eye)
    assert path.depth(0) == path.depth(49)


def test_the_camera_goes_along_and_never_jerks():
    points = crowd(120)
    points[..., 0] += 0.1 * np.arange(120)[:, None]  # 2 m/s at 20 frames a second
    path = CameraPath(points, 0.0, SIZE)
    assert path.moves and heights(points, path).min() > 0.5
    eyes = np.array([path.at(frame).eye for frame in range(120)])
    assert np.linalg.norm(np.diff(eyes, 2, axis=0), axis=1).max() < 0.01


def test_the_camera_comes_nearer_when_people_meet():
    apart = np.linspace(4, 0.5, 60).clip(0.5)
    apart = np.concatenate((apart, np.full(80, 0.5)))
    one, two = crowd(140), crowd(140, 1)
    one[..., 0] -= apart[:, None] / 2
    two[..., 0] += apart[:, None] / 2
    points = np.concatenate((one, two), axis=1)
    path = CameraPath(points, 0.0, SIZE)
    seen = heights(points, path)
    assert path.moves and seen[-1] > 1.5 * seen[0]


def test_a_lone_person_is_seen_half_from_the_front():
    for heading in (0.0, 1.9):
        azimuth = best_azimuth(np.zeros((5, 1, 3)), np.full((5, 1), heading))
        off = abs((azimuth - np.degrees(heading) + 180) % 360 - 180)
        assert 30 <= off <= 40


@pytest.mark.parametrize("turn", [0.0, 0.7])
def test_two_people_are_seen_side_by_side(turn: float):
    way = np.array((np.sin(turn), 0, np.cos(turn)))
    roots = np.stack((-0.5 * way, 0.5 * way)) * np.ones((5, 1, 1))
    azimuth = np.radians(best_azimuth(roots, np.broadcast_to((turn, turn + np.pi), (5, 2))))
    assert abs(way @ (np.cos(azimuth), 0, -np.sin(azimuth))) > 0.85  # across the picture


def test_one_frame_is_enough():
    assert heights(crowd(1), CameraPath(crowd(1), 0.0, SIZE)).min() > 0.8
