"""GLB: everybody skinned and animated in one file, for Blender, game engines and web viewers.

A skin is glTF's linear blend of four bones per vertex: a body's pose correctives, which depend on every joint at once,
do not travel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from intersyn import __version__
from intersyn.body.default import Body
from intersyn.export.gltf import Buffer, Target, pack_glb
from intersyn.export.options import ExportOptions, at_export_rate
from intersyn.files import atomic_write
from intersyn.motion import Motion
from intersyn.render.colours import person_colour
from intersyn.skeleton import JOINT_NAMES, NUM_JOINTS

INFLUENCES = 4  # bones per vertex that every client reads
WEIGHT_SCALE = 65_535
ROUGHNESS = 0.8


def write_glb(motion: Motion, path: str | Path, options: ExportOptions) -> list[Path]:
    """Write everybody as skinned, animated meshes: metres, y up, at `options.fps`; returns [path].

    Person k is the node `person_k` over a tree of joints `person_k_pelvis`, `person_k_left_hip`, ... and the mesh
    `person_k_body`; one animation moves all. Untouched, people stand on the floor in T-pose where they start. The
    scene's extras hold what `facts` says. Raises `ExportError`, OSError; on failure no file is left.
    """
    path, moved = Path(path), at_export_rate(motion, options)
    model = options.body_model()
    times = (np.arange(moved.frames) / moved.fps).astype(np.float32)
    people = _People(times)
    rotations = sign_continuous(moved.quaternions().detach().cpu())
    for person in range(moved.num_people):
        body = standing(model.rest(moved.betas[person].detach().cpu().numpy()))
        people.add(body, rotations[person], model.place(moved, person).astype(np.float32))
    with atomic_write(path) as file:
        file.write(people.to_glb(facts(motion, moved, options)))
    return [path]


def facts(motion: Motion, moved: Motion, options: ExportOptions) -> dict[str, Any]:
    """What the file says of its making: rate, frames, people, and where known seed, variant, checkpoint, timeline.

    Seed and variant are those of the options, else of their project. The timeline is the motion's own, in frames of its
    own rate, whatever rate the file is `moved` to.
    """
    made = options.project
    said = {
        "fps": moved.fps,
        "frames": moved.frames,
        "people": moved.num_people,
        "seed": made.seed if made and options.seed is None else options.seed,
        "variant": made.variant if made and options.variant is None else options.variant,
        "checkpoint": made.checkpoint if made else None,
        "timeline": motion.timeline.to_dict() if motion.timeline else None,
    }
    return {key: value for key, value in said.items() if value is not None}


def standing(body: Body) -> Body:
    """The same body moved so that its pelvis is above the origin and its soles are on the floor, y = 0."""
    feet = np.array((body.joints[0, 0], body.vertices[:, 1].min(), body.joints[0, 2]), np.float32)
    return Body(body.vertices - feet, body.faces, body.weights, body.joints - feet, body.parents)


def skin_attributes(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Skin weights (V, J) as JOINTS_0 uint8 and WEIGHTS_0 uint16, both (V, 4): the strongest four, sum exactly 65535.

    Where a weight is 0 the joint is 0, as the Khronos validator wants it.
    """
    joints = np.argsort(-weights, axis=1, kind="stable")[:, :INFLUENCES]
    kept = np.take_along_axis(weights, joints, 1).astype(np.float64)
    steps = np.round(WEIGHT_SCALE * kept / kept.sum(1, keepdims=True)).astype(np.int64)
    steps[:, 0] += WEIGHT_SCALE - steps.sum(1)  # what rounding left over goes to the strongest
    return np.where(steps > 0, joints, 0).astype(np.uint8), steps.astype(np.uint16)


def sign_continuous(quaternions: torch.Tensor) -> np.ndarray:
    """Unit quaternions (P, T, J, 4) wxyz to xyzw, float32, each in the hemisphere of the frame before it.

    q and -q are one rotation, but a client that mixes neighbouring keys would turn the long way round between them.
    """
    values = quaternions.numpy().astype(np.float64)
    values /= np.linalg.norm(values, axis=-1, keepdims=True)
    flips = np.where((values[:, 1:] * values[:, :-1]).sum(-1, keepdims=True) < 0, -1.0, 1.0)
    values[:, 1:] *= np.cumprod(flips, axis=1)
    return values[..., [1, 2, 3, 0]].astype(np.float32)


class _People:
    """The document while it grows, person by person; all key times are one accessor."""

    def __init__(self, times: np.ndarray) -> None:
        self.buffer = Buffer()
        self.times = self.buffer.add(times, bounds=True)
        self.roots: list[int] = []
        self.nodes: list[dict[str, Any]] = []
        self.meshes: list[dict[str, Any]] = []
        self.skins: list[dict[str, Any]] = []
        self.materials: list[dict[str, Any]] = []
        self.samplers: list[dict[str, Any]] = []
        self.channels: list[dict[str, Any]] = []

    def add(self, body: Body, rotations: np.ndarray, root: np.ndarray) -> None:
        """One more person: a body that stands over the origin, rotations (T, 22, 4) xyzw, pelvis positions (T, 3)."""
        name = f"person_{len(self.skins)}"
        group = len(self.nodes)
        joints = list(range(group + 1, group + 1 + NUM_JOINTS))
        self.nodes.append({"name": name, "children": joints[:1]})
        self._add_joints(name, body, root[0])
        self.nodes.append({"name": f"{name}_body", "mesh": len(self.meshes), "skin": len(self.skins)})
        self.roots += [group, len(self.nodes) - 1]  # a skinned mesh goes by its joints alone: no parent
        self._add_skin(name, body, joints)
        self._add_mesh(name, body)
        self._animate(joints[0], "translation", root)
        for joint, node in enumerate(joints):
            self._animate(node, "rotation", np.ascontiguousarray(rotations[:, joint]))

    def _add_joints(self, name: str, body: Body, start: np.ndarray) -> None:
        first = len(self.nodes)
        for joint, parent in enumerate(body.parents):
            offset = body.joints[joint] - (body.joints[parent] if joint else np.zeros(3, np.float32))
            if joint == 0:
                offset[[0, 2]] += start[[0, 2]]
            node: dict[str, Any] = {"name": f"{name}_{JOINT_NAMES[joint]}", "translation": offset.tolist()}
            children = [first + child for child in np.flatnonzero(body.parents == joint)]
            self.nodes.append(node | {"children": [int(child) for child in children]} if children else node)

    def _add_skin(self, name: str, body: Body, joints: list[int]) -> None:
        inverse = np.tile(np.eye(4, dtype=np.float32), (NUM_JOINTS, 1, 1))
        inverse[:, :3, 3] = -body.joints  # at rest no joint is turned
        self.skins.append({"name": name, "joints": joints, "inverseBindMatrices": self.buffer.add(inverse)})

    def _add_mesh(self, name: str, body: Body) -> None:
        joints, weights = skin_attributes(body.weights)
        index_type = np.uint16 if len(body.vertices) <= 65_535 else np.uint32  # 65535 itself is reserved
        attributes = {
            "POSITION": self.buffer.add(body.vertices.astype(np.float32), Target.VERTICES, bounds=True),
            "NORMAL": self.buffer.add(body.normals().astype(np.float32), Target.VERTICES),
            "JOINTS_0": self.buffer.add(joints, Target.VERTICES),
            "WEIGHTS_0": self.buffer.add(weights, Target.VERTICES, normalized=True),
        }
        indices = self.buffer.add(body.faces.astype(index_type).ravel(), Target.INDICES)
        primitive = {"attributes": attributes, "indices": indices, "material": len(self.materials)}
        self.meshes.append({"name": f"{name}_body", "primitives": [primitive]})
        colour = [*_linear(person_colour(len(self.materials))), 1.0]
        surface = {"baseColorFactor": colour, "metallicFactor": 0.0, "roughnessFactor": ROUGHNESS}
        self.materials.append({"name": name, "pbrMetallicRoughness": surface})

    def _animate(self, node: int, what: str, values: np.ndarray) -> None:
        self.channels.append({"sampler": len(self.samplers), "target": {"node": node, "path": what}})
        self.samplers.append({"input": self.times, "output": self.buffer.add(values)})

    def to_glb(self, extras: dict[str, Any]) -> bytes:
        document = {
            "asset": {"version": "2.0", "generator": f"InterSyn {__version__}"},
            "scene": 0,
            "scenes": [{"name": "InterSyn", "nodes": self.roots, "extras": extras}],
            "nodes": self.nodes,
            "meshes": self.meshes,
            "skins": self.skins,
            "materials": self.materials,
            "animations": [{"name": "motion", "samplers": self.samplers, "channels": self.channels}],
        }
        return pack_glb(document, self.buffer)


def _linear(colour: tuple[int, int, int]) -> list[float]:
    """sRGB 0-255 to linear light, which glTF's factors are in."""
    share = np.array(colour) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4).round(5).tolist()
