"""The gallery that greets visitors: a strip of scenes that are there already, as the bundled model made them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from app.assets import Assets
from app.gallery_file import FILE, Exhibit, GalleryError, read_collection
from app.presets import Preset
from app.script import ALONE
from app.viewer import module_loader, packed_manifest, segments_of
from intersyn.body.browser import pack_arrays, unpack_arrays
from intersyn.files import atomic_write

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from intersyn.motion import Motion

PEOPLE = 2
FAILS = "Does not work"
NAME = "gallery"  # element id, and the folder of its module
NO_SCENE = {"chosen": None}  # the strip's value while something else is shown


def gallery(assets: Assets, path: Path = FILE) -> gr.HTML:
    """The strip. Its value is {"chosen": index of the scene that is shown}, or `NO_SCENE`.

    It triggers `select` with the new value when a card is pressed, also the one that is chosen already: its scene may
    have been changed since. Posters are put beside its module. Raises `GalleryError` where there is no gallery.
    """
    cards = [_card(k, exhibit, assets) for k, exhibit in enumerate(read_collection(path).exhibits)]
    return gr.HTML(
        value={"chosen": 0},
        # Constant: Gradio would diff a changed template over what the module put inside.
        html_template=f'<div class="is-gallery" role="toolbar" aria-label="Gallery of scenes">{"".join(cards)}</div>',
        js_on_load=module_loader(assets, assets.module(NAME)),
        apply_default_css=False,
        elem_id=NAME,
    )


def load(index: int, path: Path = FILE) -> tuple[list[Motion], Preset]:
    """What was made of a preset, and the preset: its motion alone in a list, as results of the page are.

    No network is loaded. Raises `GalleryError` where there is no such scene, and what `read_collection` raises.
    """
    from intersyn.body.browser import unpack_motion

    exhibit = _exhibit(index, path)
    return [unpack_motion(exhibit.motion, exhibit.preset.script.timeline())], exhibit.preset


def opening(
    folder: Path, dress: Callable[[np.ndarray], np.ndarray] = np.copy, path: Path = FILE
) -> tuple[dict[str, Any], Preset]:
    """The first scene as a value of the viewer, its file written into `folder`, and its preset. No torch is needed.

    dress: from the betas (P, 10) of the bundled people to those that they are shown with.
    """
    exhibit = _exhibit(0, path)
    arrays, facts = unpack_arrays(exhibit.motion)
    data = pack_arrays(arrays | {"betas": dress(arrays["betas"])}, facts)
    segments = segments_of(exhibit.preset.script.timeline())
    return packed_manifest([(data, "", "")], PEOPLE, segments, folder, example=True), exhibit.preset


def said(preset: Preset) -> str:
    """One sentence for the status line."""
    if preset.works:
        return f"“{preset.name}”, as this model does it. {preset.note}"
    return f"“{preset.name}” does not work. {preset.note}"


def _exhibit(index: Any, path: Path) -> Exhibit:
    exhibits = read_collection(path).exhibits
    if type(index) is not int or not 0 <= index < len(exhibits):
        raise GalleryError(f"The gallery has scenes 0 to {len(exhibits) - 1}, got {repr(index)[:40]}.")
    return exhibits[index]


def _card(index: int, exhibit: Exhibit, assets: Assets) -> str:
    preset = exhibit.preset
    together = next((scene.together for scene in preset.script.scenes if scene.kind != ALONE), "each alone")
    poster = f"poster-{index}-{hashlib.sha256(exhibit.poster).hexdigest()[:12]}.webp"
    target = assets.module(NAME).with_name(poster)
    if not target.is_file():
        with atomic_write(target) as file:
            file.write(exhibit.poster)
    label = "" if preset.works else f'<span class="is-fails">{FAILS}</span>'
    return (
        f'<button type="button" class="is-exhibit" tabindex="{0 if index == 0 else -1}" aria-pressed="false">'
        f'<span class="is-poster"><img data-poster="{poster}" width="288" height="192" '
        f'alt="Two figures: {escape(together)}.">{label}</span>'
        f'<span class="is-exhibit-name">{escape(preset.name)}</span>'
        f'<span class="is-exhibit-note">{escape(preset.note)}</span></button>'
    )
