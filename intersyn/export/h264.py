"""Pictures to an MP4 file, through the ffmpeg that imageio-ffmpeg brings."""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import numpy as np

from intersyn.export.options import ExportError

QUALITY = 20  # x264's constant rate factor: lower is better and larger
FASTSTART = ("-movflags", "+faststart")  # the index first, so that a browser plays before it has everything
# The colours of high definition, said so in the file: otherwise players guess.
_TO_BT709 = "scale=out_color_matrix=bt709:out_range=tv"
COLOURS = ("-vf", f"{_TO_BT709},setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709")


class Encoder:
    """Writes an MP4 (H.264, yuv420p) of pictures (height, width, 3) uint8, both sides even.

    A context manager: leaving it ends the file, leaving it with an exception stops the encoder at once.
    Raises `ExportError` where there is no encoder, and where it stops early (a full disk).
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        import imageio_ffmpeg

        if size[0] % 2 or size[1] % 2:
            raise ValueError(f"H.264 in yuv420p needs even sides, got {size}")
        self.size = size
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", f"{fps:g}", "-i", "-")
        codec = ("-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", str(QUALITY), "-pix_fmt", "yuv420p")
        try:
            program = imageio_ffmpeg.get_ffmpeg_exe()
            self._said = tempfile.TemporaryFile()  # noqa: SIM115  (read when the process has ended)
            self._process = subprocess.Popen(
                [program, "-y", "-loglevel", "error", *raw, *codec, *COLOURS, *FASTSTART, "-f", "mp4", str(path)],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._said,
            )  # fmt: skip
        except (OSError, RuntimeError) as error:
            raise ExportError(
                f"The video encoder ffmpeg does not start ({error}): reinstall imageio-ffmpeg."
            ) from error

    def write(self, picture: np.ndarray) -> None:
        """Add one picture. Raises `ExportError`, and `ValueError` for another size."""
        if picture.shape != (self.size[1], self.size[0], 3) or picture.dtype != np.uint8:
            raise ValueError(f"a picture must be ({self.size[1]}, {self.size[0]}, 3) uint8, got {picture.shape}")
        try:
            self._process.stdin.write(np.ascontiguousarray(picture).data)
        except OSError as error:
            raise self._problem() from error

    def __enter__(self) -> Encoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._said:
            if kind is not None:
                self._process.kill()
                self._process.communicate()
            elif self._finish():
                raise self._problem()

    def _finish(self) -> int:
        with suppress(OSError):  # what it had not read when it ended
            self._process.communicate()
        return self._process.wait()

    def _problem(self) -> ExportError:
        self._process.kill()
        self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        if any("No space left" in line for line in lines):
            return ExportError("The disk is full: free some space and export the video again.")
        return ExportError(f"The video encoder stopped early ({lines[-1][:160] if lines else 'without a word'}).")
