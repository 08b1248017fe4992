"""Skinning agrees with the skeleton; a body fills the pixels it should, hides what is behind it and throws a shadow."""

import numpy as np
import pytest
import torch

from intersyn.body.default import default_body
from intersyn.render.camera import Camera
from intersyn.render.colours import PEOPLE
from intersyn.rotations import yaw_quaternion
from intersyn.skeleton import REST_FLOOR, REST_JOINTS
from tests.motions import smooth_motion
from training.rendering import THING, Ball, Stage, skin

HEIGHT = float(REST_JOINTS[0, 1]) - REST_FLOOR  # of the pelvis, standing


def standing(x: float = 0.0, z: float = 0.0, yaw: float = 0.0) -> np.ndarray:
    """One person in the T-pose, (1, V, 3)."""
    rotations = torch.tensor((1.0, 0, 0, 0)).repeat(1, 22, 1)
    rotations[:, 0] = yaw_quaternion(torch.tensor(yaw))
    return skin(rotations, torch.tensor([(x, HEIGHT, z)])).numpy()


def coloured(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """(height, width) True where the hue is that of a colour, in light or in shade."""
    pixels = picture / np.maximum(picture.sum(-1, keepdims=True), 1.0)
    return np.abs(pixels - np.array(colour) / sum(colour)).max(-1) < 0.06


def test_skin_at_rest_is_the_template_on_the_floor():
    vertices = standing()[0]
    template = default_body().vertices
    lifted = template + np.array((0, -REST_FLOOR, 0)) - np.array([REST_JOINTS[0, 0], 0, REST_JOINTS[0, 2]])
    np.testing.assert_allclose(vertices, lifted, atol=1e-5)
    assert abs(vertices[:, 1].min()) < 1e-4


def test_skin_moves_with_the_whole_body_and_takes_any_batch():
    rotations, root, _ = smooth_motion(0, 2, frames=3)
    vertices = skin(rotations, root)
    assert vertices.shape == (2, 3, len(default_body().vertices), 3)
    torch.testing.assert_close(skin(rotations[1, 2], root[1, 2]), vertices[1, 2])
    by = torch.tensor((0.5, 0.1, -2.0))
    torch.testing.assert_close(skin(rotations, root + by), vertices + by)
    torch.testing.assert_close(skin(rotations, root, every=50), vertices[..., ::50, :])
    with pytest.raises(ValueError, match="to match rotations"):
        skin(rotations, root[:1])


def test_a_standing_body_fills_the_pixels_it_should():
    person = standing()
    camera = Camera.framing(person, 0.0, (160, 160), elevation=0.0)
    shape = coloured(Stage(camera).draw(person), PEOPLE[0])
    rows, columns = np.flatnonzero(shape.any(1)), np.flatnonzero(shape.any(0))
    pixels, _ = camera.project(person[0])
    low, high = pixels.min(0), pixels.max(0)
    assert abs(rows[0] - low[1]) < 3 and abs(rows[-1] - high[1]) < 3
    assert abs(columns[0] - low[0]) < 3 and abs(columns[-1] - high[0]) < 3
    chest = camera.project(np.array((0.0, 1.2, 0.0)))[0].astype(int)
    assert shape[chest[1] - 5 : chest[1] + 5, chest[0] - 3 : chest[0] + 3].all()  # no cracks


@pytest.mark.parametrize("first_is_near", [True, False])
def test_the_nearer_body_hides_the_farther_one(first_is_near: bool):
    near = 0.6 if first_is_near else -0.6
    people = np.concatenate((standing(z=near), standing(z=-near)))
    picture = Stage(Camera.framing(people, 0.0, (120, 120), elevation=2.0)).draw(people)
    first, second = (coloured(picture, colour).sum() for colour in PEOPLE[:2])
    nearer, farther = (first, second) if first_is_near else (second, first)
    assert nearer > 3 * farther


def test_a_ball_is_drawn_round_and_things_hide_in_bodies():
    person = standing()
    camera = Camera.framing(person, 0.0, (160, 160))
    beside = Stage(camera).draw(person, (Ball(np.array((0.4, 0.5, 0.0)), 0.1),))
    seen = coloured(beside, THING)
    width, height = np.ptp(np.flatnonzero(seen.any(0))), np.ptp(np.flatnonzero(seen.any(1)))
    assert width > 8 and abs(width - height) <= 2
    behind = Stage(camera).draw(person, (Ball(np.array((0.0, 1.2, -0.3)), 0.05),))
    assert coloured(behind, THING).sum() == 0


def test_the_floor_darkens_under_a_body_and_less_when_it_jumps():
    person = standing()
    camera = Camera.framing(person, 0.0, (120, 120), elevation=20.0)
    stage = Stage(camera)
    empty = stage.draw(person[:, :, :] + np.array((50.0, 0, 0), np.float32)).astype(int)
    at = camera.project(np.array((0.107, 0.0, 0.26)))[0].astype(int)  # just before the left foot

    def dark(lift: float) -> float:
        picture = stage.draw(person + np.array((0, lift, 0), np.float32)).astype(int)
        return float((empty - picture)[at[1], at[0]].mean())

    assert dark(0.0) > dark(0.4)


def test_people_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="people must be"):
        Stage(Camera.framing(standing(), 0.0, (32, 32))).draw(np.zeros((1, 5, 3)))
