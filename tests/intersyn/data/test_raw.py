from __future__ import annotations

import io
import tarfile

import pytest

from intersyn.data.raw import find_raw


def _archive(path, members):
    with tarfile.open(path, "w:xz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc"
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content or b""))
    return path


def test_a_folder_is_taken_as_it_is(tmp_path):
    (tmp_path / "raw/salsa").mkdir(parents=True)
    assert find_raw(tmp_path / "raw", tmp_path / "out") == tmp_path / "raw"
    assert not (tmp_path / "out").exists()


def test_archives_are_unpacked_once(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    _archive(raw / "a.tar.xz", {"./dataset-1/data/x.bvh": b"1", "./dataset-2/data/y.bvh": b"2"})
    _archive(raw / "b.tar.xz", {"./solo/manifest.csv": b"3"})
    out = find_raw(raw, tmp_path / "out")
    assert (out / "dataset-1/data/x.bvh").read_bytes() == b"1" and (out / "solo/manifest.csv").exists()
    (out / "solo/manifest.csv").write_bytes(b"kept")
    assert (find_raw(raw, tmp_path / "out") / "solo/manifest.csv").read_bytes() == b"kept"
    assert not list(out.glob(".unpacking*"))


@pytest.mark.parametrize("members", [{"../evil.txt": b"x"}, {"/abs/evil.txt": b"x"}, {"link": None}])
def test_nothing_leaves_the_folder(tmp_path, members):
    raw = tmp_path / "raw"
    raw.mkdir()
    _archive(raw / "a.tar.xz", {"solo/ok.bvh": b"1"} | members)
    with pytest.raises(ValueError, match=r"a\.tar\.xz cannot be unpacked"):
        find_raw(raw, tmp_path / "out")
    assert not (tmp_path / "evil.txt").exists() and not (tmp_path / "out/link").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]


def test_a_truncated_archive_is_named_and_leaves_nothing(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    path = _archive(raw / "a.tar.xz", {"solo/x.bvh": bytes(range(256)) * 400})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"a\.tar\.xz cannot be unpacked"):
        find_raw(raw, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_empty_or_missing_folder_is_said_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds neither dataset-1"):
        find_raw(tmp_path, tmp_path / "out")
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        find_raw(tmp_path / "nowhere", tmp_path / "out")
