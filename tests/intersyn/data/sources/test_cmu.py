from __future__ import annotations

import csv

import numpy as np
import pytest
import torch

from intersyn.data.retarget import joints_of
from intersyn.data.sources import cmu
from intersyn.data.sources.base import UnusableRecording
from intersyn.skeleton import FOOT_JOINTS, FOOT_REST_HEIGHT, JOINT
from tests.bvh_files import MB_CHANNELS, ROOT, daz_skeleton, file_order, max_skeleton, mb_skeleton, write_bvh

SKELETONS = {"mb": mb_skeleton(), "daz": daz_skeleton(), "max": max_skeleton()}
ELBOWS = {"mb": "LeftForeArm", "daz": "lForeArm", "max": "LeftElbow"}
SPINE = {"mb": "Spine", "daz": "abdomen", "max": "Chest"}
PELVIS_HEIGHT = {"mb": 16.0, "daz": 88.0, "max": 16.0}
UNIT = {"mb": 0.05644, "daz": 0.01, "max": 0.05644}


def write_cmu(path, family, frames, turn=None, x=0.0, header_time=1 / 120, spike_at=None, step=0.0):
    """A file of one family. turn: joint -> (Z, Y, X or Z, X, Y degrees as its channels say) from frame 1 on."""
    skeleton = SKELETONS[family]
    order = file_order(skeleton)
    plain = MB_CHANNELS if family == "mb" else "Zrotation Xrotation Yrotation"
    channels = dict.fromkeys(order, plain) | {order[0]: ROOT + MB_CHANNELS}
    columns = [(name, channel) for name in order for channel in channels[name].split()]
    values = np.zeros((frames, len(columns)))
    for k, (name, channel) in enumerate(columns):
        if channel.endswith("position"):
            along = step * np.arange(frames)
            values[:, k] = {"X": x, "Y": PELVIS_HEIGHT[family] * UNIT[family], "Z": along}[channel[0]] / UNIT[family]
        elif turn and name in turn:
            values[1:, k] = turn[name]["ZYX".index(channel[0])]
        # The max family's arms hang down in its offsets; frame 0 lifts them into the T-pose by rotation.
        if family == "max" and channel == "Zrotation" and name in ("LeftShoulder", "RightShoulder"):
            values[:, k] = 90.0 if name.startswith("Left") else -90.0
        if spike_at is not None and channel == "Yposition":
            values[spike_at, k] += 0.6 / UNIT[family]
    return write_bvh(path, skeleton, channels, values, header_time)


def _manifest(folder, rows):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["trial", "file", "skeleton", "true_fps", "header_fps", "frames", "seconds", "description"])
        for trial, family, fps, description in rows:
            writer.writerow([trial, f"{family}/{trial}.bvh", family, fps, 120, 0, 0, description])


def _solo(tmp_path, family, frames=301, fps=120.0, description="walk", trial="02_01", **options):
    _manifest(tmp_path / "solo", [(trial, family, fps, description)])
    write_cmu(tmp_path / "solo" / family / f"{trial}.bvh", family, frames, **options)
    (task,) = cmu.find(tmp_path)
    return task


@pytest.mark.parametrize("family", ["mb", "daz", "max"])
def test_the_tpose_of_each_family_is_ours_and_its_elbow_bends_forward(tmp_path, family):
    # A turn of -90 degrees about the vertical brings the left forearm, which points to +x, to the front.
    axis = {"mb": (0, -90, 0), "daz": (0, -90, 0), "max": (0, 0, -90)}[family]
    task = _solo(tmp_path, family, turn={ELBOWS[family]: axis})
    (track,) = cmu.read(task)
    joints = joints_of(track.rotations, track.root)
    assert track.frames == {"mb": 50, "max": 50, "daz": 42}[family]  # frame 0 (daz: the first 50) dropped
    forearm = joints[5, JOINT["left_wrist"]] - joints[5, JOINT["left_elbow"]]
    assert float(forearm[2]) > 0.22 and float(forearm[1].abs()) < 0.02
    right = joints[5, JOINT["right_wrist"]] - joints[5, JOINT["right_shoulder"]]
    assert float(right[0]) < -0.5
    head = joints[5, JOINT["head"]] - joints[5, 0]
    assert float(head[1]) > 0.5 and float(head[0].abs()) < 0.02
    soles = joints[:, list(FOOT_JOINTS), 1] - FOOT_REST_HEIGHT
    assert float(soles.min().abs()) < 0.01 and float(soles.max()) < 0.05
    assert track.quality["leg_error"] < 3 and track.quality["arm_error"] < 0.1


def test_the_trunk_bends_forward_when_the_sources_does(tmp_path):
    for family in SKELETONS:
        task = _solo(tmp_path / family, family, turn={SPINE[family]: (0, 0, 60)})
        (track,) = cmu.read(task)
        trunk = joints_of(track.rotations, track.root)[3]
        trunk = trunk[JOINT["neck"]] - trunk[JOINT["pelvis"]]
        assert float(trunk[2]) > 0.15, family


def test_the_true_frame_rate_counts_not_the_headers(tmp_path):
    (track,) = cmu.read(_solo(tmp_path, "mb", frames=121, fps=60.0, step=0.01, header_time=1 / 120))
    assert track.frames == 40
    speed = float(track.root[:, 2].diff().mean()) * 20
    assert speed == pytest.approx(0.6, rel=0.05)  # 1 cm a frame at 60 fps, scaled by the legs


def test_a_spike_is_cut_out_and_the_longest_clean_stretch_kept(tmp_path):
    (track,) = cmu.read(_solo(tmp_path, "mb", frames=601, spike_at=103))
    assert 75 < track.frames < 90
    assert float(track.root[:, 1].diff().abs().max()) < 1e-4
    with pytest.raises(ValueError, match="spikes of up to .* leave .* clean frames"):
        cmu.read(_solo(tmp_path / "short", "mb", frames=301, spike_at=151))


def test_salsa_pairs_share_a_world_a_floor_and_a_length(tmp_path):
    write_cmu(tmp_path / "salsa/60_01.bvh", "daz", 200, x=0.0)
    write_cmu(tmp_path / "salsa/61_01.bvh", "daz", 230, x=0.8)
    (task,) = cmu.find(tmp_path)
    first, second = cmu.read(task)
    assert task.source == "salsa" and [label.partner for label in task.labels] == ["salsa/01_1", "salsa/01_0"]
    assert first.frames == second.frames == 50  # (200 - 50) frames at 60 fps
    leg_ratio = float((second.root - first.root)[0, 0]) / 0.8
    assert 0.9 < leg_ratio < 1.1
    torch.testing.assert_close(first.root[:, 1], second.root[:, 1])
    assert all(text.startswith(("two people", "two dancers", "a couple")) for text in task.labels[0].texts)


def test_a_pair_is_kept_whole_and_its_spikes_are_bridged(tmp_path):
    write_cmu(tmp_path / "salsa/60_01.bvh", "daz", 250, step=0.005, spike_at=slice(140, 150))
    write_cmu(tmp_path / "salsa/61_01.bvh", "daz", 250, x=0.8, step=0.005)
    (task,) = cmu.find(tmp_path)
    first, second = cmu.read(task)
    assert first.frames == second.frames == 67
    assert float(first.root[:, 1].diff().abs().max()) < 1e-3  # the half metre up and down is gone
    torch.testing.assert_close(first.root[:, 2], second.root[:, 2], atol=1e-3, rtol=0)  # and nobody stopped for it


def test_descriptions_become_texts(tmp_path):
    rows = [("05_02", "mb", 120, "dance - expressive arms, pirouette"), ("martial-03", "daz", 120, ""),
            ("131_01", "max", 120, "Start Walk Stop")]  # fmt: skip
    _manifest(tmp_path / "solo", rows)
    labels = [task.labels[0] for task in cmu.find(tmp_path)]
    assert [label.action for label in labels] == ["dance", "martial-arts", "dance"]
    assert labels[0].texts[0] == "a person dances, expressive arms, pirouette"
    assert labels[1].texts[0] == "a person performs martial arts"
    assert "Michael Jackson" in labels[2].texts[0]
    assert all(label.test_texts for label in labels)


def test_a_wrong_family_is_refused(tmp_path):
    task = _solo(tmp_path, "mb")
    write_cmu(task.files[0], "daz", 301)
    with pytest.raises(ValueError, match=r"02_01\.bvh is not of the skeleton family.*'Hips'"):
        cmu.read(task)


def test_a_bad_row_of_the_manifest_costs_that_row_alone(tmp_path):
    bad = {
        "unknown skeleton 'fbx'": ("1", "fbx", 120, "walk"),
        "'fast'": ("2", "mb", "fast", "walk"),
        "frame rate of -120": ("3", "mb", -120, "walk"),
        "'../4'": ("../4", "mb", 120, "walk"),
        "not the first": ("02_01", "mb", 120, "walk"),
    }
    _manifest(tmp_path / "solo", [("02_01", "mb", 120, "walk"), *bad.values()])
    with (tmp_path / "solo/manifest.csv").open("ab") as file:
        file.write(b"6,mb/6.bvh,mb\r\n7,mb/7.bvh,mb,120,120,0,0,walk \xff\r\n8,mb/8.bvh,mb,120,120,0,0,walk\r\n")
    first, *broken, last = cmu.find(tmp_path)
    assert (first.recording, last.recording) == ("02_01", "8") and first.problem is last.problem is None
    assert [task.recording for task in broken] == [f"manifest.csv, line {k}" for k in range(3, 10)]
    for task, reason in zip(broken, [*bad, "as many fields", "not UTF-8"], strict=True):
        assert reason in task.problem
        with pytest.raises(UnusableRecording, match="manifest.csv, line"):
            cmu.read(task)


def test_a_manifest_without_a_column_is_none(tmp_path):
    (tmp_path / "solo").mkdir()
    (tmp_path / "solo/manifest.csv").write_text("trial,file,skeleton,description\n1,a,mb,walk\n")
    with pytest.raises(ValueError, match="no column 'true_fps'"):
        cmu.find(tmp_path)
