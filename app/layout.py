"""The page: what is where, and which handler listens to what."""

from __future__ import annotations

from functools import partial

import gradio as gr

from app.assets import publish
from app.bodies import bodies_card, measure, served_body
from app.downloads import Downloads, downloads_card
from app.events import (
    CANCEL,
    GENERATE,
    NEW_SEED,
    PLAN_TO_SLIDERS,
    READY,
    SLIDERS_TO_PLAN,
    Events,
    apply_preset,
    boundaries,
)
from app.examples import examples_list
from app.form import DEFAULT_GUIDANCE, DEFAULT_STEPS, GUIDANCE, MAX_FRAMES, MIN_FRAMES, STEPS, VARIANTS
from app.generation import Generator
from app.imports import Imports, imports_card
from app.plan import plan
from app.presets import PRESETS
from app.session import Session
from app.viewer import status_line, viewer

HEADER = """
<header class="is-header">
  <h1>InterSyn</h1>
  <p>Write what two people do alone and together, and watch them do it.</p>
</header>
"""
FOOTER = """
<footer class="is-footer">
  An open implementation of <a href="https://arxiv.org/abs/2508.10297" target="_blank" rel="noreferrer">InterSyn</a>
  (ICCV 2025), trained on public motion capture. It knows everyday actions; what it does with others is a guess.
</footer>
"""
FIRST = PRESETS[0]


def build(generator: Generator) -> gr.Blocks:
    """The whole page. The model is not loaded for it: that happens on first use, or by `generator.warm_up`.

    Raises `BodyFileError` where the environment names a body that cannot be used.
    """
    body, body_name = served_body()
    sliders = measure(body, body_name)
    events = Events(generator, sliders)
    downloads, imports = Downloads(generator, sliders), Imports(events)
    assets = publish(body)
    with gr.Blocks(title="InterSyn", fill_width=True, analytics_enabled=False, delete_cache=(3600, 86400)) as demo:
        session = gr.State(Session())  # each visitor gets a copy
        gr.HTML(HEADER, apply_default_css=False)
        with gr.Row(elem_id="page", equal_height=False):
            with gr.Column(elem_id="script", scale=4, min_width=320):
                with gr.Row(elem_id="presets"):
                    chips = [gr.Button(preset.name, size="sm", elem_classes="is-chip") for preset in PRESETS]
                with gr.Column(elem_classes="is-card is-alone"):
                    _heading("Before", "each alone")
                    before_one = _text("Person one", FIRST.before[0], "before-one", "is-one")
                    before_two = _text("Person two", FIRST.before[1], "before-two", "is-two")
                with gr.Column(elem_classes="is-card is-together"):
                    _heading("Together", "name “the first person” and “the second person”")
                    together = _text("Both", FIRST.together, "together", "is-both")
                with gr.Column(elem_classes="is-card is-alone"):
                    _heading("Afterwards", "each alone again")
                    after_one = _text("Person one", FIRST.after[0], "after-one", "is-one")
                    after_two = _text("Person two", FIRST.after[1], "after-two", "is-two")
                with gr.Column(elem_classes="is-card", elem_id="timing"):
                    _heading("Timing", "drag the boundaries; 20 frames are a second")
                    timing = plan(assets, FIRST.frames, FIRST.start, FIRST.end)
                    with gr.Row():
                        start = _slider("Meet at frame", 0, FIRST.frames, FIRST.start, "start")
                        end = _slider("Part at frame", 0, FIRST.frames, FIRST.end, "end")
                    frames = _slider("Length in frames", MIN_FRAMES, MAX_FRAMES, FIRST.frames, "frames")
                with gr.Column(elem_classes="is-card", elem_id="model"):
                    _heading("Model", "the same seed gives the same motion")
                    with gr.Row(elem_id="settings"):
                        variant = gr.Dropdown(
                            [(label, name) for name, label in VARIANTS.items()],
                            value="full",
                            label="Variant",
                            elem_id="variant",
                            min_width=180,
                        )
                        with gr.Row(elem_id="seed-row"):
                            seed = gr.Number(0, label="Seed", precision=0, elem_id="seed", min_width=90)
                            again = gr.Button("New", size="sm", elem_id="new-seed", scale=0, min_width=56)
                        steps = _slider("Denoising steps", *STEPS, DEFAULT_STEPS, "steps")
                        guidance = _slider("Text guidance", *GUIDANCE, DEFAULT_GUIDANCE, "guidance", step=0.1)
                        clean_up = gr.Checkbox(
                            True,
                            label="Clean up",
                            info="Plants feet and smooths lightly, after the model. Part of no variant.",
                            elem_id="clean-up",
                            min_width=180,
                        )
            with gr.Column(elem_id="show", scale=8, min_width=320):
                view = viewer(assets)
                with gr.Row(elem_id="act"):
                    generate = gr.Button(GENERATE, variant="primary", elem_id="generate", scale=0, min_width=150)
                    cancel = gr.Button(CANCEL, variant="stop", visible=False, elem_id="cancel", scale=0, min_width=150)
                    report = status_line(assets, READY)
                bodies = bodies_card(sliders)
                save, formats = downloads_card(assets, downloads, session, bodies)
                examples = examples_list(assets)
                dropped, measured, about_file, figures = imports_card()
        gr.HTML(FOOTER, apply_default_css=False)

        texts = [before_one, before_two, together, after_one, after_two]
        times = [frames, start, end]
        settings = [variant, seed, steps, guidance, clean_up]
        job = gr.State(None)
        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        gr.on(
            [generate.click, *(text.submit for text in texts)],
            events.begin,
            [session, *texts, *times, *settings],
            [job, report, generate, cancel],
            queue=False,
            **quiet,
        ).then(
            events.run,
            [job, session, *bodies],
            [view, report, save, generate, cancel],
            concurrency_limit=1,
            concurrency_id="model",
            **quiet,
        )
        cancel.click(events.cancel, job, [report, generate, cancel], queue=False, **quiet)
        for chip, preset in zip(chips, PRESETS):
            chip.click(partial(apply_preset, preset), None, [*texts, *times, timing], queue=False, **quiet)
        frames.input(boundaries, [*times, timing], [*times, timing], queue=False, **quiet)
        for slider in (start, end):
            slider.input(None, times, timing, js=SLIDERS_TO_PLAN, **quiet)
        timing.input(None, timing, [start, end], js=PLAN_TO_SLIDERS, **quiet)
        again.click(None, None, seed, js=NEW_SEED, **quiet)
        examples.expand(events.list_examples, None, examples, concurrency_limit=1, **quiet)
        examples.select(
            events.show_example, [examples, session, *bodies], [view, report, save], concurrency_limit=4,
            trigger_mode="always_last", **quiet,
        )  # fmt: skip
        examples.apply(events.use_example, examples, [together, before_one, report], queue=False, **quiet)
        dropped.upload(
            imports.open,
            [dropped, session, *bodies],
            [about_file, figures, view, report, save, *texts, *times, timing, *settings, *bodies],
            concurrency_limit=2,
            **quiet,
        )
        measured.click(imports.measure, session, [about_file, figures], concurrency_limit=2, **quiet)
        demo.load(events.welcome, [session, *bodies], [view, report, save], concurrency_limit=4, **quiet)
        demo.load(downloads.choices, None, formats, concurrency_limit=4, **quiet)
    return demo


def _heading(title: str, note: str) -> gr.HTML:
    return gr.HTML(f"<h2>{title}<small>{note}</small></h2>", apply_default_css=False, elem_classes="is-heading")


def _text(label: str, value: str, name: str, who: str) -> gr.Textbox:
    return gr.Textbox(value, label=label, lines=1, max_lines=3, elem_id=name, elem_classes=["is-text", who])


def _slider(label: str, low: float, high: float, value: float, name: str, step: float = 1) -> gr.Slider:
    return gr.Slider(low, high, value, step=step, label=label, elem_id=name, min_width=150, buttons=[])
