"""What Blender makes of a GLB or BVH file: where its joints and vertices are, as NPZ. Runs where `import bpy` works.

    python tests/tools/blender_positions.py take.glb positions.npz --fps 20 --meshes 0 40
    python tests/tools/blender_positions.py take_0.bvh positions.npz --fps 20 --scale 0.01

Positions are in metres in the file's own frame, y up, whatever Blender turned them into. Person k, in the order of
the armatures' bone names, is `names_k` (J,); `parents_k` (J,), the parent's index or -1; `joints_k` (T, J, 3), where
each bone begins; and, in the frames that --meshes names, counted from 0, `vertices_k` (F, V, 3) as the evaluated mesh
has them. `fps` is the rate that Blender ended with, `custom` the scene's custom properties as JSON. --scale is the
file's unit in metres: Blender takes BVH numbers as they are. The tests call this through `tests.clients.in_blender`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import bpy
import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--fps", type=float, required=True, help="the file's frames per second")
    parser.add_argument("--scale", type=float, default=1.0, help="metres per unit of a BVH file (default 1)")
    parser.add_argument("--meshes", type=int, nargs="*", default=[], metavar="FRAME", help="frames to take vertices of")
    options = parser.parse_args()

    load(options.file, options.fps, options.scale)
    np.savez(options.out, **positions(options.meshes))


def load(path: Path, fps: float, scale: float) -> None:
    """An empty scene at `fps` with the file in it, one frame of Blender's for each of the file's."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    # Before the import: keys are placed by the scene's rate, which is 24 by default.
    scene.render.fps = max(1, round(fps))
    scene.render.fps_base = scene.render.fps / fps
    if path.suffix.lower() == ".bvh":
        bpy.ops.import_anim.bvh(
            filepath=str(path), global_scale=scale, use_fps_scale=False, axis_forward="-Z", axis_up="Y"
        )
    else:
        bpy.ops.import_scene.gltf(filepath=str(path))


def positions(mesh_frames: list[int]) -> dict[str, np.ndarray]:
    scene = bpy.context.scene
    armatures = sorted((o for o in scene.objects if o.type == "ARMATURE"), key=lambda o: o.pose.bones[0].name)
    meshes = [next((m for m in scene.objects if m.type == "MESH" and armature_of(m) == a), None) for a in armatures]
    first, last = key_range()
    joints: list[list[np.ndarray]] = [[] for _ in armatures]
    vertices: list[list[np.ndarray]] = [[] for _ in armatures]
    for frame in range(last - first + 1):
        scene.frame_set(first + frame)
        for person, armature in enumerate(armatures):
            heads = np.array([bone.head for bone in armature.pose.bones])
            joints[person].append(to_y_up(heads, armature.matrix_world))
            if frame in mesh_frames and meshes[person] is not None:
                vertices[person].append(evaluated_vertices(meshes[person]))
    out = {"fps": scene.render.fps / scene.render.fps_base, "custom": json.dumps(custom_properties(scene))}
    for person, armature in enumerate(armatures):
        bones = [bone.name for bone in armature.pose.bones]
        out[f"names_{person}"] = np.array(bones)
        parents = [bones.index(bone.parent.name) if bone.parent else -1 for bone in armature.pose.bones]
        out[f"parents_{person}"] = np.array(parents)
        out[f"joints_{person}"] = np.array(joints[person])
        if vertices[person]:
            out[f"vertices_{person}"] = np.array(vertices[person])
    return {key: np.asarray(value) for key, value in out.items()}


def key_range() -> tuple[int, int]:
    """First and last frame with a key; glTF's first is 0, BVH's is 1."""
    ranges = [action.curve_frame_range for action in bpy.data.actions]
    return round(min(start for start, _ in ranges)), round(max(end for _, end in ranges))


def armature_of(mesh: bpy.types.Object) -> bpy.types.Object | None:
    return next((modifier.object for modifier in mesh.modifiers if modifier.type == "ARMATURE"), None)


def evaluated_vertices(mesh: bpy.types.Object) -> np.ndarray:
    """(V, 3) after every modifier, in the frame on show."""
    posed = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
    local = np.empty(len(posed.data.vertices) * 3, np.float32)
    posed.data.vertices.foreach_get("co", local)
    return to_y_up(local.reshape(-1, 3), posed.matrix_world)


def to_y_up(points: np.ndarray, world: object) -> np.ndarray:
    """Points (N, 3) of an object with this world matrix, out of Blender's frame (z up) into the file's (y up)."""
    matrix = np.array(world)
    x, y, z = (points @ matrix[:3, :3].T + matrix[:3, 3]).T
    return np.stack((x, z, -y), -1)


def custom_properties(scene: bpy.types.Scene) -> dict[str, object]:
    """Plain values of the scene's custom properties (a glTF scene's extras)."""
    return {key: value.to_dict() if hasattr(value, "to_dict") else value for key, value in scene.items()}


if __name__ == "__main__":
    main()
