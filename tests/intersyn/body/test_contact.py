"""People of a motion against each other: judged by exact winding numbers, and by hand where they stand in T-pose."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from intersyn.body.contact import REACH, skin_contacts, skin_distances
from intersyn.body.mesh_contact import SPACING, TOUCH
from intersyn.body.model import load_body_model
from intersyn.body.surface import Surface
from intersyn.data.sample import list_examples, load_sample, to_motion
from intersyn.motion import Motion
from intersyn.rotations import quaternion_multiply, quaternion_to_axis_angle, rotate_xz, yaw_quaternion
from intersyn.skeleton import JOINT, REST_FLOOR, REST_JOINTS
from tests.smpl_files import body_fields, write_npz
from tests.winding import winding_number


def clip(name: str) -> Motion:
    store = load_sample()
    return to_motion(store, next(example for example in list_examples(store) if example.name == name))


def judge(motion: Motion, frame: int, points: int) -> dict[str, float]:
    """Both people's vertices near the other's skin in one frame, `points` of each drawn at random."""
    body, rng = load_body_model(), np.random.default_rng(0)
    skins = [body.vertices(motion, person, [frame])[0] for person in range(2)]
    count = dict.fromkeys(("tested", "inside", "false_in", "false_out"), 0)
    depth = truth = 0.0
    for own, other in (skins, skins[::-1]):
        distance, _ = Surface(other, body.faces, own, REACH).distance(own, REACH)
        near = np.flatnonzero(np.isfinite(distance))
        deepest = near[np.argsort(distance[near])[: points // 3]]  # and those that decide the depth
        near = np.union1d(rng.choice(near, min(points, len(near)), replace=False), deepest)
        inside = winding_number(own[near], other, body.faces) > 0.5
        found = distance[near] < 0
        count["tested"] += len(near)
        count["inside"] += int(inside.sum())
        count["false_in"] += int((found & ~inside).sum())
        count["false_out"] += int((~found & inside).sum())
        depth = max(depth, -distance.min())
        truth = max(truth, np.abs(distance[near])[inside].max(initial=0))
    return count | {"depth_error_mm": abs(depth - truth) * 1000}


@pytest.mark.parametrize(("name", "points"), [("Handshake", 150), ("Hug", 100), ("Salsa 2", 100)])
def test_depth_and_sides_by_exact_winding_numbers(name: str, points: int) -> None:
    motion = clip(name)
    [pair] = skin_contacts(motion, frames=slice(None, None, 5))
    frame = int(pair.frames[pair.contact.depth_mm.argmax()])
    figures = judge(motion, frame, points)
    assert figures["inside"] > 5
    assert figures["false_in"] == 0
    assert figures["false_out"] <= 0.01 * figures["tested"]  # where the mesh enters itself, as in an armpit
    assert figures["depth_error_mm"] < 0.1
    deepest = min(distance.min() for distance in skin_distances(motion, frames=[frame]))
    assert pair.contact.depth_mm.max() == pytest.approx(-1000 * deepest, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Handshake", "Hug", "Side hug", "Salsa 2", "Arm round shoulders", "Walk arm in arm"])
def test_more_vertices_of_more_clips_by_exact_winding_numbers(name: str) -> None:
    motion = clip(name)
    [pair] = skin_contacts(motion)
    touching = np.flatnonzero(pair.contact.depth_mm > 0)
    frames = {int(pair.contact.depth_mm.argmax()), int(touching[0]), int(touching[len(touching) // 2])}
    total: dict[str, float] = {}
    for frame in sorted(frames):
        for key, value in judge(motion, frame, 250).items():
            total[key] = max(total.get(key, 0), value) if key == "depth_error_mm" else total.get(key, 0) + value
    assert total["false_in"] == 0
    assert total["false_out"] <= 0.01 * total["inside"]
    assert total["depth_error_mm"] < 0.1


def standing(*places: tuple[float, float, float]) -> Motion:
    """People in T-pose at (x, z), turned by yaw."""
    poses = torch.zeros(len(places), 1, 22, 3)
    trans = torch.zeros(len(places), 1, 3)
    for person, (x, z, yaw) in enumerate(places):
        poses[person, 0, JOINT["pelvis"], 1] = yaw
        trans[person, 0] = torch.tensor((x, float(REST_JOINTS[0, 1]) - REST_FLOOR, z))
    return Motion(poses, trans, torch.zeros(len(places), 10), 20.0)


def test_three_people_hand_to_hand() -> None:
    """In a row, fingertips just meeting; the third is far from the first."""
    body = load_body_model()
    span = np.ptp(body.rest().vertices[:, 0])
    motion = standing((0, 0, 0), (-span + 0.002, 0, 0), (-2 * span + 0.012, 0, 0))
    pairs = skin_contacts(motion)
    assert [pair.people for pair in pairs] == [(0, 1), (0, 2), (1, 2)]
    near, far, deeper = pairs
    assert 0 < near.contact.depth_mm[0] < 3
    assert far.contact.gap_mm[0] == np.inf and len(far.contact.points.frame) == 0
    assert near.contact.depth_mm[0] < deeper.contact.depth_mm[0] < 11
    assert {tuple(row) for row in near.joints.tolist()} == {(JOINT["right_wrist"], JOINT["left_wrist"])}
    point = near.contact.points.position[0]
    assert point[0] == pytest.approx(-span / 2, abs=0.01)
    distances = skin_distances(motion)
    assert [distance.shape for distance in distances] == [(1, len(body.rest().vertices))] * 3
    assert -1000 * distances[1].min() == pytest.approx(deeper.contact.depth_mm[0], abs=1e-3)
    assert -1000 * distances[0].min() <= near.contact.depth_mm[0] + 1e-3


def test_a_hand_in_the_middle_of_a_chest_is_as_deep_as_the_chest() -> None:
    fingertips = load_body_model().rest().vertices[:, 0].max()
    [pair] = skin_contacts(standing((0, 0, 0), (0.05 - fingertips, 0.02, 0)))
    assert 85 < pair.contact.depth_mm[0] < 110


def test_points_lie_on_both_skins_and_keep_their_distance() -> None:
    body, motion = load_body_model(), clip("Hug")
    [pair] = skin_contacts(motion, frames=[48, 52])
    points = pair.contact.points
    assert len(points.frame) > 10 and set(points.frame) == {0, 1}
    for k in (0, 1):
        own = points.frame == k
        position, depth = points.position[own], points.depth_mm[own] / 1000
        assert (np.diff(depth) <= 0).all() and depth.min() >= -TOUCH
        for person in range(2):
            skin = body.vertices(motion, person, [int(pair.frames[k])])[0]
            distance, _ = Surface(skin, body.faces).distance(position, 0.2)
            assert (np.abs(distance) <= np.abs(depth) / 2 + 0.004).all()
        apart = np.linalg.norm(position[:, None] - position, axis=-1) + np.eye(len(position))
        assert apart.min() >= SPACING
    assert pair.contact.depth_mm[0] == pytest.approx(points.depth_mm[points.frame == 0][0])


def test_figures_do_not_depend_on_where_the_people_are() -> None:
    motion = clip("Handshake").slice(62, 66)
    [pair] = skin_contacts(motion)
    turn, yaw = torch.tensor(1.1), yaw_quaternion(torch.tensor(1.1))
    quaternions, trans = motion.quaternions(), motion.trans.clone()
    quaternions[:, :, 0] = quaternion_multiply(yaw.expand_as(quaternions[:, :, 0]), quaternions[:, :, 0])
    trans[..., ::2] = rotate_xz(trans[..., ::2], turn) + 3
    [moved] = skin_contacts(Motion(quaternion_to_axis_angle(quaternions), trans, motion.betas, motion.fps))
    np.testing.assert_allclose(moved.contact.depth_mm, pair.contact.depth_mm, atol=0.02)
    np.testing.assert_allclose(moved.contact.gap_mm, pair.contact.gap_mm, atol=0.02)


def test_one_body_for_each_person(tmp_path) -> None:
    default = load_body_model()
    other = load_body_model(write_npz(tmp_path / "SMPLX_MALE.npz", body_fields("smplx")))
    motion = standing((0, 0, 0), (0, 0.1, 0))
    first, second = skin_distances(motion, [default, other])
    assert first.shape[1] == len(default.rest().vertices) and second.shape[1] == len(other.rest().vertices)
    [pair] = skin_contacts(motion, [default, other])
    assert pair.contact.depth_mm[0] == pytest.approx(-1000 * min(first.min(), second.min()))
    assert pair.contact.points.triangles[:, 1].max() < len(other.faces)
    with pytest.raises(ValueError, match="2 people need as many bodies, got 1"):
        skin_contacts(motion, [default])
    assert skin_contacts(standing((0, 0, 0)), default) == []
    assert skin_distances(standing((0, 0, 0)))[0].min() == np.inf
