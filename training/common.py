"""What every training stage needs once: batches, learning rate, EMA, logs and resumable atomic checkpoints."""

from __future__ import annotations

import csv
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast
from torch import Tensor, nn

from intersyn.checkpoint import CheckpointError
from intersyn.conditions import PartTable
from intersyn.data.dataset import InterleavedDataset, standard_sources
from intersyn.data.layouts import LayoutChoice
from intersyn.data.material import Material
from intersyn.data.paired_solos import PAIRED_SOLOS
from intersyn.data.store import FILE_NAME, ClipStore
from intersyn.data.touches import TouchTable
from intersyn.features import Normalizer, encode
from intersyn.features import mask as feature_mask
from intersyn.files import atomic_write
from intersyn.text import TextCache, TextEncoder, TextFeatures

NORMALIZER_BATCHES = 24
Config = TypeVar("Config")
Module = TypeVar("Module", bound=nn.Module)
Kind = Literal["interleaved", "solo"]


class InputError(Exception):
    """A folder or file that a command was given and cannot use; the message is one sentence."""


def run_command(main: Callable[[Config], None], config: Config) -> None:
    """`main(config)`; input that cannot be used ends it with one sentence on stderr and exit code 2.

    Nothing else is caught: a mistake of ours keeps its traceback.
    """
    try:
        main(config)
    except (InputError, CheckpointError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def write_report(out: Path, page: str, report: Mapping[str, Any], show: bool = True) -> None:
    """A Markdown page, and a JSON of the same name beside it; the page also to stdout, if it is to be shown."""
    for path, content in ((out, page), (out.with_suffix(".json"), json.dumps(report, indent=1) + "\n")):
        with atomic_write(path, "w") as file:
            file.write(content)
    if show:
        print(page)


@dataclass(frozen=True)
class Batch:
    """One training batch. `table.text` names rows of `text`; metric and x0 are (B, P, T, 273)."""

    metric: Tensor  # metres, radians
    x0: Tensor  # normalised
    exists: Tensor  # bool
    table: PartTable
    text: TextFeatures
    seams: Tensor  # (B, K) first frame after each seam, -1 padded
    touches: TouchTable

    @property
    def weight(self) -> Tensor:
        """(B, P, T) 1 inside each sequence."""
        inside = self.table.valid(self.x0.shape[2])[:, None].float()
        return inside.expand(-1, self.x0.shape[1], -1)

    @property
    def interacting(self) -> Tensor:
        """(B, P, T) 1 where the person interacts."""
        return self.table.in_interaction(self.x0.shape[2]).float()


class BatchMaker:
    """Draws sequences, writes them as features and attaches the texts. A pure function of (seed, step, rank)."""

    def __init__(
        self, dataset: InterleavedDataset, cache: TextCache, normalizer: Normalizer | None, device: Any
    ) -> None:
        self.dataset, self.device = dataset, device
        self.cache = cache.to(device)
        self.rows = torch.tensor([cache.index(text) for text in dataset.texts], device=device)
        self.normalizer = (normalizer or self._fit_normalizer()).to(device)

    def __call__(self, step: int, kind: Kind, batch_size: int) -> Batch:
        metric, table, seams, touches = self._draw(step, kind, batch_size)
        exists = feature_mask(table, metric.shape[2])
        used, rows = torch.unique(self.rows[table.text], return_inverse=True)
        x0, text = self.normalizer(metric, exists), self.cache.gather(used)
        return Batch(metric, x0, exists, replace(table, text=rows), text, seams, touches)

    def _draw(self, step: int, kind: Kind, batch_size: int) -> tuple[Tensor, PartTable, Tensor, TouchTable]:
        sequences = self.dataset.batch(step, kind=kind, batch_size=batch_size, device=self.device)
        metric = encode(
            sequences.rotations, sequences.root, sequences.contacts, sequences.table, frames=sequences.frames
        )
        table, seams, touches = sequences.table, sequences.seams, sequences.touches
        if table.num_people == 1 and len(metric) % 2 == 0:
            # Two strangers per row: the same layers run as for pairs (masked, not skipped), as DDP requires.
            metric = metric.reshape(-1, 2, *metric.shape[2:])
            seams = torch.cat((seams[0::2], seams[1::2]), dim=1)
            table = _pair_up(table)
            touches = TouchTable.none(len(metric), metric.device)
        return metric, table, seams, touches

    def _fit_normalizer(self) -> Normalizer:
        def batches() -> Iterable[tuple[Tensor, Tensor]]:
            for step in range(NORMALIZER_BATCHES):
                metric, table, *_ = self._draw(10**6 + step, "solo" if step % 4 == 3 else "interleaved", 32)
                yield metric, feature_mask(table, metric.shape[2])

        return Normalizer.fit(batches())


def _pair_up(table: PartTable) -> PartTable:
    """Rows 2k and 2k + 1 of one person each become persons 0 and 1 of row k; the shorter one is padded by its end."""
    names = ("kind", "start", "end", "text", "group", "angle")
    merged = {name: getattr(table, name).reshape(-1, 2, table.kind.shape[2]) for name in names}
    return PartTable(**merged, length=table.length.reshape(-1, 2).amin(1))


def load_clips(data: Sequence[Path], splits: Sequence[str]) -> ClipStore:
    """The clips of some splits from all these folders, as one store.

    Raises `InputError` where a folder holds no prepared clips, or where the folders do not go together.
    """
    stores = []
    for folder in data:
        try:
            stores.append(ClipStore.load(folder, splits))
        except FileNotFoundError as error:
            raise InputError(f"{folder} holds no {FILE_NAME}: --data is a folder of prepared clips") from error
        except (OSError, ValueError) as error:
            raise InputError(f"{error}") from error
    try:
        return ClipStore.join(stores)
    except ValueError as error:
        raise InputError(f"--data {' '.join(map(str, data))}: {error}") from error


def make_dataset(
    data: Sequence[Path], split: str, seed: int, device: Any, phrasing: str = "train",
    paired_solos: int = PAIRED_SOLOS, layouts: LayoutChoice | None = None,
) -> InterleavedDataset:  # fmt: skip
    """The sequences of one split of all folders; interactions from every source that the clips offer.

    Raises `InputError` where the folders cannot be used (see `load_clips`).
    """
    store = load_clips(data, (split,))
    material = Material.from_store(store, device)
    sources = standard_sources(store, material, seed, split, phrasing, paired_solos)
    settings = {"split": split, "phrasing": phrasing, "device": device, "material": material, "layouts": layouts}
    return InterleavedDataset(store, sources, seed, **settings)


def build_text_cache(texts: Iterable[str], source: str | None, path: Path) -> TextCache:
    """Encode the training texts once; reuse the file if the same encoder already read all of them.

    A file that is reused needs no open_clip.
    """
    texts = list(texts)
    if path.exists():
        cache = TextCache.load(path)
        if set(texts) <= set(cache.texts) and cache.encoder == TextEncoder.fingerprint_of(source):
            return cache
    cache = TextCache.build(TextEncoder.from_pretrained(source), texts)
    cache.save(path)
    return cache


def learning_rate(step: int, total: int, warmup: int, decay_from: float) -> float:
    """Factor in 0..1: linear warm-up, constant, then a cosine to 2% over what is left after `decay_from` of the run.

    Constant until the fork of `no_smooth`, so that both branches decay alike and the trunk can be continued.
    """
    if step < warmup:
        return (step + 1) / warmup
    begin = decay_from * total
    if step < begin:
        return 1.0
    share = min(1.0, (step - begin) / max(1.0, total - begin))
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share))


def make_optimizers(model: nn.Module, lr: float, weight_decay: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, AdamW for all else."""
    matrices, rest = [], []
    for name, parameter in model.named_parameters():
        inside = name.startswith("blocks.") and parameter.ndim == 2 and not name.endswith("modulation")
        (matrices if inside else rest).append(parameter)
    return [
        torch.optim.Muon(matrices, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=lr, weight_decay=weight_decay, betas=(0.9, 0.98)),
    ]


def plain_attention(device: torch.device) -> None:
    """On a CPU, attend by plain matrix products from here on: the backward pass of fused attention is slow there.

    One thread, batch of 16 sequences: a step of `train_ins` takes 0.85 instead of 1.1 seconds.
    """
    if device.type == "cpu":
        torch.backends.cuda.enable_flash_sdp(False)  # for all its name, the CPU's kernel as well


def step_optimizers(optimizers: list, lr: float) -> None:
    """One step of all of them at this learning rate, from gradients that are then cleared."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


class EMA:
    """An exponential moving average of a model's parameters, with a short memory at the start."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.shadow = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        decay = min(self.decay, (step + 1) / (step + 20))
        state = model.state_dict()
        names = [name for name, value in state.items() if value.is_floating_point()]
        torch._foreach_lerp_([self.shadow[n] for n in names], [state[n] for n in names], 1 - decay)

    def fill(self, model: Module) -> Module:
        """Give `model` the averaged weights, and return it."""
        model.load_state_dict(self.shadow)
        return model


class Log:
    """A CSV of what training measured; resuming cuts the rows that the resumed run will write again."""

    def __init__(self, path: Path, resume_step: int) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        if resume_step and path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                self.rows = [row for row in csv.DictReader(file) if int(row["step"]) <= resume_step]

    def write(self, step: int, values: dict[str, float]) -> None:
        self.rows.append({"step": step, **{name: f"{value:.6g}" for name, value in values.items()}})
        fields = list(dict.fromkeys(name for row in self.rows for name in row))
        with atomic_write(self.path, "w") as file:
            writer = csv.DictWriter(file, fields)
            writer.writeheader()
            writer.writerows(self.rows)


def save_state(path: Path, step: int, model: nn.Module, ema: EMA, optimizers: list, config: Any) -> None:
    """Everything resuming needs, written atomically. Randomness is a function of the step and needs no state."""
    state = {
        "step": step,
        "model": model.state_dict(),
        "ema": ema.shadow,
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "config": json.dumps(asdict(config), default=str),
    }
    save_tensors(path, state)


def save_tensors(path: Path, state: Any) -> None:
    """`torch.save`, whole or not at all."""
    with atomic_write(path) as file:
        torch.save(state, file)


def load_state(path: Path, model: nn.Module, ema: EMA, optimizers: list) -> int:
    """Restore what `save_state` wrote, on whatever devices it now lives, and return its step. Nothing is unpickled."""
    state = torch.load(path, map_location="cpu", weights_only=True)  # it refuses the "cpu:0" of several processes
    model.load_state_dict(state["model"])
    for name, value in state["ema"].items():
        ema.shadow[name].copy_(value)
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return state["step"]


class Clock:
    """The budget of a run in minutes, and iterations per second for the progress bar."""

    def __init__(self, max_minutes: float | None) -> None:
        self.begin = time.monotonic()
        self.limit = math.inf if max_minutes is None else 60 * max_minutes

    def spent(self, device: Any = "cpu") -> bool:
        """Whether time is up by the first process's clock: all must stop at the same step, or they wait for ever."""
        if math.isinf(self.limit):
            return False
        over = time.monotonic() - self.begin >= self.limit
        if PartialState().num_processes == 1:
            return over  # a GPU is not waited for
        return bool(broadcast(torch.tensor(int(over), device=device)))
