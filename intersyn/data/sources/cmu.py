"""CMU Graphics Lab motion capture in cgspeed's BVH conversions: three skeleton families, single people and salsa pairs.

Frame 0 of every file is a T-pose. `manifest.csv` names the family, the TRUE frame rate (headers lie) and CMU's own
description. The salsa files say 120 fps and are 60.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from intersyn.data.bvh import Bvh, BvhError, read_bvh
from intersyn.data.retarget import LIMBS, Calibration, calibrate
from intersyn.data.sources.base import (
    Label,
    Pose,
    Task,
    Track,
    bridge_spikes,
    check_task,
    cut_pose,
    finish,
    pose_from_bvh,
    without_spikes,
)
from intersyn.data.texts import action_of, describe, phrasings
from intersyn.rotations import heading_of, quaternion_apply, quaternion_conjugate, quaternion_multiply, yaw_quaternion
from intersyn.skeleton import JOINT

SOURCE, SALSA = "cmu", "salsa"
SALSA_FPS = 60.0
COLUMNS = ("trial", "file", "skeleton", "true_fps", "description")  # of manifest.csv, which may have more
# Trials without a description of their own: CMU's description of the subject.
SUBJECTS = {"94": "indian dance", "indian": "indian dance", "martial": "martial arts"}
# Subject 131 is "Michael Jackson styled motions": "Start Walk Stop" there is no plain walk.
SUBJECT_ACTIONS = {"131": "dance"}

HIPS = (JOINT["left_hip"], JOINT["right_hip"])
LEG = (JOINT["left_hip"], JOINT["left_knee"])  # thigh and shin, whose lengths together are the leg's


@dataclass(frozen=True)
class Family:
    """unit: metres per unit of the file. skip: frames to drop at the start (the T-pose and what follows from it).
    upright: joints whose frame 0 is not neutral and is taken as the identity."""

    mapping: tuple[str | tuple[str, str], ...]
    unit: float
    skip: int
    upright: tuple[str, ...] = ()


def _sides(pattern: str) -> tuple[str, str]:
    return pattern.replace("*", "Left"), pattern.replace("*", "Right")


FAMILIES = {
    "mb": Family(
        (
            "Hips", *_sides("*UpLeg"), "LowerBack", *_sides("*Leg"), "Spine", *_sides("*Foot"), "Spine1",
            *_sides("*ToeBase"), ("Neck", "Neck1"), *_sides("*Shoulder"), "Head", *_sides("*Arm"),
            *_sides("*ForeArm"), *_sides("*Hand"),
        ),
        0.05644, 1, ("Neck", "Neck1", "Head"),
    ),
    "max": Family(
        (
            "Hips", *_sides("*Hip"), "lowerback", *_sides("*Knee"), "Chest", *_sides("*Ankle"), "Chest2",
            *_sides("*Toe"), ("lowerneck", "Neck"), *_sides("*Collar"), "Head", *_sides("*Shoulder"),
            *_sides("*Elbow"), *_sides("*Wrist"),
        ),
        0.05644, 1, ("lowerneck", "Neck", "Head"),
    ),
    "daz": Family(
        (
            "hip", "lThigh", "rThigh", ("hip", "abdomen"), "lShin", "rShin", "abdomen", "lFoot", "rFoot", "chest",
            "lFoot", "rFoot", "neck", "lCollar", "rCollar", "head", "lShldr", "rShldr", "lForeArm", "rForeArm",
            "lHand", "rHand",
        ),
        0.01, 50,
    ),
}  # fmt: skip


def find(root: Path) -> list[Task]:
    """Tasks for root/solo (by its manifest.csv) and the pairs of root/salsa.

    A row that cannot be used is a task with a problem; ValueError for a manifest that lacks a column.
    """
    tasks = []
    manifest = root / "solo" / "manifest.csv"
    if manifest.is_file():
        tasks += _solo_tasks(manifest)
    for first in sorted((root / "salsa").glob("60_*.bvh")):
        take = first.stem.removeprefix("60_")
        second = first.with_name(f"61_{take}.bvh")
        names = tuple(f"{SALSA}/{take}_{person}" for person in (0, 1))
        train, test = phrasings("salsa")
        labels = tuple(
            Label(names[person], "salsa", "normal", train, test, person, names[1 - person]) for person in (0, 1)
        )
        tasks.append(Task(SALSA, take, (first, second), labels, facts={"family": "daz", "fps": SALSA_FPS}))
    return tasks


def _solo_tasks(manifest: Path) -> list[Task]:
    # Bytes that are no UTF-8 become U+FFFD, so that they cost their own row and no other.
    with manifest.open(newline="", encoding="utf-8", errors="replace") as file:
        reader = csv.DictReader(file)
        lacking = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if lacking:
            raise ValueError(f"{manifest} has no column {lacking[0]!r}")
        tasks: list[Task] = []
        known: set[str] = set()
        for row in reader:
            where = f"manifest.csv, line {reader.line_num}"
            try:
                tasks.append(_solo_task(manifest.parent, row, known))
                known.add(row["trial"])
            except ValueError as error:
                tasks.append(Task(SOURCE, where, (manifest,), (), problem=f"{where}: {error}"))
    return tasks


def _solo_task(folder: Path, row: dict[str, str], known: set[str]) -> Task:
    """The task of a row. Raises ValueError where the row is malformed."""
    if None in row or None in row.values():
        raise ValueError("as many fields as there are columns expected")
    if any("\ufffd" in value for value in row.values()):
        raise ValueError("it is not UTF-8")
    # The trial names a file of the cache.
    if not row["trial"] or row["trial"] != Path(row["trial"]).name or row["trial"] in known:
        raise ValueError(f"{row['trial']!r} is no trial's name, or not the first of this name")
    if row["skeleton"] not in FAMILIES:
        raise ValueError(f"{row['trial']} has the unknown skeleton {row['skeleton']!r}")
    fps = float(row["true_fps"])
    if not 0 < fps < math.inf:
        raise ValueError(f"{row['trial']} has a frame rate of {fps:g}")
    subject = row["trial"].replace("_", "-").split("-")[0]
    description = row["description"].strip() or SUBJECTS.get(subject, subject)
    action = SUBJECT_ACTIONS.get(subject) or action_of(description)
    train, test = describe(description, action)
    label = Label(f"{SOURCE}/{row['trial']}", action, "normal", train, test)
    facts: dict[str, float | str] = {"family": row["skeleton"], "fps": fps}
    return Task(SOURCE, row["trial"], (folder / row["file"],), (label,), facts=facts)


def read(task: Task) -> list[Track]:
    """One track, or the two of a salsa take in their common world, on one floor and cut to the shorter one."""
    check_task(task, [".bvh"] * len(task.labels))
    family, fps = FAMILIES[str(task.facts["family"])], float(task.facts["fps"])
    poses = [_read_pose(path, family, fps) for path in task.files]
    if len(poses) == 1:
        return finish([without_spikes(poses[0])])
    # A salsa figure is thrown about for a few frames now and then, but a pair is only whole together.
    frames = min(len(pose.root) for pose in poses)
    return finish([bridge_spikes(cut_pose(pose, 0, frames)) for pose in poses])


def _read_pose(path: Path, family: Family, fps: float) -> Pose:
    bvh = read_bvh(path)
    if bvh.frames <= family.skip:
        raise BvhError(f"{path.name} holds {bvh.frames} frames, the first {family.skip} of which are no motion")
    calibration = _calibration(bvh, family, path.name)
    return pose_from_bvh(bvh.select(slice(family.skip, None)), fps, family.unit, calibration)


def _calibration(bvh: Bvh, family: Family, name: str) -> Calibration:
    names = bvh.hierarchy.names
    try:
        rotations, joints = bvh.select(slice(0, 1)).world()
        rotations, joints = rotations[0], joints[0] * family.unit
        at = {entry: bvh.hierarchy.index(entry) for pair in family.mapping for entry in _entries(pair)}
        # The calibration wants a T-pose that faces +z; what frame 0 faces is the hips' business.
        hips = [joints[at[_entries(family.mapping[k])[0]]] for k in HIPS]
        lateral = torch.nn.functional.normalize(hips[0] - hips[1], dim=0)
        yaw = heading_of(lateral[:, None].expand(3, 3))
        back = quaternion_conjugate(yaw_quaternion(yaw))
        tpose = {entry: quaternion_multiply(back, rotations[k]) for entry, k in at.items()}
        tpose |= {entry: _identity(rotations) for entry in family.upright}
        bones = {}
        for joint, child in LIMBS.items():
            ends = [joints[at[_entries(family.mapping[j])[0]]] for j in (joint, child)]
            bones[joint] = quaternion_apply(back, ends[1] - ends[0])
        leg = sum(float(bones[joint].norm()) for joint in LEG)
        return calibrate(names, family.mapping, tpose, bones, leg)
    except ValueError as error:
        raise BvhError(f"{name} is not of the skeleton family it should be: {error}") from error


def _entries(entry: str | tuple[str, str]) -> tuple[str, ...]:
    return (entry,) if isinstance(entry, str) else entry


def _identity(like: Tensor) -> Tensor:
    return like.new_tensor([1.0, 0, 0, 0])
