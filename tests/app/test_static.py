"""The page's own files: valid modules that ask nobody else, and a build that names no host."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.assets import publish, style_sheet
from intersyn.body.default import default_arrays

STATIC = Path(__file__).resolve().parents[2] / "static"
MODULES = sorted(STATIC.rglob("*.js"))


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js (the browser tests load the modules)")
@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(STATIC)))
def test_modules_parse(path):
    code = path.read_text(encoding="utf-8")
    done = subprocess.run(
        ["node", "--input-type=module", "--check"], input=code, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", [*MODULES, *STATIC.glob("*.css")], ids=lambda path: path.name)
def test_static_files_name_no_host(path):
    assert not re.search(r"https?://|//[\w-]+\.\w|@import|@font-face", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(STATIC)))
def test_imports_stay_inside_their_folder(path):
    for name in re.findall(r'from "([^"]+)"', path.read_text(encoding="utf-8")):
        assert name.startswith("./")
        assert (path.parent / name).is_file()


def test_published_files_carry_their_content_in_the_address(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    body = default_arrays()
    assets = publish(body)
    assert assets == publish(body)
    for path in (assets.module("viewer"), assets.module("editor"), assets.module("examples"), assets.body):
        assert path.is_file()
        assert path.is_relative_to(tmp_path)
    assets.body.write_bytes(b"half of it")
    publish(body)
    assert gzip.decompress(assets.body.read_bytes())[:4] == b"ISA1"
    monkeypatch.setattr("app.assets.pack_body", lambda body: b"another")
    assert publish(body).folder != assets.folder


def test_the_style_sheet_goes_into_the_head_whole():
    assert style_sheet().startswith("<style>")
    assert "</style>" not in style_sheet()[7:-8]


def test_no_component_styles_the_classes_of_another():
    """All sheets share one page; what page.css names is meant for all, and the lesson has a viewer of its own."""
    of: dict[str, set[str]] = {}
    for sheet in sorted(STATIC.glob("*.css")):
        for name in re.findall(r"\.(is-[a-z0-9-]+)", sheet.read_text(encoding="utf-8")):
            of.setdefault(name, set()).add(sheet.stem)
    shared = {name for name, sheets in of.items() if len(sheets) > 1 and "page" not in sheets}
    assert shared <= {"is-picture", "is-many", "is-together"}
