"""What happens when the visitor acts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

from app import gallery
from app.bodies import Sliders
from app.downloads import HIDDEN
from app.errors import FormError
from app.examples import facts, kind
from app.form import FIELDS, fields, read
from app.generation import GenerationError, Generator, Progress
from app.history import GONE, Histories, History
from app.limits import MAX_SEED, MAX_WAITING
from app.line import Place, Stopped, in_words
from app.panels import VARIANTS, labels_of
from app.presets import Preset
from app.script import TOGETHER, Script
from app.session import Session
from app.share import ShareError, shared_state
from app.stage import Stage
from app.state import State
from app.viewer import status
from intersyn.timeline import DEFAULT_FPS

if TYPE_CHECKING:
    from intersyn.data.sample import Example
    from intersyn.motion import Motion

READY = "Ready."
FULL = "Too many people are waiting at the moment: try again in a few minutes."
GENERATE, CANCEL = "Generate", "Cancel"
Job = tuple[str, State]


class Events:
    """The handlers of one page, with the generator that they share and who asked to be stopped.

    `bodies`, wherever a handler takes them, are the values of the sliders for the two people's bodies. Handlers that
    show another motion hide the button that saves a file of the one before: their output `save`. `fields` is what
    `app.form.fields` gives: the editor's value, the settings, what stands beside.
    """

    def __init__(self, generator: Generator, sliders: Sliders, histories: Histories) -> None:
        self.generator = generator
        self.sliders = sliders
        self.histories = histories
        self.stage = Stage(sliders)

    def begin(self, session: Session, request: gr.Request, *values: Any) -> tuple[Any, ...]:
        """Check the form. Outputs: the job (None if nothing is to be done), status, Generate, Cancel, the timer."""
        idle = (gr.skip(),) * 3
        try:
            state = read(*values)
        except FormError as error:
            return None, status(str(error), "error", field=error.field), *idle
        if len(self.generator.line) >= MAX_WAITING:
            return None, status(FULL, "error"), *idle
        session.asked = True
        place = self.generator.join(state.script.timeline(), state.panels, request.session_hash)
        return (
            (place.key, state), self._waiting(place), gr.update(visible=False), gr.update(visible=True),
            gr.Timer(active=True),
        )  # fmt: skip

    def _waiting(self, place: Place) -> str:
        people, seconds = self.generator.line.before(place)
        return status(f"Waiting: {in_words(people, seconds)}." if people else "Starting…", "busy")

    def wait(self, job: Job | None) -> tuple[Any, ...]:
        """Look again who is before. Outputs: status, the timer."""
        place = self.generator.line.find(job[0]) if job else None
        if place is None or not place.waits:
            return gr.skip(), gr.Timer(active=False)
        return self._waiting(place), gr.skip()

    def leave(self, request: gr.Request) -> None:
        """The tab was closed."""
        self.generator.line.leave(request.session_hash)

    def run(
        self, job: Job | None, session: Session, history: History, *bodies: float | None
    ) -> Iterator[tuple[Any, ...]]:
        """Generate. Outputs: viewer, status, save, session, history, its list, the gallery, Generate, Cancel.

        What was shown stays until there is better.
        """
        skip = gr.skip()
        if job is None:
            yield (skip,) * 9
            return
        key, state = job
        line, timeline = self.generator.line, state.script.timeline()
        place = line.find(key) or self.generator.join(timeline, state.panels)
        idle = gr.update(visible=True), gr.update(visible=False)
        try:
            for news in self.generator.run(timeline, state.panels, place):
                if isinstance(news, Progress):
                    yield skip, _progress(news), *(skip,) * 7
                    continue
                seconds = line.seconds(place)
                self.stage.show(session, news.motions, _file_name(state), state)
                listed = self.histories.add(history, state, session.motions, labels_of(state.panels))
                said = status(summary(state, seconds, news.touches), "done")
                with self.stage.manifest(session, bodies) as view:
                    yield view, said, HIDDEN, session, history, listed, gallery.NO_SCENE, *idle
        except Stopped:
            yield skip, status("Cancelled; nothing was changed."), *(skip,) * 5, *idle
        except GenerationError as error:
            yield skip, status(str(error), "error"), *(skip,) * 5, *idle

    def cancel(self, job: Job | None) -> tuple[Any, ...]:
        """Ask the running job to stop. Outputs: status, Generate, Cancel."""
        place = self.generator.line.find(job[0]) if job else None
        if place is None:
            return gr.skip(), gr.update(visible=True), gr.update(visible=False)
        place.stop.set()
        return status("Stopping after this step…", "busy"), gr.skip(), gr.skip()

    def welcome(self, session: Session, *bodies: float | None) -> Iterator[tuple[Any, ...]]:
        """On opening: the gallery's first scene, as it was bundled. Outputs: viewer, status, save, session.

        It is on the screen at once; files and plots of it can be made as soon as torch is there. A state's time to
        live begins when a handler returns it.
        """
        if session.asked:
            yield (gr.skip(),) * 4
            return
        with self.stage.opening(bodies) as (view, preset):
            hint = f"{gallery.said(preset)} Change anything and press {GENERATE}."
            yield view, status(hint), HIDDEN, gr.skip()
        motions, preset = gallery.load(0)  # brings torch, which can take seconds: they may have asked meanwhile
        if not session.asked:
            self._put(session, motions, preset)
        yield gr.skip(), gr.skip(), gr.skip(), session

    def show_preset(self, chosen: dict[str, Any], session: Session, *bodies: float | None) -> Iterator[tuple[Any, ...]]:
        """A scene of the gallery plays at once and fills the form. Outputs: viewer, status, save, fields."""
        session.asked = True
        motions, preset = gallery.load(chosen["chosen"])
        self._put(session, motions, preset)
        with self.stage.manifest(session, bodies) as view:
            yield view, status(gallery.said(preset), "done"), HIDDEN, *fields(session.state)

    def _put(self, session: Session, motions: list[Motion], preset: Preset) -> None:
        """What `gallery.load` gave is on the screen."""
        state = State(preset.script, (preset.settings,), tuple(self.sliders.middle))
        self.stage.show(session, motions, _file_name(state), state)

    def open_link(self, session: Session, request: gr.Request) -> tuple[Any, ...]:
        """On opening, where the address holds a scene: into the form with it, and generate.

        Outputs: those of `begin`, fields, bodies.
        """
        untouched = (gr.skip(),) * (FIELDS + len(self.sliders.middle))
        try:
            state = shared_state(request)
        except ShareError as error:
            return None, status(str(error), "error"), *(gr.skip(),) * 3, *untouched
        if state is None:
            return None, *(gr.skip(),) * 4, *untouched
        bodies = self.sliders.values(self.sliders.betas(state.bodies))  # within the sliders' range
        return *self.begin(session, request, *fields(state), *bodies), *fields(state), *bodies

    def show_again(
        self, key: str | None, session: Session, history: History, *bodies: float | None
    ) -> Iterator[tuple[Any, ...]]:
        """A result of the history. Outputs: viewer, status, save, fields."""
        try:
            state, motions = self.histories.find(history, key)
        except LookupError as error:
            yield gr.skip(), status(str(error), "error"), gr.skip(), *(gr.skip(),) * FIELDS
            return
        if motions is None:
            yield gr.skip(), status(GONE), gr.skip(), *fields(state)
            return
        self.stage.show(session, motions, _file_name(state), state)
        with self.stage.manifest(session, bodies) as view:
            yield view, status("Shown again, as it was made.", "done"), HIDDEN, *fields(state)

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
        self.stage.show(session, [to_motion(load_sample(), example)], name)
        with self.stage.manifest(session, bodies) as view:
            yield view, status(f"“{example.name}”, {kind(example)}: not made by the model.", "done"), HIDDEN

    def use_example(self, chosen: dict[str, Any], script: Any) -> tuple[Any, ...]:
        """Put the chosen example's text into the script. Outputs: the editor's value, status."""
        example = sample_examples()[chosen["chosen"]]
        pair = facts(example)["field"] == TOGETHER
        segments = Script.from_value(script).value()["segments"]
        fitting = [k for k, segment in enumerate(segments) if (segment["kind"] == TOGETHER) == pair]
        if not fitting:
            missing = "in which both are together" if pair else "in which everyone is alone"
            return gr.skip(), status(f"There is no segment {missing}: add one first.", "error", field="timeline")
        segments[fitting[0]]["together" if pair else "one"] = example.text
        where = "what both do together" if pair else "what person one does"
        said = status(f"“{example.text}” is now {where} in segment {fitting[0] + 1}. Press {GENERATE}.")
        return {"segments": segments}, said


def sample_examples() -> tuple[Example, ...]:
    """The bundled examples, in the order of their list."""
    from intersyn.data.sample import list_examples, load_sample  # torch takes seconds to import

    return list_examples(load_sample())


def _file_name(state: State) -> str:
    return f"{state.panels[0].variant}_seed{state.panels[0].seed}"


def _progress(news: Progress) -> str:
    if news.steps == 0:
        return status("Loading the model (first use, a few seconds)…", "busy")
    left = f", {news.left:.0f} s left" if news.left is not None and news.left >= 1 else ""
    return status(f"Denoising, step {news.done} of {news.steps}{left}", "busy", news.done, news.steps)


def summary(state: State, seconds: float, touches: Mapping[str, str | None]) -> str:
    """What was made, for the status line. touches: as in `Made`."""
    first = state.panels[0]
    what = f"{state.script.frames / DEFAULT_FPS:.1f} s of motion"
    many = f" in {len(state.panels)} panels" if len(state.panels) > 1 else ""
    label = VARIANTS[first.variant].lower()
    made = f"{what}{many} in {seconds:.1f} s ({label}, seed {first.seed}, {first.steps} steps)."
    read = [f"“{text}” as {(action or 'no touch').replace('-', ' ')}" for text, action in touches.items()]
    return f"{made} Contact guidance read {', '.join(read)}." if read else made


NEW_SEED = f"() => Math.floor(Math.random() * {MAX_SEED})"
