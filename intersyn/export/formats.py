"""The formats a motion can be exported to, and `export`, which picks one by the file's suffix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from intersyn.export.options import (
    CancelledCallback,
    ExportError,
    ExportOptions,
    ProgressCallback,
    check_exportable,
)
from intersyn.files import person_paths

if TYPE_CHECKING:
    from intersyn.motion import Motion


@dataclass(frozen=True)
class Format:
    """One kind of file.

    suffix: with its dot. label: a name for a menu. description: one line for people who choose.
    writer: "module:function", imported when first needed; called as (motion, path, options) -> list[Path].
    per_person: whether several people make several files, `name_0`, `name_1`, ...
    one_frame: whether it shows `ExportOptions.frame` only.
    drawn: whether it needs OpenGL (see `render.gl.gl_problem`).
    slow: whether the writer also takes `progress` and `cancelled`.
    """

    suffix: str
    label: str
    description: str
    writer: str
    per_person: bool = False
    one_frame: bool = False
    drawn: bool = False
    slow: bool = False

    def load_writer(self) -> Callable[..., list[Path]]:
        module, function = self.writer.split(":")
        return getattr(import_module(module), function)


FORMATS: dict[str, Format] = {
    entry.suffix: entry
    for entry in (
        Format(
            ".npz", "NPZ", "everyone's poses, positions, joints, shapes and the timeline, for NumPy",
            "intersyn.export.npz:write_npz",
        ),
        Format(
            ".amass.npz", "AMASS NPZ", "SMPL-H poses with AMASS's names, for tools that read AMASS",
            "intersyn.export.npz:write_amass", per_person=True,
        ),
        Format(
            ".glb", "GLB", "everyone skinned and animated in one file, for Blender, game engines and the web",
            "intersyn.export.glb:write_glb",
        ),
        Format(
            ".bvh", "BVH", "a skeleton with joint rotations, one file per person, for Blender, Maya, MotionBuilder",
            "intersyn.export.bvh:write_bvh", per_person=True,
        ),
        Format(
            ".obj", "OBJ", "the skin of each person in one frame, as a mesh",
            "intersyn.export.obj:write_obj", per_person=True, one_frame=True,
        ),
        Format(
            ".json", "Project", "texts, timing, seed and settings, from which the same motion is made again",
            "intersyn.export.project:write_project",
        ),
        Format(
            ".mp4", "Video", "a film of the bodies with captions and the timeline; needs OpenGL, no graphics card",
            "intersyn.export.video:write_video", drawn=True, slow=True,
        ),
        Format(
            ".png", "Picture", "one frame as the video shows it; needs OpenGL, no graphics card",
            "intersyn.export.picture:write_picture", drawn=True, one_frame=True,
        ),
    )
}  # fmt: skip


def format_of(path: str | Path) -> Format:
    """The format that a file's name asks for; the longest suffix wins. Raises `ExportError` for unknown ones."""
    name = Path(path).name.lower()
    suffixes = [suffix for suffix in FORMATS if name.endswith(suffix) and name != suffix]
    if not suffixes:
        raise ExportError(f"Cannot tell the format of {path}: its name must end in one of {', '.join(FORMATS)}.")
    return FORMATS[max(suffixes, key=len)]


def export_paths(path: str | Path, people: int) -> list[Path]:
    """The files that `export` will write for so many people."""
    entry = format_of(path)
    return person_paths(path, people, entry.suffix) if entry.per_person else [Path(path)]


def export(
    motion: Motion,
    path: str | Path,
    options: ExportOptions | None = None,
    progress: ProgressCallback | None = None,
    cancelled: CancelledCallback | None = None,
) -> list[Path]:
    """Write `motion` in the format of the file's suffix and return the files written, each whole.

    progress(done, total) is called and cancelled() asked by formats that take long (`Format.slow`); cancelled, they
    leave nothing and return []. What was there under the name stays until the new file is whole.
    Raises `ExportError`, one sentence: unknown suffix, a motion that cannot be exported, a full disk, a wrong path.
    """
    entry, options = format_of(path), options or ExportOptions()
    check_exportable(motion)
    from intersyn.body.smpl_files import BodyFileError

    extra = {"progress": progress, "cancelled": cancelled} if entry.slow else {}
    try:
        return entry.load_writer()(motion, Path(path), options, **extra)
    except BodyFileError as error:
        raise ExportError(str(error)) from error
    except OSError as error:
        raise ExportError(f"Cannot write {path}: {error.strerror or error}.") from error
