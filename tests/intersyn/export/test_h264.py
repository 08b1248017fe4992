"""The encoder writes what a decoder reads back, and whatever stops it is one sentence."""

from __future__ import annotations

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from intersyn.export.h264 import Encoder
from intersyn.export.options import ExportError

SIZE = (64, 48)


def pictures(count: int) -> list[np.ndarray]:
    """Plain pictures whose red rises and whose left half is blue."""
    out = np.zeros((count, 48, 64, 3), np.uint8)
    out[..., 0] = np.linspace(40, 200, count)[:, None, None]
    out[:, :, :32, 2] = 180
    return list(out)


def encode(path: Path, sent: list[np.ndarray], fps: float = 20.0) -> None:
    with Encoder(path, SIZE, fps) as encoder:
        for picture in sent:
            encoder.write(picture)


def decode(path: Path) -> tuple[dict, np.ndarray]:
    """What ffmpeg says of a file, and its pictures (T, height, width, 3)."""
    stream = imageio_ffmpeg.read_frames(str(path))
    about = next(stream)
    width, height = about["size"]
    return about, np.stack([np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in stream])


@pytest.mark.parametrize("fps", [20.0, 30.0, 60.0])
def test_a_decoder_reads_the_pictures_back(tmp_path: Path, fps: float):
    sent = pictures(9)
    encode(tmp_path / "x.mp4", [picture[::-1].copy()[::-1] for picture in sent], fps)  # whatever the layout in memory
    about, seen = decode(tmp_path / "x.mp4")
    assert (about["codec"], about["size"], about["fps"]) == ("h264", SIZE, fps)
    assert about["pix_fmt"].startswith("yuv420p") and "bt709" in about["pix_fmt"]
    assert len(seen) == 9
    assert np.abs(seen.astype(int) - np.stack(sent))[:, 4:-4, [*range(4, 28), *range(36, 60)]].mean() < 4


def test_the_index_comes_first(tmp_path: Path):
    encode(tmp_path / "x.mp4", pictures(1))
    data = (tmp_path / "x.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_pictures_of_another_size_and_odd_sides_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="even sides, got"):
        Encoder(tmp_path / "x.mp4", (63, 48), 20.0)
    with pytest.raises(ValueError, match=r"\(48, 64, 3\) uint8, got \(64, 48, 3\)"):
        encode(tmp_path / "x.mp4", [np.zeros((64, 48, 3), np.uint8)])


@pytest.mark.parametrize(
    ("last_words", "sentence"),
    [
        ("[out#0/mp4] Error writing trailer: No space left on device", "The disk is full: free some space"),
        ("something odd", r"The video encoder stopped early \(something odd\)\."),
    ],
)
@pytest.mark.parametrize("after", [0, 60])
def test_an_encoder_that_dies_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last_words: str, sentence: str, after: int
):
    """It dies at once, while pictures are sent, or only when it has had them all."""
    program = tmp_path / "ffmpeg"
    reading = "cat >/dev/null" if after else "true"
    program.write_text(f"#!/bin/sh\n{reading}\necho '{last_words}' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    with pytest.raises(ExportError, match=sentence):
        encode(tmp_path / "x.mp4", pictures(60))


def test_without_an_encoder_the_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nowhere"))
    with pytest.raises(ExportError, match="ffmpeg does not start .*reinstall imageio-ffmpeg"):
        Encoder(tmp_path / "x.mp4", SIZE, 20.0)
