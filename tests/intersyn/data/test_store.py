from __future__ import annotations

import dataclasses
import json
import lzma
import zipfile

import numpy as np
import pytest
import torch

from intersyn.data.codec import PACKING, decode_root, encode_root
from intersyn.data.retarget import joints_of
from intersyn.data.store import Clip, ClipStore, Touch
from intersyn.rotations import quaternion_to_axis_angle
from intersyn.skeleton import global_rotations
from tests.motions import smooth_motion


@pytest.fixture
def store():
    clips, parts, start = [], [], 0
    for k, (split, frames) in enumerate((("train", 50), ("test", 35), ("train", 41), ("val", 30))):
        parts.append(smooth_motion(k, frames=frames))
        clips.append(
            Clip(
                name=f"made/{k}",
                source="made",
                recording=str(k),
                action="walk",
                style="normal",
                split=split,
                start=start,
                frames=frames,
                texts=("a person walks", f"text {k}"),
                test_texts=("a person strolls",),
                key=(3, 9) if k == 0 else None,
                partner="made/2" if k == 0 else None,
                role=k % 2,
                touches=(Touch(0, "left_palm", 1, "right_palm", 4, 9), Touch(1, "toes", None, "floor", 0, 30))[:k],
                base=("made/0", "made/1")[:k],
            )
        )
        start += frames
    return ClipStore(*(torch.cat([part[n] for part in parts]) for n in range(3)), tuple(clips))


def _rows(store, clip):
    return slice(clip.start, clip.start + clip.frames)


def test_round_trip_of_all_splits(store, tmp_path):
    loaded = ClipStore.load(store.save(tmp_path / "clips.zip"), ("train", "val", "test"))
    assert loaded.fps == 20.0 and len(loaded.root) == len(store.root)
    by_name = {clip.name: clip for clip in loaded.clips}
    for clip in store.clips:
        other = by_name[clip.name]
        for field in ("source", "recording", "action", "style", "split", "frames", "texts", "test_texts", "key",
                      "partner", "role", "touches", "base"):  # fmt: skip
            assert getattr(other, field) == getattr(clip, field), field
        a, b = _rows(store, clip), _rows(loaded, other)
        error = joints_of(store.rotations[a], store.root[a]) - joints_of(loaded.rotations[b], loaded.root[b])
        assert float(error.norm(dim=-1).median()) < 3e-4 and float(error.norm(dim=-1).max()) < 1e-3  # metres
        torch.testing.assert_close(loaded.contacts[b], store.contacts[a])
        torch.testing.assert_close(loaded.root[b], store.root[a], atol=1.1e-4, rtol=0)


def _first_array(numbers):
    """Whole numbers (F, C) as files of the first format hold them."""
    second = np.diff(np.diff(numbers.T, axis=1, prepend=0), axis=1, prepend=0).astype(numbers.dtype)
    zigzag = ((second << 1) ^ (second >> (second.dtype.itemsize * 8 - 1))).astype(second.dtype)
    return lzma.compress(np.ascontiguousarray(zigzag).view(np.uint8).reshape(-1, second.dtype.itemsize).T.tobytes())


def test_files_of_the_first_format_are_read(store, tmp_path):
    path = store.save(tmp_path / "clips.zip")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(members["header.json"])
    header["format"] = "intersyn-clips-1"
    del header["packing"]
    for entry in header["splits"]["train"]:
        del entry["touches"], entry["base"]
    members["header.json"] = json.dumps(header).encode()
    clips = [clip for clip in store.clips if clip.split == "train"]
    rows = torch.cat([torch.arange(clip.start, clip.start + clip.frames) for clip in clips])
    angles = quaternion_to_axis_angle(store.rotations[rows].double()).reshape(len(rows), -1).numpy()
    members["train/rotations"] = _first_array(np.rint(angles / 0.0005).astype(np.int16))
    members["train/root"] = _first_array(np.rint(store.root[rows].double().numpy() / 0.0001).astype(np.int32))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    loaded = ClipStore.load(path)
    assert [clip.name for clip in loaded.clips] == [clip.name for clip in clips]
    assert all(clip.touches == () and clip.base == () for clip in loaded.clips)
    torch.testing.assert_close(loaded.root, store.root[rows], atol=6e-5, rtol=0)
    assert float((loaded.rotations * store.rotations[rows]).sum(-1).abs().min()) > 1 - 1e-6


def test_rounding_does_not_add_up_along_a_limb(store, tmp_path):
    loaded = ClipStore.load(store.save(tmp_path / "clips.zip"), ("test",))
    clip = next(clip for clip in store.clips if clip.split == "test")
    kept, packed = (global_rotations(r) for r in (store.rotations[_rows(store, clip)], loaded.rotations))
    apart = torch.minimum((kept - packed).norm(dim=-1), (kept + packed).norm(dim=-1))
    angle = 4 * (apart / 2).asin()  # between the two rotations of everything up to each joint
    assert bool((angle <= 0.9 * torch.tensor(PACKING.angle)).all())  # half the diagonal of a cube of one step


@pytest.mark.parametrize("wrong", [(0, 1, 5, 5), (0, 1, -1, 5), (-1, 1, 0, 5), (0, -1, 0, 5)])
def test_a_touch_needs_frames_and_people(wrong):
    person, other, start, end = wrong
    with pytest.raises(ValueError, match="got -?[0-9]+ and"):
        Touch(person, "left_palm", other, "chest", start, end)


def test_joined_stores_keep_every_clips_frames(store):
    other = dataclasses.replace(store, clips=tuple(dataclasses.replace(c, name=f"b/{c.name}") for c in store.clips))
    joined = ClipStore.join((store, other))
    assert [clip.name for clip in joined.clips] == [clip.name for clip in store.clips + other.clips]
    for clip, before in zip(joined.clips, store.clips * 2, strict=True):
        assert torch.equal(joined.root[_rows(joined, clip)], store.root[_rows(store, before)])
        assert torch.equal(joined.contacts[_rows(joined, clip)], store.contacts[_rows(store, before)])


def test_stores_that_do_not_go_together(store):
    with pytest.raises(ValueError, match="two clips are called 'made/0'"):
        ClipStore.join((store, store))
    with pytest.raises(ValueError, match=r"\[20.0, 30.0\]"):
        ClipStore.join((store, dataclasses.replace(store, clips=(), fps=30.0)))
    with pytest.raises(ValueError, match="no clips"):
        ClipStore.join(())


def test_only_the_splits_asked_for_are_loaded(store, tmp_path):
    path = store.save(tmp_path / "clips.zip")
    train = ClipStore.load(path)
    assert [clip.name for clip in train.clips] == ["made/0", "made/2"] and len(train.root) == 91
    assert [clip.start for clip in train.clips] == [0, 50]
    assert len(ClipStore.load(path, ()).clips) == 0


def test_the_same_clips_give_the_same_file(store, tmp_path, monkeypatch):
    first = store.save(tmp_path / "a.zip").read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert store.save(tmp_path / "b.zip").read_bytes() == first


def test_the_folder_will_do(store, tmp_path):
    store.save(tmp_path / "clips.zip")
    assert len(ClipStore.load(tmp_path, ("val",)).clips) == 1


def test_smooth_motion_is_packed_tightly(tmp_path):
    local, root, contacts = smooth_motion(0, frames=2000)
    clip = Clip("a", "made", "a", "walk", "normal", "train", 0, 2000, ("a person walks",))
    path = ClipStore(local, root, contacts, (clip,)).save(tmp_path / "clips.zip")
    assert path.stat().st_size < 2000 * 66  # under a byte a number, where float32 quaternions take over five


def test_a_jump_from_minus_pi_to_pi_survives(tmp_path):
    angle = torch.linspace(0, 14, 200)
    local = torch.zeros(200, 22, 4)
    local[..., 0] = 1
    local[:, 0, 0], local[:, 0, 2] = torch.cos(angle / 2), torch.sin(angle / 2)
    clip = Clip("a", "made", "a", "turn", "normal", "train", 0, 200, ())
    store = ClipStore(local, torch.zeros(200, 3), torch.zeros(200, 4), (clip,))
    loaded = ClipStore.load(store.save(tmp_path / "c.zip"))
    assert float((loaded.rotations * local).sum(-1).abs().min()) > 1 - 1e-6


def test_positions_far_from_the_origin():
    root = torch.tensor([[-250.0, 0.9, 4000.0], [250.0, 1.0, -4000.0], [0.0, 0.0, 0.0]])
    for clips in ([3], [1, 2]):
        torch.testing.assert_close(decode_root(encode_root(root, clips), clips, PACKING), root, atol=4e-4, rtol=0)


@pytest.mark.parametrize("damage", ["text", "truncated", "member", "format"])
def test_a_damaged_file_is_one_clear_error(store, tmp_path, damage):
    path = store.save(tmp_path / "clips.zip")
    data = path.read_bytes()
    if damage == "text":
        path.write_text("no zip")
    elif damage == "truncated":
        path.write_bytes(data[: len(data) // 2])
    else:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        if damage == "member":
            members["train/rotations"] = members["train/rotations"][:-40]
        else:
            members["header.json"] = members["header.json"].replace(b"intersyn-clips-2", b"intersyn-clips-9")
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    with pytest.raises(ValueError, match="is no clip store"):
        ClipStore.load(path)


def test_what_is_not_there_is_not_found(tmp_path, store):
    with pytest.raises(FileNotFoundError):
        ClipStore.load(tmp_path / "nothing.zip")
    with pytest.raises(ValueError, match="'tset' is none of"):
        ClipStore.load(store.save(tmp_path / "clips.zip"), ("tset",))
