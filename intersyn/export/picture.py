"""PNG: one frame as the film shows it, or a strip of moments."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from intersyn.export.options import ExportError, ExportOptions
from intersyn.export.video import Variants, check_variants, told_to_users
from intersyn.files import atomic_write
from intersyn.motion import Motion
from intersyn.render.film import Film
from intersyn.render.gl import require_gl
from intersyn.render.strip import draw_strip


def write_picture(
    motions: Motion | Variants, path: str | Path, options: ExportOptions | None = None, moments: int = 1
) -> list[Path]:
    """Write a PNG of frame `options.frame`, laid out as `write_video` does, 1280x720.

    moments: with 2 or more, a strip of so many evenly spaced moments instead, a row per variant.
    Raises `ExportError` where there is no OpenGL, no such frame, or where the file cannot be written.
    """
    options = options or ExportOptions()
    variants = check_variants(motions, options)
    frames = max(motion.frames for _, motion in variants)
    if options.frame >= frames:
        raise ExportError(f"There is no frame {options.frame}: the motion has frames 0 to {frames - 1}.")
    with told_to_users(path):
        require_gl()
        if moments > 1:
            picture = draw_strip(variants, options.body_model(), moments)
        else:
            film = Film(variants, options.body_model())
            picture = Image.fromarray(next(film.pictures([options.frame])))
        with atomic_write(path) as file:
            picture.save(file, format="PNG")
    return [Path(path)]
