"""Pictures of composed clips: contact sheets, every frame of one clip, and its video."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

from intersyn.data.compose.declaration import Program
from training.compose_chunks import Kept
from training.scenes import Scene
from training.stills import sheet, stills, video

SHOWN = 6  # clips on a contact sheet


def write_pictures(
    folder: Path, programs: Sequence[Program], chosen: Mapping[str, Sequence[Kept]], workers: int
) -> None:
    """For each program a contact sheet of some clips, and every frame of the first as a grid of stills and a video."""
    folder.mkdir(parents=True, exist_ok=True)
    work = []
    for program in programs:
        accepted = list(chosen.get(program.name, ()))
        shown = accepted[:: max(1, len(accepted) // SHOWN)][:SHOWN]
        if shown:
            work.append((folder / program.name, [scene(program, kept) for kept in shown]))
    if workers == 1:
        for item in work:
            _draw(item)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_draw, work))


def _draw(item: tuple[Path, list[Scene]]) -> None:
    path, scenes = item
    torch.set_num_threads(1)
    sheet(scenes, path.with_suffix(".png"))
    stills(scenes[0], 1, path.with_name(f"{path.name}-frames.png"))
    video(scenes[0], path.with_suffix(".mp4"))


def scene(program: Program, kept: Kept) -> Scene:
    """An accepted clip to look at."""
    marks = sorted({frame for touch in kept.touches for frame in range(touch.start, touch.end)})
    things = torch.from_numpy(kept.arrays["things"])
    return Scene(
        torch.from_numpy(kept.arrays["rotations"]),
        torch.from_numpy(kept.arrays["root"]),
        f"{program.name} {kept.split} {kept.number}",
        program.texts[0][kept.number % len(program.texts[0])],
        tuple(marks),
        things if len(things) else None,
        kept.thing_radius or 0.06,
    )
