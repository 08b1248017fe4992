"""BVH: a skeleton with the person's real joint rotations, one file per person, T-pose where all rotations are zero."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from intersyn.body.default import Body
from intersyn.export.options import UNITS, ExportOptions, at_export_rate
from intersyn.files import atomic_writes, person_paths
from intersyn.motion import Motion
from intersyn.skeleton import JOINT_NAMES, PARENTS

# The order most motion capture is written in: about z first, then x, then y, each in the frame the last has left.
ORDER = "ZXY"
ROTATIONS = " ".join(f"{axis}rotation" for axis in ORDER)
# Joints that bear no other, and where their bones point at rest: to the crown, the toes and the fingertips.
ENDS = {
    "head": (0.0, 1.0, 0.0),
    "left_foot": (0.0, 0.0, 1.0),
    "right_foot": (0.0, 0.0, 1.0),
    "left_wrist": (1.0, 0.0, 0.0),
    "right_wrist": (-1.0, 0.0, 0.0),
}


def write_bvh(motion: Motion, path: str | Path, options: ExportOptions) -> list[Path]:
    """Write one BVH per person (see `person_paths`) in metres or centimetres, y up. All files or none are written.

    Bones are those of the body in the options with the person's betas. Raises `ExportError`, OSError.
    """
    motion, model, unit = at_export_rate(motion, options), options.body_model(), UNITS[options.units]
    texts = []
    for person, quaternions in enumerate(motion.quaternions().detach().cpu().double().numpy()):
        body = model.rest(motion.betas[person])
        texts.append(bvh_text(body, quaternions, model.place(motion, person), motion.fps, unit))
    paths = person_paths(path, motion.num_people)
    with atomic_writes(paths, "w") as files:
        for file, text in zip(files, texts, strict=True):
            file.write(text)
    return paths


def bvh_text(body: Body, quaternions: np.ndarray, pelvis: np.ndarray, fps: float, unit: float = 1.0) -> str:
    """The file of one person: local quaternions (T, 22, 4), pelvis positions (T, 3) in metres; unit: per metre.

    The pelvis has position channels and offset zero, so that readers that add the offset and readers that replace it
    put people in the same place.
    """
    joints: list[int] = []  # in the order of the file, depth first
    lines = ["HIERARCHY", *_joint_lines(0, 0, body, unit, joints)]
    angles = euler_curves(quaternions)[:, joints].reshape(len(pelvis), -1)
    values = np.concatenate((pelvis * unit, angles), axis=1)
    lines += ["MOTION", f"Frames: {len(values)}", f"Frame Time: {1 / fps:.10f}"]
    lines += [" ".join(f"{value:.5f}" for value in row) for row in values]
    return "\n".join(lines) + "\n"


def euler_curves(quaternions: np.ndarray) -> np.ndarray:
    """Angles (T, J, 3) in degrees, in `ORDER`, of local quaternions (T, J, 4) wxyz, without needless jumps.

    Every rotation has two triples of angles, each up to whole turns; of these the nearest to the frame before is
    taken, so that programs which interpolate the curves between frames stay near the motion.
    """
    frames, joints = quaternions.shape[:2]
    rotations = Rotation.from_quat(quaternions.reshape(-1, 4), scalar_first=True)
    angles = rotations.as_euler(ORDER, degrees=True, suppress_warnings=True).reshape(frames, joints, 3)
    first, middle, last = np.moveaxis(angles, -1, 0)
    both = np.stack((angles, np.stack((first + 180, 180 - middle, last + 180), -1)))  # (2, T, J, 3)
    out = np.empty_like(angles)
    before = np.zeros((joints, 3))
    for frame in range(frames):
        candidates = before + np.remainder(both[:, frame] - before + 180, 360) - 180  # within half a turn
        nearest = np.abs(candidates - before).sum(-1).argmin(0)
        out[frame] = before = candidates[nearest, np.arange(joints)]
    return out


def _joint_lines(joint: int, depth: int, body: Body, unit: float, joints: list[int]) -> list[str]:
    """The block of one joint and of all below it; appends to `joints` as they come."""
    joints.append(joint)
    pad, name, root = "\t" * depth, JOINT_NAMES[joint], depth == 0
    offset = np.zeros(3) if root else body.joints[joint] - body.joints[PARENTS[joint]]
    channels = f"6 Xposition Yposition Zposition {ROTATIONS}" if root else f"3 {ROTATIONS}"
    lines = [f"{pad}{'ROOT' if root else 'JOINT'} {name}", f"{pad}{{", f"{pad}\t{_offset(offset * unit)}"]
    lines.append(f"{pad}\tCHANNELS {channels}")
    for child, parent in enumerate(PARENTS):
        if parent == joint:
            lines += _joint_lines(child, depth + 1, body, unit, joints)
    if name in ENDS:
        lines += [f"{pad}\tEnd Site", f"{pad}\t{{", f"{pad}\t\t{_offset(_end(joint, body) * unit)}", f"{pad}\t}}"]
    return [*lines, f"{pad}}}"]


def _end(joint: int, body: Body) -> np.ndarray:
    """From a joint at the end of a limb to the farthest skin it moves, along the limb (3,)."""
    direction = np.array(ENDS[JOINT_NAMES[joint]])
    skin = body.vertices[body.weights[:, joint] > 0.5]
    return direction * ((skin - body.joints[joint]) @ direction).max(initial=0.01)


def _offset(values: Sequence[float] | np.ndarray) -> str:
    return "OFFSET " + " ".join(f"{value:.5f}" for value in values)
