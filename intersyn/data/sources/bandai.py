"""Bandai-Namco-Research-Motiondataset 1 and 2 (arXiv 2306.08861): BVH at 30 fps, centimetres, CC BY-NC 4.0.

Files are named dataset-N_{content}_{style}_{number}.bvh. There is no T-pose frame, so a virtual one is written
down here from the axes of the joints: limbs along their local x, feet flat where planted feet were measured.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from intersyn.data.bvh import Bvh, BvhError, read_bvh
from intersyn.data.keys import key_interval
from intersyn.data.retarget import LIMBS, Calibration, calibrate, joints_of
from intersyn.data.sources.base import Label, Task, Track, check_task, finish, pose_from_bvh
from intersyn.data.texts import phrasings
from intersyn.rotations import matrix_to_quaternion
from intersyn.skeleton import JOINT

SOURCE = "bandai"
UNIT = 0.01
TRUE_FPS = 30.0
FOOT_PITCH, TOE_PITCH = 39.6, 23.0  # degrees below the horizontal of the foot and toe axes on planted feet
MAPPING = (
    "Hips", "UpperLeg_L", "UpperLeg_R", ("Hips", "Spine"), "LowerLeg_L", "LowerLeg_R", ("Spine", "Chest"),
    "Foot_L", "Foot_R", "Chest", "Toes_L", "Toes_R", "Neck", "Shoulder_L", "Shoulder_R", "Head",
    "UpperArm_L", "UpperArm_R", "LowerArm_L", "LowerArm_R", "Hand_L", "Hand_R",
)  # fmt: skip
# The two parts of the data set name some styles differently.
STYLES = {"masculinity": "masculine", "old": "elderly"}
# Held out whole, for testing on unseen combinations. Both sides of a left/right pair, since copies are mirrored.
HELD_OUT = (
    ("wave-left-hand", "elderly"), ("wave-right-hand", "elderly"), ("run", "feminine"),
    ("raise-up-both-hands", "masculine"), ("bow", "proud"),
)  # fmt: skip
_NAME = re.compile(r"(dataset-[12])_([a-z-]+)_([a-z-]+)_(\d+)")


def find(root: Path) -> list[Task]:
    """Tasks for every BVH under root/dataset-1 and root/dataset-2; one with a problem for a foreign file name."""
    tasks = []
    for path in sorted(root.glob("dataset-[12]/**/*.bvh")):
        match = _NAME.fullmatch(path.stem)
        if match is None:
            problem = f"{path.name} is not named dataset-N_content_style_number.bvh"
            tasks.append(Task(SOURCE, path.stem, (path,), (), problem=problem))
            continue
        action, style = match[2], STYLES.get(match[3], match[3])
        try:
            train, test = phrasings(action, style)
        except ValueError as error:
            tasks.append(Task(SOURCE, path.stem, (path,), (), problem=f"{path.name}: {error}"))
            continue
        label = Label(f"{SOURCE}/{path.stem}", action, style, train, test)
        split = "test" if (action, style) in HELD_OUT else None
        tasks.append(Task(SOURCE, path.stem, (path,), (label,), split))
    return tasks


def read(task: Task) -> list[Track]:
    """The one track of a Bandai file, with its key interval."""
    check_task(task, [".bvh"])
    bvh = read_bvh(task.files[0])
    pose = pose_from_bvh(bvh, TRUE_FPS, UNIT, _calibration(bvh))
    (track,) = finish([pose])
    key = key_interval(task.labels[0].action, joints_of(track.rotations, track.root))
    return [Track(track.rotations, track.root, track.contacts, key, track.quality)]


def _calibration(bvh: Bvh) -> Calibration:
    names = bvh.hierarchy.names
    try:
        thigh, shin = (bvh.positions[0, bvh.hierarchy.index(name)].norm() for name in ("LowerLeg_L", "Foot_L"))
        leg = float(thigh + shin) * UNIT
        down, left = torch.tensor([0.0, -1, 0]), torch.tensor([1.0, 0, 0])
        arms = {JOINT["left_shoulder"]: left, JOINT["left_elbow"]: left}
        arms |= {JOINT["right_shoulder"]: -left, JOINT["right_elbow"]: -left}
        return calibrate(names, MAPPING, virtual_tpose(), {j: arms.get(j, down) for j in LIMBS}, leg)
    except ValueError as error:
        raise BvhError(f"not a Bandai-Namco skeleton: {error}") from error


@lru_cache(maxsize=1)
def virtual_tpose() -> dict[str, Tensor]:
    """Global rotation (4,) of each joint in a T-pose facing +z (+x is the person's left)."""
    up, down, front, back = (0.0, 1, 0), (0.0, -1, 0), (0.0, 0, 1), (0.0, 0, -1)
    left = (1.0, 0, 0)
    pose = {"Hips": _axes(up, front)}
    pose |= {name: _axes(up, left) for name in ("Spine", "Chest", "Neck", "Head")}
    for part in ("Shoulder", "UpperArm", "LowerArm", "Hand"):
        pose[f"{part}_L"], pose[f"{part}_R"] = _axes(left, front), _axes(left, back)
    for part in ("UpperLeg", "LowerLeg"):
        pose[f"{part}_L"], pose[f"{part}_R"] = _axes(down, front), _axes(up, back)
    for part, pitch in (("Foot", FOOT_PITCH), ("Toes", TOE_PITCH)):
        along = torch.tensor([0.0, -math.sin(math.radians(pitch)), math.cos(math.radians(pitch))])
        side = torch.tensor(left)
        for suffix, x in (("L", along), ("R", -along)):  # y points left on both feet
            pose[f"{part}_{suffix}"] = _axes(x.tolist(), torch.linalg.cross(x, side).tolist())
    return pose


def _axes(x: tuple[float, ...] | list[float], z: tuple[float, ...] | list[float]) -> Tensor:
    """Quaternion (4,) of the rotation whose local x and z axes point there."""
    x, z = torch.tensor(x, dtype=torch.float64), torch.tensor(z, dtype=torch.float64)
    return matrix_to_quaternion(torch.stack((x, torch.linalg.cross(z, x), z), -1))
