"""The one public endpoint, /generate, for programs: the same model, checks and limits as the page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.generation import GenerationError, Generator
from app.limits import GENERATIONS_AT_ONCE, check_request
from app.state import read_settings
from intersyn.export.formats import FORMATS, export
from intersyn.export.options import ExportOptions
from intersyn.timeline import Timeline

if TYPE_CHECKING:
    from intersyn.settings import Settings

MODEL = "model"  # concurrency_id of whatever generates: the page and the API take turns
GENERATE = "generate"
FRAMES, START, END = 196, 70, 130  # of a scene of which only the texts are given
SUFFIXES = tuple(suffix for suffix, entry in FORMATS.items() if not entry.drawn)


def endpoint(generator: Generator) -> None:
    """Add /generate to the page that is being built."""
    gr.api(
        generate_with(generator), api_name=GENERATE, concurrency_id=MODEL, concurrency_limit=GENERATIONS_AT_ONCE
    )  # fmt: skip


def generate_with(generator: Generator) -> Callable[..., Iterator[list[dict[str, Any]]]]:
    """The endpoint's function, of this generator's checkpoint."""

    def generate(
        timeline: dict | None = None,
        before_one: str = "a person walks forward",
        before_two: str = "a person walks forward",
        together: str = "two people wave to each other",
        after_one: str = "a person walks forward",
        after_two: str = "a person walks forward",
        frames: int = FRAMES,
        start: int = START,
        end: int = END,
        variant: str = "full",
        seed: int = 0,
        steps: int = 16,
        guidance: float = 2.5,
        clean_up: bool = True,
        contact_guidance: float = 1.0,
        file_format: str = ".npz",
    ) -> Iterator[list[dict]]:
        """Make a motion of two people and return its files, one or one for each person.

        timeline: a timeline as in project files, in place of the five texts and the three times. The texts say what
        each does before they meet, what they do together, and what each does afterwards; the interaction lasts from
        frame `start` to `end` of `frames`, 20 a second; from 0 there is no before, to the last frame no afterwards.
        file_format: .npz, .amass.npz, .glb, .bvh, .obj or .json, a project file.
        """
        try:
            if file_format not in SUFFIXES:
                raise ValueError(f"There is no format {str(file_format)[:40]!r}: choose one of {', '.join(SUFFIXES)}.")
            if timeline is None:
                before, after = (before_one, before_two), (after_one, after_two)
                scene = Timeline.solo_interact_solo(before, together, after, frames, start, end)
            else:
                scene = Timeline.from_dict(timeline)
            panel = read_settings((variant, seed, steps, guidance, clean_up, contact_guidance))
            check_request(scene.frames, scene.num_people, [panel])
            with tempfile.TemporaryDirectory(prefix="intersyn-") as folder:
                path = Path(folder) / f"intersyn_{panel.variant}_seed{panel.seed}{file_format}"
                files = _files(generator, scene, panel, path)
                yield [gr.FileData(path=str(file), orig_name=file.name).model_dump() for file in files]
        except (GenerationError, ValueError) as error:
            raise gr.Error(str(error), print_exception=False) from error

    return generate


def _files(generator: Generator, timeline: Timeline, panel: Settings, path: Path) -> list[Path]:
    """Generate and export. Raises `GenerationError`, `ExportError`."""
    *_, made = generator.run(timeline, [panel])
    project = None
    if path.suffix == ".json":
        from intersyn.export.project import Project

        project = Project.of(generator.load(), timeline, **vars(panel))
    return export(made.motions[0], path, ExportOptions(seed=panel.seed, variant=panel.variant, project=project))
