"""A scene refuses what does not fit together; the camera finds the best side and keeps everybody in view."""

import math

import numpy as np
import pytest
import torch

from intersyn.render.colours import PEOPLE
from intersyn.rotations import yaw_quaternion
from intersyn.skeleton import JOINT, REST_FLOOR, REST_JOINTS
from tests.motions import smooth_motion
from tests.synthetic import make_store
from training.rendering import THING
from training.scenes import Scene, Shot, azimuth_of, focus_of

HEIGHT = float(REST_JOINTS[0, 1]) - REST_FLOOR


def facing_pair(frames: int = 3, distance: float = 1.6) -> Scene:
    """Person 0 at the origin faces +z, person 1 faces back; arms stretched aside."""
    rotations = torch.tensor((1.0, 0, 0, 0)).repeat(2, frames, 22, 1)
    rotations[1, :, 0] = yaw_quaternion(torch.tensor(math.pi))
    root = torch.tensor([(0.0, HEIGHT, 0.0), (0.0, HEIGHT, distance)])[:, None].repeat(1, frames, 1)
    return Scene(rotations, root)


def test_shapes_and_marks_are_checked():
    rotations, root, _ = smooth_motion(0, 2, frames=4)
    for wrong in (
        {"rotations": rotations[0]},
        {"rotations": rotations[:, :0], "root": root[:, :0]},
        {"root": root[:1]},
        {"marks": (1, 4)},
        {"things": torch.zeros(1, 3, 3)},
        {"focus": torch.zeros(3, 3)},
    ):
        with pytest.raises(ValueError, match="got"):
            Scene(**{"rotations": rotations, "root": root, **wrong})


def test_runs_and_the_key_frame():
    rotations, root, _ = smooth_motion(0, 1, frames=20)
    scene = Scene(rotations, root, marks=(12, 3, 10, 11, 4))
    assert scene.runs() == [[3, 4], [10, 11, 12]]
    assert scene.key_frame == 11
    assert Scene(rotations, root).key_frame == 10
    pair = facing_pair()
    pair.root[1, 2, 2] = 1.0
    assert pair.key_frame == 2


def test_a_pair_is_seen_from_the_side_and_from_where_they_touch():
    for hand, side in ((0.4, 1.0), (-0.4, -1.0)):
        scene = facing_pair()
        scene = Scene(scene.rotations, scene.root, focus=torch.tensor((hand, 1.0, 0.8)).repeat(3, 1))
        azimuth = math.radians(azimuth_of(scene))
        assert side * math.sin(azimuth) > 0.9


def test_a_lone_person_is_seen_from_the_front():
    rotations = torch.tensor((1.0, 0, 0, 0)).repeat(1, 2, 22, 1)
    rotations[:, :, 0] = yaw_quaternion(torch.tensor(2.0))
    scene = Scene(rotations, torch.tensor((0.0, HEIGHT, 0.0)).repeat(1, 2, 1))
    assert math.cos(math.radians(azimuth_of(scene)) - 2.0) > 0.8


def test_focus_is_given_or_where_people_are_closest_or_between_the_wrists():
    pair = facing_pair(distance=0.6)
    between = focus_of(pair, 0)
    assert abs(between[2] - 0.3) < 0.05
    lone = Scene(pair.rotations[:1], pair.root[:1])
    wrists = REST_JOINTS[[JOINT["left_wrist"], JOINT["right_wrist"]]].mean(0) - REST_JOINTS[0]
    np.testing.assert_allclose(focus_of(lone, 0), wrists + lone.root[0, 0], atol=1e-5)


def test_a_shot_shows_people_and_things():
    pair = facing_pair()
    scene = Scene(pair.rotations, pair.root, things=torch.tensor((0.5, 1.3, 0.8)).repeat(1, 3, 1), thing_radius=0.15)
    picture = np.asarray(Shot(scene, (80, 60)).draw(1)).astype(float)
    assert picture.shape == (60, 80, 3)
    hues = picture / picture.sum(-1, keepdims=True)
    for colour in (*PEOPLE[:2], THING):
        assert (np.abs(hues - np.array(colour) / sum(colour)).max(-1) < 0.05).sum() > 20, colour


def test_the_camera_goes_along_with_those_who_travel():
    pair = facing_pair(frames=60)
    pair.root[..., 0] += torch.linspace(0, 9, 60)
    frames = [np.asarray(Shot(pair, (64, 64)).draw(k)).astype(int) for k in (0, 30, 59)]
    sizes = [(np.abs(frame - frame.mean(-1, keepdims=True)).max(-1) > 25).sum() for frame in frames]
    assert min(sizes) > 0.75 * max(sizes) and min(sizes) > 250


def test_from_store_finds_the_partner_and_marks_the_key_interval():
    store = make_store()
    paired = next(clip for clip in store.clips if clip.partner)
    scene = Scene.from_store(store, paired.name)
    assert scene.people == 2 and scene.frames == paired.frames and scene.title == paired.name
    first = next(c for c in store.clips if c.name in (paired.name, paired.partner) and c.role == 0)
    torch.testing.assert_close(scene.root[0], store.root[first.start : first.start + first.frames])
    for clip in store.clips:
        if clip.key and not clip.partner:
            assert Scene.from_store(store, clip.name).marks == tuple(range(*clip.key))
    with pytest.raises(ValueError, match="no clip 'nobody'"):
        Scene.from_store(store, "nobody")


def test_one_frame_is_enough():
    assert Shot(facing_pair(frames=1), (32, 24)).draw(0).size == (32, 24)


@pytest.mark.parametrize("forward", [0.25, -0.25])
def test_a_close_up_finds_a_side_on_which_no_body_hides_the_thing(forward: float):
    pair = facing_pair(distance=3.0)
    place = torch.tensor((0.0, 0.95, forward)).repeat(3, 1)
    scene = Scene(pair.rotations, pair.root, things=place[None], focus=place)
    for azimuth in (-50.0, 130.0):  # so that the first side tried is straight before or behind
        picture = np.asarray(Shot(scene, (60, 60), azimuth).close_up(0)).astype(float)
        hues = picture / picture.sum(-1, keepdims=True)
        assert (np.abs(hues - np.array(THING) / sum(THING)).max(-1) < 0.05).sum() > 40
