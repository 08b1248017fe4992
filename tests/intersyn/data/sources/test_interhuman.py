from __future__ import annotations

import numpy as np
import pytest
import torch

from intersyn.data.retarget import joints_of
from intersyn.data.sources import interhuman
from intersyn.data.sources.base import UnusableRecording
from tests.published_files import walking, write_interhuman


def _people(frames=91):
    return [walking(frames), walking(frames, seed=2, start=(1.0, 1.5))]


def _write(tmp_path, name="7", people=None):
    people = people or _people()
    write_interhuman(tmp_path, name, people, ["Two people walk. ", "one walks, the other follows", ""])
    return people


def test_both_people_come_back_in_one_world_on_one_floor(tmp_path):
    people = _write(tmp_path)
    (task,) = interhuman.find(tmp_path)
    tracks = interhuman.read(task)
    assert [track.frames for track in tracks] == [61, 61]  # 91 frames at 30 fps are three seconds
    lifts = []
    for track, (local, root) in zip(tracks, people, strict=True):
        truth = joints_of(local, root)[::3]  # every third of 30 fps is every second of 20
        found = joints_of(track.rotations, track.root).double()[::2]
        offset = (found - truth).mean((0, 1))
        lifts.append(float(offset[1]))
        assert float(offset[[0, 2]].abs().max()) < 0.01
        assert float((found - truth - offset).norm(dim=-1).max()) < 0.03
        assert track.quality["leg_error"] < 1 and track.quality["arm_error"] < 1
    assert lifts[0] == pytest.approx(lifts[1], abs=0.005)


def test_labels_partners_and_lists(tmp_path):
    for name in ("7", "8", "9"):
        _write(tmp_path, name)
    (tmp_path / "test.txt").write_text("8\n")
    (tmp_path / "ignore_list.txt").write_text("9\n")
    first, second = interhuman.find(tmp_path)
    assert (first.split, second.split) == (None, "test")
    one, two = first.labels
    assert (one.name, one.partner, one.person) == ("interhuman/7_0", "interhuman/7_1", 0)
    assert (two.name, two.partner, two.person) == ("interhuman/7_1", "interhuman/7_0", 1)
    assert one.texts == ("two people walk", "one walks, the other follows") == two.texts


def test_rotations_that_disagree_with_positions_are_noticed(tmp_path):
    _write(tmp_path)
    path = tmp_path / "motions_processed/person1/7.npy"
    data = np.load(path)
    rotations = data[:, 186:].reshape(len(data), 51, 3, 2)
    data[:, 186:] = rotations.transpose(0, 1, 3, 2).reshape(len(data), -1)  # columns one after the other
    np.save(path, data)
    (task,) = interhuman.find(tmp_path)
    with pytest.raises(ValueError, match="rotations and positions disagree"):
        interhuman.read(task)


def test_files_of_another_kind_are_refused(tmp_path):
    _write(tmp_path)
    np.save(tmp_path / "motions_processed/person2/7.npy", np.zeros((50, 262)))
    (task,) = interhuman.find(tmp_path)
    with pytest.raises(ValueError, match=r"should be \(T, 492\), it is \(50, 262\)"):
        interhuman.read(task)
    (tmp_path / "motions_processed/person2/7.npy").unlink()
    with pytest.raises(FileNotFoundError):
        interhuman.read(task)
    with pytest.raises(FileNotFoundError, match="no InterHuman"):
        interhuman.find(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "problem"), [(b"\xff\xfe\n", "7.txt cannot be read"), (b" \n", "7.txt holds no text")]
)
def test_a_bad_annotation_costs_its_own_pair_alone(tmp_path, content, problem):
    for name in ("7", "8"):
        _write(tmp_path, name)
    (tmp_path / "annots/7.txt").write_bytes(content)
    bad, good = interhuman.find(tmp_path)
    assert good.problem is None and len(good.labels) == 2
    assert bad.recording == "7" and bad.problem.startswith(problem) and not bad.labels
    with pytest.raises(UnusableRecording, match=r"7\.txt"):
        interhuman.read(bad)


def test_global_rotations_follow_the_chain():
    local, root = walking(12)
    from intersyn.skeleton import global_rotations
    from tests.published_files import interhuman_features

    features = torch.from_numpy(interhuman_features(local, root).astype(np.float64))
    joints, rotations = interhuman.split_492(features)
    torch.testing.assert_close(joints, joints_of(local, root), atol=1e-5, rtol=0)
    dot = (rotations * global_rotations(local)).sum(-1).abs()
    assert float(dot.min()) > 1 - 1e-4
