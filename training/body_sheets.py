"""The body to look at: rows of moments of clips and of hard poses, drawn with its pose correctives.

    python -m training.body_sheets --out docs/bodies.png
    python -m training.body_sheets --out sheet.png --body SMPL_NEUTRAL.npz --rows bends sit

Clips are those of the bundled sample; sitting and the hard poses are made here. Needs OpenGL (docs/video.md).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from PIL import Image

from intersyn.body.model import BodyModel, load_body_model
from intersyn.data.sample import list_examples, load_sample, to_motion
from intersyn.files import atomic_write
from intersyn.motion import NUM_BETAS, Motion
from intersyn.render.gl import RenderError
from intersyn.render.strip import GAP, draw_strip
from intersyn.skeleton import JOINT, NUM_JOINTS
from intersyn.timeline import DEFAULT_FPS

MOMENTS = 6
ARMS_DOWN = {"left_shoulder": (0, 0, -72), "right_shoulder": (0, 0, 72)}  # degrees
SEATED = {
    "left_hip": (-92, 0, 4), "right_hip": (-92, 0, -4), "left_knee": (92, 0, 0), "right_knee": (92, 0, 0),
    "spine1": (8, 0, 0), "left_shoulder": (0, -35, -62), "right_shoulder": (0, 35, 62), "left_elbow": (0, -50, 0),
    "right_elbow": (0, 50, 0),
}  # fmt: skip
CROUCHED = {
    "left_hip": (-125, 8, 14), "right_hip": (-125, -8, -14), "left_knee": (140, 0, 0), "right_knee": (140, 0, 0),
    "left_ankle": (-32, 0, 0), "right_ankle": (-32, 0, 0), "spine1": (22, 0, 0), "spine2": (14, 0, 0),
    "left_shoulder": (0, -70, -20), "right_shoulder": (0, 70, 20), "left_elbow": (0, -40, 0),
    "right_elbow": (0, 40, 0),
}  # fmt: skip
BENDS: tuple[dict[str, tuple[float, float, float]], ...] = (
    ARMS_DOWN,
    {"left_elbow": (0, -90, 0), "right_elbow": (0, 140, 0)},
    {"left_shoulder": (0, 0, 62), "right_shoulder": (0, 85, 0), "left_collar": (0, 0, 18), "right_collar": (0, 8, 0)},
    {**ARMS_DOWN, "left_hip": (-90, 0, 0), "left_knee": (90, 0, 0), "right_hip": (15, 0, 0), "right_knee": (20, 0, 0)},
    {**ARMS_DOWN, "left_hip": (0, 0, 40), "right_knee": (110, 0, 0), "spine2": (0, 30, 0), "head": (0, 35, 0)},
    CROUCHED,
)


def posed(*poses: dict[str, tuple[float, float, float]]) -> Motion:
    """One person, a frame per pose: rotations in degrees about x, y and z together, as an axis-angle vector."""
    rotations = torch.zeros(1, len(poses), NUM_JOINTS, 3)
    for frame, pose in enumerate(poses):
        for name, degrees in pose.items():
            rotations[0, frame, JOINT[name]] = torch.tensor(degrees) * (math.pi / 180)
    return Motion(rotations, torch.zeros(1, len(poses), 3), torch.zeros(1, NUM_BETAS), DEFAULT_FPS)


def between(first: dict, last: dict, frames: int = 30) -> Motion:
    """From one pose to the other, as `posed` takes them, with an easy start and end."""
    ends = posed(first, last).poses[0]
    share = 0.5 - 0.5 * torch.cos(torch.linspace(0, math.pi, frames))
    poses = torch.lerp(ends[0], ends[1], share[:, None, None])[None]
    return Motion(poses, torch.zeros(1, frames, 3), torch.zeros(1, NUM_BETAS), DEFAULT_FPS)


def grounded(motion: Motion, body: BodyModel) -> Motion:
    """The motion with this body's lowest vertex on the floor in every frame."""
    for _ in range(2):  # the body's own pelvis height goes by its legs, so the first step may miss a little
        low = torch.stack([torch.from_numpy(body.vertices(motion, p)[..., 1].min(1)) for p in range(motion.num_people)])
        trans = motion.trans - low[..., None] * torch.tensor((0.0, 1.0, 0.0))
        motion = Motion(motion.poses, trans, motion.betas, motion.fps)
    return motion


def clip(name: str) -> Motion:
    """The example of this name from the bundled sample. Raises `ValueError` for a name it has not."""
    examples = {example.name: example for example in list_examples(load_sample())}
    if name not in examples:
        raise ValueError(f"the sample has no {name!r}; it has {', '.join(examples)}")
    return to_motion(load_sample(), examples[name])


ROWS: dict[str, tuple[str, Callable[[BodyModel], Motion]]] = {
    "walk": ("walk", lambda _: clip("Walk hand in hand")),
    "wave": ("wave", lambda _: clip("Wave to each other")),
    "crouch": ("crouch", lambda _: clip("Pick up from floor")),
    "sit": ("sit", lambda body: grounded(between(ARMS_DOWN, SEATED), body)),
    "hug": ("hug", lambda _: clip("Hug")),
    "salsa": ("salsa (recorded)", lambda _: clip("Salsa")),
    "bends": ("elbows 90 and 140, shoulders, knee and hip 90, knee 110, crouch", lambda b: grounded(posed(*BENDS), b)),
}


@dataclass(frozen=True)
class Config:
    """What to draw, and where."""

    out: Path
    body: Path | None = None  # your own SMPL, SMPL-H or SMPL-X file; by default INTERSYN_BODY, else our own body
    rows: tuple[str, ...] = tuple(ROWS)
    cell: tuple[int, int] = (214, 236)  # pixels of one moment
    azimuth: float | None = None  # degrees from which to look, 0 from +z; by default the best of each row


def draw(config: Config) -> Image.Image:
    """The rows below each other. Raises `ValueError` for a row there is not, `RenderError`."""
    if unknown := [row for row in config.rows if row not in ROWS]:
        raise ValueError(f"there is no row {unknown[0]!r}; there are {', '.join(ROWS)}")
    body = load_body_model(config.body)
    strips = []
    for row in config.rows:
        label, make = ROWS[row]
        strips.append(draw_strip([(label, make(body))], body, MOMENTS, config.cell, config.azimuth, row != "bends"))
    sheet = Image.new("RGB", (strips[0].width, sum(strip.height + GAP for strip in strips) - GAP), "white")
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height + GAP
    return sheet


def main(config: Config) -> None:
    """Draw the sheet and say where it is."""
    sheet = draw(config).quantize(256)  # half the size, and nobody sees it
    with atomic_write(config.out) as file:
        sheet.save(file, format="PNG", optimize=True)
    print(f"{config.out}: {sheet.width}x{sheet.height}, {config.out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    try:
        main(tyro.cli(Config, description=__doc__))
    except (RenderError, ValueError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(2)
