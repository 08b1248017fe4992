"""Pictures show what they are asked for; threads may ask at once; what goes wrong is one sentence."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from intersyn.render import renderer as module
from intersyn.render.camera import Camera
from intersyn.render.colours import BACKDROP, PEOPLE
from intersyn.render.gl import RenderError
from intersyn.render.gpu import Skin, View
from intersyn.render.renderer import Renderer, shared_renderer
from intersyn.render.worker import pack_view, unpack_view

BOX = np.array(((0, 1, 3), (0, 3, 2), (4, 7, 5), (4, 6, 7), (0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6), (0, 2, 6),
                (0, 6, 4), (1, 5, 7), (1, 7, 3)))  # fmt: skip


def box(x: float, colour: int = 0, width: float = 0.4, floor: float = 0.0) -> Skin:
    """A box about a person's size whose middle stands on the floor at (x, 0, 0); normals point outwards."""
    unit = np.indices((2, 2, 2)).reshape(3, 8).T - (0.5, 0, 0.5)
    corners = np.hstack((unit * (width, 1.7, 0.3) + (x, floor, 0), (unit - (0, 0.5, 0)) * 2 / 3**0.5))
    return Skin(corners.astype(np.float32), BOX, PEOPLE[colour])


def view(*people: Skin, size: tuple[int, int] = (96, 80), azimuth: float = 0.0) -> View:
    camera = Camera.framing(np.array(((-1, 0, 0), (1, 1.8, 0))), azimuth, size)
    return View(camera, people, np.zeros(3), 6.0, BACKDROP)


def hue_share(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Where the picture has this hue and is saturated."""
    picture = picture.astype(float)
    away = np.abs(picture / picture.sum(-1, keepdims=True) - np.array(colour) / sum(colour)).max(-1)
    return (away < 0.07) & (np.ptp(picture, axis=-1) > 40)


pytestmark = pytest.mark.usefixtures("gl")


def test_two_people_have_their_colours_and_sides():
    picture = shared_renderer().draw(view(box(-0.6), box(0.6, 1)))
    assert picture.shape == (80, 96, 3) and picture.dtype == np.uint8
    one, two = (np.nonzero(hue_share(picture, colour)) for colour in PEOPLE[:2])
    assert len(one[0]) > 200 and len(two[0]) > 200
    assert one[1].max() < 48 < two[1].min()  # seen from +z, +x is on the right
    np.testing.assert_allclose(picture[0, 0], BACKDROP, atol=2)


def test_shadow_falls_on_the_floor_away_from_the_sun():
    near, far = (shared_renderer().draw(view(box(-0.3), box(0.2, floor=y))).astype(int).sum(-1) for y in (0, 50))
    darker = (far - near > 60)[60:]  # the floor; the sun stands on the left
    assert darker[:, 48:].sum() > 20 + darker[:, :30].sum()


def test_bodies_of_other_shapes_and_numbers_follow_each_other():
    renderer = shared_renderer()
    first = renderer.draw(view(box(-0.6), box(0.6, 1)))
    renderer.draw(view(box(0.0, 2), size=(50, 33)))  # odd sizes too
    triangle = Skin(box(0.0).corners[:3].copy(), np.array(((0, 1, 2),)), PEOPLE[3])
    renderer.draw(view(triangle, box(0.1), box(0.6, 1)))
    np.testing.assert_array_equal(renderer.draw(view(box(-0.6), box(0.6, 1))), first)
    renderer.close()
    np.testing.assert_array_equal(renderer.draw(view(box(-0.6), box(0.6, 1))), first)


def test_several_threads_get_each_their_own_picture():
    views = [view(box(x), box(x + 0.5, 1), size=(48 + 8 * k, 40)) for k, x in enumerate((-0.8, -0.3, 0.1, 0.4))]
    alone = [shared_renderer().draw(each) for each in views]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            for expected, picture in zip(alone, pool.map(shared_renderer().draw, views)):
                np.testing.assert_array_equal(picture, expected)


def test_a_failure_is_one_sentence_and_the_next_picture_is_drawn():
    bad = Skin(np.zeros((3, 5), np.float32), np.array(((0, 1, 2),)), PEOPLE[0])
    with pytest.raises(RenderError, match=r"^OpenGL could not draw the picture \(.+\): try again\.$"):
        shared_renderer().draw(view(bad))
    assert shared_renderer().draw(view(box(0.0))).shape == (80, 96, 3)


def test_a_driver_that_crashes_does_not_take_the_app_along():
    renderer = shared_renderer()
    renderer.draw(view(box(0.0)))
    renderer._worker.kill()
    with pytest.raises(RenderError, match=r"^OpenGL stopped while drawing the picture \(code -9\): try again\.$"):
        renderer.draw(view(box(0.0)))
    assert renderer.draw(view(box(0.0))).shape == (80, 96, 3)


def test_a_driver_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch):
    patient = Renderer()
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    monkeypatch.setattr(module, "python_with", lambda *_: ([sys.executable, "-c", "import time; time.sleep(60)"], None))
    with pytest.raises(RenderError, match="OpenGL stopped"):
        patient.draw(view(box(0.0)))


def test_drawing_brings_no_opengl_into_this_process():
    """Mesa's libLLVM and that of triton in one process end it."""
    shared_renderer().draw(view(box(0.0)))
    assert not {"OpenGL", "pyrender"} & set(sys.modules)


def test_views_arrive_as_they_were_sent():
    sent = view(box(-0.6), box(0.6, 1))
    got = unpack_view(pack_view(sent))
    assert (got.camera.focal, got.camera.size, got.reach, got.backdrop) == (
        sent.camera.focal, sent.camera.size, sent.reach, sent.backdrop,
    )  # fmt: skip
    for one, two in ((got.camera.eye, sent.camera.eye), (got.camera.axes, sent.camera.axes), (got.middle, sent.middle)):
        np.testing.assert_array_equal(one, two)
    for one, two in zip(got.people, sent.people):
        assert one.colour == two.colour
        np.testing.assert_array_equal(one.corners, two.corners)
        np.testing.assert_array_equal(one.faces, two.faces)
