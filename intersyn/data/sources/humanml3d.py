"""HumanML3D as published: new_joint_vecs/ID.npy (T, 263) at 20 fps, texts/ID.txt, train.txt, val.txt, test.txt.

The rotations in the 263 numbers come from inverse kinematics on HumanML3D's own skeleton and are no SMPL rotations,
so they are not read; joints are, and ours are found from them (see `from_joints`). Files "M..." are mirrored
copies, which we make ourselves.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from intersyn.data.from_joints import rotations_from_joints
from intersyn.data.sources.base import (
    FPS,
    MIN_FRAMES,
    Label,
    Task,
    Track,
    UnusableRecording,
    check_task,
    finish,
    pose_from_joints,
)
from intersyn.data.texts import action_of, clean
from intersyn.rotations import rotate_xz
from intersyn.skeleton import NUM_JOINTS

SOURCE = "humanml3d"
SIZES = {"yaw_rate": 1, "root_velocity": 2, "root_height": 1, "positions": 63, "rotations": 126, "velocities": 66,
         "contacts": 4}  # fmt: skip
FEATURES = sum(SIZES.values())
Caption = tuple[str, float, float]


def find(root: Path) -> list[Task]:
    """Tasks for every motion under root/new_joint_vecs that has a text; a published split is kept.

    Raises FileNotFoundError for another folder; a text file that cannot be used is the problem of its task.
    """
    folder = root / "new_joint_vecs"
    if not folder.is_dir():
        raise FileNotFoundError(f"{root} holds no new_joint_vecs, so it is no HumanML3D")
    splits = published_splits(root)
    tasks = []
    for path in sorted(folder.glob("*.npy")):
        text = root / "texts" / f"{path.stem}.txt"
        if path.stem.startswith("M") or not text.is_file():
            continue
        labels, problem = (), None
        try:
            labels = _labels(path.stem, parse_captions(read_annotation(text), text.name))
            problem = None if labels else f"{text.name} holds no caption"
        except ValueError as error:
            problem = str(error)
        tasks.append(Task(SOURCE, path.stem, (path,), labels, splits.get(path.stem), problem=problem))
    return tasks


def read(task: Task) -> list[Track]:
    """The one track of a motion, all of it; spans of captions are cut when clips are made."""
    check_task(task, [".npy"])
    path = task.files[0]
    features = np.load(path, allow_pickle=False)
    if features.ndim != 2 or features.shape[1] != FEATURES:
        raise UnusableRecording(f"{path.name} should be (T, {FEATURES}), it is {features.shape}")
    if not np.isfinite(features).all():
        raise UnusableRecording(f"{path.name} holds numbers that are not finite")
    if len(features) < MIN_FRAMES:
        raise UnusableRecording(f"{path.name} has {len(features)} frames; at least {MIN_FRAMES} are needed")
    joints = joints_from_263(torch.from_numpy(features.astype(np.float64)))
    return finish([pose_from_joints(rotations_from_joints(joints), joints)])


def joints_from_263(features: Tensor) -> Tensor:
    """World joints (T, 22, 3) in metres of HumanML3D's features (T, 263); starts at the origin, facing +z.

    A frame holds the step to the next one: half the turn (negated: it turns the world into the person's frame)
    and the root's velocity in the next frame's heading.
    """
    parts = dict(zip(SIZES, features.split(list(SIZES.values()), dim=-1), strict=True))
    zero = features.new_zeros(1)
    heading = -2 * torch.cat((zero, parts["yaw_rate"][:-1, 0].cumsum(0)))
    steps = rotate_xz(parts["root_velocity"][:-1], heading[1:])
    root = torch.cat((features.new_zeros(1, 2), steps.cumsum(0)))
    local = parts["positions"].reshape(-1, NUM_JOINTS - 1, 3)
    xz = rotate_xz(local[..., [0, 2]], heading[:, None]) + root[:, None]
    rest = torch.stack((xz[..., 0], local[..., 1], xz[..., 1]), -1)
    pelvis = torch.stack((root[:, 0], parts["root_height"][:, 0], root[:, 1]), -1)
    return torch.cat((pelvis[:, None], rest), 1)


def read_annotation(path: Path) -> str:
    """The text of a file; ValueError with its name where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error


def parse_captions(text: str, name: str) -> list[Caption]:
    """Lines "caption#tagged words#from#to" -> (caption, from, to) in seconds; 0 and 0 is the whole motion.

    Raises ValueError with the file's name and the line where a line is different.
    """
    captions = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        fields = line.strip().split("#")
        try:
            start, end = float(fields[2]), float(fields[3])
            if math.isinf(start) or math.isinf(end):
                raise ValueError("a time without end")
        except (IndexError, ValueError) as error:
            raise ValueError(f"{name}, line {number}: 'caption#tags#from#to' expected, got {line!r}") from error
        captions.append((clean(fields[0]), 0.0 if math.isnan(start) else start, 0.0 if math.isnan(end) else end))
    return captions


def published_splits(root: Path) -> dict[str, str]:
    """Recording -> split from train.txt, val.txt and test.txt, those that are there."""
    splits = {}
    for split in ("train", "val", "test"):
        path = root / f"{split}.txt"
        if path.is_file():
            splits |= {line.strip(): split for line in path.read_text(encoding="utf-8").splitlines() if line.strip()}
    return splits


def _labels(stem: str, captions: list[Caption]) -> tuple[Label, ...]:
    """One label per span that captions speak of."""
    spans: dict[tuple[float, float], list[str]] = {}
    for text, start, end in captions:
        if text:
            spans.setdefault((start, end) if end > start else (0.0, 0.0), []).append(text)
    labels = []
    for (start, end), texts in sorted(spans.items()):
        whole = end == 0.0
        name = f"{SOURCE}/{stem}" if whole else f"{SOURCE}/{stem}@{round(start * FPS)}-{round(end * FPS)}"
        action = action_of(texts[0])
        labels.append(Label(name, action, texts=tuple(dict.fromkeys(texts)), span=None if whole else (start, end)))
    return tuple(labels)
