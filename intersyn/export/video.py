"""MP4: a motion, or variants of it side by side, as a film with captions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from intersyn.body.smpl_files import BodyFileError
from intersyn.export.h264 import Encoder
from intersyn.export.options import (
    CancelledCallback,
    ExportError,
    ExportOptions,
    ProgressCallback,
    check_exportable,
)
from intersyn.files import atomic_write
from intersyn.motion import Motion
from intersyn.render.film import MOST, Film
from intersyn.render.gl import RenderError, require_gl

Variants = Sequence[tuple[str, Motion]]  # (label, motion)


class _Cancelled(Exception):
    """Nobody wants the film any more."""


def write_video(
    motions: Motion | Variants,
    path: str | Path,
    options: ExportOptions | None = None,
    progress: ProgressCallback | None = None,
    cancelled: CancelledCallback | None = None,
) -> list[Path]:
    """Write an MP4 (H.264, 1280x720) of one motion, or of up to four variants in one frame, by one camera.

    options: fps, body and, for a single motion, its label `variant` and what is shown `beside` it.
    progress(done, total) is called per frame.
    Returns the file, or no file where `cancelled` answered True: then nothing is left. Raises `ExportError` where
    there is no OpenGL, where the motions cannot be drawn, and where the file cannot be written.
    """
    options = options or ExportOptions()
    variants = check_variants(motions, options)
    try:
        with told_to_users(path):
            require_gl()
            film = Film(variants, options.body_model(), options.fps)
            with atomic_write(path) as file, Encoder(Path(file.name), film.size, film.fps) as encoder:
                for done, picture in enumerate(film.pictures(range(film.frames)), start=1):
                    if cancelled is not None and cancelled():
                        raise _Cancelled
                    encoder.write(picture)
                    if progress is not None:
                        progress(done, film.frames)
    except _Cancelled:
        return []
    return [Path(path)]


@contextmanager
def told_to_users(path: str | Path) -> Iterator[None]:
    """What may go wrong while pictures are drawn and written, as `ExportError`."""
    try:
        yield
    except (RenderError, BodyFileError) as error:
        raise ExportError(str(error)) from error
    except OSError as error:
        raise ExportError(f"Cannot write {path}: {error.strerror or error}.") from error


def check_variants(motions: Motion | Variants, options: ExportOptions) -> list[tuple[str, Motion]]:
    """One motion or several as (label, motion). Raises `ExportError` where they cannot be shown together."""
    variants = [(options.variant or "", motions), *options.beside] if isinstance(motions, Motion) else list(motions)
    if not 1 <= len(variants) <= MOST:
        raise ExportError(f"A picture shows 1 to {MOST} variants side by side, got {len(variants)}.")
    for _, motion in variants:
        check_exportable(motion)
    return variants
