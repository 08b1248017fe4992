"""What importers share: a task (one recording to read), the tracks it gives, and the steps from BVH to a track."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from intersyn.data.bvh import Bvh
from intersyn.data.contacts import foot_contacts, skating
from intersyn.data.retarget import (
    LIMBS,
    Calibration,
    calibrate,
    floor_height,
    joints_of,
    limb_errors,
    resample,
    retarget,
)
from intersyn.rotations import slerp
from intersyn.skeleton import FOOT_JOINTS, JOINT, JOINT_NAMES, OFFSETS

FPS = 20.0
MIN_FRAMES = 20
SPIKE = 0.25  # metres per frame squared at 20 fps: in CMU's files what is beyond is a tracking error
MAX_BRIDGE = 10  # frames that may be interpolated over a spike of a pair, which is kept whole
MIN_CLEAN_FRAMES = 40  # of a recording with spikes the longest clean stretch is kept, if it is this long


class UnusableRecording(ValueError):
    """A recording that cannot be used; the message says why."""


@dataclass(frozen=True)
class Label:
    """What one clip of a recording shows. `span` in seconds cuts it out of the recording; None is all of it."""

    name: str
    action: str
    style: str = "normal"
    texts: tuple[str, ...] = ()
    test_texts: tuple[str, ...] = ()
    person: int = 0
    partner: str | None = None
    span: tuple[float, float] | None = None


@dataclass(frozen=True)
class Task:
    """One recording: the files it is read from and the labels of the clips it gives. `split` where one is published.

    problem: why nothing can be read, known already when it was found; such a task has no labels.
    """

    source: str
    recording: str
    files: tuple[Path, ...]
    labels: tuple[Label, ...]
    split: str | None = None
    facts: dict[str, float | str] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True)
class Track:
    """One person of a recording on the common skeleton at 20 fps, the floor at 0.

    rotations (T, 22, 4) local quaternions, root (T, 3) metres, contacts (T, 4), key: frames no crop may lose.
    quality, where measured: leg_error and arm_error (degrees, median), skating and source_skating (metres per frame).
    """

    rotations: Tensor
    root: Tensor
    contacts: Tensor
    key: tuple[int, int] | None = None
    quality: dict[str, float] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        return len(self.root)


def check_task(task: Task, suffixes: Sequence[str]) -> None:
    """ValueError where a task has a problem or its files are not what its importer reads."""
    if task.problem is not None:
        raise UnusableRecording(task.problem)
    got = [path.suffix for path in task.files]
    if got != list(suffixes):
        raise ValueError(f"{task.source}/{task.recording}: files ending {list(suffixes)} expected, got {got}")


@dataclass(frozen=True)
class Pose:
    """A recording on our skeleton beside the source it came from, before the floor is found."""

    rotations: Tensor  # (T, 22, 4)
    root: Tensor  # (T, 3)
    joints: Tensor  # (T, 22, 3)
    source_joints: Tensor  # (T, J, 3) metres
    calibration: Calibration


def pose_from_bvh(bvh: Bvh, fps: float, unit: float, calibration: Calibration) -> Pose:
    """Resample a BVH motion from its true rate to 20 fps and retarget it. `unit`: metres per unit of the file."""
    rotations, positions = resample(bvh.rotations, bvh.positions, fps, FPS)
    source_rotations, source_joints = Bvh(bvh.hierarchy, rotations, positions, FPS).world()
    source_joints = source_joints * unit
    return pose_from_globals(source_rotations, source_joints, calibration)


def pose_from_globals(rotations: Tensor, joints: Tensor, calibration: Calibration) -> Pose:
    """Retarget a source's global rotations (T, J, 4) and joints (T, J, 3), metres, at 20 fps."""
    local, root = retarget(rotations, joints, calibration)
    return Pose(local, root, joints_of(local, root), joints, calibration)


def pose_from_joints(rotations: Tensor, joints: Tensor) -> Pose:
    """A pose from joints (T, 22, 3) and the rotations (T, 22, 4) already found for our own skeleton."""
    leg = (JOINT["left_hip"], JOINT["left_knee"], JOINT["left_ankle"])
    length = sum(float((joints[:, b] - joints[:, a]).norm(dim=-1).median()) for a, b in itertools.pairwise(leg))
    identity = rotations.new_tensor([1.0, 0, 0, 0])
    bones = {joint: OFFSETS[child] for joint, child in LIMBS.items()}
    calibration = calibrate(JOINT_NAMES, JOINT_NAMES, dict.fromkeys(JOINT_NAMES, identity), bones, length)
    return pose_from_globals(rotations, joints, calibration)


def finish(poses: Sequence[Pose]) -> list[Track]:
    """Put people who were recorded together on one floor at 0, label contacts and measure.

    Raises UnusableRecording where a clip is too short.
    """
    floor = min(floor_height(pose.joints) for pose in poses)
    tracks = []
    for pose in poses:
        if len(pose.root) < MIN_FRAMES:
            raise UnusableRecording(f"{len(pose.root)} frames at {FPS:g} fps; at least {MIN_FRAMES} are needed")
        lift = pose.root.new_tensor([0.0, -floor, 0.0])
        joints = pose.joints + lift
        contacts = foot_contacts(joints, FPS)
        tracks.append(
            Track(
                pose.rotations.float(),
                (pose.root + lift).float(),
                contacts.float(),
                quality=_quality(pose, joints, contacts),
            )
        )
    return tracks


def without_spikes(pose: Pose) -> Pose:
    """The longest stretch in which no joint accelerates beyond SPIKE; UnusableRecording where it is too short."""
    peaks = pose.joints.diff(n=2, dim=0).norm(dim=-1).amax(1)
    bad = (torch.nonzero(peaks > SPIKE)[:, 0] + 1).tolist()
    if not bad:
        return pose
    # a second difference at frame f has seen f - 1, f and f + 1: all three are left out
    edges = [-2, *bad, len(pose.root) + 1]
    length, start = max((b - a - 3, a + 2) for a, b in itertools.pairwise(edges))
    if length < MIN_CLEAN_FRAMES:
        raise UnusableRecording(
            f"spikes of up to {float(peaks.max()):.2f} m/frame^2 leave {max(length, 0)} clean frames"
        )
    return cut_pose(pose, start, start + length)


def bridge_spikes(pose: Pose) -> Pose:
    """Interpolate where joints accelerate beyond SPIKE for a moment of at most MAX_BRIDGE frames."""
    rotations, root = pose.rotations.clone(), pose.root.clone()
    peaks = pose.joints.diff(n=2, dim=0).norm(dim=-1).amax(1)
    runs: list[list[int]] = []
    for frame in (torch.nonzero(peaks > SPIKE)[:, 0] + 1).tolist():
        if runs and frame - runs[-1][1] <= 3:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    for first, last in runs:
        before, after = max(first - 2, 0), min(last + 2, len(root) - 1)
        if after - before > MAX_BRIDGE:
            continue
        weight = (torch.arange(before, after + 1, dtype=root.dtype) - before) / (after - before)
        span = slice(before, after + 1)
        ends = [rotations[frame].expand(len(weight), -1, -1) for frame in (before, after)]
        rotations[span] = slerp(*ends, weight[:, None, None])
        root[span] = torch.lerp(root[before], root[after], weight[:, None])
    return Pose(rotations, root, joints_of(rotations, root), pose.source_joints, pose.calibration)


def cut_pose(pose: Pose, start: int, end: int) -> Pose:
    """Frames [start, end) of a pose."""
    cut = slice(start, end)
    return Pose(pose.rotations[cut], pose.root[cut], pose.joints[cut], pose.source_joints[cut], pose.calibration)


def _quality(pose: Pose, joints: Tensor, contacts: Tensor) -> dict[str, float]:
    sources = pose.calibration.sources
    feet = [sources[j][0] for j in FOOT_JOINTS]
    # Where a source has no toe joint its foot stands in for both, and only the ankle can be compared.
    kept = [k for k in range(len(feet)) if feet[k] not in feet[:k]]
    ours = joints[:, [FOOT_JOINTS[k] for k in kept]]
    theirs = pose.source_joints[:, [feet[k] for k in kept]] * pose.calibration.scale
    held = contacts[:, kept]
    errors = limb_errors(joints, pose.source_joints, pose.calibration)
    legs = torch.tensor(["hip" in JOINT_NAMES[joint] or "knee" in JOINT_NAMES[joint] for joint in LIMBS])
    return {
        "leg_error": float(errors[:, legs].median()),
        "arm_error": float(errors[:, ~legs].median()),
        "skating": float(skating(ours, held)),
        "source_skating": float(skating(theirs, held)),
    }


def crop_track(track: Track, start: int, end: int) -> Track:
    """Frames [start, end) of a track; a key interval that does not lie inside is dropped."""
    key = track.key
    if key is not None:
        key = (key[0] - start, key[1] - start) if start <= key[0] and key[1] <= end else None
    cut = slice(start, end)
    return Track(track.rotations[cut], track.root[cut], track.contacts[cut], key, track.quality)
