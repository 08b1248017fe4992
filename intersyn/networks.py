"""The trained networks of a checkpoint, each with the configuration it was saved with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from intersyn.checkpoint import CheckpointError, fill, load_weights, read_config, save_checkpoint
from intersyn.features import Normalizer
from intersyn.models.baselines import MutualDenoiser
from intersyn.models.cmdm import CMDM, CMDMConfig
from intersyn.models.coordinator import Coordinator, CoordinatorConfig
from intersyn.text import PAPER_ENCODER, TextEncoder

Denoiser = CMDM | MutualDenoiser
DENOISERS = {"cmdm": CMDM, "mutual": MutualDenoiser}  # the paper's, and a baseline (see `models.baselines`)


@dataclass(frozen=True)
class INSConfig:
    """config.json of ins/ and ins_no_smooth/."""

    model: CMDMConfig
    smooth: bool = True  # trained with L_smooth
    steps: int = 0  # of its last training run
    kind: str = "cmdm"  # of DENOISERS
    uncouple: float = 0.2  # share of training samples whose partner was hidden

    def __post_init__(self) -> None:
        if self.kind not in DENOISERS:
            raise ValueError(f"kind must be one of {', '.join(DENOISERS)}, got {self.kind!r}")

    @property
    def coupled(self) -> bool:
        """Whether it ever saw a partner; if not, it must not be shown one."""
        return self.uncouple < 1

    @property
    def uncoupled(self) -> bool:
        """Whether it ever did without a partner."""
        return self.uncouple > 0

    def network(self) -> Denoiser:
        """A network of this kind and these sizes with random weights."""
        return DENOISERS[self.kind](self.model)


@dataclass(frozen=True)
class RECConfig:
    """config.json of rec/."""

    model: CoordinatorConfig
    steps: int = 0  # of its last training run


@dataclass(frozen=True)
class INS:
    """The CMDM (or a baseline in its place) and the normalisation it was trained with, which share a folder."""

    model: Denoiser
    normalizer: Normalizer
    config: INSConfig

    @staticmethod
    def load(folder: Path) -> INS:
        config = read_config(folder, INSConfig)
        state = load_weights(folder)
        own = {name.removeprefix("normalizer."): v for name, v in state.items() if name.startswith("normalizer.")}
        rest = {name: v for name, v in state.items() if not name.startswith("normalizer.")}
        model = fill(config.network(), rest, folder).eval().requires_grad_(False)
        return INS(model, fill(Normalizer(), own, folder), config)

    def save(self, folder: Path) -> None:
        own = {f"normalizer.{name}": value for name, value in self.normalizer.state_dict().items()}
        save_checkpoint(folder, self.config, {**self.model.state_dict(), **own})


@dataclass(frozen=True)
class REC:
    """The coordinator, trained against one INS and its normalisation."""

    model: Coordinator
    config: RECConfig

    @staticmethod
    def load(folder: Path) -> REC:
        config = read_config(folder, RECConfig)
        return REC(fill(Coordinator(config.model), load_weights(folder), folder).eval().requires_grad_(False), config)

    def save(self, folder: Path) -> None:
        save_checkpoint(folder, self.config, self.model.state_dict())


def load_text_encoder(folder: Path, name: str) -> TextEncoder:
    """The text encoder `name` of a checkpoint folder, or the paper's. Raises `CheckpointError`."""
    if name != PAPER_ENCODER and (Path(name).name != name or not (folder / name).is_dir()):
        raise CheckpointError(f"The checkpoint is incomplete: {folder} has no text encoder {name!r}.")
    try:
        return TextEncoder.from_pretrained(name if name == PAPER_ENCODER else folder / name)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"The text encoder cannot be loaded: {error}") from error
