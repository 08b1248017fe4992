"""Project files: what a motion was made from, so that the same checkpoint makes it again, bit for bit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from intersyn import __version__
from intersyn.comparison import compare
from intersyn.digest import weights_digest
from intersyn.export.options import ExportError, ExportOptions, check_exportable
from intersyn.files import atomic_write
from intersyn.motion import NUM_BETAS, Motion
from intersyn.pipeline import InterSynPipeline
from intersyn.settings import Settings
from intersyn.timeline import Timeline, TimelineError

FORMAT = "intersyn-project"
FORMAT_VERSION = 1
MAX_BYTES = 1_000_000  # a project of eight people and seven segments of the longest texts has 30 kB
MAX_BETA = 10.0
MAX_NAME = 200
MAX_BESIDE = 7
_DIGEST = re.compile(r"[0-9a-f]{64}")


class ProjectError(ValueError):
    """A project file that cannot be used; the message is one sentence that names the field."""


@dataclass(frozen=True)
class Project:
    """Everything that decides a motion. Checked on construction; raises `ProjectError`.

    checkpoint: its name, for people; digest: `weights_digest` of it, 64 hexadecimal figures.
    betas: shapes of the bodies, ten numbers for each person, or () where all are average.
    app_version: of the InterSyn that made the motion. beside: how further motions of this timeline were made, seen
    beside the first one.
    """

    timeline: Timeline
    seed: int
    variant: str
    steps: int
    guidance_scale: float
    clean_up: bool
    checkpoint: str
    digest: str
    betas: tuple[tuple[float, ...], ...] = ()
    contact_guidance: float = 0.0
    app_version: str = __version__
    beside: tuple[Settings, ...] = ()

    def __post_init__(self) -> None:
        try:
            _ = self.settings
        except ValueError as error:
            raise ProjectError(f"The project cannot be used: {error}") from error
        if len(self.beside) > MAX_BESIDE:
            raise ProjectError(f"A project has at most {MAX_BESIDE} motions beside the first, got {len(self.beside)}.")
        if self.betas and len(self.betas) != self.timeline.num_people:
            raise ProjectError(
                f"The project's betas must be given for all {self.timeline.num_people} people or for nobody, "
                f"got {len(self.betas)}."
            )
        for person, betas in enumerate(self.betas):
            if len(betas) != NUM_BETAS or not all(abs(value) <= MAX_BETA for value in betas):
                raise ProjectError(
                    f"The project's betas of person {person} must be {NUM_BETAS} numbers from -{MAX_BETA:g} to "
                    f"{MAX_BETA:g}."
                )
        if not _DIGEST.fullmatch(self.digest):
            raise ProjectError("The project's checkpoint sha256 must be 64 hexadecimal figures.")

    @property
    def settings(self) -> tuple[Settings, ...]:
        """How each motion is made, the first one first."""
        first = Settings(self.variant, self.seed, self.steps, self.guidance_scale, self.clean_up, self.contact_guidance)
        return first, *self.beside

    @staticmethod
    def of(
        pipeline: InterSynPipeline,
        timeline: Timeline,
        *,
        seed: int = 0,
        variant: str = "full",
        steps: int | None = None,
        guidance_scale: float | None = None,
        clean_up: bool = False,
        betas: tuple[tuple[float, ...], ...] = (),
        contact_guidance: float = 0.0,
        beside: Sequence[Settings] = (),
    ) -> Project:
        """The project of a call of `pipeline` with these arguments, its defaults filled in."""
        config = pipeline.config
        steps, guidance_scale = config.or_defaults(steps, guidance_scale)
        return Project(
            timeline,
            seed,
            variant,
            steps,
            float(guidance_scale),
            clean_up,
            config.name,
            weights_digest(pipeline),
            betas,
            float(contact_guidance),
            beside=tuple(beside),
        )

    def generate(self, pipeline: InterSynPipeline, callback: Callable[[int, int], bool | None] | None = None) -> Motion:
        """Make the first motion again. Errors and `callback` are those of `InterSynPipeline.__call__`.

        The same weights on the same machine and version of PyTorch give the same numbers; see `difference`.
        """
        (motion,) = replace(self, beside=()).generate_all(pipeline, callback)
        return motion

    def generate_all(
        self, pipeline: InterSynPipeline, callback: Callable[[int, int], bool | None] | None = None
    ) -> list[Motion]:
        """Make all motions again, in the order of `settings`. Errors and `callback` are those of `compare`."""
        motions = compare(pipeline, self.timeline, self.settings, callback)
        if not self.betas:
            return motions
        return [replace(motion, betas=motion.betas.new_tensor(self.betas)) for motion in motions]

    def difference(self, pipeline: InterSynPipeline) -> str | None:
        """One sentence for the user where `pipeline` will not make the same motion, or may not; else None."""
        digest = weights_digest(pipeline)
        if digest != self.digest:
            return (
                f"This project was made with the checkpoint {self.checkpoint} ({self.digest[:8]}), but "
                f"{pipeline.config.name} ({digest[:8]}) is loaded: the motion will be another one."
            )
        if self.app_version != __version__:
            return (
                f"This project was made by InterSyn {self.app_version} and this is {__version__}: "
                "the motion may differ a little."
            )
        return None

    def to_json(self) -> str:
        data = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "app_version": self.app_version,
            "checkpoint": {"name": self.checkpoint, "sha256": self.digest},
            "seed": self.seed,
            "variant": self.variant,
            "steps": self.steps,
            "guidance_scale": self.guidance_scale,
            "clean_up": self.clean_up,
            "betas": [list(betas) for betas in self.betas],
            "timeline": self.timeline.to_dict(),
        }
        if self.contact_guidance:  # left out where it is off, so that older readers of this format read the rest
            data["contact_guidance"] = self.contact_guidance
        if self.beside:  # likewise
            data["beside"] = [asdict(settings) for settings in self.beside]
        return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"

    @staticmethod
    def from_json(text: str) -> Project:
        """Raises `ProjectError`, which names the field that is wrong."""
        if len(text) > MAX_BYTES:
            raise ProjectError(f"A project file has at most {MAX_BYTES} characters, got {len(text)}.")
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:  # nested too deep, or a number too long to read
            raise ProjectError(f"The project is not valid JSON: {error}.") from error
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ProjectError(f'This is no project file: it needs "format": "{FORMAT}".')
        if data.get("version") != FORMAT_VERSION or isinstance(data["version"], bool):
            raise ProjectError(
                f"The project's version must be {FORMAT_VERSION}, got {_shown(data.get('version'))}: "
                "it was written by another version of InterSyn."
            )
        return _read(data)

    def save(self, path: str | Path) -> Path:
        """Write the project file atomically."""
        with atomic_write(path, "w") as file:
            file.write(self.to_json())
        return Path(path)

    @staticmethod
    def load(path: str | Path) -> Project:
        """Read a project file. Raises `ProjectError`, which names the file."""
        path = Path(path)
        try:
            with path.open(encoding="utf-8") as file:
                text = file.read(MAX_BYTES + 1)
            return Project.from_json(text)
        except OSError as error:
            raise ProjectError(f"Cannot read the project {path}: {error.strerror or error}.") from error
        except UnicodeDecodeError as error:
            raise ProjectError(f"Cannot read the project {path}: it is no text file.") from error
        except ProjectError as error:
            raise ProjectError(f"{path.name}: {error}") from error


def write_project(motion: Motion, path: str | Path, options: ExportOptions) -> list[Path]:
    """Write `options.project`, with the betas of the motion. Raises `ExportError` where there is none, OSError."""
    check_exportable(motion)
    if options.project is None:
        raise ExportError(
            "There is no project to write: only a motion that was generated here has one, not an imported motion."
        )
    betas = tuple(map(tuple, motion.betas.tolist())) if torch.any(motion.betas != 0) else ()
    try:
        project = replace(options.project, betas=betas)
    except ProjectError as error:
        raise ExportError(str(error)) from error
    return [project.save(path)]


def _read(data: Mapping[str, Any]) -> Project:
    known = {"format", "version", "app_version", "checkpoint", "seed", "variant", "steps", "guidance_scale",
             "clean_up", "betas", "timeline"}  # fmt: skip
    if unknown := sorted(set(data) - known - {"contact_guidance", "beside"}):
        raise ProjectError(f"A project has no field {unknown[0][:40]!r}.")
    if missing := sorted(known - set(data)):
        raise ProjectError(f"The project lacks the field {missing[0]}.")
    checkpoint = data["checkpoint"]
    if not isinstance(checkpoint, dict) or set(checkpoint) != {"name", "sha256"}:
        raise ProjectError("The project's checkpoint must be an object with name and sha256, nothing else.")
    try:
        timeline = Timeline.from_dict(data["timeline"])
    except TimelineError as error:
        raise ProjectError(f"The project's timeline cannot be used: {error}") from error
    return Project(
        timeline=timeline,
        **_settings(data),
        checkpoint=_field(checkpoint, "name", str, "a text", "checkpoint name"),
        digest=_field(checkpoint, "sha256", str, "a text", "checkpoint sha256"),
        betas=_betas(data["betas"]),
        app_version=_field(data, "app_version", str, "a text"),
        beside=_beside(data.get("beside", [])),
    )


def _settings(data: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `Settings`, their types checked."""
    return {
        "variant": _field(data, "variant", str, "a text"),
        "seed": _field(data, "seed", int, "a whole number"),
        "steps": _field(data, "steps", int, "a whole number"),
        "guidance_scale": _real(data["guidance_scale"], "guidance_scale"),
        "clean_up": _field(data, "clean_up", bool, "true or false"),
        "contact_guidance": _real(data.get("contact_guidance", 0.0), "contact_guidance"),
    }


def _beside(value: Any) -> tuple[Settings, ...]:
    names = {field.name for field in fields(Settings)}
    if not isinstance(value, list) or not all(isinstance(item, dict) and set(item) == names for item in value):
        raise ProjectError(f"The project's beside must be a list of objects with {', '.join(sorted(names))}.")
    try:
        return tuple(Settings(**_settings(item)) for item in value)
    except ProjectError:
        raise
    except ValueError as error:
        raise ProjectError(f"The project's beside cannot be used: {error}") from error


def _field(data: Mapping[str, Any], key: str, kind: type, kind_name: str, name: str | None = None) -> Any:
    value = data[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ProjectError(f"The project's {name or key} must be {kind_name}, got {_shown(value)}.")
    if isinstance(value, str) and (len(value) > MAX_NAME or not value.isprintable()):
        raise ProjectError(f"The project's {name or key} must be at most {MAX_NAME} printable characters.")
    return value


def _real(value: Any, name: str) -> float:
    # the comparison comes first: a whole number of 400 figures is no float
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e9:
        raise ProjectError(f"The project's {name} must be a finite number, got {_shown(value)}.")
    return float(value)


def _betas(value: Any) -> tuple[tuple[float, ...], ...]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise ProjectError("The project's betas must be a list with a list of numbers for each person, or empty.")
    return tuple(tuple(_real(entry, "betas") for entry in row) for row in value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
