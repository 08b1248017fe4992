"""Importing: what was exported comes back, foreign recordings stand upright, and bad files cost one sentence."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from intersyn.data.retarget import floor_height
from intersyn.export.formats import export
from intersyn.export.options import ExportOptions
from intersyn.imports import Limits, load_motion
from intersyn.motion import Motion, MotionFileError
from intersyn.rotations import axis_angle_to_quaternion, quaternion_apply, quaternion_multiply, quaternion_to_axis_angle
from intersyn.skeleton import REST_JOINTS
from tests.bvh_files import MB_CHANNELS, ROOT, file_order, mb_skeleton, write_bvh
from tests.motions import smooth_motion, timeline

ERROR = 1e-3  # metres


def dance(frames: int = 30, people: int = 2, above: float = 0.0) -> Motion:
    """People whose lowest soles are so many metres above the floor."""
    local, root, _ = smooth_motion(11, people, frames=frames)
    motion = Motion.from_quaternions(local, root, 20.0)
    for person, joints in enumerate(motion.joints()):
        motion.trans[person, :, 1] += above - floor_height(joints)
    return motion


def silent(sentence: str) -> None:
    raise AssertionError(f"nothing should be reported, but: {sentence}")


def same(motion: Motion, other: Motion, tolerance: float = ERROR) -> bool:
    return float((motion.joints() - other.joints()).norm(dim=-1).max()) < tolerance


def amass(motion: Motion, person: int = 0) -> dict[str, np.ndarray]:
    """What `save_amass` writes, as arrays."""
    poses = np.zeros((motion.frames, 156), np.float32)
    poses[:, :66] = motion.poses[person].reshape(motion.frames, 66)
    return {"poses": poses, "trans": (motion.trans[person] - REST_JOINTS[0]).numpy(), "mocap_framerate": np.float64(20)}


def z_up(arrays: dict[str, np.ndarray], pelvis: torch.Tensor = REST_JOINTS[0]) -> dict[str, np.ndarray]:
    """The same recording as AMASS has it: the world turned by 90 degrees about x, SMPL's translation with it."""
    turn = axis_angle_to_quaternion(torch.tensor((torch.pi / 2, 0.0, 0.0)))
    root = quaternion_multiply(turn, axis_angle_to_quaternion(torch.from_numpy(arrays["poses"][:, :3])))
    poses = arrays["poses"].copy()
    poses[:, :3] = quaternion_to_axis_angle(root)
    trans = quaternion_apply(turn, torch.from_numpy(arrays["trans"]) + REST_JOINTS[0]) - pelvis
    return {**arrays, "poses": poses, "trans": trans.numpy()}


def save(path: Path, arrays: dict[str, Any]) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("suffix", [".npz", ".amass.npz", ".bvh"])
@pytest.mark.parametrize("people", [1, 2, 3])
def test_exports_come_back(suffix: str, people: int, tmp_path: Path) -> None:
    motion = dance(people=people, above=0.1)
    back = load_motion(export(motion, tmp_path / f"dance{suffix}"), report=silent)
    assert (back.num_people, back.frames, back.fps) == (people, 30, 20)
    assert same(back, motion, 1e-4)


def test_centimetres_and_other_rates_come_back(tmp_path: Path) -> None:
    motion = dance()
    for fps in (30.0, 60.0, 120.0):
        paths = export(motion, tmp_path / "dance.bvh", ExportOptions(fps=fps, units="cm"))
        back = load_motion(paths, report=silent)
        assert back.fps == fps
        assert same(back, motion.resample(fps))


def test_our_own_file_keeps_its_timeline_and_betas(tmp_path: Path) -> None:
    plan = timeline("sis", frames=40)
    motion = dance(plan.frames)
    betas = torch.arange(20.0).reshape(2, 10) / 10
    motion = Motion(motion.poses, motion.trans, betas, 20.0, plan)
    (path,) = export(motion, tmp_path / "dance.npz")
    back = load_motion(path, report=silent)
    assert back.timeline == plan
    torch.testing.assert_close(back.betas, betas)
    said: list[str] = []
    (path,) = export(dance(30).with_timeline(plan), tmp_path / "wrong.npz")
    assert load_motion(path, report=said.append).timeline is None
    assert said == ["wrong.npz: its timeline is of another motion and was left out."]


def test_people_who_lie_down_in_our_own_file_stay_so(tmp_path: Path) -> None:
    lying = Motion(torch.zeros(1, 5, 22, 3), torch.zeros(1, 5, 3), torch.zeros(1, 10), 20.0)
    lying.poses[..., 0, 0] = torch.pi / 2
    (path,) = export(lying, tmp_path / "lying.npz")
    assert same(load_motion(path, report=silent), lying)


def test_bones_of_another_body_are_told_and_feet_stay_down(tmp_path: Path) -> None:
    motion = dance(people=1)
    betas = torch.zeros(1, 10)
    betas[0, 0] = 2.0
    paths = export(Motion(motion.poses, motion.trans, betas, 20.0), tmp_path / "tall.bvh", ExportOptions(units="cm"))
    said: list[str] = []
    back = load_motion(paths, report=said.append)
    assert len(said) == 1 and said[0].startswith("tall.bvh: its bones (centimetres) are another body's")
    assert same(back, motion, 0.02)  # the sole's thickness is not in the file


# AMASS


def variants() -> dict[str, dict[str, np.ndarray]]:
    arrays = amass(dance())
    poses, trans, rate = arrays["poses"], arrays["trans"], arrays["mocap_framerate"]
    pelvis = torch.tensor((0.003, -0.351, 0.012))
    smplx = {"root_orient": poses[:, :3], "pose_body": poses[:, 3:66], "mocap_frame_rate": rate,
             "trans": trans + (REST_JOINTS[0] - pelvis).numpy()}  # fmt: skip
    hands = np.random.default_rng(0).normal(size=(30, 90)).astype(np.float32)
    return {
        "smpl": {**arrays, "poses": poses[:, :72], "betas": np.arange(10.0)},
        "smplh": {**arrays, "poses": np.concatenate((poses[:, :66], hands), 1), "gender": np.array("male")},
        "smplh in two arrays": {"root_orient": poses[:, :3], "pose_body": poses[:, 3:66], "trans": trans,
                                "mocap_framerate": rate, "surface_model_type": np.array("smplh")},
        "smplx": {**smplx, "pose_jaw": np.zeros((30, 3)), "betas": np.arange(16.0)},
        "smplx by its name": {**smplx, "surface_model_type": np.array("smplx"), "mocap_frame_rate": np.array([20])},
        "smplx in one array": {"poses": np.pad(poses, ((0, 0), (0, 9))), "trans": smplx["trans"], "fps": rate},
        "smplx's own names": {"global_orient": poses[:, :3], "body_pose": poses[:, 3:72], "transl": trans,
                              "fps": np.int64(20), "betas": np.zeros((30, 10))},
        "z up": z_up(arrays),
        "double": {key: value.astype(np.float64) for key, value in arrays.items()},
        "with a pickle that nobody opens": {**arrays, "labels": np.array([{"a": 1}], dtype=object)},
    }  # fmt: skip


@pytest.mark.parametrize("name", variants())
def test_amass_and_its_kin(name: str, tmp_path: Path) -> None:
    said: list[str] = []
    arrays = variants()[name]
    back = load_motion(save(tmp_path / "walk.npz", arrays), report=said.append)
    assert same(back, _first(dance()))
    assert back.betas.tolist() == [list(np.resize(arrays.get("betas", np.zeros(10)), 10).astype(float))]
    assert len(said) == (1 if name == "z up" else 0)


def _first(motion: Motion) -> Motion:
    return Motion(motion.poses[:1], motion.trans[:1], motion.betas[:1], motion.fps)


def test_which_axis_is_up_is_judged_aloud_or_said(tmp_path: Path) -> None:
    motion = _first(dance())
    path = save(tmp_path / "walk.npz", z_up(amass(motion)))
    said: list[str] = []
    assert same(load_motion(path, report=said.append), motion)
    assert said[0].startswith("z is up in the file") and "turned to y up" in said[0]
    with pytest.warns(UserWarning, match="z is up in the file"):
        load_motion(path)
    assert same(load_motion(path, up="z", report=silent), motion)
    lying = load_motion(path, up="y", report=silent)
    torch.testing.assert_close(lying.trans[..., 2], motion.trans[..., 1], atol=1e-5, rtol=0)


@pytest.mark.parametrize(("above", "words"), [(0.061, "lowered by 6.1 cm"), (-0.04, "raised by 4.0 cm")])
def test_people_of_another_size_are_put_on_the_floor(above: float, words: str, tmp_path: Path) -> None:
    said: list[str] = []
    path = save(tmp_path / "walk.npz", amass(dance(above=above)))
    assert same(load_motion(path, report=said.append), _first(dance()))
    assert len(said) == 1 and said[0].startswith("walk.npz") and words in said[0]
    on_a_table = save(tmp_path / "table.npz", amass(dance(above=0.7)))
    assert same(load_motion(on_a_table, report=silent), _first(dance(above=0.7)))


def test_people_who_lie_in_files_of_ours_are_not_turned(tmp_path: Path) -> None:
    motion = dance(above=0.1)
    motion.poses[:, :, 0] = torch.tensor((torch.pi / 2, 0, 0))  # the pelvis points along z
    for suffix in (".bvh", ".amass.npz"):
        assert same(load_motion(export(motion, tmp_path / f"lying{suffix}"), report=silent), motion)
    turned = load_motion(export(motion, tmp_path / "lying.bvh"), up="z", report=silent)
    torch.testing.assert_close(turned.trans[..., 1], motion.trans[..., 2], atol=1e-4, rtol=0)


def test_where_nobody_stands_y_is_taken_aloud(tmp_path: Path) -> None:
    arrays = amass(_first(dance()))
    arrays["poses"] = np.zeros_like(arrays["poses"])
    arrays["poses"][:, 2] = np.pi / 2  # on one side: the pelvis points along x
    said: list[str] = []
    load_motion(save(tmp_path / "side.npz", arrays), report=said.append)
    assert "not clear which axis is up" in said[0]


def test_smplx_itself_puts_the_exported_person_where_the_motion_has_them(tmp_path: Path) -> None:
    """The translation is smplx's: its own forward pass on our AMASS file gives our joints."""
    import smplx
    from smplx.utils import Struct

    import intersyn.body

    motion = dance()
    with np.load(Path(intersyn.body.__file__).parent / "mannequin.npz") as file:
        body = Struct(**{key: file[key] for key in file.files})
    points = dict.fromkeys(("nose", "reye", "leye", "rear", "lear"), 0)
    model = smplx.SMPL(
        "", data_struct=body, vertex_ids=points, batch_size=30, use_hands=False, use_feet_keypoints=False
    )
    for person, path in enumerate(export(motion, tmp_path / "dance.amass.npz")):
        with np.load(path) as file:
            poses, trans, betas = (torch.from_numpy(file[key]).float() for key in ("poses", "trans", "betas"))
            assert poses.shape == (30, 156) and betas.shape == (16,) and file["mocap_framerate"] == 20
        hands = torch.zeros(30, 6)  # SMPL's two hands
        posed = model(betas=betas[None, :10].expand(30, 10), global_orient=poses[:, :3], transl=trans,
                      body_pose=torch.cat((poses[:, 3:66], hands), 1))  # fmt: skip
        assert (posed.joints[:, :22] - motion.joints()[person]).norm(dim=-1).max() < 1e-4


# Several files


def test_several_files_are_people_in_order(tmp_path: Path) -> None:
    motion = dance(people=3)
    files = export(motion, tmp_path / "a.bvh")
    pair = Motion(motion.poses[1:], motion.trans[1:], motion.betas[1:], 20.0)
    back = load_motion([files[0], *export(pair, tmp_path / "b.npz")], report=silent)
    assert back.num_people == 3
    assert same(back, motion)


def test_several_files_that_do_not_fit(tmp_path: Path) -> None:
    first = export(dance(people=1), tmp_path / "first.bvh")
    longer = export(dance(31, 1), tmp_path / "longer.npz")
    faster = export(dance(people=1).resample(40), tmp_path / "faster.npz")
    thirty = export(dance(45, 1).resample(30).slice(0, 30), tmp_path / "thirty.npz")
    for other, words in ((longer, "first.bvh has 30 frames and longer.npz 31"), (faster, "the same length"),
                         (thirty, "first.bvh has 20 and thirty.npz 30 per second")):  # fmt: skip
        with pytest.raises(MotionFileError, match=words):
            load_motion([*first, *other])
    with pytest.raises(MotionFileError, match="files make a scene, got 0"):
        load_motion([])


def test_limits(tmp_path: Path) -> None:
    (path,) = export(dance(), tmp_path / "dance.npz")
    bombs = np.zeros((2000, 156))
    np.savez_compressed(tmp_path / "bomb.npz", poses=bombs, trans=bombs[:, :3], fps=20)
    for paths, limits, words in (
        ([path], Limits(max_frames=29), "dance.npz has 30 frames, and 29 are allowed"),
        ([path], Limits(max_people=1), "There are 2 people, and 1 are allowed"),
        ([path] * 3, Limits(max_people=2), "One to 2 files make a scene, got 3"),
        ([path] * 3, Limits(max_people=4), "There are 6 people, and 4 are allowed"),
        ([path], Limits(max_bytes=1000), r"dance.npz .* bytes, and 1,000 are allowed"),
        ([tmp_path / "bomb.npz"], Limits(max_bytes=1_000_000), r"bomb.npz .* take 2,54\d,\d+ bytes"),
    ):
        with pytest.raises(MotionFileError, match=words):
            load_motion(paths, limits=limits)


# Files that cannot be imported


def change(**arrays: Any) -> Callable[[Path], Path]:
    """An AMASS file with some arrays replaced or (None) left out."""

    def make(folder: Path) -> Path:
        merged = {**amass(dance(5)), **arrays}
        return save(folder / "bad.npz", {key: value for key, value in merged.items() if value is not None})

    return make


def text(name: str, content: str | bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def truncated(suffix: str, keep: float) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = export(dance(people=1), folder / f"bad{suffix}")[0]
        content = path.read_bytes()
        path.write_bytes(content[: int(keep * len(content))])
        return path

    return make


def edited(*changes: tuple[str, str]) -> Callable[[Path], Path]:
    """A BVH of ours with words replaced."""

    def make(folder: Path) -> Path:
        (path,) = export(dance(3, 1), folder / "bad.bvh")
        content = path.read_text()
        for old, new in changes:
            assert old in content
            content = content.replace(old, new)
        path.write_text(content)
        return path

    return make


def lying_header(folder: Path) -> Path:
    """An array whose header claims a hundred terabytes."""
    (path,) = export(dance(3, 1), folder / "bad.npz")
    with zipfile.ZipFile(path, "w") as archive, archive.open("poses.npy", "w") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (10**11, 156)}
        np.lib.format.write_array_header_2_0(file, header)
        file.write(b"\0" * 64)
    return path


def foreign_bvh(folder: Path) -> Path:
    skeleton = mb_skeleton()
    channels = {name: (ROOT if name == "Hips" else "") + MB_CHANNELS for name in file_order(skeleton)}
    values = np.zeros((2, 3 + 3 * len(skeleton)))
    return write_bvh(folder / "bad.bvh", skeleton, channels, values, 0.05)


BAD = {
    "missing": (lambda folder: folder / "bad.npz", "Cannot read .*No such file"),
    "folder": (lambda folder: (folder / "bad.npz").mkdir() or folder / "bad.npz", "Cannot read .*directory"),
    "other format": (text("bad.fbx", "x"), "read from .npz and .bvh"),
    "project": (text("bad.json", "{}"), "a project file holds no motion"),
    "text": (text("bad.npz", "hello"), "not an NPZ file"),
    "empty": (text("bad.npz", ""), "not an NPZ file"),
    "npy": (text("bad.npz", b"\x93NUMPY\x01\x00\x06\x00{}    "), "not an NPZ file"),
    "truncated npz": (truncated(".npz", 0.6), "not an NPZ file"),
    "header lies": (lying_header, "cannot be imported|too large for this computer"),
    "pickle": (change(poses=np.array([{"a": 1}], dtype=object)), "not an NPZ file of plain arrays: .*allow_pickle"),
    "no poses": (change(poses=None), "neither poses nor root_orient and pose_body"),
    "no trans": (change(trans=None), "no trans"),
    "no rate": (change(mocap_framerate=None), "no frame rate"),
    "rate of text": (change(mocap_framerate=np.array("20")), "mocap_framerate must be one number"),
    "rates": (change(mocap_framerate=np.zeros(3)), "mocap_framerate must be one number"),
    "rate 0": (change(mocap_framerate=np.array(0.0)), "fps must be positive"),
    "rate too high": (change(mocap_framerate=np.array(1e6)), "frame rate must be between"),
    "nan": (change(trans=np.full((5, 3), np.nan)), "trans holds numbers that are not finite"),
    "too big for float32": (change(trans=np.full((5, 3), 1e300)), "trans holds numbers that are not finite"),
    "millimetres": (change(trans=np.full((5, 3), 5000.0)), "5e.03 m from the origin"),
    "degrees": (change(poses=np.full((5, 156), 150.0)), "rotations are axis-angle in radians"),
    "text for numbers": (change(poses=np.array(["a"])), "poses must hold numbers"),
    "complex": (change(poses=np.zeros((5, 156), complex)), "poses must hold numbers"),
    "too few joints": (change(poses=np.zeros((5, 63))), "rotations must be"),
    "no frames": (change(poses=np.zeros((0, 156)), trans=np.zeros((0, 3))), "rotations must be"),
    "lengths": (change(trans=np.zeros((4, 3))), r"trans must be \(5, 3\)"),
    "betas": (change(betas=np.full(10, 1e6)), "betas must lie within"),
    "no bvh": (text("bad.bvh", "hello"), "no MOTION section"),
    "binary bvh": (text("bad.bvh", b"\xff\x00" * 50), "not a text file"),
    "truncated bvh": (truncated(".bvh", 0.7), "announces 30 frames"),
    "foreign bvh": (foreign_bvh, "lacks the joints pelvis, left_hip, .*right_wrist"),
    "one joint missing": (edited(("right_wrist", "hand")), "it lacks the joints right_wrist"),
    "nan in bvh": (edited(("Frame Time: 0.0500000000", "Frame Time: nan")), "announces 3 frames of nan"),
    "hanging elsewhere": (edited(("left_knee", "x"), ("left_ankle", "left_knee"), ("x", "left_ankle")), "hangs on"),
    "feet for a unit": (edited(("-0.40000", "-4.0000"), ("-0.40200", "-4.0200")), "neither in metres"),
    "A-pose": (edited(("OFFSET 0.27200 -0.00800 -0.00800", "OFFSET 0.19 -0.19 0")), "no T-pose"),
    "stretching": (
        edited(("CHANNELS 3 Zrotation Xrotation Yrotation\n\t\tJOINT left_knee",
                "CHANNELS 3 Zposition Xposition Yposition\n\t\tJOINT left_knee")),
        "changes its length",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files_cost_one_sentence(name: str, tmp_path: Path) -> None:
    make, words = BAD[name]
    with pytest.raises(MotionFileError, match=words) as caught:
        load_motion(make(tmp_path), report=lambda sentence: None)
    message = str(caught.value)
    assert "bad." in message and "\n" not in message and message.endswith(".") and len(message) < 500


def test_one_of_the_joints_may_have_others_between(tmp_path: Path) -> None:
    """A root above the pelvis and a twist joint in the arm: rotations add up."""
    motion = dance(people=1)
    (path,) = export(motion, tmp_path / "dance.bvh")
    lines = path.read_text().splitlines()
    start = next(k for k, line in enumerate(lines) if "MOTION" in line)
    head = ["HIERARCHY", "ROOT world", "{", "OFFSET 0 0 0", "CHANNELS 3 Zrotation Xrotation Yrotation"]
    below = [line.replace("ROOT", "JOINT") for line in lines[1:start]]
    values = [f"0 0 0 {line}" for line in lines[start + 3 :]]
    path.write_text("\n".join([*head, *below, "}", *lines[start : start + 3], *values]) + "\n")
    assert same(load_motion(path, report=silent), motion)


def test_up_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="got 'x'"):
        load_motion("walk.npz", up="x")
