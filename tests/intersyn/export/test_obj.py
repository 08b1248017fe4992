"""OBJ: the skin of each person in the frame that was asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from intersyn.body.model import load_body_model
from intersyn.export.obj import write_obj
from intersyn.export.options import ExportError, ExportOptions
from intersyn.motion import Motion
from tests.motions import smooth_motion


def dance() -> Motion:
    local, root, _ = smooth_motion(5, 2, frames=10)
    return Motion.from_quaternions(local, root, 20.0)


def test_vertices_faces_and_normals(tmp_path: Path) -> None:
    motion, body = dance(), load_body_model()
    paths = write_obj(motion, tmp_path / "dance.obj", ExportOptions(frame=7))
    assert [path.name for path in paths] == ["dance_0.obj", "dance_1.obj"]
    for person, path in enumerate(paths):
        assert f"person {person}, frame 7" in path.read_text().splitlines()[0]
        mesh = trimesh.load_mesh(path, process=False, maintain_order=True)
        np.testing.assert_allclose(mesh.vertices, body.vertices(motion, person, [7])[0], atol=1e-5)
        np.testing.assert_array_equal(mesh.faces, body.faces)
        outward = mesh.vertices + 0.01 * mesh.vertex_normals  # a skin puffed up along its normals holds more
        assert trimesh.Trimesh(outward, mesh.faces, process=False).volume > mesh.volume > 0.04  # cubic metres


def test_a_frame_the_motion_has_not(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no frame 10: the motion has frames 0 to 9"):
        write_obj(dance(), tmp_path / "dance.obj", ExportOptions(frame=10))
    assert list(tmp_path.iterdir()) == []
