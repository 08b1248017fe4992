"""OBJ: the skin of each person in one frame, as a mesh."""

from __future__ import annotations

from pathlib import Path

from intersyn.export.options import ExportError, ExportOptions, check_exportable
from intersyn.files import atomic_writes, person_paths
from intersyn.motion import Motion


def write_obj(motion: Motion, path: str | Path, options: ExportOptions) -> list[Path]:
    """Write one OBJ with vertex normals per person (see `person_paths`): frame `options.frame`, metres, y up.

    All files or none are written. Raises `ExportError` for a frame the motion has not, OSError.
    """
    from trimesh import Trimesh
    from trimesh.exchange.obj import export_obj

    check_exportable(motion)
    if options.frame >= motion.frames:
        raise ExportError(f"There is no frame {options.frame}: the motion has frames 0 to {motion.frames - 1}.")
    model = options.body_model()
    texts = []
    for person in range(motion.num_people):
        (vertices,) = model.vertices(motion, person, [options.frame])
        mesh = Trimesh(vertices, model.faces, process=False)  # as it is: vertices keep their order and number
        body = export_obj(mesh, include_normals=True, header=None, digits=5).strip()
        header = f"# {model.name}, person {person}, frame {options.frame}, metres, y up\no person_{person}\n"
        texts.append(f"{header}{body}\n")
    paths = person_paths(path, motion.num_people)
    with atomic_writes(paths, "w") as files:
        for file, text in zip(files, texts, strict=True):
            file.write(text)
    return paths
