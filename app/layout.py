"""The page: what is where, and which handler listens to what."""

from __future__ import annotations

import json

import gradio as gr

from app.api import MODEL, endpoint
from app.assets import Assets, publish
from app.bodies import bodies_card, measure, served_body
from app.downloads import Downloads, downloads_card
from app.editor import editor
from app.events import CANCEL, GENERATE, NEW_SEED, READY, Events
from app.examples import examples_list
from app.form import DEFAULT, read, settings_of
from app.gallery import NO_SCENE
from app.gallery import gallery as gallery_strip
from app.generation import Generator
from app.history import Histories, history_card
from app.imports import Imports, imports_card
from app.lesson import lesson_tab
from app.limits import (
    CACHE_SECONDS,
    CACHE_SWEEP_SECONDS,
    GENERATIONS_AT_ONCE,
    HANDLERS_AT_ONCE,
    LOOK_SECONDS,
    MAX_CONTACT_GUIDANCE,
    MAX_FRAMES,
    MAX_GUIDANCE,
    MAX_PANELS,
    MAX_STEPS,
    MIN_STEPS,
    STATE_SECONDS,
)
from app.panels import SWITCHES, VARIANTS
from app.parts import LAST_COUNTS, QUIET, heading
from app.plots import plots_card
from app.presets import PRESETS
from app.session import Session
from app.share import LANGUAGE, PRIVACY, share_card
from app.viewer import status_line, viewer

HEADER = """
<header class="is-header">
  <h1>InterSyn</h1>
  <p>Write what two people do alone and together, and watch them do it.</p>
</header>
"""
FOOTER = f"""
<footer class="is-footer">
  <p>An open implementation of <a href="https://arxiv.org/abs/2508.10297" target="_blank" rel="noreferrer">InterSyn</a>
  (ICCV 2025), trained on public motion capture. It knows everyday actions; what it does with others is a guess.</p>
  <p>{LANGUAGE} {PRIVACY}</p>
</footer>
"""


def build(generator: Generator) -> gr.Blocks:
    """The whole page. The model is not loaded for it: that happens on first use, or by `generator.warm_up`.

    Raises `BodyFileError` where the environment names a body that cannot be used.
    """
    body, body_name = served_body()
    sliders = measure(body, body_name)
    histories = Histories()
    events = Events(generator, sliders, histories)
    downloads, imports = Downloads(generator, sliders), Imports(events)
    assets = publish(body)
    with gr.Blocks(
        title="InterSyn", fill_width=True, analytics_enabled=False, delete_cache=(CACHE_SWEEP_SECONDS, CACHE_SECONDS)
    ) as demo:
        session = gr.State(Session(), time_to_live=STATE_SECONDS)  # each visitor gets a copy
        job = gr.State(None, time_to_live=STATE_SECONDS)
        waiting = gr.Timer(LOOK_SECONDS, active=False)
        gr.HTML(HEADER, apply_default_css=False)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Studio", elem_id="studio"):
                gallery = gallery_strip(assets)
                with gr.Row(elem_id="page", equal_height=False):
                    with gr.Column(elem_id="show", min_width=320):
                        view = viewer(assets)
                    with gr.Column(elem_id="side", min_width=280):
                        generate, cancel, report = _act(assets)
                        settings = _settings()
                    with gr.Column(elem_id="script", min_width=320):
                        timeline = editor(assets, PRESETS[0].script, MAX_FRAMES)
                plots = plots_card(assets)
                with gr.Row(elem_id="more", equal_height=False):
                    with gr.Column(min_width=320):
                        bodies = bodies_card(sliders)
                        history, results = history_card(histories)
                        share = share_card(assets)
                    with gr.Column(min_width=320):
                        save, formats = downloads_card(assets, downloads, session, bodies)
                        dropped, measured, about_file, figures = imports_card()
                        examples = examples_list(assets)
            with gr.Tab("How it works", elem_id="lesson-tab"):
                lesson_tab(assets, generator)
        gr.HTML(FOOTER, apply_default_css=False)

        fields = [timeline, *settings]
        screen = [view, report, save]

        def then_plot(shown: gr.events.Dependency) -> None:
            """What was shown is measured afterwards, so that it is seen at once; of many, the last one for certain."""
            shown.then(events.stage.plots, session, plots.outputs, **LAST_COUNTS)

        def then_generate(began: gr.events.Dependency) -> None:
            run = began.then(
                events.run,
                [job, session, history, *bodies],
                [*screen, session, history, results, gallery, generate, cancel],
                concurrency_limit=GENERATIONS_AT_ONCE,
                concurrency_id=MODEL,
                trigger_mode="multiple",  # as for `LAST_COUNTS`, and whatever was begun is run
                **QUIET,
            )
            then_plot(run)

        begun = [job, report, generate, cancel, waiting]
        began = gr.on(
            [generate.click, timeline.submit],
            events.begin,
            [session, *fields, *bodies],
            begun,
            queue=False,
            **QUIET,
        )
        then_generate(began)
        waiting.tick(events.wait, job, [report, waiting], queue=False, **QUIET)
        demo.unload(events.leave)
        cancel.click(events.cancel, job, [report, generate, cancel], queue=False, **QUIET)
        then_plot(gallery.select(events.show_preset, [gallery, session, *bodies], [*screen, *fields], **LAST_COUNTS))
        then_plot(
            results.input(events.show_again, [results, session, history, *bodies], [*screen, *fields], **LAST_COUNTS)
        )
        # What is no longer on the screen is no longer chosen: choosing it again shows it.
        gr.on([gallery.select, examples.select, dropped.upload], None, None, results, js="() => null", **QUIET)
        gr.on(
            [results.input, examples.select, dropped.upload], None, None, gallery,
            js=f"() => ({json.dumps(NO_SCENE)})", **QUIET,
        )  # fmt: skip
        examples.expand(events.list_examples, None, examples, concurrency_limit=HANDLERS_AT_ONCE, **QUIET)
        then_plot(examples.select(events.show_example, [examples, session, *bodies], screen, **LAST_COUNTS))
        examples.apply(events.use_example, [examples, timeline], [timeline, report], queue=False, **QUIET)
        then_plot(
            dropped.upload(
                imports.open,
                [dropped, session, *bodies],
                [about_file, figures, *screen, *fields, *bodies],
                **LAST_COUNTS,
            )
        )
        measured.click(imports.measure, session, [about_file, figures], concurrency_limit=HANDLERS_AT_ONCE, **QUIET)
        share.wire(read, [*fields, *bodies])
        then_plot(
            demo.load(
                events.welcome, [session, *bodies], [*screen, session], concurrency_limit=HANDLERS_AT_ONCE, **QUIET
            )
        )
        then_generate(demo.load(events.open_link, session, [*begun, *fields, *bodies], queue=False, **QUIET))
        demo.load(downloads.choices, None, formats, concurrency_limit=HANDLERS_AT_ONCE, **QUIET)
        endpoint(generator)
    return demo


def _act(assets: Assets) -> tuple[gr.Button, gr.Button, gr.HTML]:
    """Generate, Cancel and the line that tells what goes on."""
    with gr.Row(elem_id="act"):
        generate = gr.Button(GENERATE, variant="primary", elem_id="generate", scale=0, min_width=150)
        cancel = gr.Button(CANCEL, variant="stop", visible=False, elem_id="cancel", scale=0, min_width=150)
        report = status_line(assets, READY)
    return generate, cancel, report


def _settings() -> list[gr.components.Component]:
    """The cards of how motions are made: the fields of `app.form.read` after the script."""
    variant, seed, steps, guidance, clean_up, contact = settings_of(DEFAULT)
    with gr.Column(elem_classes="is-card", elem_id="panels-card"):
        heading("Side by side", f"the same request, up to {MAX_PANELS} panels")
        beside = gr.CheckboxGroup(
            [(switch.label, name) for name, switch in SWITCHES.items()],
            value=[],
            label="Beside the first panel, show what comes out with",
            info="Same texts, times and, but for another seed, the same noise.",
            elem_id="panels",
        )
    with gr.Column(elem_classes="is-card", elem_id="model"):
        heading("Model", "the same seed gives the same motion")
        with gr.Row(elem_id="settings"):
            variant = gr.Dropdown(
                [(label, name) for name, label in VARIANTS.items()], value=variant, label="Variant",
                info="Of the first panel: the whole method, or less of it.", elem_id="variant", min_width=150,
            )  # fmt: skip
            with gr.Row(elem_id="seed-row"):
                seed = gr.Number(seed, label="Seed", info="Where the noise starts.", precision=0, elem_id="seed",
                                 min_width=80)  # fmt: skip
                again = gr.Button("New", size="sm", elem_id="new-seed", scale=0, min_width=56)
        steps = _slider("Denoising steps", "More take longer; beyond 16 little changes.", MIN_STEPS, MAX_STEPS, steps,
                        "steps", 1)  # fmt: skip
        guidance = _slider("Text guidance", "How hard the text pulls; 1 is not at all.", 0, MAX_GUIDANCE, guidance,
                           "guidance", 0.1)  # fmt: skip
        contact = _slider(
            "Contact guidance", "Keeps bodies apart, and lets hands touch where texts say so. 0 is off, and faster.",
            0, MAX_CONTACT_GUIDANCE, contact, "contact-guidance", 0.1,
        )  # fmt: skip
        clean_up = gr.Checkbox(
            clean_up, label="Clean up", info="Plants feet and smooths lightly, after the model. Part of no variant.",
            elem_id="clean-up",
        )  # fmt: skip
    again.click(None, None, seed, js=NEW_SEED, **QUIET)
    return [variant, seed, steps, guidance, clean_up, contact, beside]


def _slider(label: str, info: str, low: float, high: float, value: float, name: str, step: float) -> gr.Slider:
    return gr.Slider(low, high, value, step=step, label=label, info=info, elem_id=name, min_width=150, buttons=[])
