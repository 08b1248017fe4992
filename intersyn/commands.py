"""What the commands of `python -m intersyn` do. Bad input raises `InputError`, before anything long is begun."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from intersyn.export.formats import export, export_paths, format_of
from intersyn.export.options import ExportOptions
from intersyn.timeline import Timeline

if TYPE_CHECKING:  # torch takes seconds to import: --help and wrong input answer without it
    from intersyn.export.project import Project
    from intersyn.motion import Motion

TIMELINE_OPTIONS = ("solo_a", "interaction", "solo_b", "frames", "interaction_start", "interaction_end")
SETTINGS = ("seed", "variant", "steps", "guidance_scale", "clean_up", "contact_guidance")


class InputError(Exception):
    """What the user gave cannot be used; the message is one sentence."""


def generate(arguments: argparse.Namespace) -> None:
    """Make a motion from the parsed options, or from a project file, and write it to every --out."""
    try:
        project = read_project(arguments)
        timeline = read_timeline(arguments) if project is None else project.timeline
        options = export_options(arguments)
        check_outputs(arguments.out, timeline.num_people, timeline.frames, options)
        given = {name: getattr(arguments, name) for name in SETTINGS if getattr(arguments, name) is not None}
        beside = check_beside(arguments)
        if project is None:
            check(given)
    except ValueError as error:
        raise InputError(error) from error
    from intersyn.checkpoint import CheckpointError
    from intersyn.export.project import Project
    from intersyn.pipeline import InterSynPipeline

    try:
        pipeline = InterSynPipeline.from_pretrained(arguments.checkpoint)
        if project is None:
            project = Project.of(pipeline, timeline, **given)
        elif difference := project.difference(pipeline):
            note(difference)
        panels = tuple(replace(project.settings[0], variant=name) for name in beside)
        motion, *others = replace(project, beside=panels).generate_all(pipeline, progress("step"))
    except (CheckpointError, ValueError) as error:
        raise InputError(error) from error
    named = tuple(zip(beside, others, strict=True))
    made_by = replace(options, project=project, seed=project.seed, variant=project.variant, beside=named)
    write(motion, arguments.out, made_by)


def convert(arguments: argparse.Namespace) -> None:
    """Read a motion from one file, or from one for each person, and write it to every --out."""
    try:
        options = export_options(arguments)
        for path in arguments.out:
            if format_of(path).suffix == ".json":
                raise InputError(f"Cannot write {path}: files that were read have no project, only generate makes one.")
        from intersyn.imports import load_motion

        motion = load_motion(arguments.files, up=arguments.up, report=note)
        check_outputs(arguments.out, motion.num_people, motion.frames, options)
    except ValueError as error:
        raise InputError(error) from error
    write(motion, arguments.out, options)


def write(motion: Motion, paths: Sequence[Path], options: ExportOptions) -> None:
    """Export to each path in turn and say on stdout what was written."""
    for path in paths:
        try:
            files = export(motion, path, options, progress("frame"))
        except ValueError as error:
            raise InputError(error) from error
        shown = ", ".join(map(str, files))
        print(f"{shown}: {motion.num_people} people, {motion.frames} frames, {motion.duration:.1f} s", flush=True)


def check(settings: dict) -> None:
    """Raise `ValueError` for settings out of range, before a checkpoint is loaded for them."""
    from intersyn.settings import check_settings

    in_range = {"seed": 0, "variant": "full", "steps": 1, "guidance_scale": 1.0, "contact_guidance": 0.0}
    check_settings(**{name: settings.get(name, value) for name, value in in_range.items()})


def read_project(arguments: argparse.Namespace) -> Project | None:
    """The project file to make again, if one was given; nothing that it decides may be given beside it."""
    if arguments.project is None:
        return None
    for name in (*TIMELINE_OPTIONS, "timeline", *SETTINGS):
        if getattr(arguments, name) is not None:
            raise InputError(f"{_option(name)} cannot be used together with --project, which decides it.")
    from intersyn.export.project import Project

    return Project.load(arguments.project)


def read_timeline(arguments: argparse.Namespace) -> Timeline:
    """The timeline that the options describe. Raises `TimelineError` or `InputError`."""
    given = {name: getattr(arguments, name) for name in TIMELINE_OPTIONS if getattr(arguments, name) is not None}
    if arguments.timeline is not None:
        if given:
            raise InputError(f"{_option(next(iter(given)))} cannot be used together with --timeline.")
        return Timeline.load(arguments.timeline)
    for name in ("solo_a", "interaction", "solo_b"):
        if name not in given:
            raise InputError(f"{_option(name)} is missing: give all three texts, or --timeline, or --project.")
    for name in ("solo_a", "solo_b"):
        if len(given[name]) > 2:
            raise InputError(f"{_option(name)} takes one text, or one for each of the two people.")
        given[name] = given[name][0] if len(given[name]) == 1 else tuple(given[name])
    return Timeline.solo_interact_solo(**given)


def export_options(arguments: argparse.Namespace) -> ExportOptions:
    """Raises `ExportError`, and `BodyFileError` where --body names no body."""
    body = None
    if arguments.body is not None:
        from intersyn.body.model import load_body_model

        body = load_body_model(arguments.body)
    return ExportOptions(fps=arguments.fps, units=arguments.units, frame=arguments.frame, body=body)


def check_outputs(paths: Sequence[Path], people: int, frames: int, options: ExportOptions) -> None:
    """Raise `InputError` or `ExportError` if a file cannot be written, before anything is computed for it."""
    seen: set[Path] = set()
    for path in paths:
        if format_of(path).one_frame and options.frame >= frames:
            raise InputError(f"There is no frame {options.frame}: the motion has frames 0 to {frames - 1}.")
        if format_of(path).drawn and (problem := _no_gl()):
            raise InputError(problem)
        for file in export_paths(path, people):
            if file in seen:
                raise InputError(f"{file} would be written twice: give each --out a name of its own.")
            seen.add(file)
            check_output(file)


def check_beside(arguments: argparse.Namespace) -> list[str]:
    """The variants to show beside the motion. Raises `InputError` where nothing that is written shows them."""
    beside = arguments.beside or []
    if beside and not any(format_of(path).drawn for path in arguments.out):
        raise InputError("--beside is for films and pictures: give an --out that ends in .mp4 or .png as well.")
    if beside:
        from intersyn.render.film import MOST

        if len(beside) >= MOST:
            raise InputError(f"--beside takes up to {MOST - 1} variants, got {len(beside)}.")
    return beside


def _no_gl() -> str | None:
    """Why nothing can be drawn here, if so."""
    from intersyn.render.gl import gl_problem

    return gl_problem()


def check_output(path: Path) -> None:
    """Raise `InputError` if `path` cannot be written."""
    if path.is_dir():
        raise InputError(f"Cannot write {path}: it is a folder.")
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(f"Cannot write {path}: {folder} is not a folder that can be written to.")


def note(sentence: str) -> None:
    """Something the user should know, beside the output proper."""
    print(f"note: {sentence}", file=sys.stderr, flush=True)


def progress(unit: str) -> Callable[[int, int], None] | None:
    """A callback that counts in place on stderr, where somebody looks at it."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        print(f"\r{unit} {done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
