"""The timeline editor as a Gradio component: who does what, alone and together, and when."""

from __future__ import annotations

import gradio as gr

from app.assets import Assets
from app.script import FIELD, LEAST, Script
from app.viewer import module_loader
from intersyn.timeline import DEFAULT_FPS, MAX_SEGMENTS, MAX_TEXT_CHARACTERS

# Constant: Gradio would diff a changed template over what the module put inside.
TEMPLATE = """
<section class="is-card" aria-label="Timeline">
  <div class="is-editor"><p class="is-message" role="alert" hidden></p></div>
</section>
"""


def editor(assets: Assets, script: Script, max_frames: int) -> gr.HTML:
    """The component. Its value is that of a `Script` of up to `max_frames` frames.

    It triggers `input` after an edit (while keys are pressed, once they pause) and `submit` on Enter in a text. What
    `FormError` calls the field of a segment or text is the id of an element inside.
    """
    return gr.HTML(
        value=script.value(),
        html_template=TEMPLATE,
        js_on_load=module_loader(assets, assets.module("editor")),
        apply_default_css=False,
        elem_id=FIELD,
        fps=DEFAULT_FPS,
        min_alone=LEAST["alone"],
        min_together=LEAST["together"],
        max_frames=max_frames,
        max_segments=MAX_SEGMENTS,
        max_characters=MAX_TEXT_CHARACTERS,
    )
