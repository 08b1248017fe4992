"""InterHuman as published: motions_processed/person1|person2/ID.npy (T, 492) at 30 fps, annots/ID.txt, split lists.

492 = 62 joints x 3, z up, metres, then 51 local rotations x 6 (the root has none): the first two columns of each
matrix, row by row. The pickles in motions/ are never opened.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from intersyn.data.from_joints import pelvis_rotation
from intersyn.data.retarget import LIMBS, Calibration, calibrate, resample
from intersyn.data.sources.base import (
    FPS,
    Label,
    Pose,
    Task,
    Track,
    UnusableRecording,
    check_task,
    cut_pose,
    finish,
    pose_from_globals,
)
from intersyn.data.sources.humanml3d import published_splits, read_annotation
from intersyn.data.texts import action_of, clean
from intersyn.rotations import (
    matrix_from_6d,
    matrix_to_quaternion,
    quaternion_apply,
    quaternion_conjugate,
    quaternion_multiply,
)
from intersyn.skeleton import JOINT_NAMES, NUM_JOINTS, PARENTS

SOURCE = "interhuman"
TRUE_FPS = 30.0
JOINTS, ROTATIONS = 62, 51
FEATURES = JOINTS * 3 + ROTATIONS * 6
MAX_BONE_SPREAD = 0.1  # how much a bone may turn in its joint's frame (1 = any direction) before the file is doubted


def find(root: Path) -> list[Task]:
    """Tasks for every pair under root/motions_processed with a text; ids in ignore_list.txt are left out.

    Raises FileNotFoundError for another folder; an annotation that cannot be used is the problem of its task.
    """
    first = root / "motions_processed" / "person1"
    if not first.is_dir():
        raise FileNotFoundError(f"{root} holds no motions_processed/person1, so it is no InterHuman")
    lists = root / "split" if (root / "split").is_dir() else root
    splits = published_splits(lists)
    ignored = lists / "ignore_list.txt"
    skip = set(ignored.read_text(encoding="utf-8").split()) if ignored.is_file() else set()
    tasks = []
    for path in sorted(first.glob("*.npy")):
        annotation = root / "annots" / f"{path.stem}.txt"
        if path.stem in skip or not annotation.is_file():
            continue
        files = (path, path.parent.parent / "person2" / path.name)
        try:
            lines = [clean(line) for line in read_annotation(annotation).splitlines()]
            texts = tuple(dict.fromkeys(line for line in lines if line))
            if not texts:
                raise ValueError(f"{annotation.name} holds no text")
        except ValueError as error:
            tasks.append(Task(SOURCE, path.stem, files, (), splits.get(path.stem), problem=str(error)))
            continue
        names = [f"{SOURCE}/{path.stem}_{person}" for person in (0, 1)]
        action = action_of(texts[0])
        labels = tuple(
            Label(names[person], action, texts=texts, person=person, partner=names[1 - person]) for person in (0, 1)
        )
        tasks.append(Task(SOURCE, path.stem, files, labels, splits.get(path.stem)))
    return tasks


def read(task: Task) -> list[Track]:
    """The two tracks of a pair in their common world, on one floor, cut to the shorter."""
    check_task(task, [".npy", ".npy"])
    poses = [_read_pose(path) for path in task.files]
    frames = min(len(pose.root) for pose in poses)
    return finish([cut_pose(pose, 0, frames) for pose in poses])


def _read_pose(path: Path) -> Pose:
    features = np.load(path, allow_pickle=False)
    if features.ndim != 2 or features.shape[1] != FEATURES:
        raise UnusableRecording(f"{path.name} should be (T, {FEATURES}), it is {features.shape}")
    if not np.isfinite(features).all():
        raise UnusableRecording(f"{path.name} holds numbers that are not finite")
    data = torch.from_numpy(features.astype(np.float64))
    joints, rotations = split_492(data)
    rotations, joints = resample(rotations, joints, TRUE_FPS, FPS)
    return pose_from_globals(rotations, joints, _calibration(rotations, joints))


def split_492(features: Tensor) -> tuple[Tensor, Tensor]:
    """(T, 492) -> joints (T, 22, 3) in metres with y up, and global rotations (T, 22, 4)."""
    joints = features[:, : NUM_JOINTS * 3].reshape(-1, NUM_JOINTS, 3)
    x, y, z = joints.unbind(-1)
    joints = torch.stack((x, z, -y), -1)  # z up -> y up
    columns = features[:, JOINTS * 3 : JOINTS * 3 + (NUM_JOINTS - 1) * 6].reshape(-1, NUM_JOINTS - 1, 3, 2)
    local = matrix_to_quaternion(matrix_from_6d(torch.cat((columns[..., 0], columns[..., 1]), -1)))
    chain = [pelvis_rotation(joints)]
    for joint in range(1, NUM_JOINTS):
        chain.append(quaternion_multiply(chain[PARENTS[joint]], local[:, joint - 1]))
    return joints, torch.stack(chain, 1)


def _calibration(rotations: Tensor, joints: Tensor) -> Calibration:
    """SMPL's T-pose is all identities; the rest direction of each limb is measured, each body being its own."""
    bones = {}
    leg = 0.0
    for joint, child in LIMBS.items():
        bone = joints[:, child] - joints[:, joint]
        rest = quaternion_apply(quaternion_conjugate(rotations[:, joint]), bone)
        spread = float((rest - rest.mean(0)).norm(dim=-1).mean() / rest.mean(0).norm())
        if spread > MAX_BONE_SPREAD:
            raise UnusableRecording(
                f"rotations and positions disagree: the {JOINT_NAMES[joint]} bone wanders by {100 * spread:.0f}%"
            )
        bones[joint] = rest.mean(0)
        if JOINT_NAMES[joint] in ("left_hip", "left_knee"):
            leg += float(bone.norm(dim=-1).median())
    identity = rotations.new_tensor([1.0, 0, 0, 0])
    return calibrate(JOINT_NAMES, JOINT_NAMES, dict.fromkeys(JOINT_NAMES, identity), bones, leg)
