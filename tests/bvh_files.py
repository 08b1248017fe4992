"""Small BVH files in the formats of the archives, written by the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

# name -> (parent, offset): the joints a source needs, in its own names
Skeleton = dict[str, tuple[str | None, tuple[float, float, float]]]


def write_bvh(
    path: Path,
    skeleton: Skeleton,
    channels: dict[str, str],
    values: np.ndarray,
    frame_time: float,
    end_sites: bool = True,
) -> Path:
    """Write a BVH. channels: joint -> its channel names; values (T, C) in the file's order of joints."""
    children: dict[str | None, list[str]] = {}
    for name, (parent, _) in skeleton.items():
        children.setdefault(parent, []).append(name)
    lines = ["HIERARCHY"]

    def put(name: str, depth: int) -> None:
        pad = "\t" * depth
        lines.append(f"{pad}{'ROOT' if depth == 0 else 'JOINT'} {name}")
        lines.append(pad + "{")
        lines.append(f"{pad}\tOFFSET {' '.join(str(v) for v in skeleton[name][1])}")
        names = channels[name].split()
        lines.append(f"{pad}\tCHANNELS {len(names)} {' '.join(names)} ")
        for child in children.get(name, []):
            put(child, depth + 1)
        if name not in children and end_sites:
            lines.extend([f"{pad}\tEnd Site", pad + "\t{", f"{pad}\t\tOFFSET 0 0 0", pad + "\t}"])
        lines.append(pad + "}")

    put(children[None][0], 0)
    lines += ["MOTION", f"Frames:\t{len(values)}", f"Frame Time:\t{frame_time}"]
    lines += [" ".join(f"{value:.6f}" for value in row) for row in values]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def file_order(skeleton: Skeleton) -> list[str]:
    """Joints in the order `write_bvh` visits them (depth first)."""
    out: list[str] = []

    def visit(name: str) -> None:
        out.append(name)
        for child, (parent, _) in skeleton.items():
            if parent == name:
                visit(child)

    visit(next(name for name, (parent, _) in skeleton.items() if parent is None))
    return out


MB_CHANNELS = "Zrotation Yrotation Xrotation"
ROOT = "Xposition Yposition Zposition "


def mb_skeleton() -> Skeleton:
    """CMU's MotionBuilder family, in its unit of 0.05644 m; its zero pose is the T-pose."""
    joints: Skeleton = {"Hips": (None, (0, 0, 0))}
    for side, x in (("Left", 1.0), ("Right", -1.0)):
        hip = f"{side[0]}HipJoint"
        joints[hip] = ("Hips", (0, 0, 0))
        joints[f"{side}UpLeg"] = (hip, (1.5 * x, -1.8, 0.6))
        joints[f"{side}Leg"] = (f"{side}UpLeg", (2.6 * x, -7.1, 0))
        joints[f"{side}Foot"] = (f"{side}Leg", (2.5 * x, -6.8, 0))
        joints[f"{side}ToeBase"] = (f"{side}Foot", (0.2 * x, -0.55, 2.1))
    joints |= {
        "LowerBack": ("Hips", (0, 0, 0)), "Spine": ("LowerBack", (0, 2, -0.1)), "Spine1": ("Spine", (0, 2, 0)),
        "Neck": ("Spine1", (0, 0, 0)), "Neck1": ("Neck", (0, 1.6, 0.1)), "Head": ("Neck1", (0, 1.6, -0.1)),
    }  # fmt: skip
    for side, x in (("Left", 1.0), ("Right", -1.0)):
        joints[f"{side}Shoulder"] = ("Spine1", (0, 0, 0))
        joints[f"{side}Arm"] = (f"{side}Shoulder", (3.5 * x, 0.9, -0.2))
        joints[f"{side}ForeArm"] = (f"{side}Arm", (4.9 * x, 0, 0))
        joints[f"{side}Hand"] = (f"{side}ForeArm", (3.4 * x, 0, 0))
    return joints


def daz_skeleton() -> Skeleton:
    """CMU's daz family, centimetres; no toe joint; the thigh hangs under a buttock."""
    joints: Skeleton = {
        "hip": (None, (0, 0, 0)), "abdomen": ("hip", (0, 20.7, -0.7)), "chest": ("abdomen", (0, 11.7, -0.5)),
        "neck": ("chest", (0, 22.2, -2.2)), "head": ("neck", (0, 7.1, 1.2)),
    }  # fmt: skip
    for side, x in (("r", -1.0), ("l", 1.0)):
        joints[f"{side}Collar"] = ("chest", (2.7 * x, 19.3, -4.9))
        joints[f"{side}Shldr"] = (f"{side}Collar", (8.8 * x, -2, 1.5))
        joints[f"{side}ForeArm"] = (f"{side}Shldr", (28.2 * x, -1.7, 0.5))
        joints[f"{side}Hand"] = (f"{side}ForeArm", (22.6 * x, 0.8, 7.1))
        joints[f"{side}Buttock"] = ("hip", (8.8 * x, 4.35, 1.2))
        joints[f"{side}Thigh"] = (f"{side}Buttock", (0, -1.7, -2.2))
        joints[f"{side}Shin"] = (f"{side}Thigh", (0, -36.8, 0.7))
        joints[f"{side}Foot"] = (f"{side}Shin", (-0.7 * x, -45.1, -5.1))
    return joints


def max_skeleton() -> Skeleton:
    """CMU's 3ds Max family: like mb with other names, and arms whose offsets hang down."""
    names = {"UpLeg": "Hip", "Leg": "Knee", "Foot": "Ankle", "ToeBase": "Toe", "Shoulder": "Collar", "Arm": "Shoulder",
             "ForeArm": "Elbow", "Hand": "Wrist"}  # fmt: skip
    torso = {"LowerBack": "lowerback", "Spine": "Chest", "Spine1": "Chest2", "Neck": "lowerneck", "Neck1": "Neck"}

    def rename(name: str | None) -> str | None:
        for side in ("Left", "Right"):
            if name is not None and name.startswith(side):
                return side + names[name.removeprefix(side)]
        return torso.get(name, name) if name else None

    joints: Skeleton = {}
    for name, (parent, offset) in mb_skeleton().items():
        if name.endswith(("ForeArm", "Hand")):
            offset = (0, -abs(offset[0]), 0)
        joints[str(rename(name))] = (rename(parent), offset)
    return joints


def bandai_skeleton() -> Skeleton:
    """Bandai-Namco: bones along local x, centimetres, a root above the hips."""
    joints: Skeleton = {
        "joint_Root": (None, (0, 0, 0)), "Hips": ("joint_Root", (0.8, 94, -452)), "Spine": ("Hips", (15.7, 0, 0)),
        "Chest": ("Spine", (9, -0.4, 0)), "Neck": ("Chest", (16.4, 0, 0)), "Head": ("Neck", (6.5, 0, 0)),
    }  # fmt: skip
    for side, sign in (("L", 1.0), ("R", -1.0)):
        joints[f"Shoulder_{side}"] = ("Chest", (13, -0.24, 5 * sign))
        for name, parent, length in (("UpperArm", "Shoulder", 5.3), ("LowerArm", "UpperArm", 24.3),
                                     ("Hand", "LowerArm", 22.3)):  # fmt: skip
            joints[f"{name}_{side}"] = (f"{parent}_{side}", (length * sign, 0, 0))
    for side, sign in (("L", 1.0), ("R", -1.0)):
        joints[f"UpperLeg_{side}"] = ("Hips", (-2.2, -6.5 * sign, 0))
        for name, parent, length in (("LowerLeg", "UpperLeg", 39), ("Foot", "LowerLeg", 41), ("Toes", "Foot", 11.75)):
            joints[f"{name}_{side}"] = (f"{parent}_{side}", (length * sign, 0, 0))
    return joints
