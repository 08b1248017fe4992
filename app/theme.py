"""Gradio's theme in the page's palette, with the fonts that the visitor's system has."""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils.colors import Color

ACCENT = Color(
    name="pine",
    c50="#edf7f4", c100="#d3ece5", c200="#a8d9cc", c300="#78c1af", c400="#4aa592", c500="#2c8a78",
    c600="#216f61", c700="#1c594f", c800="#194841", c900="#163c37", c950="#0a2320",
)  # fmt: skip
NEUTRAL = Color(
    name="stone",
    c50="#f8f8f6", c100="#f1f1ee", c200="#e4e4e0", c300="#cfcfca", c400="#a2a39f", c500="#72746f",
    c600="#545752", c700="#3c3f3c", c800="#262927", c900="#191b1a", c950="#101211",
)  # fmt: skip


def theme() -> gr.themes.Base:
    fonts = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
    return gr.themes.Base(
        primary_hue=ACCENT, secondary_hue=ACCENT, neutral_hue=NEUTRAL, font=fonts, font_mono=mono, radius_size="md"
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_600",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_title_text_size="*text_sm",
        block_title_text_color="*neutral_500",
        block_title_text_color_dark="*neutral_400",
        block_title_text_weight="400",
        block_info_text_color="*neutral_500",
        block_info_text_color_dark="*neutral_400",
        form_gap_width="0px",
        border_color_primary="transparent",
        border_color_primary_dark="transparent",
        block_padding="0px",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        input_border_width="1px",
        input_border_color="*neutral_200",
        input_border_color_dark="*neutral_700",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_500",
        button_primary_background_fill_dark="*primary_400",
        button_primary_background_fill_hover_dark="*primary_300",
        button_primary_text_color="white",
        button_primary_text_color_dark="*neutral_950",
        slider_color="*primary_500",
    )
