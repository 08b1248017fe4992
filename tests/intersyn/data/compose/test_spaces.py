"""Frames in which authors write: what is ahead, up and to the left of whom."""

import numpy as np
import pytest

from intersyn.data.compose.drafting import Formation
from intersyn.data.compose.spaces import Spaces, formation_poses, rest_axes, turn

QUARTER = np.pi / 2


def facing(pose):
    return np.array([np.sin(pose[2]), np.cos(pose[2])])


def spaces(paths, place=None):
    paths = np.repeat(np.array(paths, float)[:, None], 3, axis=1)
    place = paths[:, 0] if place is None else np.array(place, float)
    return Spaces(paths, place, np.zeros((3, 3)))


def test_face_to_face_people_face_each_other():
    a, b = formation_poses(Formation("face", 1.0, 0.0, (0.0, 0.0)))
    gap = np.array(b[:2]) - np.array(a[:2])
    assert np.linalg.norm(gap) == pytest.approx(1.0)
    assert facing(a) @ gap == pytest.approx(1.0)
    assert facing(b) @ gap == pytest.approx(-1.0)


def test_aside_puts_each_to_their_own_left():
    a, b = formation_poses(Formation("face", 1.0, 0.1, (0.0, 0.0)))
    assert a[0] == pytest.approx(0.05)  # a faces +z: left is +x
    assert b[0] == pytest.approx(-0.05)


@pytest.mark.parametrize(("kind", "same"), [("beside", 1.0), ("behind", 1.0), ("back", -1.0)])
def test_other_formations(kind, same):
    a, b = formation_poses(Formation(kind, 0.6, 0.0, (0.0, 0.0)))
    assert facing(a) @ facing(b) == pytest.approx(same)
    gap = np.array(b[:2]) - np.array(a[:2])
    if kind == "beside":
        right_of_a = np.array([-np.cos(a[2]), np.sin(a[2])])
        assert gap @ right_of_a == pytest.approx(0.6)
    elif kind == "behind":
        assert gap @ facing(a) == pytest.approx(0.6)
    else:
        assert gap @ facing(a) == pytest.approx(-0.6)


def test_the_meeting_is_half_a_turn_for_the_other():
    both = spaces([(0, -0.5, 0.3), (0, 0.5, 2.0)])
    mine, yours = (both.point("meeting", who, (0.1, 1.0, 0.2))[0] for who in (0, 1))
    np.testing.assert_allclose(mine, (0.2, 1.0, 0.1), atol=1e-9)
    np.testing.assert_allclose(yours, (-0.2, 1.0, -0.1), atol=1e-9)


def test_own_frame_moves_with_its_person():
    paths = np.zeros((1, 2, 3))
    paths[0, 1] = (1.0, 0.0, QUARTER)  # at x = 1, facing +x
    own = Spaces(paths, paths[:, 0], np.zeros((2, 3)))
    at = own.point("own", 0, (0.5, 1.0, 0.25))
    np.testing.assert_allclose(at, [(0.25, 1.0, 0.5), (1.5, 1.0, -0.25)], atol=1e-9)


def test_place_stands_still():
    paths = np.zeros((2, 4, 3))
    paths[0, :, 1] = np.linspace(-2, -0.5, 4)
    paths[1, :, 1] = 0.5
    both = Spaces(paths, np.array([(0, -0.5, 0), (0, 0.5, np.pi)]), np.zeros((4, 3)))
    at = both.point("place", 0, (0.0, 1.0, 0.0))
    np.testing.assert_allclose(at, np.tile((0.0, 1.0, 0.0), (4, 1)), atol=1e-9)


def test_wander_moves_places_but_no_directions():
    paths = np.zeros((1, 2, 3))
    own = Spaces(paths, paths[:, 0], np.full((2, 3), 0.01))
    np.testing.assert_allclose(own.point("own", 0, (0, 1.0, 0))[0], (0.01, 1.01, 0.01))
    np.testing.assert_allclose(own.direction("own", 0, (1.0, 0, 0))[0], (0, 0, 1.0), atol=1e-9)


def test_unknown_frame_is_named():
    with pytest.raises(ValueError, match="elsewhere"):
        spaces([(0, 0, 0)]).of("elsewhere", 0)


def test_axes():
    np.testing.assert_allclose(turn(np.array([(1.0, 2.0, 3.0)]), np.zeros(1)), [(3.0, 2.0, 1.0)])
    np.testing.assert_allclose(rest_axes((1.0, 2.0, 3.0)), (3.0, 2.0, 1.0))
