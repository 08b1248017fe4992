"""Programs nobody here wrote, which read what we export: the Khronos glTF validator and Blender.

Where one is missing the test is skipped with what to install, but in CI (CI=true), which installs both, it fails.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tests" / "tools"
TIMEOUT = 300  # seconds


def validate_gltf(path: Path) -> dict[str, Any]:
    """The Khronos validator's report: `issues` with numErrors, numWarnings, numInfos, numHints, messages; `info`."""
    node = shutil.which("node")
    if node is None or not (TOOLS / "node_modules" / "gltf-validator").is_dir():
        _missing("this test needs the Khronos glTF validator: install Node.js and run `npm ci` in tests/tools")
    return json.loads(_run([node, TOOLS / "validate_gltf.js", path]))


def in_blender(
    path: Path, fps: float, out: Path, scale: float = 1.0, mesh_frames: Sequence[int] = ()
) -> dict[str, np.ndarray]:
    """Joint and vertex positions of a GLB or BVH file in Blender, as tests/tools/blender_positions.py says.

    out: where to put the NPZ. scale: metres per unit of a BVH file.
    """
    python = Path(os.environ.get("BPY_PYTHON", ROOT / ".venv" / "bpy" / "bin" / "python"))
    if not python.exists():
        _missing("this test needs Blender: python3.11 -m venv .venv/bpy && .venv/bpy/bin/pip install bpy==5.0.1")
    command = [python, TOOLS / "blender_positions.py", path, out, "--fps", fps, "--scale", scale]
    _run([*command, "--meshes", *mesh_frames])
    with np.load(out, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def _run(command: list[object]) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _missing(message: str) -> NoReturn:
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(message)
    pytest.skip(message)
