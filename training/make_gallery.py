"""The page's gallery, made anew by the checkpoint that ships:

    python -m training.make_gallery
    python -m training.make_gallery --sheet gallery.png      # and all scenes as rows of moments, to look at
    python -m training.make_gallery --sheet try.png --only Hug --seeds 0 1 2 3      # looks only: writes no gallery

The same checkpoint on the same machine gives the same motions, whatever else is on the page.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import tyro

from app.gallery_file import FILE, Collection, Exhibit, pack_collection
from app.presets import PRESETS, Preset
from intersyn.body.browser import pack_motion
from intersyn.checkpoint import CheckpointError
from intersyn.comparison import compare
from intersyn.digest import weights_digest
from intersyn.files import atomic_write
from intersyn.motion import Motion
from intersyn.pipeline import InterSynPipeline
from training.scenes import Scene, Shot
from training.stills import sheet

POSTER = (288, 192)  # pixels; cards are half as large, and so crisp on fine screens
QUALITY = 78  # of WebP: 4 to 6 kB
MAX_POSTER_BYTES, MAX_BYTES = 12_000, 1_200_000


@dataclass(frozen=True)
class Config:
    """What makes the gallery, and where it goes."""

    checkpoint: str | None = None
    """A checkpoint's folder or Hub name; the bundled one by default."""
    out: Path = FILE
    """The file."""
    sheet: Path | None = None
    """Also draw a PNG with a row of moments per scene."""
    only: tuple[str, ...] = ()
    """With --sheet: nothing but a sheet, of these scenes."""
    seeds: tuple[int, ...] = ()
    """With --sheet: nothing but a sheet, with a row for each of these seeds."""
    threads: int = 1
    """Of the processor."""


def interactions(motion: Motion) -> list[range]:
    """The frames of each segment in which people are together."""
    return [
        range(segment.start, segment.end)
        for segment in motion.timeline.segments
        if any(part.is_interaction for part in segment.parts)
    ]


def poster_frame(motion: Motion) -> int:
    """The frame of the last interaction in which a wrist of one is nearest to the other's joints."""
    frames = interactions(motion)[-1]
    joints = motion.joints()[:, frames.start : frames.stop]
    return frames[int(torch.cdist(joints[0], joints[1]).flatten(1).amin(1).argmin())]


def draw_poster(motion: Motion, size: tuple[int, int] = POSTER) -> bytes:
    """A still of both people, large, as WebP."""
    frame = poster_frame(motion)
    moment = scene_of(motion.slice(frame, frame + 1), "", "")
    picture = io.BytesIO()
    Shot(moment, size).draw(0).save(picture, "WEBP", quality=QUALITY, method=6)
    return picture.getvalue()


def scene_of(motion: Motion, title: str, text: str) -> Scene:
    """A motion as pictures take it; the middle of each interaction is marked."""
    marks = tuple(frames[len(frames) // 2] for frames in interactions(motion)) if motion.timeline else ()
    return Scene(motion.quaternions(), motion.trans, title, text, marks)


def make(pipeline: InterSynPipeline, preset: Preset) -> Motion:
    """A preset as this pipeline makes it."""
    (motion,) = compare(pipeline, preset.script.timeline(), (preset.settings,))
    return motion


def main(config: Config) -> Path:
    """Make everything, print what it weighs, and write it; returns the path. Raises `ValueError` if it is too heavy."""
    torch.set_num_threads(config.threads)
    pipeline = InterSynPipeline.from_pretrained(config.checkpoint)
    if config.only or config.seeds:
        return try_out(pipeline, config)
    made, rows = [], []
    for preset in PRESETS:
        motion = make(pipeline, preset)
        exhibit = Exhibit(preset, pack_motion(motion), draw_poster(motion))
        if len(exhibit.poster) > MAX_POSTER_BYTES:
            raise ValueError(f"a poster has at most {MAX_POSTER_BYTES} bytes, {preset.name} has {len(exhibit.poster)}")
        made.append(exhibit)
        rows.append(scene_of(motion, preset.name, _told(preset)))
        print(
            f"{preset.name:16} {motion.frames:4} frames  {len(exhibit.motion) / 1e3:6.1f} kB  "
            f"poster {len(exhibit.poster) / 1e3:4.1f} kB{'' if preset.works else '  (does not work)'}",
            flush=True,
        )
    collection = Collection(pipeline.config.name, weights_digest(pipeline), tuple(made))
    data = pack_collection(collection)
    if len(data) > MAX_BYTES:
        raise ValueError(f"the gallery has at most {MAX_BYTES} bytes, got {len(data)}: shorten its scenes")
    with atomic_write(config.out) as file:
        file.write(data)
    maker = f"{collection.checkpoint} ({collection.digest[:8]})"
    print(f"{len(made)} scenes by {maker}, {len(data) / 1e3:.0f} kB: {config.out}")
    if config.sheet is not None:
        print(draw_sheet(rows, config.sheet))
    return config.out


def try_out(pipeline: InterSynPipeline, config: Config) -> Path:
    """Draw the sheet of some scenes with some seeds; returns its path. Raises `ValueError` for unknown names."""
    names = [preset.name for preset in PRESETS]
    if unknown := [name for name in config.only if name not in names]:
        raise ValueError(f"there is no scene {unknown[0]!r} in the gallery: it has {', '.join(names)}")
    if config.sheet is None:
        raise ValueError("a few scenes or seeds are for looking at: name a --sheet to draw")
    rows = []
    for preset in PRESETS:
        if config.only and preset.name not in config.only:
            continue
        for seed in config.seeds or (preset.settings.seed,):
            motion = make(pipeline, replace(preset, settings=replace(preset.settings, seed=seed)))
            rows.append(scene_of(motion, f"{preset.name}, seed {seed}", _told(preset)))
    print(draw_sheet(rows, config.sheet))
    return config.sheet


def draw_sheet(rows: Sequence[Scene], path: Path) -> Path:
    """A PNG with a row of moments per scene."""
    return sheet(rows, path, columns=10, cell=(170, 190))


def _told(preset: Preset) -> str:
    timeline = preset.script.timeline()
    return " | ".join(" / ".join(part.text for part in segment.parts) for segment in timeline.segments)


if __name__ == "__main__":
    try:
        main(tyro.cli(Config, description=__doc__))
    except (CheckpointError, ValueError) as problem:
        sys.exit(f"{problem}")
