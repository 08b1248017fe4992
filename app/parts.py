"""What several cards of the page are made of."""

from __future__ import annotations

import gradio as gr

QUIET = {"show_progress": "hidden", "api_visibility": "private"}  # of handlers: the page says itself what goes on


def heading(title: str, note: str) -> gr.HTML:
    """A card's title, and a few words beside it."""
    return gr.HTML(f"<h2>{title}<small>{note}</small></h2>", apply_default_css=False, elem_classes="is-heading")
