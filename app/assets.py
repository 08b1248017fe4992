"""The viewer's files, published where the page may serve them from.

They are copied to a folder whose name is a hash of their content: browsers may then keep them for as long as they
like, and a new version is never mixed with modules of an old one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from intersyn.body.browser import pack_body
from intersyn.body.smpl_files import BodyArrays
from intersyn.files import atomic_write

STATIC = Path(__file__).resolve().parent.parent / "static"


@dataclass(frozen=True)
class Assets:
    """Absolute paths of what the browser fetches."""

    folder: Path

    def module(self, name: str) -> Path:
        """The entry of one component of the page: static/NAME/index.js."""
        return self.folder / name / "index.js"

    @property
    def body(self) -> Path:
        return self.folder / "body.bin.gz"


def publish(body: BodyArrays) -> Assets:
    """Write the modules and this body, packed, below Gradio's cache folder and let Gradio serve them."""
    files = {str(path.relative_to(STATIC)): path.read_bytes() for path in sorted(STATIC.rglob("*.js"))}
    files["body.bin.gz"] = pack_body(body)
    digest = hashlib.sha256()
    for name, data in files.items():
        digest.update(f"{name}\0{len(data)}\0".encode())
        digest.update(data)
    folder = Path(get_upload_folder()) / f"intersyn-{digest.hexdigest()[:16]}"
    for name, data in files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != data:
            with atomic_write(path) as file:
                file.write(data)
    gr.set_static_paths(folder)
    return Assets(folder)


def style_sheet() -> str:
    """The page's own styles, to be put into its head as they are (Gradio's `css` would rewrite the selectors).

    page.css names the palette and comes first; each component may have a sheet of its own.
    """
    sheets = sorted(STATIC.glob("*.css"), key=lambda path: (path.name != "page.css", path.name))
    return f"<style>{''.join(sheet.read_text(encoding='utf-8') for sheet in sheets)}</style>"
