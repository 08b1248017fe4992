"""Real and composed examples: a list that is read when the visitor opens it, and plays in the viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from app.assets import Assets
from app.script import ALONE, TOGETHER
from app.viewer import module_loader

if TYPE_CHECKING:
    from intersyn.data.sample import Example

# Constant: Gradio would diff a changed template over what the module put inside.
TEMPLATE = """
<details class="is-examples is-card">
  <summary><h2>Real and composed examples <small>recorded, or made for training; not by the model</small></h2></summary>
  <ul class="is-example-list" role="listbox" aria-label="Examples"></ul>
  <div class="is-example-chosen">
    <p class="is-message" role="status">Reading the examples…</p>
    <button type="button" class="is-example-use" hidden></button>
  </div>
</details>
"""


def examples_list(assets: Assets) -> gr.HTML:
    """The component. Its value is {"examples": list of `facts` or None, "chosen": index or None, "message": str}.

    It triggers `expand` when it is opened and has no examples yet, `select` when one is chosen, and `apply` when the
    chosen one's text is to go into the form.
    """
    return gr.HTML(
        value={"examples": None, "chosen": None, "message": ""},
        html_template=TEMPLATE,
        js_on_load=module_loader(assets, assets.module("examples")),
        apply_default_css=False,
        elem_id="examples",
    )


def facts(example: Example) -> dict[str, Any]:
    """What the list shows of an example."""
    pair = len(example.clips) == 2
    return {
        "name": example.name,
        "kind": kind(example),
        "people": len(example.clips),
        "text": example.text,
        "about": example.about,
        "field": TOGETHER if pair else ALONE,  # the kind of segment that takes its text
        "use": "Use this text together" if pair else "Use this text for person one",
    }


def kind(example: Example) -> str:
    return "recorded" if example.recorded else "composed"
