"""Stills of motions on one picture, so that people can look: stick figures from the side and from above."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from app.presets import PRESETS
from intersyn.files import atomic_write
from intersyn.motion import Motion
from intersyn.skeleton import JOINT_NAMES, NUM_JOINTS, PARENTS
from intersyn.timeline import Part, Segment, Timeline

CELL, TITLE = (150, 190), 34  # pixels
METRE = 78  # pixels in the side view, at most
CAMERA_YAW, CAMERA_PITCH = math.radians(55), math.radians(12)
# Left limbs, the rest, right limbs of each person in turn.
COLOURS = (
    ("#0b3d91", "#2f6fde", "#8db5f5"), ("#8a3a00", "#e07b1f", "#f5bd85"),
    ("#0f5132", "#2a9d5c", "#95d5b2"), ("#581a6e", "#a23bc4", "#dca6ee"),
)  # fmt: skip
SOLO_TEXTS = (
    "a person walks forward", "a person walks backward", "a person runs", "a person walks and turns left",
    "a person walks and turns right", "a person waves with the right hand", "a person raises both hands",
    "a person bows",
)  # fmt: skip
SOLO_FRAMES = 100


def scenes() -> list[tuple[str, Timeline, int]]:
    """Name, timeline and seed of what the sheets show: single actions, and the page's presets."""
    out = []
    for text in SOLO_TEXTS:
        timeline = Timeline((Segment(0, SOLO_FRAMES, (Part((0,), text),)),))
        out.append((text.removeprefix("a person ").replace(" ", "-"), timeline, 0))
    for preset in PRESETS:
        name = preset.name.lower().replace(",", "").replace(" ", "-")
        out.append((name, preset.script.timeline(), preset.settings.seed))
    return out


def draw(motion: Motion, path: Path, title: str = "", stills: int = 14) -> Path:
    """Write a PNG of `stills` evenly spaced frames: each from the side (floor lines 50 cm apart) and from above.

    In the side view the camera follows the people; from above it stands still and the paths so far are drawn.
    """
    frames = [round(k * (motion.frames - 1) / (stills - 1)) for k in range(stills)]
    joints = motion.joints()
    image = Image.new("RGB", (CELL[0] * stills, TITLE + 2 * CELL[1]), "white")
    pen = ImageDraw.Draw(image)
    pen.text((4, 2), title, fill="black")
    pen.text((4, 17), _texts(motion), fill="#555555")
    floor = joints[..., 0, ::2].flatten(0, 1)
    low, high = floor.amin(0) - 0.6, floor.amax(0) + 0.6
    scale = min(CELL[0], CELL[1]) / float((high - low).amax())
    for k, frame in enumerate(frames):
        side = _cell(k, 0)
        _side_view(side_pen := ImageDraw.Draw(tile := Image.new("RGB", CELL, "#fafafa")), joints[:, frame])
        side_pen.text((3, 2), f"{frame}  {_kind(motion, frame)}", fill="black")
        image.paste(tile, side)
        _top_view(top_pen := ImageDraw.Draw(tile := Image.new("RGB", CELL, "#f2f2f2")), joints, frame, low, high, scale)
        top_pen.text((3, 2), str(frame), fill="black")
        image.paste(tile, _cell(k, 1))
    with atomic_write(path) as file:
        image.save(file, format="PNG")
    return path


def _cell(column: int, row: int) -> tuple[int, int]:
    return column * CELL[0], TITLE + row * CELL[1]


def _texts(motion: Motion) -> str:
    if motion.timeline is None:
        return ""
    told = (" / ".join(part.text for part in segment.parts) for segment in motion.timeline.segments)
    return "   |   ".join(told)


def _kind(motion: Motion, frame: int) -> str:
    """A star in interactions."""
    segments = motion.timeline.segments if motion.timeline is not None else ()
    now = next((segment for segment in segments if segment.start <= frame < segment.end), None)
    return "*" if now is not None and any(part.is_interaction for part in now.parts) else ""


def _project(points: Tensor) -> Tensor:
    """Points (..., 3) seen by the side camera: (..., 2), metres right and up."""
    right = points[..., 0] * math.cos(CAMERA_YAW) - points[..., 2] * math.sin(CAMERA_YAW)
    near = points[..., 0] * math.sin(CAMERA_YAW) + points[..., 2] * math.cos(CAMERA_YAW)
    up = points[..., 1] * math.cos(CAMERA_PITCH) - near * math.sin(CAMERA_PITCH)
    return torch.stack((right, up), dim=-1)


def _side_view(pen: ImageDraw.ImageDraw, joints: Tensor) -> None:
    """joints (P, 22, 3)."""
    middle = (joints[:, 0].amin(0) + joints[:, 0].amax(0)) / 2 * joints.new_tensor((1.0, 0.0, 1.0))
    reach = float(_project(joints - middle)[..., 0].abs().amax())
    metre = min(METRE, (CELL[0] / 2 - 4) / max(reach, 1e-6))  # people far apart are drawn smaller

    def pixels(points: Tensor) -> list[tuple[float, float]]:
        flat = _project(points - middle) * metre
        return [(CELL[0] / 2 + float(x), CELL[1] * 0.88 - float(y)) for x, y in flat.reshape(-1, 2)]

    for line in range(-6, 7):
        for axis in (0, 2):
            ends = torch.zeros(2, 3)
            ends[:, axis] = math.floor(float(middle[axis]) * 2) / 2 + line / 2
            ends[:, 2 - axis] = middle[2 - axis] + torch.tensor((-2.0, 2.0))
            pen.line(pixels(ends), fill="#e2e2e2")
    for person, body in enumerate(joints):
        _sticks(pen, pixels(body), person)


def _top_view(pen: ImageDraw.ImageDraw, joints: Tensor, frame: int, low: Tensor, high: Tensor, scale: float) -> None:
    """joints (P, T, 22, 3); low and high (2,) are the corners of the floor to show."""
    middle = (low + high) / 2

    def pixels(points: Tensor) -> list[tuple[float, float]]:
        flat = (points - middle) * scale
        return [(CELL[0] / 2 - float(x), CELL[1] / 2 - float(z)) for x, z in flat.reshape(-1, 2)]

    for person, body in enumerate(joints):
        path = pixels(body[: frame + 1, 0, ::2])
        if len(path) > 1:
            pen.line(path, fill=COLOURS[person % len(COLOURS)][1])
        _sticks(pen, pixels(body[frame][:, ::2]), person, width=1)


def _sticks(pen: ImageDraw.ImageDraw, at: list[tuple[float, float]], person: int, width: int = 2) -> None:
    left, middle, right = COLOURS[person % len(COLOURS)]
    for j in range(1, NUM_JOINTS):
        name = JOINT_NAMES[j]
        colour = left if name.startswith("left") else right if name.startswith("right") else middle
        pen.line([at[PARENTS[j]], at[j]], fill=colour, width=width)
    x, y = at[JOINT_NAMES.index("head")]
    pen.ellipse((x - 4, y - 4, x + 4, y + 4) if width > 1 else (x - 2, y - 2, x + 2, y + 2), fill=middle)
