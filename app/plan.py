"""The plan: a bar with two handles that shows, and sets, when the interaction is. The sliders beside it do the same."""

from __future__ import annotations

import gradio as gr

from app.assets import Assets
from app.viewer import module_loader
from intersyn.timeline import DEFAULT_FPS, MIN_INTERACTION_FRAMES, MIN_SOLO_FRAMES

TEMPLATE = """
<div class="is-plan">
  <div class="is-plan-part is-alone"></div>
  <div class="is-plan-part is-together"></div>
  <div class="is-plan-part is-alone"></div>
  <button type="button" class="is-handle" role="slider" aria-label="Start of the interaction"></button>
  <button type="button" class="is-handle" role="slider" aria-label="End of the interaction"></button>
  <p class="is-message" role="alert" hidden></p>
</div>
"""


def plan(assets: Assets, frames: int, start: int, end: int) -> gr.HTML:
    """The component. Its value is {"frames", "start", "end"}; it triggers `input` when a handle was moved."""
    return gr.HTML(
        value={"frames": frames, "start": start, "end": end},
        html_template=TEMPLATE,
        js_on_load=module_loader(assets, assets.module("plan")),
        apply_default_css=False,
        elem_id="plan",
        fps=DEFAULT_FPS,
        min_solo=MIN_SOLO_FRAMES,
        min_interaction=MIN_INTERACTION_FRAMES,
    )
