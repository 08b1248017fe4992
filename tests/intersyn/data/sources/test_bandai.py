from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from intersyn.data.retarget import joints_of
from intersyn.data.sources import bandai
from intersyn.data.sources.base import UnusableRecording
from intersyn.skeleton import FOOT_JOINTS, FOOT_REST_HEIGHT, JOINT
from tests.bvh_files import ROOT, bandai_skeleton, file_order, write_bvh

UP, LEFT, FRONT = np.eye(3)[1], np.eye(3)[0], np.eye(3)[2]


def _matrix(x, z):
    return np.stack((x, np.cross(z, x), z), 1)


def _foot(pitch, sign):
    x = sign * np.array([0, -np.sin(pitch), np.cos(pitch)])
    return np.stack((x, LEFT, np.cross(x, LEFT)), 1)


def standing() -> dict[str, np.ndarray]:
    """Global axes of the joints of somebody standing with the arms out, as the archive's actors have them."""
    axes = {"joint_Root": np.eye(3), "Hips": _matrix(UP, FRONT)}
    axes |= {name: _matrix(UP, LEFT) for name in ("Spine", "Chest", "Neck", "Head")}
    for part in ("Shoulder", "UpperArm", "LowerArm", "Hand"):
        axes[f"{part}_L"], axes[f"{part}_R"] = _matrix(LEFT, FRONT), _matrix(LEFT, -FRONT)
    for part in ("UpperLeg", "LowerLeg"):
        axes[f"{part}_L"], axes[f"{part}_R"] = _matrix(-UP, FRONT), _matrix(UP, -FRONT)
    for part, pitch in (("Foot", np.radians(39.6)), ("Toes", np.radians(23.0))):
        axes[f"{part}_L"], axes[f"{part}_R"] = _foot(pitch, 1), _foot(pitch, -1)
    return axes


def write_bandai(path, turned: dict[str, np.ndarray] | None = None, frames: int = 60):
    """A file in the archive's format; `turned` replaces the global axes of some joints in the second half."""
    skeleton = bandai_skeleton()
    order = file_order(skeleton)
    rows = []
    for frame in range(frames):
        axes = standing() | ((turned or {}) if frame >= frames // 2 else {})
        row: list[float] = []
        for name in order:
            parent, offset = skeleton[name]
            local = axes[name] if parent is None else axes[parent].T @ axes[name]
            with warnings.catch_warnings():  # scipy warns where two of the angles are one
                warnings.simplefilter("ignore", UserWarning)
                row += [*offset, *Rotation.from_matrix(local).as_euler("ZXY", degrees=True)]
        rows.append(row)
    channels = dict.fromkeys(skeleton, ROOT + "Zrotation Xrotation Yrotation")
    # The offsets of the file are replaced by the position channels, so they may be anything.
    wrong = {name: (parent, (9.0, 9.0, 9.0)) for name, (parent, _) in skeleton.items()}
    return write_bvh(path, wrong, channels, np.array(rows), 0.0333333)


def _read(folder):
    (task,) = bandai.find(folder)
    (track,) = bandai.read(task)
    return task, track, joints_of(track.rotations, track.root)


def test_a_standing_actor_is_our_rest_pose_on_the_floor(tmp_path):
    write_bandai(tmp_path / "dataset-1/data/dataset-1_bow_old_001.bvh")
    task, track, joints = _read(tmp_path)
    assert track.frames == 40  # 60 frames at 30 fps
    assert task.labels[0].action == "bow" and task.labels[0].style == "elderly"
    assert task.labels[0].name == "bandai/dataset-1_bow_old_001"
    # Facing +z with the left hand at +x, arms out, upright, soles on the floor.
    wrists = joints[0, JOINT["left_wrist"]] - joints[0, JOINT["right_wrist"]]
    assert float(wrists[0]) > 1.3 and float(wrists[1:].abs().max()) < 0.02
    soles = joints[:, list(FOOT_JOINTS), 1] - FOOT_REST_HEIGHT
    assert float(soles.abs().max()) < 0.01
    assert float(joints[0, JOINT["left_foot"], 2] - joints[0, JOINT["left_ankle"], 2]) > 0.1
    assert bool((track.contacts == 1).all())
    assert float(joints[0, 0, 2]) == pytest.approx(-4.5, abs=0.1)  # metres, where the actor stood
    # no twist: every rotation is near the identity
    assert float(track.rotations[..., 0].abs().min()) > 0.995
    assert max(track.quality["leg_error"], track.quality["arm_error"]) < 3


def test_the_left_arm_of_the_actor_is_our_left_arm(tmp_path):
    up = _matrix(UP, FRONT)
    write_bandai(tmp_path / "dataset-2/data/dataset-2_raise-up-left-hand_normal_007.bvh",
                 {f"{part}_L": up for part in ("UpperArm", "LowerArm", "Hand")})  # fmt: skip
    _, track, joints = _read(tmp_path)
    arm = joints[-1, JOINT["left_wrist"]] - joints[-1, JOINT["left_shoulder"]]
    assert float(arm[1]) > 0.5 and float(arm[[0, 2]].abs().max()) < 0.02
    other = joints[-1, JOINT["right_wrist"]] - joints[-1, JOINT["right_shoulder"]]
    assert float(other[0]) < -0.5 and float(other[1].abs()) < 0.02
    start, end = track.key
    assert end > track.frames // 2 and start >= track.frames // 2 - 1


def test_held_out_pairs_are_for_testing_and_names_are_checked(tmp_path):
    for name in ("dataset-2_run_feminine_001", "dataset-2_run_normal_001"):
        write_bandai(tmp_path / f"dataset-2/data/{name}.bvh", frames=2)
    assert [task.split for task in bandai.find(tmp_path)] == ["test", None]


def test_a_foreign_name_costs_its_own_file_alone(tmp_path):
    for name in ("dataset-2_run_normal_001", "dataset-2_fly_normal_001", "run"):
        write_bandai(tmp_path / f"dataset-2/data/{name}.bvh", frames=2)
    fly, good, foreign = bandai.find(tmp_path)
    assert good.problem is None and len(good.labels) == 1
    assert "'fly'" in fly.problem and "run.bvh is not named" in foreign.problem
    with pytest.raises(UnusableRecording, match=r"run\.bvh is not named"):
        bandai.read(foreign)


def test_held_out_pairs_come_with_their_mirror_image():
    from intersyn.timeline import mirror_text

    assert {(mirror_text(action), style) for action, style in bandai.HELD_OUT} == set(bandai.HELD_OUT)


def test_another_skeleton_and_a_short_clip_are_refused(tmp_path):
    path = tmp_path / "dataset-1/data/dataset-1_walk_happy_001.bvh"
    write_bandai(path, frames=20)
    (task,) = bandai.find(tmp_path)
    with pytest.raises(ValueError, match="13 frames at 20 fps"):
        bandai.read(task)
    path.write_text(path.read_text().replace("JOINT Chest", "JOINT Brust"))
    with pytest.raises(ValueError, match="not a Bandai-Namco skeleton.*'Chest'"):
        bandai.read(task)


def test_the_virtual_tpose_is_a_rotation_for_every_mapped_joint():
    pose = bandai.virtual_tpose()
    names = {name for entry in bandai.MAPPING for name in ((entry,) if isinstance(entry, str) else entry)}
    assert names <= set(pose)
    torch.testing.assert_close(torch.stack(list(pose.values())).norm(dim=-1), torch.ones(len(pose)).double())
