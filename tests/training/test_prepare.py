from __future__ import annotations

import json
import subprocess
import sys
import tarfile

import pytest

from intersyn.data.store import ClipStore
from tests.intersyn.data.sources.test_bandai import write_bandai
from tests.intersyn.data.sources.test_cmu import write_cmu
from tests.published_files import walking, write_humanml3d, write_interhuman
from training.prepare import PrepareConfig, prepare

ALL = ("train", "val", "test")


@pytest.fixture
def raw(tmp_path):
    """A folder laid out like the archives, with one corrupt file."""
    folder = tmp_path / "raw"
    for k in range(3):
        write_bandai(folder / f"dataset-2/data/dataset-2_raise-up-left-hand_normal_{k:03d}.bvh")
    write_bandai(folder / "dataset-2/data/dataset-2_run_feminine_001.bvh")
    broken = folder / "dataset-1/data/dataset-1_walk_happy_001.bvh"
    write_bandai(broken)
    broken.write_text(broken.read_text()[:-500])
    for take in ("01", "02", "03"):
        write_cmu(folder / f"salsa/60_{take}.bvh", "daz", 200)
        write_cmu(folder / f"salsa/61_{take}.bvh", "daz", 200, x=0.8)
    return folder


def test_the_whole_stage(raw, tmp_path, capsys):
    out = tmp_path / "out"
    path = prepare(PrepareConfig(raw=raw, out=out, workers=1))
    store = ClipStore.load(path, ALL)
    assert len(store.clips) == 4 + 6
    assert {clip.source for clip in store.clips} == {"bandai", "salsa"}
    by_name = {clip.name: clip for clip in store.clips}
    assert by_name["bandai/dataset-2_run_feminine_001"].split == "test"
    # a pair is on one side, and salsa has something on each
    for clip in store.clips:
        if clip.partner:
            assert by_name[clip.partner].split == clip.split and by_name[clip.partner].frames == clip.frames
    assert {clip.split for clip in store.clips if clip.source == "salsa"} == set(ALL)
    assert by_name["salsa/02_1"].role == 1
    # the corrupt file is named, in the output, the report and the card
    name, reason = "bandai/dataset-1_walk_happy_001", "numbers, and holds"
    assert f"skipped {name}" in capsys.readouterr().err
    report = json.loads((out / "report.json").read_text())
    assert 0 < report["run"]["packing_error_mm"] < 1
    assert reason in report["skipped"][name] and len(report["skipped"]) == 1
    card = (out / "README.md").read_text()
    assert name in card and "NSF EIA-0196217" in card and "CC BY-NC 4.0" in card
    assert "| bandai/raise-up-left-hand | 3 |" in card
    assert report["label"]["salsa/salsa"]["hours"] == pytest.approx(6 * 50 / 20 / 3600, abs=1e-4)


def test_a_second_run_uses_the_cache_and_sees_changes(raw, tmp_path, capsys):
    out = tmp_path / "out"
    prepare(PrepareConfig(raw=raw, out=out, workers=1))
    capsys.readouterr()
    cached = out / "cache/bandai/dataset-2_raise-up-left-hand_normal_000.npz"
    before = cached.stat().st_mtime_ns
    (out / "cache/bandai/dataset-2_raise-up-left-hand_normal_001.npz").write_bytes(b"half")
    write_bandai(raw / "dataset-1/data/dataset-1_walk_happy_001.bvh")  # repaired
    prepare(PrepareConfig(raw=raw, out=out, workers=1))
    assert "6 of 8 recordings are in the cache already" in capsys.readouterr().out
    assert json.loads((out / "report.json").read_text())["run"]["read_anew"] == 2
    assert cached.stat().st_mtime_ns == before
    assert len(ClipStore.load(out, ALL).clips) == 5 + 6


def test_archives_and_published_sets(raw, tmp_path):
    archives = tmp_path / "archives"
    archives.mkdir()
    with tarfile.open(archives / "cmu.tar.xz", "w:xz") as tar:
        tar.add(raw / "salsa", "salsa")
    local, root = walking(81)
    from intersyn.data.retarget import joints_of

    write_humanml3d(
        tmp_path / "hml", "000001", joints_of(local, root).numpy(), ["a walk#x/X#0.0#0.0", "a step#x/X#1.0#2.5"]
    )
    write_interhuman(tmp_path / "ih", "1", [walking(61), walking(61, 1, (1.0, 1.0))], ["two people walk"])
    (tmp_path / "ih/val.txt").write_text("1\n")
    config = PrepareConfig(
        raw=archives, out=tmp_path / "out", humanml3d=tmp_path / "hml", interhuman=tmp_path / "ih", workers=1
    )
    clips = {clip.name: clip for clip in ClipStore.load(prepare(config), ALL).clips}
    assert len(clips) == 6 + 2 + 2
    assert clips["humanml3d/000001"].frames == 80 and clips["humanml3d/000001@20-50"].frames == 30
    assert clips["interhuman/1_0"].split == "val" and clips["interhuman/1_1"].partner == "interhuman/1_0"


def test_a_malformed_item_is_named_and_the_rest_goes_on(raw, tmp_path, capsys):
    (raw / "dataset-1/data/dataset-1_walk_happy_001.bvh").rename(raw / "dataset-1/data/mine.bvh")
    (raw / "solo").mkdir()
    header = "trial,file,skeleton,true_fps,description"
    (raw / "solo/manifest.csv").write_text(f"{header}\n02_01,mb/02_01.bvh,mb,120,walk\n02_02,mb/02_02.bvh,mb,?,walk\n")
    write_cmu(raw / "solo/mb/02_01.bvh", "mb", 301)
    local, root = walking(81)
    from intersyn.data.retarget import joints_of

    for name, caption in (("000001", "no separators"), ("000002", "a walk#x/X#0.0#0.0")):
        write_humanml3d(tmp_path / "hml", name, joints_of(local, root).numpy(), [caption])
    for name, text in (("1", ""), ("2", "two people walk")):
        write_interhuman(tmp_path / "ih", name, [walking(61), walking(61, 1, (1.0, 1.0))], [text])
    out = tmp_path / "out"
    config = PrepareConfig(raw=raw, out=out, humanml3d=tmp_path / "hml", interhuman=tmp_path / "ih", workers=1)
    names = {clip.name for clip in ClipStore.load(prepare(config), ALL).clips}
    assert len(names) == 4 + 6 + 1 + 1 + 2
    assert {"cmu/02_01", "humanml3d/000002", "interhuman/2_0", "interhuman/2_1"} < names
    err = capsys.readouterr().err
    skipped = json.loads((out / "report.json").read_text())["skipped"]
    assert set(skipped) == {"bandai/mine", "cmu/manifest.csv, line 3", "humanml3d/000001", "interhuman/1"}
    assert all(f"skipped {name}: {reason}" in err for name, reason in skipped.items())


def test_the_command_says_what_is_wrong(tmp_path):
    command = [sys.executable, "-m", "training.prepare", "--raw", str(tmp_path / "nowhere"), "--out", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.strip().endswith("nowhere is not a folder") and "Traceback" not in run.stderr
