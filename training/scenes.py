"""What a picture shows and from where: people with the things they hold, and a camera that keeps them in view."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from intersyn.data.store import ClipStore
from intersyn.render.camera import Camera, CameraPath
from intersyn.rotations import heading_of, quaternion_to_matrix
from intersyn.skeleton import JOINT, NUM_JOINTS, global_rotations, joints_from_global
from training.rendering import Ball, Stage, skin

ASIDE = 25.0  # degrees from a pure side view at which two people are seen
HALF_FRONT = 35.0  # degrees from the front at which a lone person is seen
NEAR = {"pair": 0.22, "alone": 0.4}  # metres round the focus that a close-up shows
# Degrees from the wide view and of elevation at which a close-up may be taken, best first.
NEAR_TURNS, NEAR_ELEVATIONS = (50.0, -30.0, 90.0, 140.0, -80.0), (35.0, 15.0, 60.0)
BLOCKING = (0.08, 0.1)  # metres before the focus and off the line of sight within which skin hides it
OUTLINE_EVERY = 29  # vertices are enough to frame a body


@dataclass(frozen=True)
class Scene:
    """People, and things they hold, over T frames.

    rotations (P, T, 22, 4) local quaternions; root (P, T, 3) metres; marks: frames to emphasise, such as those of a
    contact; things (K, T, 3) centres of balls in metres, all of radius thing_radius; focus (T, 3) where a close-up
    looks, by default where two people come closest, or the middle of a lone person's wrists.
    """

    rotations: Tensor
    root: Tensor
    title: str = ""
    text: str = ""
    marks: tuple[int, ...] = ()
    things: Tensor | None = None
    thing_radius: float = 0.06
    focus: Tensor | None = None

    def __post_init__(self) -> None:
        if self.rotations.ndim != 4 or tuple(self.rotations.shape[2:]) != (NUM_JOINTS, 4):
            raise ValueError(f"rotations must be (P, T, {NUM_JOINTS}, 4), got {tuple(self.rotations.shape)}")
        people, frames = self.rotations.shape[:2]
        if not people or not frames:
            raise ValueError(f"a scene has one person and one frame or more, got {tuple(self.rotations.shape)}")
        if tuple(self.root.shape) != (people, frames, 3):
            raise ValueError(f"root must be ({people}, {frames}, 3) to match rotations, got {tuple(self.root.shape)}")
        if outside := [mark for mark in self.marks if not 0 <= mark < frames]:
            raise ValueError(f"marks must be frames from 0 to {frames - 1}, got {outside[0]}")
        if self.things is not None and (self.things.ndim != 3 or tuple(self.things.shape[1:]) != (frames, 3)):
            raise ValueError(f"things must be (K, {frames}, 3), got {tuple(self.things.shape)}")
        if self.focus is not None and tuple(self.focus.shape) != (frames, 3):
            raise ValueError(f"focus must be ({frames}, 3), got {tuple(self.focus.shape)}")

    @property
    def people(self) -> int:
        return self.rotations.shape[0]

    @property
    def frames(self) -> int:
        return self.rotations.shape[1]

    @property
    def key_frame(self) -> int:
        """The middle of the longest run of marks; without marks the frame in which the first two people are nearest,
        or a lone person's middle frame.
        """
        if self.marks:
            longest = max(self.runs(), key=len)
            return longest[len(longest) // 2]
        if self.people == 1:
            return self.frames // 2
        return int((self.root[1] - self.root[0]).norm(dim=-1).argmin())

    def runs(self) -> list[list[int]]:
        """The marks, consecutive ones together, in order."""
        runs: list[list[int]] = []
        for mark in sorted(set(self.marks)):
            if runs and mark == runs[-1][-1] + 1:
                runs[-1].append(mark)
            else:
                runs.append([mark])
        return runs

    @staticmethod
    def from_store(store: ClipStore, name: str) -> Scene:
        """A clip of the store, with the partner it was recorded with.

        Marked are the frames in which they touch, or else its key interval. Raises ValueError where the store has no
        clip of this name.
        """
        clips = {clip.name: clip for clip in store.clips}
        if name not in clips:
            raise ValueError(f"the store has no clip {name!r}")
        clip = clips[name]
        people = [clip] if clip.partner is None else sorted((clip, clips[clip.partner]), key=lambda c: c.role)
        rows = [slice(person.start, person.start + person.frames) for person in people]
        rotations, root = (torch.stack([values[row] for row in rows]) for values in (store.rotations, store.root))
        spans = [(touch.start, touch.end) for touch in clip.touches] or ([clip.key] if clip.key else [])
        marks = tuple(sorted({frame for span in spans for frame in range(*span)}))
        return Scene(rotations, root, name, clip.texts[0] if clip.texts else "", marks)


def focus_of(scene: Scene, frame: int) -> np.ndarray:
    """The point (3,) of a frame that a close-up looks at; see `Scene`."""
    if scene.focus is not None:
        return scene.focus[frame].double().numpy()
    if scene.people == 1:
        joints = joints_from_global(global_rotations(scene.rotations[0, frame]), scene.root[0, frame])
        return joints[[JOINT["left_wrist"], JOINT["right_wrist"]]].mean(0).double().numpy()
    one, two = skin(scene.rotations[:2, frame], scene.root[:2, frame], every=4)
    a, b = divmod(int(torch.cdist(one, two).argmin()), len(two))
    return ((one[a] + two[b]) / 2).double().numpy()


def azimuth_of(scene: Scene) -> float:
    """Degrees from which the scene is seen best, as `Camera.framing` takes them.

    Two people or more: nearly square to the line between the first two in the key frame, from the side on which they
    touch. One: half from the front.
    """
    frame = scene.key_frame
    if scene.people == 1:
        heading = heading_of(quaternion_to_matrix(scene.rotations[0, frame, 0]))
        return math.degrees(float(heading)) - HALF_FRONT
    between = (scene.root[1, frame] - scene.root[0, frame]).double().numpy()
    side = math.atan2(between[0], between[2]) + math.pi / 2
    middle = scene.root[:2, frame].mean(0).double().numpy()
    if (focus_of(scene, frame) - middle) @ (math.sin(side), 0.0, math.cos(side)) < 0:
        side += math.pi
    return math.degrees(side) - ASIDE


class Shot:
    """A scene seen by one camera that has everybody and everything in view in every frame.

    The camera stands still, or goes along with people who travel, where that shows them much larger. azimuth in
    degrees, by default the best.
    """

    def __init__(self, scene: Scene, size: tuple[int, int], azimuth: float | None = None) -> None:
        self.scene = scene
        self.azimuth = azimuth_of(scene) if azimuth is None else azimuth
        self._size, self._cameras = size, CameraPath(_outline(scene), self.azimuth, size)
        self._stage = None if self._cameras.moves else Stage(self._cameras.at(0))

    def draw(self, frame: int) -> Image.Image:
        """The picture of one frame."""
        return _draw(self.scene, frame, self._stage or Stage(self._cameras.at(frame)))

    def close_up(self, frame: int) -> Image.Image:
        """What matters in one frame (`focus_of`) from near by, from another side, where no body stands before it."""
        focus = focus_of(self.scene, frame)
        points = focus + NEAR["alone" if self.scene.people == 1 else "pair"] * (_unit_cube() * 2 - 1)
        away = skin(self.scene.rotations[:, frame], self.scene.root[:, frame], 4).flatten(0, 1).double().numpy() - focus

        def hidden(camera: Camera) -> int:
            across, before = away @ camera.axes[:2].T, -away @ camera.axes[2]
            return int(((before > BLOCKING[0]) & (np.linalg.norm(across, axis=1) < BLOCKING[1])).sum())

        cameras = [
            Camera.framing(points, self.azimuth + turn, self._size, elevation)
            for elevation in NEAR_ELEVATIONS
            for turn in NEAR_TURNS
        ]
        return _draw(self.scene, frame, Stage(min(cameras, key=hidden)))


def _outline(scene: Scene) -> np.ndarray:
    """(T, N, 3) points between which everything is."""
    parts = [skin(scene.rotations, scene.root, OUTLINE_EVERY).transpose(0, 1).flatten(1, 2).double().numpy()]
    if scene.things is not None:
        corners = scene.thing_radius * (_unit_cube() * 2 - 1)
        parts += [thing.double().numpy()[:, None] + corners for thing in scene.things]
    return np.concatenate(parts, axis=1)


def _unit_cube() -> np.ndarray:
    """Its corners (8, 3)."""
    return np.indices((2, 2, 2)).reshape(3, 8).T.astype(np.float64)


def _draw(scene: Scene, frame: int, stage: Stage) -> Image.Image:
    things = () if scene.things is None else scene.things[:, frame].numpy()
    balls = tuple(Ball(centre, scene.thing_radius) for centre in things)
    return Image.fromarray(stage.draw(skin(scene.rotations[:, frame], scene.root[:, frame]).numpy(), balls))
