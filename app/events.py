"""What happens when the visitor acts."""

from __future__ import annotations

import json
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.bodies import Sliders
from app.downloads import HIDDEN
from app.examples import TOGETHER, facts, kind
from app.form import VARIANTS, Form, FormError, Request, fit, read
from app.generation import GenerationError, Generator, Progress, Stopped
from app.presets import PRESETS, Preset
from app.session import Session
from app.viewer import Shown, manifest, status

if TYPE_CHECKING:
    from intersyn.data.sample import Example
    from intersyn.motion import Motion

READY = "Ready."
NOT_READY = "Nothing to show yet."
GENERATE, CANCEL = "Generate", "Cancel"


class Events:
    """The handlers of one page, with the generator that they share and who asked to be stopped.

    `bodies`, wherever a handler takes them, are the values of the sliders for the two people's bodies. Handlers that
    show another motion hide the button that saves a file of the one before: their output `save`.
    """

    def __init__(self, generator: Generator, sliders: Sliders) -> None:
        self.generator = generator
        self.sliders = sliders
        self.stops: dict[str, threading.Event] = {}
        self._example: Motion | None = None
        self._example_lock = threading.Lock()

    def begin(self, session: Session, *fields: Any) -> tuple[Any, ...]:
        """Check the form. Outputs: the job (None if the form is wrong), status, Generate, Cancel."""
        try:
            request = read(Form(*fields))
        except FormError as error:
            return None, status(str(error), "error", field=error.field), gr.skip(), gr.skip()
        session.asked = True
        job = uuid.uuid4().hex
        self.stops[job] = threading.Event()
        waiting = status("Waiting for a free place…", "busy")
        return (job, request), waiting, gr.update(visible=False), gr.update(visible=True)

    def run(
        self, job: tuple[str, Request] | None, session: Session, *bodies: float | None
    ) -> Iterator[tuple[Any, ...]]:
        """Generate. Outputs: viewer, status, save, Generate, Cancel. What was shown stays until there is better."""
        if job is None:
            yield tuple(gr.skip() for _ in range(5))
            return
        key, request = job
        stop = self.stops.get(key, threading.Event())
        idle = gr.update(visible=True), gr.update(visible=False)
        started = time.perf_counter()
        try:
            if stop.is_set():
                raise Stopped
            for news in self.generator.run(request, stop):
                if isinstance(news, Progress):
                    yield gr.skip(), _progress(news), gr.skip(), gr.skip(), gr.skip()
                    started = time.perf_counter() if news.done == 0 else started
                    continue
                seconds = time.perf_counter() - started
                session.show(self.sliders.figures(news), _file_name(request), request)
                with self.manifest(session, bodies) as view:
                    yield view, status(_summary(news, request, seconds), "done"), HIDDEN, *idle
        except Stopped:
            yield gr.skip(), status("Cancelled; nothing was changed."), gr.skip(), *idle
        except GenerationError as error:
            yield gr.skip(), status(str(error), "error"), gr.skip(), *idle
        finally:
            self.stops.pop(key, None)

    @contextmanager
    def manifest(
        self, session: Session, bodies: Sequence[float | None], example: bool = False
    ) -> Iterator[dict[str, Any]]:
        """What the viewer is handed of the session's motion; its files live until Gradio has copied them."""
        with tempfile.TemporaryDirectory(prefix="intersyn-") as folder:
            yield manifest([Shown(self.sliders.dress(session.motion, bodies))], Path(folder), example)

    def cancel(self, job: tuple[str, Request] | None) -> tuple[Any, ...]:
        """Ask the running job to stop. Outputs: status, Generate, Cancel."""
        stop = self.stops.get(job[0]) if job else None
        if stop is None:
            return gr.skip(), gr.update(visible=True), gr.update(visible=False)
        stop.set()
        return status("Stopping after this step…", "busy"), gr.skip(), gr.skip()

    def welcome(self, session: Session, *bodies: float | None) -> Iterator[tuple[Any, ...]]:
        """On opening: the first preset, made by the model, now or for an earlier visitor.

        Outputs: viewer, status, save.
        """
        if not self.generator.is_loaded:
            yield {"message": "Loading the model…"}, status("Loading the model…", "busy"), gr.skip()
        try:
            motion, request = self.example()
        except GenerationError as error:
            yield {"message": str(error)}, status(NOT_READY), gr.skip()
            return
        if session.asked:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        session.show(self.sliders.figures(motion), _file_name(request), request)
        hint = f"“{PRESETS[0].name}”, as this model does it. Change anything and press {GENERATE}."
        with self.manifest(session, bodies, example=True) as view:
            yield view, status(hint), HIDDEN

    def example(self) -> tuple[Motion, Request]:
        """The first preset as the model makes it, computed once."""
        request = read(preset_form(PRESETS[0]))
        with self._example_lock:
            if self._example is None:
                *_, motion = self.generator.run(request, threading.Event())
                self._example = motion
            return self._example, request

    def list_examples(self) -> dict[str, Any]:
        """When their list is opened for the first time. Output: the list."""
        try:
            return {"examples": [facts(example) for example in sample_examples()], "chosen": None, "message": ""}
        except (OSError, ValueError) as error:
            return {"examples": None, "chosen": None, "message": f"The examples cannot be read: {error}."}

    def show_example(
        self, chosen: dict[str, Any], session: Session, *bodies: float | None
    ) -> Iterator[tuple[Any, ...]]:
        """Play the example that was chosen in the list. Outputs: viewer, status, save."""
        from intersyn.data.sample import load_sample, to_motion

        example = sample_examples()[chosen["chosen"]]
        session.asked = True
        name = f"{kind(example)}_{example.name.lower().replace(' ', '-')}"
        session.show(self.sliders.figures(to_motion(load_sample(), example)), name)
        with self.manifest(session, bodies) as view:
            yield view, status(f"“{example.name}”, {kind(example)}: not made by the model.", "done"), HIDDEN

    def use_example(self, chosen: dict[str, Any]) -> tuple[Any, ...]:
        """Put the chosen example's text into the form. Outputs: the text together, person one's before, status."""
        example = sample_examples()[chosen["chosen"]]
        pair = facts(example)["field"] == TOGETHER
        where = "what both do together" if pair else "what person one does before they meet"
        said = status(f"“{example.text}” is now {where}. Press {GENERATE}.")
        return (example.text if pair else gr.skip(), gr.skip() if pair else example.text, said)


def sample_examples() -> tuple[Example, ...]:
    """The bundled examples, in the order of their list."""
    from intersyn.data.sample import list_examples, load_sample  # torch takes seconds to import

    return list_examples(load_sample())


def _file_name(request: Request) -> str:
    return f"{request.variant}_seed{request.seed}"


def preset_form(preset: Preset) -> Form:
    texts = (*preset.before, preset.together, *preset.after)
    return Form(*texts, preset.frames, preset.start, preset.end, seed=preset.seed)


def apply_preset(preset: Preset) -> tuple[Any, ...]:
    """Outputs: the five texts, length, start, end, the plan."""
    form = preset_form(preset)
    return (*astuple(form)[:5], *boundaries(form.frames, form.start, form.end))


def boundaries(
    frames: float | None, start: float | None, end: float | None, plan: dict[str, int] | None = None
) -> tuple[Any, ...]:
    """After a new length; `plan` still has the old one. Outputs: length, start, end (with new ranges), the plan."""
    frames, start, end = fit(frames, start, end, *([plan["frames"]] if plan else []))
    return (
        frames,
        gr.update(value=start, maximum=frames),
        gr.update(value=end, maximum=frames),
        {"frames": frames, "start": start, "end": end},
    )


def _progress(news: Progress) -> str:
    if news.steps == 0:
        return status("Loading the model (first use, a few seconds)…", "busy")
    return status(f"Denoising, step {news.done} of {news.steps}", "busy", news.done, news.steps)


def _summary(motion: Motion, request: Request, seconds: float) -> str:
    variant = VARIANTS[request.variant].lower()
    return (
        f"{motion.duration:.1f} s of motion in {seconds:.1f} s ({variant}, seed {request.seed}, {request.steps} steps)."
    )


# In the browser, without a round trip: the plan's handles move the sliders, and the sliders the plan.
PLAN_TO_SLIDERS = "(plan) => [plan.start, plan.end]"
SLIDERS_TO_PLAN = "(frames, start, end) => ({ frames, start, end })"
NEW_SEED = f"() => Math.floor(Math.random() * {json.dumps(2**31 - 1)})"
