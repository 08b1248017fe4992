"""The tab that teaches the method: five chapters beside one viewer, with live data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gradio as gr

from app.api import MODEL
from app.assets import Assets
from app.generation import Generator
from app.gpu import sentence_for
from app.lesson_exhibits import EXAMPLES, Exhibits
from app.lesson_text import CHAPTERS, NAMES, chapter_html, title_html
from app.limits import GENERATIONS_AT_ONCE
from app.line import Line
from app.parts import QUIET
from app.viewer import module_loader, viewer
from app.worker import listen

VIEWER = "lesson-viewer"


def lesson_template() -> str:
    """Constant: Gradio would diff a changed template over what the module put inside."""
    buttons, sections = [], []
    for number, chapter in enumerate(CHAPTERS, start=1):
        facts = f'data-chapter="{chapter.name}" data-event="{"submit" if chapter.needs_model else "select"}"'
        label = f"<b>{number}</b> {title_html(chapter)}"
        buttons.append(f'<li><button type="button" {facts}>{label}</button></li>')
        sections.append(chapter_html(number, chapter))
    return f"""
<div class="is-lesson">
  <nav class="is-chapters" aria-label="Chapters"><ol>{"".join(buttons)}</ol></nav>
  {"".join(sections)}
  <button type="button" class="is-next">Next</button>
  <p class="is-message" role="status" hidden></p>
</div>
"""


EXHIBIT = '<div id="lesson-exhibit" class="is-demo" role="group" aria-label="Exhibit"></div>'


def lesson_tab(assets: Assets, generator: Generator) -> None:
    """Everything inside the tab, with its events. Nothing is computed before the tab is seen."""
    exhibits = Exhibits(generator.source)
    with gr.Row(elem_id="lesson-page", equal_height=False):
        with gr.Column(elem_id="lesson-text", scale=5, min_width=320):
            lesson = gr.HTML(
                value={"chapter": NAMES[0], "number": 0},
                html_template=lesson_template(),
                js_on_load=module_loader(assets, assets.module("lesson"), viewer=VIEWER),
                apply_default_css=False,
                elem_id="lesson",
                counts=EXAMPLES,
            )
        with gr.Column(elem_id="lesson-show", scale=7, min_width=320):
            viewer(assets, VIEWER)
            gr.HTML(EXHIBIT, apply_default_css=False)
    # Every request is carried out: its answer may come when the visitor is at another chapter, and is kept for later.
    quiet = {**QUIET, "trigger_mode": "multiple"}
    # Two events, so that a chapter made of recordings need not wait for somebody's generation.
    lesson.select(partial(show, exhibits), lesson, lesson, concurrency_limit=2, **quiet)
    making = partial(show_in_turn, exhibits, generator.line)
    lesson.submit(making, lesson, lesson, concurrency_limit=GENERATIONS_AT_ONCE, concurrency_id=MODEL, **quiet)


def show_in_turn(exhibits: Exhibits, line: Line, wanted: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`show` what the model makes: others see that they wait for it."""
    with line.turn(line.join("lesson")):
        yield from show(exhibits, wanted)


def show(exhibits: Exhibits, wanted: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Open a chapter's exhibit. Answers {chapter, number} with done and steps, or a message, or the exhibit."""
    asked = {"chapter": wanted.get("chapter"), "number": wanted.get("number")}
    if asked["chapter"] not in EXAMPLES or not isinstance(asked["number"], int):
        yield {**asked, "message": "There is no such chapter."}
        return
    if not exhibits.is_ready(**asked):
        yield {**asked, "done": 0, "steps": 0}

    def work(tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        return exhibits.get(**asked, report=lambda done, steps: tell({**asked, "done": done, "steps": steps}))

    try:
        yield {**asked, "exhibit": (yield from listen(work, "lesson"))}
    except Exception as error:
        yield {**asked, "message": sentence_for(error)}
