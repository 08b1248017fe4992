"""Motion: what people did, in SMPL terms, with the frame rate and the timeline it belongs to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from intersyn.files import atomic_write, atomic_writes, person_paths
from intersyn.npz import numbers, read_npz, scalar
from intersyn.rotations import (
    axis_angle_to_quaternion,
    quaternion_to_axis_angle,
    slerp,
)
from intersyn.skeleton import NUM_JOINTS, REST_JOINTS, global_rotations, joints_from_global
from intersyn.timeline import Timeline

NUM_BETAS = 10
FILE_KEYS = ("poses", "trans", "betas", "fps", "mocap_framerate", "timeline")
GENERATOR = "InterSyn"  # in AMASS-style files: their axes and floor are known, nobody need judge them
AMASS_POSE_SIZE = 156  # 52 SMPL-H joints x 3; ours fill the first 22, hands stay at rest


class MotionFileError(ValueError):
    """A file that holds no motion; the message says what is missing, in one sentence."""


@dataclass(frozen=True)
class Motion:
    """P people over T frames.

    poses: (P, T, 22, 3) local rotations, axis-angle in radians, root first.
    trans: (P, T, 3) pelvis position in metres, y up, floor at 0, right-handed; people face +z at rest.
    betas: (P, 10) shape parameters (SMPL's meaning, of the body that will be posed).
    fps:   frames per second. timeline: what was asked for, if anything was.
    """

    poses: Tensor
    trans: Tensor
    betas: Tensor
    fps: float
    timeline: Timeline | None = None

    def __post_init__(self) -> None:
        if self.poses.ndim != 4 or tuple(self.poses.shape[2:]) != (NUM_JOINTS, 3):
            raise ValueError(f"poses must be (P, T, {NUM_JOINTS}, 3), got {tuple(self.poses.shape)}")
        people, frames = self.poses.shape[:2]
        if tuple(self.trans.shape) != (people, frames, 3):
            raise ValueError(f"trans must be ({people}, {frames}, 3) to match poses, got {tuple(self.trans.shape)}")
        if tuple(self.betas.shape) != (people, NUM_BETAS):
            raise ValueError(f"betas must be ({people}, {NUM_BETAS}), got {tuple(self.betas.shape)}")
        if not (self.fps > 0 and math.isfinite(self.fps)):
            raise ValueError(f"fps must be positive and finite, got {self.fps}")
        if people < 1 or frames < 1:
            raise ValueError(f"a motion has one person and one frame or more, got poses {tuple(self.poses.shape)}")

    @staticmethod
    def from_quaternions(local: Tensor, trans: Tensor, fps: float, timeline: Timeline | None = None) -> Motion:
        """From local quaternions (P, T, 22, 4) and pelvis positions (P, T, 3), with betas 0."""
        poses = quaternion_to_axis_angle(local)
        return Motion(poses, trans, trans.new_zeros(len(poses), NUM_BETAS), fps, timeline)

    @property
    def num_people(self) -> int:
        return self.poses.shape[0]

    @property
    def frames(self) -> int:
        return self.poses.shape[1]

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.frames / self.fps

    def quaternions(self) -> Tensor:
        """Local rotations as unit quaternions (P, T, 22, 4)."""
        return axis_angle_to_quaternion(self.poses)

    def joints(self) -> Tensor:
        """World joint positions (P, T, 22, 3), metres, on the common skeleton (betas are not applied)."""
        return joints_from_global(global_rotations(self.quaternions()), self.trans)

    def slice(self, start: int, end: int) -> Motion:
        """Frames [start, end), without the timeline (it no longer fits)."""
        if not 0 <= start < end <= self.frames:
            raise ValueError(f"slice [{start}, {end}) is outside the motion's {self.frames} frames")
        return Motion(self.poses[:, start:end], self.trans[:, start:end], self.betas, self.fps)

    def resample(self, fps: float) -> Motion:
        """The same motion at another frame rate: slerp for rotations, linear for positions."""
        if fps == self.fps:
            return self
        count = max(1, int(np.floor((self.frames - 1) / self.fps * fps + 1e-6)) + 1)
        at = torch.arange(count, dtype=torch.float64) * (self.fps / fps)
        low = at.floor().long().clamp(max=max(self.frames - 2, 0))
        high = (low + 1).clamp(max=self.frames - 1)
        weight = (at - low).to(self.poses)[None, :, None]
        quaternions = self.quaternions()
        mixed = slerp(quaternions[:, low], quaternions[:, high], weight[..., None])
        trans = torch.lerp(self.trans[:, low], self.trans[:, high], weight)
        return Motion(quaternion_to_axis_angle(mixed), trans, self.betas, fps)

    def with_timeline(self, timeline: Timeline) -> Motion:
        return replace(self, timeline=timeline)

    def save(self, path: str | Path) -> Path:
        """One NPZ for everyone: poses, trans, joints, betas, fps, timeline (JSON). Written atomically."""
        arrays = {
            "poses": _array(self.poses),
            "trans": _array(self.trans),
            "joints": _array(self.joints()),
            "betas": _array(self.betas),
            "fps": np.float64(self.fps),
            "mocap_framerate": np.float64(self.fps),
            "gender": np.array("neutral"),
        }
        if self.timeline is not None:
            arrays["timeline"] = np.array(self.timeline.to_json())
        return _write_npz(Path(path), arrays)

    def save_amass(self, path: str | Path) -> list[Path]:
        """One AMASS-style NPZ per person, `name_0.npz`, ... (one person: `name.npz`), all or none of them.

        poses (T, 156), trans (T, 3), betas (16,), mocap_framerate, gender, generator. Here `trans` is SMPL's
        translation (pelvis position less the rest pelvis), as AMASS readers expect; y stays up.
        """
        path = Path(path)
        suffix = ".amass.npz" if path.name.lower().endswith(".amass.npz") else None
        paths = person_paths(path, self.num_people, suffix)
        with atomic_writes(paths) as files:
            for person, file in enumerate(files):
                poses = np.zeros((self.frames, AMASS_POSE_SIZE), np.float32)
                poses[:, : NUM_JOINTS * 3] = _array(self.poses[person].reshape(self.frames, -1))
                np.savez_compressed(
                    file,
                    poses=poses,
                    trans=_array(self.trans[person] - REST_JOINTS[0]),
                    betas=np.pad(_array(self.betas[person]), (0, 16 - NUM_BETAS)),
                    mocap_framerate=np.float64(self.fps),
                    gender=np.array("neutral"),
                    generator=np.array(GENERATOR),
                )
        return paths

    @staticmethod
    def load(path: str | Path) -> Motion:
        """Read what `save` wrote. Never unpickles. `imports.load_motion` reads other files too.

        Raises `MotionFileError`, one sentence that names the file.
        """
        path = Path(path)
        try:
            return Motion.from_arrays(read_npz(path, FILE_KEYS))
        except OSError as error:
            raise MotionFileError(f"Cannot read {path}: {error.strerror or error}.") from error
        except (ValueError, TypeError) as error:
            raise MotionFileError(f"{path.name} is no motion: {str(error).rstrip('.')}.") from error

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> Motion:
        """From the arrays of `save`'s file: poses (P, T, 22, 3), trans, fps; betas and timeline if they are there.

        Raises ValueError for what is missing, misshapen or not finite.
        """
        rate = next((key for key in ("fps", "mocap_framerate") if key in arrays), None)
        if "poses" not in arrays or "trans" not in arrays or rate is None:
            raise ValueError("it needs poses, trans and fps")
        poses, trans = numbers(arrays, "poses"), numbers(arrays, "trans")
        betas = torch.zeros(len(poses), NUM_BETAS) if "betas" not in arrays else numbers(arrays, "betas")
        timeline = Timeline.from_json(str(arrays["timeline"])) if "timeline" in arrays else None
        return Motion(poses, trans, betas, scalar(arrays, rate), timeline)


def _array(x: Tensor) -> np.ndarray:
    return x.detach().cpu().numpy().astype(np.float32)


def _write_npz(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    with atomic_write(path) as file:
        np.savez_compressed(file, **arrays)
    return path
