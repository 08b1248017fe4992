"""Motions to look at: contact sheets, grids of stills and videos of the default body.

python -m training.stills data/mocap --names salsa/01_0 --out sheet.png (a row of moments per clip), --out video.mp4
(one clip), or --every 1 --out grid.png (each frame of one clip).
"""

from __future__ import annotations

import math
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import imageio_ffmpeg
import numpy as np
import tyro
from PIL import Image, ImageDraw, ImageFont

from intersyn.data.store import SPLITS, ClipStore
from intersyn.files import atomic_write
from intersyn.timeline import DEFAULT_FPS
from training.scenes import Scene, Shot

HEADING, GAP = 24, 2  # pixels
INK, QUIET, MARK = "#262927", "#6a6d68", "#b3261e"


def moments(scene: Scene, count: int) -> list[int]:
    """At most `count` frames, evenly spaced from the first to the last, with the middle of every run of marks.

    Each middle takes the place of the frame nearest to it; where there are more runs than places, some are left out.
    """
    if count < 2:
        raise ValueError(f"a row shows 2 moments or more, got {count}")
    middles = [run[len(run) // 2] for run in scene.runs()]
    if len(middles) > count:
        middles = [middles[k] for k in _spread(len(middles), count)]
    chosen, free = _spread(scene.frames, count), set(range(count))
    for middle in middles:
        nearest = min(free, key=lambda k: (abs(chosen[k] - middle), k))
        free.remove(nearest)
        chosen[nearest] = middle
    return sorted(set(chosen))


def _spread(length: int, count: int) -> list[int]:
    return [round(k * (length - 1) / (count - 1)) for k in range(count)]


def sheet(
    scenes: Sequence[Scene],
    path: str | Path,
    columns: int = 9,
    cell: tuple[int, int] = (240, 260),
    closeup: bool = False,
    azimuth: float | None = None,
) -> Path:
    """Write a PNG with a row per scene: `columns` moments with the marked ones among them, title and text above.

    closeup: one more column, the key frame from near by. azimuth in degrees, by default the best of each scene.
    """
    if not scenes:
        raise ValueError("a sheet needs one scene or more, got none")
    (width, height), rows = cell, []
    for scene in scenes:
        shot = Shot(scene, cell, azimuth)
        row = [_labelled(shot.draw(k), k, k in scene.marks) for k in moments(scene, columns)]
        if closeup:
            key = scene.key_frame
            row.append(_labelled(shot.close_up(key), key, key in scene.marks))
        rows.append(row)
    pitch = HEADING + height + GAP
    image = Image.new("RGB", (max(map(len, rows)) * (width + GAP), len(rows) * pitch), "white")
    for k, (scene, row) in enumerate(zip(scenes, rows)):
        _heading(image, k * pitch, scene)
        _place(image, row, k * pitch + HEADING, len(row))
    return _save(image, path)


def stills(scene: Scene, every: int, path: str | Path, cell: tuple[int, int] = (150, 150), columns: int = 12) -> Path:
    """Write a PNG grid with every `every`-th frame, row by row: a video to be looked at as stills."""
    if every < 1:
        raise ValueError(f"every must be 1 or more, got {every}")
    shot = Shot(scene, cell)
    cells = [_labelled(shot.draw(k), k, k in scene.marks) for k in range(0, scene.frames, every)]
    width, height = cell
    rows = math.ceil(len(cells) / columns)
    image = Image.new("RGB", (columns * (width + GAP), HEADING + rows * (height + GAP)), "white")
    _heading(image, 0, scene)
    _place(image, cells, HEADING, columns)
    return _save(image, path)


def video(scene: Scene, path: str | Path, size: tuple[int, int] = (480, 400), fps: float = DEFAULT_FPS) -> Path:
    """Write an MP4 (H.264, yuv420p) of the whole scene. Both sides of `size`, in pixels, must be even."""
    if size[0] % 2 or size[1] % 2:
        raise ValueError(f"H.264 in yuv420p needs even sides, got {size}")
    shot = Shot(scene, size)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "video.mp4"  # ffmpeg writes by name
        writer = imageio_ffmpeg.write_frames(
            str(draft), size, fps=fps, codec="libx264", pix_fmt_out="yuv420p", quality=None, macro_block_size=2,
            output_params=["-crf", "20", "-movflags", "+faststart"], ffmpeg_log_level="error",
        )  # fmt: skip
        writer.send(None)
        for frame in range(scene.frames):
            writer.send(np.asarray(shot.draw(frame)).tobytes())
        writer.close()
        with draft.open("rb") as made, atomic_write(path) as file:
            shutil.copyfileobj(made, file)
    return Path(path)


def _heading(image: Image.Image, top: int, scene: Scene) -> None:
    """The title, and as much of the text as there is room for."""
    pen = ImageDraw.Draw(image)
    bold, plain = ImageFont.load_default(15), ImageFont.load_default(13)
    pen.text((6, top + 4), scene.title, fill=INK, font=bold)
    start = 20 + bold.getlength(scene.title) if scene.title else 6
    text = scene.text
    while text and start + plain.getlength(text + "…") > image.width - 6:
        text = text[:-1]
    pen.text((start, top + 5), text if text == scene.text else text + "…", fill=QUIET, font=plain)


def _labelled(picture: Image.Image, frame: int, marked: bool) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(12)
    pen.text((5, 3), str(frame), fill=MARK if marked else QUIET, font=font, stroke_width=2, stroke_fill="white")
    if marked:
        pen.rectangle((0, 0, picture.width - 1, picture.height - 1), outline=MARK, width=2)
    return picture


def _place(image: Image.Image, cells: Sequence[Image.Image], top: int, columns: int) -> None:
    for k, cell in enumerate(cells):
        image.paste(cell, (k % columns * (cell.width + GAP), top + k // columns * (cell.height + GAP)))


def _save(image: Image.Image, path: str | Path) -> Path:
    with atomic_write(path) as file:
        image.save(file, format="PNG")
    return Path(path)


@dataclass(frozen=True)
class Config:
    """What to draw, and where."""

    store: Annotated[Path, tyro.conf.Positional]
    """A clip store, or the folder of training.prepare with one."""
    names: tuple[str, ...]
    """Names of clips; whoever was recorded with a partner is shown with them."""
    out: Path
    """A sheet (.png) or a video (.mp4)."""
    every: int | None = None
    """Draw every n-th frame of one clip instead of a sheet."""
    columns: int = 9
    """Moments per row of a sheet."""
    closeup: bool = False
    """Add a column with the key frame from near by."""


def main(config: Config) -> None:
    """Draw the sheet, the grid or the video, and say where it is."""
    if config.out.suffix not in (".png", ".mp4"):
        raise ValueError(f"out must end in .png or .mp4, got {config.out.name!r}")
    single = config.every is not None or config.out.suffix == ".mp4"
    if single and len(config.names) != 1:
        raise ValueError(f"a video or a grid shows one clip, got {len(config.names)} names")
    store = ClipStore.load(config.store, SPLITS)
    scenes = [Scene.from_store(store, name) for name in config.names]
    if config.out.suffix == ".mp4":
        print(video(scenes[0], config.out))
    elif config.every is not None:
        print(stills(scenes[0], config.every, config.out))
    else:
        print(sheet(scenes, config.out, config.columns, closeup=config.closeup))


if __name__ == "__main__":
    try:
        main(tyro.cli(Config, description=__doc__))
    except (FileNotFoundError, ValueError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(2)
