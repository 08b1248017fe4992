"""Checkpoints: a folder of networks, each a folder with `config.json` and safetensors shards under 9 MB.

    config.json                 what the whole is and the pipeline's defaults
    ins/ ins_no_smooth/ rec/    config.json and model*.safetensors each
    text/                       the text tower

Weights are f16 on disk and f32 in memory; vectors (biases, norms, the normaliser) stay f32, being tiny. Shards are
small so that a plain git clone holds them without LFS. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import types
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import torch
from torch import Tensor, nn

from intersyn.files import atomic_write

BUNDLED = Path(__file__).parent / "checkpoints"
CONFIG = "config.json"
MAX_SHARD_BYTES = 8_500_000
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_WEIGHTS = re.compile(r"model[\w-]*\.safetensors")

Config = TypeVar("Config")
Module = TypeVar("Module", bound=nn.Module)


class CheckpointError(RuntimeError):
    """A checkpoint that is missing, damaged or of another kind; the message is one sentence."""


def resolve(source: str | Path | None = None) -> Path:
    """The folder of a checkpoint: the bundled one (None), a folder, or "OWNER/NAME" on the Hugging Face Hub.

    An existing folder wins over a Hub repository of the same name. Only JSON, safetensors and Markdown are fetched.
    Raises `CheckpointError`.
    """
    if source is None:
        folder = BUNDLED
    elif Path(source).expanduser().exists():
        folder = Path(source).expanduser()
    elif _HUB_ID.fullmatch(str(source)):
        folder = _download(str(source))
    else:
        raise CheckpointError(f"There is no checkpoint folder {source}.")
    if not (folder / CONFIG).is_file():
        raise CheckpointError(f"{folder} is no checkpoint: it has no {CONFIG}.")
    return folder


def _download(repo_id: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, HTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        folder = snapshot_download(repo_id, allow_patterns=["*.json", "*.safetensors", "*.md"])
    except HFValidationError as error:
        raise CheckpointError(f"{repo_id} is neither a folder nor a name on the Hugging Face Hub.") from error
    except RepositoryNotFoundError as error:
        raise CheckpointError(
            f"There is no folder {repo_id}, and no such model on the Hugging Face Hub (or it is private)."
        ) from error
    except (HTTPError, LocalEntryNotFoundError, ConnectionError, TimeoutError) as error:
        raise CheckpointError(
            f"There is no folder {repo_id}, and the Hugging Face Hub cannot be reached for a model of that name: "
            "check the network or give a folder."
        ) from error
    except OSError as error:
        raise CheckpointError(f"{repo_id} cannot be stored here: {error}.") from error
    return Path(folder)


def write_config(folder: str | Path, config: Any) -> None:
    """Write a dataclass or a JSON object as the folder's config.json, whole or not at all."""
    data = asdict(config) if is_dataclass(config) else dict(config)
    with atomic_write(Path(folder) / CONFIG, "w") as file:
        json.dump(data, file, indent=2)
        file.write("\n")


def read_config(folder: str | Path, kind: type[Config]) -> Config:
    """The folder's config.json as the dataclass `kind`. Raises `CheckpointError` for unknown, missing or wrong keys."""
    path = Path(folder) / CONFIG
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"The checkpoint is incomplete: {path} is missing.") from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}).") from error
    return _typed(data, kind, str(path))


def _record(data: Mapping[str, Any], kind: type[Config], where: str) -> Config:
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(set(data) - set(known)):
        raise CheckpointError(f"{where} has the key {unknown[0]!r}, which {kind.__name__} does not know.")
    required = [name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    if missing := sorted(set(required) - set(data)):
        raise CheckpointError(f"{where} lacks the key {missing[0]!r}.")
    hints = get_type_hints(kind)
    values = {name: _typed(value, hints[name], f"{where}: {name}") for name, value in data.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise CheckpointError(f"{where} is not usable ({error}).") from error


def _typed(value: Any, hint: Any, where: str) -> Any:
    """`value` from JSON as type `hint`: numbers, strings, tuples, options and nested dataclasses."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
        return _typed(value, hint, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_typed(item, get_args(hint)[0], where) for item in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if is_dataclass(hint) and isinstance(value, dict):
        return _record(value, hint, where)
    plain = origin or hint
    if not isinstance(value, plain) or (isinstance(value, bool) and plain is not bool):
        raise CheckpointError(f"{where} must be {plain.__name__}, got {value!r:.60}.")
    return value


def save_checkpoint(folder: str | Path, config: Any, state: Mapping[str, Tensor]) -> Path:
    """Write a configuration (a dataclass or a JSON object) and weights as `folder`. Returns the folder.

    The new folder takes the old one's place in one step; other files of the old one (a licence note, say) are kept.
    """
    from huggingface_hub import save_torch_state_dict

    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".tmp"))
    try:
        fresh.chmod(0o755)
        on_disk = {name: _on_disk(name, value) for name, value in state.items()}
        save_torch_state_dict(on_disk, fresh, max_shard_size=MAX_SHARD_BYTES)
        for path in fresh.iterdir():
            path.chmod(0o644)  # safetensors keeps its files to their owner
        write_config(fresh, config)
        _keep_other_files(folder, fresh)
        _take_place(fresh, folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return folder


def _on_disk(name: str, value: Tensor) -> Tensor:
    value = value.detach().cpu()
    if not value.is_floating_point():
        return value
    if not torch.isfinite(value).all():
        raise ValueError(f"{name} has values that are not finite: this network must not be saved")
    narrow = value.to(torch.float16 if value.ndim >= 2 else torch.float32)
    if not torch.isfinite(narrow).all():
        raise ValueError(f"{name} has values beyond the range of f16")
    return narrow.contiguous()


def _keep_other_files(old: Path, new: Path) -> None:
    for path in old.iterdir() if old.is_dir() else ():
        if path.is_file() and not _is_ours(path.name):
            shutil.copy2(path, new / path.name)


def _is_ours(name: str) -> bool:
    return name == CONFIG or name == "model.safetensors.index.json" or _WEIGHTS.fullmatch(name) is not None


def _take_place(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    aside = fresh.with_name(fresh.name + ".old")
    folder.rename(aside)
    try:
        fresh.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise
    shutil.rmtree(aside)


def load_weights(folder: str | Path) -> dict[str, Tensor]:
    """All tensors of a folder's shards, by name, f32 on the CPU. Raises `CheckpointError`."""
    from huggingface_hub import load_state_dict_from_file
    from safetensors import SafetensorError

    folder = Path(folder)
    state: dict[str, Tensor] = {}
    for path in _shards(folder):
        try:
            shard = load_state_dict_from_file(path)
        except FileNotFoundError as error:
            raise CheckpointError(f"The checkpoint is incomplete: {path} is missing.") from error
        except (SafetensorError, OSError, ValueError) as error:
            raise CheckpointError(f"{path} is damaged or cut short ({error}).") from error
        state |= {name: value.float() if value.is_floating_point() else value for name, value in shard.items()}
    return state


def _shards(folder: Path) -> list[Path]:
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        if not (folder / "model.safetensors").exists():
            raise CheckpointError(f"The checkpoint is incomplete: {folder} holds no weights.")
        return [folder / "model.safetensors"]
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{index} is damaged.") from error
    if not all(isinstance(name, str) and _WEIGHTS.fullmatch(name) for name in names):
        raise CheckpointError(f"{index} names files that are no shards of this folder.")
    return [folder / name for name in sorted(names)]


def fill(module: Module, state: Mapping[str, Tensor], folder: str | Path) -> Module:
    """Put `state` into a network that it must fit exactly, and return the network. `folder` is named in the error."""
    try:
        module.load_state_dict(dict(state), strict=True)
    except RuntimeError as error:  # names or shapes
        detail = " ".join(str(error).split()).removeprefix("Error(s) in loading state_dict for ")
        raise CheckpointError(f"The weights in {folder} do not fit their {CONFIG} ({detail[:160]} ...).") from error
    return module
