"""The z-buffer keeps the nearer face and leaves no crack."""

import numpy as np
import pytest

from training.rasteriser import rasterise

SIZE = (60, 40)


def square(depth: float, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (4, 2) and depth (4,) of an upright square, counter-clockwise on the picture."""
    return np.array([(low, high), (high, high), (high, low), (low, low)]), np.full(4, depth)


FACES = np.array([(0, 1, 2), (0, 2, 3)])


def test_two_faces_cover_a_square_without_a_crack():
    pixels, depth = square(2.0, 5.0, 25.0)
    at, face, weights, inverse = rasterise(pixels, depth, FACES, SIZE)
    assert len(at) == 20 * 20
    assert set(at // SIZE[0]) == set(range(5, 25)) == set(at % SIZE[0])
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)
    middle = (pixels[FACES[face]] * weights[..., None]).sum(1)
    np.testing.assert_allclose(middle, np.stack((at % SIZE[0], at // SIZE[0]), 1) + 0.5, atol=0.05)
    np.testing.assert_allclose(inverse, 0.5, rtol=1e-5)


@pytest.mark.parametrize("order", [(2.0, 3.0), (3.0, 2.0)])
def test_the_nearer_face_hides_the_farther_one(order: tuple[float, float]):
    (a, deep), (b, deeper) = square(order[0], 5.0, 25.0), square(order[1], 5.0, 25.0)
    _, face, _, inverse = rasterise(
        np.concatenate((a, b)), np.concatenate((deep, deeper)), np.concatenate((FACES, FACES + 4)), SIZE
    )
    assert set(face // 2) == {int(np.argmin(order))}
    np.testing.assert_allclose(inverse, 0.5, rtol=1e-5)


def test_faces_turned_away_or_behind_the_camera_are_not_drawn():
    pixels, depth = square(2.0, 5.0, 25.0)
    assert len(rasterise(pixels, depth, FACES[:, ::-1], SIZE)[0]) == 0
    assert len(rasterise(pixels, -depth, FACES, SIZE)[0]) == 0


def test_faces_are_cut_at_the_edges_of_the_picture():
    pixels, depth = square(2.0, -30.0, 10.0)
    assert len(rasterise(pixels, depth, FACES, SIZE)[0]) == 100
