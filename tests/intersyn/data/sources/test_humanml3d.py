from __future__ import annotations

import numpy as np
import pytest
import torch

from intersyn.data.retarget import joints_of
from intersyn.data.sources import humanml3d
from intersyn.data.sources.base import UnusableRecording
from intersyn.rotations import heading_of, quaternion_to_matrix, wrap_angle
from tests.published_files import humanml3d_features, walking, write_humanml3d

CAPTION = "A person walks in a curve.#a/DET person/NOUN walk/VERB#0.0#0.0"


def _joints(frames=81):
    local, root = walking(frames)
    return joints_of(local, root).numpy()


def test_joints_come_back_from_the_263_numbers():
    joints = _joints()
    features = torch.from_numpy(humanml3d_features(joints).astype(np.float64))
    assert features.shape == (80, 263)
    found = humanml3d.joints_from_263(features)
    expected = torch.from_numpy(joints[:-1])
    # The format starts at the origin facing +z; walking() starts there with heading 0.
    expected = expected - expected[:1, :1] * torch.tensor([1.0, 0, 1])
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


def test_the_retargeted_motion_is_the_motion(tmp_path):
    write_humanml3d(tmp_path, "000001", _joints(), [CAPTION])
    (task,) = humanml3d.find(tmp_path)
    (track,) = humanml3d.read(task)
    local, root = walking(81)
    error = joints_of(track.rotations, track.root).double() - joints_of(local, root)[:-1]
    error = error - error.mean((0, 1)) * torch.tensor([0.0, 1, 0])  # it is put on the floor
    assert float(error.norm(dim=-1).mean()) < 0.02
    headings = [heading_of(quaternion_to_matrix(q[:, 0].double())) for q in (track.rotations, local[:-1])]
    assert float(wrap_angle(headings[0] - headings[1]).abs().max()) < 0.02
    assert track.quality["leg_error"] < 3 and track.quality["arm_error"] < 3


def test_captions_spans_mirrors_and_splits(tmp_path):
    joints = _joints()
    spoken = [CAPTION, "someone waves. #x/X#1.0#3.0", "a man waves#x/X#1.0#3.0", "a run#x/X#nan#nan"]
    write_humanml3d(tmp_path, "000001", joints, spoken)
    write_humanml3d(tmp_path, "M000001", joints, [CAPTION])
    write_humanml3d(tmp_path, "000002", joints, [CAPTION])
    (tmp_path / "val.txt").write_text("000002\nM000002\n")
    first, second = humanml3d.find(tmp_path)
    assert (first.split, second.split) == (None, "val")
    assert [(label.name, label.span) for label in first.labels] == [
        ("humanml3d/000001", None),
        ("humanml3d/000001@20-60", (1.0, 3.0)),
    ]
    assert first.labels[0].texts == ("a person walks in a curve", "a run") and first.labels[0].action == "walk"
    assert first.labels[1].texts == ("someone waves", "a man waves") and first.labels[1].action == "wave"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((50, 262)), r"000001\.npy should be \(T, 263\), it is \(50, 262\)"),
        (np.full((50, 263), np.nan), "not finite"),
        (np.zeros((5, 263)), "has 5 frames"),
    ],
)
def test_files_of_another_kind_are_refused(tmp_path, array, message):
    write_humanml3d(tmp_path, "000001", _joints(), [CAPTION])
    np.save(tmp_path / "new_joint_vecs/000001.npy", array)
    (task,) = humanml3d.find(tmp_path)
    with pytest.raises(ValueError, match=message):
        humanml3d.read(task)


def test_a_pickled_array_is_never_opened(tmp_path):
    write_humanml3d(tmp_path, "000001", _joints(), [CAPTION])
    np.save(tmp_path / "new_joint_vecs/000001.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (task,) = humanml3d.find(tmp_path)
    with pytest.raises(ValueError, match="allow_pickle"):
        humanml3d.read(task)


def test_a_folder_that_is_no_humanml3d_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="new_joint_vecs"):
        humanml3d.find(tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a person walks\n", "000001.txt, line 1: 'caption#tags#from#to' expected"),
        (b"a person walks#x/X#0.0#inf\n", "000001.txt, line 1: 'caption#tags#from#to' expected"),
        (b"\xff\xfe#x/X#0.0#0.0\n", "000001.txt cannot be read"),
        (b"\n", "000001.txt holds no caption"),
    ],
)
def test_a_bad_caption_file_costs_its_own_motion_alone(tmp_path, content, problem):
    for name in ("000001", "000002"):
        write_humanml3d(tmp_path, name, _joints(), [CAPTION])
    (tmp_path / "texts/000001.txt").write_bytes(content)
    bad, good = humanml3d.find(tmp_path)
    assert good.problem is None and len(good.labels) == 1
    assert bad.recording == "000001" and bad.problem.startswith(problem) and not bad.labels
    with pytest.raises(UnusableRecording, match=r"000001\.txt"):
        humanml3d.read(bad)
