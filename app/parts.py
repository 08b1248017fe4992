"""What several cards of the page are made of."""

from __future__ import annotations

import gradio as gr

from app.limits import HANDLERS_AT_ONCE

QUIET = {"show_progress": "hidden", "api_visibility": "private"}  # of handlers: the page says itself what goes on
# Of quick handlers whose last call counts: Gradio's "once" drops what is asked for while the last answer is closing.
LAST_COUNTS = {**QUIET, "concurrency_limit": HANDLERS_AT_ONCE, "trigger_mode": "always_last"}


def heading(title: str, note: str) -> gr.HTML:
    """A card's title, and a few words beside it."""
    return gr.HTML(f"<h2>{title}<small>{note}</small></h2>", apply_default_css=False, elem_classes="is-heading")
