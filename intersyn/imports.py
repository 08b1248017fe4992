"""Motions from files: our own NPZ, AMASS and its kin, BVH with our skeleton. Several files make one scene."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from intersyn.data import amass
from intersyn.data.own_bvh import from_bvh
from intersyn.data.retarget import floor_height
from intersyn.motion import Motion, MotionFileError
from intersyn.npz import read_npz
from intersyn.rotations import axis_angle_to_quaternion, quaternion_apply, quaternion_multiply, quaternion_to_axis_angle
from intersyn.timeline import MAX_PEOPLE

UP = ("auto", "y", "z")
MAX_DISTANCE = 1000.0  # metres from the origin
MAX_BETA = 20.0
MAX_FPS = 1000.0
MAX_ANGLE = 100.0  # radians: more are degrees or nonsense
FLOOR_TOLERANCE = 0.02  # metres that feet may be off the floor
FLOOR_LIMIT = 0.3  # metres: feet farther from it stand on something
CLEARLY_UP = 0.5  # mean share of the pelvis's own axis along the axis that is up, of somebody on their feet

Report = Callable[[str], None]


@dataclass(frozen=True)
class Limits:
    """What is taken in: bytes of one file (also unpacked), frames, people."""

    max_bytes: int = 200_000_000
    max_frames: int = 36_000
    max_people: int = MAX_PEOPLE


@dataclass(frozen=True, eq=False)
class _Read:
    """One file's motion. kind: "ours" (y is up, the floor is at 0), "bvh" (y is up by custom) or "amass"."""

    path: Path
    motion: Motion
    kind: str


def load_motion(
    paths: str | Path | Sequence[str | Path],
    up: str = "auto",
    limits: Limits | None = None,
    report: Report = warnings.warn,
) -> Motion:
    """Read a motion from one file, or from several that show people side by side, in the order given.

    up: which axis of AMASS and BVH files is up. "auto": y in BVH, and in AMASS's what pelvises point along on average.
    Files with z up are turned to y up. People of another size than ours in AMASS files are put on the floor. What
    `Motion` wrote stays as it is. report: takes a sentence on everything that was judged, changed or left out. Only a
    single NPZ of our own keeps its timeline. Raises `MotionFileError`, one sentence that names the file.
    """
    if up not in UP:
        raise ValueError(f"up must be one of {', '.join(UP)}, got {up!r}")
    paths = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    limits = limits or Limits()
    if not 1 <= len(paths) <= limits.max_people:
        raise MotionFileError(f"One to {limits.max_people} files make a scene, got {len(paths)}.")
    files = [_read(path, limits, report) for path in paths]
    _check_together(paths, files, limits)
    turned = _with_z_up(files, up, report)
    files = [replace(file, motion=turn_up(file.motion)) if file in turned else file for file in files]
    files = [_on_the_floor(file, report) if file.kind == "amass" else file for file in files]
    motions = [file.motion for file in files]
    if len(motions) == 1:
        return motions[0]
    poses, trans, betas = (torch.cat([getattr(m, name) for m in motions]) for name in ("poses", "trans", "betas"))
    return Motion(poses, trans, betas, motions[0].fps)


def turn_up(motion: Motion) -> Motion:
    """A motion with z up, y up: everything is turned by -90 degrees about x."""
    quarter = motion.poses.new_tensor((-torch.pi / 2, 0.0, 0.0))
    turn = axis_angle_to_quaternion(quarter)
    root = quaternion_multiply(turn, axis_angle_to_quaternion(motion.poses[:, :, 0]))
    poses = torch.cat((quaternion_to_axis_angle(root)[:, :, None], motion.poses[:, :, 1:]), dim=2)
    return replace(motion, poses=poses, trans=quaternion_apply(turn, motion.trans), timeline=None)


def _read(path: Path, limits: Limits, report: Report) -> _Read:
    """One file, checked by itself."""

    def tell(sentence: str) -> None:
        report(f"{path.name}: {sentence}")

    try:
        if (size := path.stat().st_size) > limits.max_bytes:
            raise ValueError(f"it has {size:,} bytes, and {limits.max_bytes:,} are allowed")
        read = _read_kind(path, limits, tell)
        _check_numbers(read.motion)
    except OSError as error:
        raise MotionFileError(f"Cannot read {path}: {error.strerror or error}.") from error
    except MemoryError as error:
        raise MotionFileError(f"{path.name} is too large for this computer's memory.") from error
    except (ValueError, RuntimeError, TypeError, OverflowError) as error:
        reason = str(error).removeprefix(f"{path.name}: ").rstrip(".")
        raise MotionFileError(f"{path.name} cannot be imported: {reason}.") from error
    return read


def _read_kind(path: Path, limits: Limits, tell: Report) -> _Read:
    """One file by its suffix."""
    match path.suffix.lower():
        case ".npz":
            keys = (*amass.KEYS, "timeline")
            arrays = read_npz(path, keys, limits.max_bytes)
            if "poses" in arrays and arrays["poses"].ndim == 4:
                return _Read(path, _without_wrong_timeline(Motion.from_arrays(arrays), tell), "ours")
            return _Read(path, amass.from_amass(arrays), "ours" if amass.is_ours(arrays) else "amass")
        case ".bvh":
            return _Read(path, from_bvh(path, tell), "bvh")
        case ".json":
            raise ValueError("a project file holds no motion, but `generate --project` makes it anew")
    raise ValueError("motions are read from .npz and .bvh files")


def _without_wrong_timeline(motion: Motion, tell: Report) -> Motion:
    timeline = motion.timeline
    if timeline is None or (timeline.frames, timeline.num_people) == (motion.frames, motion.num_people):
        return motion
    tell("its timeline is of another motion and was left out.")
    return replace(motion, timeline=None)


def _check_numbers(motion: Motion) -> None:
    """What no person can be would upset everything that draws or measures it."""
    if (distance := float(motion.trans.abs().max())) > MAX_DISTANCE:
        raise ValueError(f"somebody is {distance:.3g} m from the origin; the unit must be the metre")
    if (beta := float(motion.betas.abs().max())) > MAX_BETA:
        raise ValueError(f"betas must lie within {MAX_BETA:g}, got {beta:.3g}")
    if not 1 <= motion.fps <= MAX_FPS:
        raise ValueError(f"the frame rate must be between 1 and {MAX_FPS:g} per second, got {motion.fps:g}")
    if (angle := float(motion.poses.norm(dim=-1).max())) > MAX_ANGLE:
        raise ValueError(f"a joint turns by {angle:.3g} radians; rotations are axis-angle in radians")


def _check_together(paths: Sequence[Path], files: Sequence[_Read], limits: Limits) -> None:
    first = files[0].motion
    for path, motion in zip(paths[1:], (file.motion for file in files[1:]), strict=True):
        if motion.frames != first.frames:
            raise MotionFileError(
                f"People of one scene need the same length: {paths[0].name} has {first.frames} frames and {path.name} "
                f"{motion.frames}."
            )
        if abs(motion.fps - first.fps) > 1e-3:
            raise MotionFileError(
                f"People of one scene need the same frame rate: {paths[0].name} has {first.fps:g} and {path.name} "
                f"{motion.fps:g} per second."
            )
    if first.frames > limits.max_frames:
        raise MotionFileError(f"{paths[0].name} has {first.frames} frames, and {limits.max_frames} are allowed.")
    people = sum(file.motion.num_people for file in files)
    if people > limits.max_people:
        raise MotionFileError(f"There are {people} people, and {limits.max_people} are allowed.")


def _with_z_up(files: Sequence[_Read], up: str, report: Report) -> list[_Read]:
    """The files that must be turned."""
    if up != "auto":
        return [file for file in files if file.kind != "ours" and up == "z"]
    judged = [file for file in files if file.kind == "amass"]
    if not judged:
        return []
    _, y, z = torch.cat([_pelvis_axis(file.motion) for file in judged]).mean(0).tolist()
    if max(y, z) < CLEARLY_UP:
        report("It is not clear which axis is up, as nobody stands upright for long: y was taken.")
        return []
    if z > y:
        report(f"z is up in the file, as pelvises point along it ({z:.2f} on average): everything was turned to y up.")
    return judged if z > y else []


def _pelvis_axis(motion: Motion) -> Tensor:
    """Where each person's pelvis points with the axis that is up at rest, on average over the clip: (P, 3)."""
    pelvis = axis_angle_to_quaternion(motion.poses[:, :, 0])
    return quaternion_apply(pelvis, pelvis.new_tensor((0.0, 1.0, 0.0))).mean(1)


def _on_the_floor(file: _Read, report: Report) -> _Read:
    """Legs of another length than ours leave feet above or in the floor: the person is moved by as much."""
    motion = file.motion
    height = floor_height(motion.joints()[0])
    if not FLOOR_TOLERANCE < abs(height) < FLOOR_LIMIT:
        return file
    way = f"{'lowered' if height > 0 else 'raised'} by {100 * abs(height):.1f} cm"
    report(f"{file.path.name}: legs are of another length than ours, and the person was {way} to stand on the floor.")
    return replace(file, motion=replace(motion, trans=motion.trans - motion.trans.new_tensor((0.0, height, 0.0))))
