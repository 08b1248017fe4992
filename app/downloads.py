"""Taking the motion on the screen away: every format, with progress and a way to stop."""

from __future__ import annotations

import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.assets import Assets
from app.bodies import Sliders
from app.errors import sentence_of
from app.generation import GenerationError, Generator
from app.limits import FILMS_AT_ONCE, MAX_FILE_FRAMES, MAX_PICTURES
from app.panels import VARIANTS
from app.parts import LAST_COUNTS, QUIET, heading
from app.session import Session
from app.viewer import status, status_line
from app.worker import listen
from intersyn.export.formats import FORMATS, Format, export
from intersyn.export.options import ExportError, ExportOptions

if TYPE_CHECKING:
    from intersyn.motion import Motion

DRAWN = (".mp4", ".png")  # formats that need OpenGL
FIRST = ".glb"
AS_IT_IS = 0  # frames per second: the motion's own
RATES = (("as it is", AS_IT_IS), ("20", 20), ("30", 30), ("60", 60))
UNITS = (("metres", "m"), ("centimetres", "cm"))
HIDDEN = gr.update(visible=False)
FORESEEN = ExportError, GenerationError
FAILED = "The file could not be made ({}); the motion is still there."
NOTHING = "There is no motion on the screen yet: generate one first."
# The viewer's frame takes the place of the unused number among the inputs.
CURRENT_FRAME = """(session, suffix, rate, units, _, ...bodies) => {
  const viewer = [...document.querySelectorAll("#viewer, #viewer *")].find((e) => e.viewer)?.viewer;
  return [session, suffix, rate, units, Math.round(viewer?.clock.frame ?? 0), ...bodies];
}"""
# A file of another motion, other bodies or another format must not be mistaken for one of what is on the screen.
MARK_STALE = "() => document.getElementById('save')?.classList.add('is-stale')"
MARK_FRESH = "() => document.getElementById('save')?.classList.remove('is-stale')"


class Downloads:
    """The handlers of the card. Films are made `FILMS_AT_ONCE` at a time, whoever asks."""

    def __init__(self, generator: Generator, sliders: Sliders) -> None:
        self.generator = generator
        self.sliders = sliders
        self._filming = threading.Semaphore(FILMS_AT_ONCE)

    def choices(self) -> dict[str, Any]:
        """The menu, after OpenGL has been looked for, which takes seconds the first time. Output: the formats."""
        from intersyn.render.gl import gl_backend

        return gr.update(choices=_choices(gl_backend() is not None))

    def describe(self, suffix: str) -> tuple[Any, ...]:
        """After a format was chosen. Outputs: what it is, frame rate, units."""
        entry = FORMATS[suffix]
        problem = None
        if suffix in DRAWN:
            from intersyn.render.gl import gl_problem

            problem = gl_problem()
        timed = not entry.one_frame and suffix != ".json"
        return about(entry, problem), gr.update(visible=timed), gr.update(visible=suffix == ".bvh")

    def prepare(
        self, session: Session, suffix: str, rate: int, units: str, frame: int, *bodies: float | None
    ) -> Iterator[tuple[Any, ...]]:
        """Write the motion on the screen, with the bodies of the sliders. Outputs: line, save, Prepare, Cancel."""
        if session.motion is None:
            yield status(NOTHING, "error"), gr.skip(), gr.skip(), gr.skip()
            return
        entry = FORMATS[suffix]
        stop = session.stop = threading.Event()
        idle = gr.update(visible=True), gr.update(visible=False)
        try:
            motion = self.sliders.dress(session.motion, bodies)
            beside = [self.sliders.dress(other, bodies) for other in session.motions[1:]]
            check_size(motion, entry, rate)
            yield status(f"Preparing {entry.label}…", "busy"), HIDDEN, *_busy(entry)
            with tempfile.TemporaryDirectory(prefix="intersyn-") as folder:
                path = Path(folder) / f"{session.name}{suffix}"

                def work(tell: Callable[[tuple[Any, ...]], None]) -> list[Path]:
                    def say(text: str, *steps: int) -> None:
                        tell((status(text, "busy", *steps), gr.skip(), gr.skip(), gr.skip()))

                    options = self._options(session, beside, entry, rate, units, min(frame, motion.frames - 1))
                    return self._write(motion, path, entry, options, say, stop)

                files = yield from listen(work, "export", stop, newest=True)
                if not files:
                    yield status("Cancelled; no file was made."), HIDDEN, *idle
                else:
                    file = together(files, path)
                    ready = status(f"{file.name} is ready, {_size(file)}.", "done")
                    yield ready, gr.update(value=str(file), visible=True), *idle
        except Exception as error:
            yield status(sentence_of(error, FORESEEN, FAILED), "error"), HIDDEN, *idle
        finally:
            stop.set()  # whoever waited is gone: the work need not go on

    def cancel(self, session: Session) -> str:
        """Ask the running export to stop. Output: line."""
        if session.stop is not None:
            session.stop.set()
        return status("Stopping…", "busy")

    def _write(
        self, motion: Motion, path: Path, entry: Format, options: ExportOptions, say: Callable[..., None],
        stop: threading.Event,
    ) -> list[Path]:  # fmt: skip
        """The files, or none where `stop` was set. say(text, done, steps): what goes on."""

        def progress(done: int, total: int) -> None:
            say(f"Drawing picture {done} of {total}", done, total)

        if not entry.slow:
            return export(motion, path, options, progress, stop.is_set)
        if not self._my_turn(stop, lambda: say("Waiting for another film…")):
            return []
        try:
            return export(motion, path, options, progress, stop.is_set)
        finally:
            self._filming.release()

    def _my_turn(self, stop: threading.Event, wait: Callable[[], None]) -> bool:
        """Take a place for films, after a call of `wait` where none is free; False where `stop` was set."""
        if self._filming.acquire(blocking=False):
            return True
        wait()
        while not stop.is_set():
            if self._filming.acquire(timeout=0.2):
                return True
        return False

    def _options(
        self, session: Session, beside: Sequence[Motion], entry: Format, rate: int, units: str, frame: int
    ) -> ExportOptions:
        state, drawn = session.state, entry.suffix in DRAWN
        options = ExportOptions(fps=rate or None, units=units, frame=frame)
        if state is None:
            return options
        first = state.panels[0]
        variant = first.variant
        if drawn:  # pictures show all panels, with their names written on them
            variant = session.labels[0] or VARIANTS[variant]
            options = replace(options, beside=tuple(zip(session.labels[1:], beside, strict=True)))
        project = state.project(self.generator.load()) if entry.suffix == ".json" else None
        return replace(options, seed=first.seed, variant=variant, project=project)


def check_size(motion: Motion, entry: Format, rate: int) -> None:
    """Raise `ExportError` for more than the server has time for."""
    frames = 1 if entry.one_frame else round(motion.duration * (rate or motion.fps))
    if entry.slow and frames > MAX_PICTURES:
        raise ExportError(
            f"This film would have {frames} pictures, and the page makes up to {MAX_PICTURES}: choose fewer frames "
            "per second, or use the command line."
        )
    if frames * motion.num_people > MAX_FILE_FRAMES:
        raise ExportError(
            f"This file would have {frames} frames of {motion.num_people} people, and the page writes up to "
            f"{MAX_FILE_FRAMES}: choose fewer frames per second, or use the command line."
        )


def together(files: Sequence[Path], asked: Path) -> Path:
    """The only file, or a zip of them, called like the file that was asked for."""
    if len(files) == 1:
        return files[0]
    path = asked.with_name(f"{asked.name}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    return path


def about(entry: Format, problem: str | None = None) -> str:
    """The line below the formats: what is chosen, or why it cannot be made here."""
    kind = "is-error" if problem else "is-idle"
    frame = " The frame is the one on the screen." if entry.one_frame else ""
    text = problem or f"{entry.label}: {entry.description}.{frame}"
    return f'<p class="is-status {kind}" role="status">{escape(text)}</p>'


def downloads_card(assets: Assets, downloads: Downloads, session: gr.State, bodies: Sequence[gr.Slider]) -> list[Any]:
    """The card, wired. Returns the button that saves a file, for handlers that show another motion, and what
    `Downloads.choices` updates."""
    with gr.Column(elem_classes="is-card", elem_id="take"):
        heading(
            "Take it away",
            "what is on the screen, with these bodies; files hold the first panel, films and pictures all",
        )
        suffix = gr.Radio(_choices(True), value=FIRST, label="Format", elem_id="format")
        line = gr.HTML(about(FORMATS[FIRST]), apply_default_css=False, elem_id="format-about")
        with gr.Row(elem_id="take-options"):
            rate = gr.Radio(list(RATES), value=AS_IT_IS, label="Frames per second", elem_id="rate")
            units = gr.Radio(list(UNITS), value="m", label="Units", elem_id="units", visible=False)
        with gr.Row(elem_id="take-act"):
            prepare = gr.Button("Prepare", elem_id="prepare", scale=0, min_width=120)
            cancel = gr.Button("Cancel", variant="stop", visible=False, elem_id="cancel-take", scale=0, min_width=120)
            report = status_line(assets, "", "take-status")
            save = gr.DownloadButton(
                "Save file", visible=False, elem_id="save", scale=0, min_width=120, variant="primary"
            )
        frame = gr.Number(0, precision=0, visible=False)  # what the server is told comes from CURRENT_FRAME
    suffix.change(downloads.describe, suffix, [line, rate, units], queue=False, **QUIET)
    gr.on([part.change for part in (suffix, rate, units, *bodies)], None, None, None, js=MARK_STALE, **QUIET)
    prepare.click(
        downloads.prepare,
        [session, suffix, rate, units, frame, *bodies],
        [report, save, prepare, cancel],
        js=CURRENT_FRAME,
        **LAST_COUNTS,
    ).then(None, None, None, js=MARK_FRESH, **QUIET)
    cancel.click(downloads.cancel, session, report, queue=False, **QUIET)
    return [save, suffix]


def _choices(drawable: bool) -> list[tuple[str, str]]:
    return [
        (entry.label if drawable or suffix not in DRAWN else f"{entry.label} (not here)", suffix)
        for suffix, entry in FORMATS.items()
    ]


def _busy(entry: Format) -> tuple[Any, Any]:
    """Prepare, Cancel."""
    if entry.slow:
        return gr.update(visible=False), gr.update(visible=True)
    return gr.skip(), gr.skip()


def _size(file: Path) -> str:
    size = file.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"
