"""GLB: read back by the letter of glTF, by the Khronos validator and by Blender."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from intersyn import __version__
from intersyn.body.default import Body
from intersyn.body.model import load_body_model
from intersyn.export.glb import sign_continuous, skin_attributes, write_glb
from intersyn.export.gltf import Buffer, Target
from intersyn.export.options import ExportError, ExportOptions
from intersyn.export.project import Project
from intersyn.motion import Motion
from intersyn.render.colours import PEOPLE
from intersyn.rotations import quaternion_to_matrix, yaw_quaternion
from intersyn.skeleton import JOINT, JOINT_NAMES, global_rotations
from intersyn.timeline import Timeline
from tests.clients import ROOT, in_blender, validate_gltf
from tests.gltf_files import GlbFile
from tests.motions import smooth_motion, timeline


def dance(frames: int = 41, people: int = 2, shaped: bool = False) -> Motion:
    """People who swing every joint; shaped: each of another build."""
    local, root, _ = smooth_motion(3, people, frames=frames)
    motion = Motion.from_quaternions(local, root, 20.0)
    builds = torch.linspace(-1.5, 1.5, people)[:, None] * torch.cos(torch.arange(10.0))
    return replace(motion, betas=builds) if shaped else motion


def written(motion: Motion, folder: Path, **options: object) -> GlbFile:
    path = folder / "take.glb"
    assert write_glb(motion, path, ExportOptions(**options)) == [path]
    return GlbFile.read(path)


def skinned(body: Body, joints: np.ndarray, rotations: torch.Tensor) -> np.ndarray:
    """Linear blend skinning with every weight: joints (T, 22, 3), local quaternions (T, 22, 4) -> (T, V, 3)."""
    matrices = quaternion_to_matrix(global_rotations(rotations)).double().numpy()
    out = np.zeros((len(joints), *body.vertices.shape))
    for joint in range(len(JOINT_NAMES)):
        moved = (body.vertices - body.joints[joint]) @ matrices[:, joint].swapaxes(1, 2) + joints[:, joint, None]
        out += body.weights[:, joint, None] * moved
    return out


def furthest(a: np.ndarray, b: np.ndarray) -> float:
    """The greatest distance between points, in the unit they have."""
    assert a.shape == b.shape
    return float(np.linalg.norm(a - b, axis=-1).max())


def test_the_node_tree_reproduces_the_joints(tmp_path: Path) -> None:
    motion = dance()
    file = written(motion, tmp_path)
    world = file.world()
    for person in range(2):
        assert furthest(file.joints(person, world), motion.joints()[person].numpy()) < 1e-4


def test_bodies_of_another_build_have_their_own_bones(tmp_path: Path) -> None:
    motion, model = dance(shaped=True), load_body_model()
    file = written(motion, tmp_path)
    world = file.world()
    for person in range(2):
        assert furthest(file.joints(person, world), model.joints(motion, person)) < 1e-4
        assert furthest(file.joints(person, world), motion.joints()[person].numpy()) > 0.02


def test_inverse_bind_matrices_and_weights_reproduce_the_skin(tmp_path: Path) -> None:
    motion, model = dance(5, shaped=True), load_body_model()
    file = written(motion, tmp_path)
    world = file.world()
    for person in range(2):
        body = model.rest(motion.betas[person])
        want = skinned(body, model.joints(motion, person), motion.quaternions()[person])
        got = file.vertices(person, world)
        four = (body.weights > 0).sum(1) <= 4  # the few vertices of five bones lose the weakest
        assert four.mean() > 0.99
        assert furthest(got[:, four], want[:, four]) < 2e-4
        assert furthest(got, want) < 5e-3


def test_untouched_people_stand_in_t_pose_where_they_start(tmp_path: Path) -> None:
    motion = dance()
    file = written(motion, tmp_path)
    rest = file.world(animated=False)
    rest_joints = load_body_model().rest().joints
    for person in range(2):
        joints, vertices = file.joints(person, rest)[0], file.vertices(person, rest)[0]
        np.testing.assert_allclose(joints - joints[0], rest_joints - rest_joints[0], atol=1e-6)
        np.testing.assert_allclose(joints[0, [0, 2]], motion.trans[person, 0, [0, 2]], atol=1e-6)
        assert abs(vertices[:, 1].min()) < 1e-6
        assert joints[JOINT["left_wrist"], 0] > joints[JOINT["right_wrist"], 0]


@pytest.mark.parametrize("people", [1, 2, 5])
def test_one_skin_tree_and_mesh_per_person(people: int, tmp_path: Path) -> None:
    file = written(dance(3, people), tmp_path)
    document = file.document
    assert len(document["skins"]) == len(document["meshes"]) == people
    for person, skin in enumerate(document["skins"]):
        names = [document["nodes"][joint]["name"] for joint in skin["joints"]]
        assert names == [f"person_{person}_{joint}" for joint in JOINT_NAMES]
    roots = [document["nodes"][root]["name"] for root in document["scenes"][0]["nodes"]]
    assert roots == [name for k in range(people) for name in (f"person_{k}", f"person_{k}_body")]
    colours = [tuple(material["pbrMetallicRoughness"]["baseColorFactor"]) for material in document["materials"]]
    assert len(set(colours)) == min(people, len(PEOPLE))


def test_colours_are_the_page_s() -> None:
    page = (ROOT / "static" / "page.css").read_text(encoding="utf-8")
    for word, colour in zip(("one", "two", "three", "four"), PEOPLE, strict=True):
        assert f"--is-{word}: #{bytes(colour).hex()};" in page


def test_normals_are_unit_and_point_outwards(tmp_path: Path) -> None:
    file = written(dance(1, 1), tmp_path)
    (primitive,) = file.document["meshes"][0]["primitives"]
    normals = file.array(primitive["attributes"]["NORMAL"])
    faces = file.array(primitive["indices"]).reshape(-1, 3)
    corners = file.array(primitive["attributes"]["POSITION"])[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    assert ((normals[faces].mean(1) * across).sum(1) > 0).mean() > 0.99
    assert (corners[:, 0] * across).sum() > 0  # six times the volume: counter-clockwise from outside


@pytest.mark.parametrize("fps", [20, 30, 60])
def test_frame_rates(fps: int, tmp_path: Path) -> None:
    motion = dance(41)
    file = written(motion, tmp_path, fps=fps)
    np.testing.assert_allclose(file.times, np.arange(2 * fps + 1) / fps, atol=1e-6)
    step = fps // 10  # every tenth of a second both have a frame
    got, want = file.joints(0, file.world())[::step], motion.joints()[0, ::2].numpy()
    assert furthest(got, want) < 1e-4


def test_one_frame(tmp_path: Path) -> None:
    motion = dance(1)
    file = written(motion, tmp_path, fps=60)
    assert file.times.tolist() == [0]
    assert furthest(file.joints(1, file.world()), motion.joints()[1].numpy()) < 1e-4


def test_what_the_file_says_of_its_making(tmp_path: Path) -> None:
    motion = dance(120).with_timeline(timeline("sis"))
    project = Project(motion.timeline, 3, "no_rec", 16, 2.5, False, "open-v0", 64 * "0")
    said = written(motion, tmp_path, fps=30, seed=7, project=project).document
    assert said["asset"] == {"version": "2.0", "generator": f"InterSyn {__version__}"}
    extras = said["scenes"][0]["extras"]
    assert Timeline.from_dict(extras.pop("timeline")) == motion.timeline
    made = {"seed": 7, "variant": "no_rec", "checkpoint": "open-v0"}
    assert extras == {"fps": 30, "frames": 179, "people": 2, **made}
    assert set(written(dance(), tmp_path).document["scenes"][0]["extras"]) == {"fps", "frames", "people"}


def test_people_of_one_build_share_their_mesh(tmp_path: Path) -> None:
    sizes = [len(written(dance(9, people), tmp_path).binary) for people in (1, 2)]
    apart = len(written(dance(9, 2, shaped=True), tmp_path).binary)
    assert sizes[1] < 1.1 * sizes[0] < 1.4 * sizes[0] < apart


def test_neighbouring_keys_never_turn_the_long_way_round() -> None:
    angles = torch.linspace(0, 14, 200)  # more than two turns
    quaternions = yaw_quaternion(angles)[None, :, None]
    quaternions = quaternions * torch.where(quaternions[..., :1] < 0, -1.0, 1.0)
    keys = sign_continuous(quaternions)[0, :, 0]
    assert (keys[1:] * keys[:-1]).sum(-1).min() > 0.99
    np.testing.assert_allclose(keys[:, 1], torch.sin(angles / 2).numpy(), atol=1e-5)
    np.testing.assert_allclose(keys[:, 3], torch.cos(angles / 2).numpy(), atol=1e-5)


def test_weights_by_hand() -> None:
    weights = np.zeros((3, 22), np.float32)
    weights[0, 7] = 1
    weights[1, [3, 9, 21]] = 1 / 3
    weights[2, [1, 2, 3, 4, 5]] = (0.28, 0.22, 0.2, 0.16, 0.14)
    joints, steps = skin_attributes(weights)
    assert joints.tolist() == [[7, 0, 0, 0], [3, 9, 21, 0], [1, 2, 3, 4]]
    assert steps.tolist() == [[65535, 0, 0, 0], [21845, 21845, 21845, 0], [21336, 16765, 15241, 12193]]
    assert (steps.sum(1, dtype=int) == 65535).all()


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((2, 5), np.float32), np.zeros((0, 3), np.float32)])
def test_arrays_gltf_has_no_accessor_for(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="no accessor for an array of shape"):
        Buffer().add(array)


def test_equal_arrays_are_stored_once_unless_used_otherwise() -> None:
    buffer = Buffer()
    array = np.ones((2, 3), np.float32)
    assert buffer.add(array) == buffer.add(array.copy()) != buffer.add(array, Target.VERTICES)
    assert buffer.length == 48


def test_nothing_is_left_where_it_cannot_be_written(tmp_path: Path) -> None:
    motion = dance(3)
    with pytest.raises(ExportError, match="poses of person 0 .* not finite"):
        write_glb(replace(motion, poses=motion.poses * float("nan")), tmp_path / "take.glb", ExportOptions())
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        write_glb(motion, tmp_path / "file" / "take.glb", ExportOptions())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("frames", "people", "fps"), [(1, 1, None), (41, 2, 20), (41, 2, 30), (41, 2, 60), (196, 5, 24), (3, 8, 29.97)]
)
def test_the_khronos_validator_has_nothing_to_say(frames: int, people: int, fps: float | None, tmp_path: Path) -> None:
    motion = dance(frames, people, shaped=True)
    if frames == 41:
        motion = motion.with_timeline(timeline("is"))
    written(motion, tmp_path, fps=fps, seed=0, variant="full")
    issues = validate_gltf(tmp_path / "take.glb")["issues"]
    assert issues["messages"] == []
    assert [issues[f"num{kind}"] for kind in ("Errors", "Warnings", "Infos", "Hints")] == [0, 0, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize(("people", "fps", "shaped"), [(2, 20, False), (2, 60, True), (5, 30, True)])
def test_blender_agrees_to_a_millimetre(people: int, fps: int, shaped: bool, tmp_path: Path) -> None:
    motion, model = dance(61, people, shaped).with_timeline(timeline("is", people)), load_body_model()
    file = written(motion, tmp_path, fps=fps, seed=11)
    chosen = [0, 17, 3 * fps]
    seen = in_blender(tmp_path / "take.glb", fps, tmp_path / "seen.npz", mesh_frames=chosen)
    moved, world = motion.resample(fps), file.world()
    for person in range(people):
        order = [JOINT[name.removeprefix(f"person_{person}_")] for name in seen[f"names_{person}"]]
        joints = model.joints(moved, person) if shaped else moved.joints()[person].numpy()
        of_joints = furthest(seen[f"joints_{person}"], joints[:, order])
        of_vertices = furthest(seen[f"vertices_{person}"], file.vertices(person, world[chosen]))
        print(f"person {person}, {fps} fps: joints {1e3 * of_joints:.4f} mm, vertices {1e3 * of_vertices:.4f} mm")
        assert max(of_joints, of_vertices) < 1e-3
    assert f"joints_{people}" not in seen
    extras = json.loads(str(seen["custom"]))
    assert extras["seed"] == 11 and Timeline.from_dict(extras["timeline"]) == motion.timeline
