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
_WEIGHTS = re.compile(r"model.*\.safetensors(\.index\.json)?")

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
    """Write a dataclass as the folder's config.json, whole or not at all."""
    with atomic_write(Path(folder) / CONFIG, "w") as file:
        json.dump(asdict(config), file, indent=2)
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
    if not isinstance(data, dict):
        raise CheckpointError(f"{path} must hold one JSON object.")
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(set(data) - set(known)):
        raise CheckpointError(f"{path} has the key {unknown[0]!r}, which {kind.__name__} does not know.")
    required = [name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    if missing := sorted(set(required) - set(data)):
        raise CheckpointError(f"{path} lacks the key {missing[0]!r}.")
    hints = get_type_hints(kind)
    try:
        return kind(**{name: _typed(value, hints[name], f"{path}: {name}") for name, value in data.items()})
    except ValueError as error:
        raise CheckpointError(f"{path} is not usable ({error}).") from error


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
    plain = origin or hint
    if not isinstance(value, plain) or (isinstance(value, bool) and plain is not bool):
        raise CheckpointError(f"{where} must be {getattr(plain, '__name__', plain)}, got {value!r}.")
    return value


def save(folder: str | Path, module: nn.Module, config: Any) -> Path:
    """Write a network and its configuration (a dataclass) as `folder`. Returns the folder.

    The new folder takes the old one's place in one step; other files of the old one (a licence note, say) are kept.
    """
    from huggingface_hub import save_torch_state_dict

    if not is_dataclass(config):
        raise ValueError(f"config must be a dataclass, got {type(config).__name__}")
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".tmp"))
    try:
        fresh.chmod(0o755)
        state = {name: _on_disk(name, value) for name, value in module.state_dict().items()}
        save_torch_state_dict(state, fresh, max_shard_size=MAX_SHARD_BYTES)
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
        if path.is_file() and path.name != CONFIG and not _WEIGHTS.fullmatch(path.name):
            shutil.copy2(path, new / path.name)


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


def load_weights(folder: str | Path, module: Module) -> Module:
    """Fill `module` with the folder's weights, as f32, and return it. Raises `CheckpointError` if they do not fit.

    After an error the module may be partly filled: drop it.
    """
    from huggingface_hub import load_torch_model
    from safetensors import SafetensorError

    folder = Path(folder)
    if not any(folder.glob("model*.safetensors")):
        raise CheckpointError(f"The checkpoint is incomplete: {folder} holds no weights.")
    try:
        load_torch_model(module.float(), folder, strict=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"The checkpoint is incomplete: a shard of {folder} is missing.") from error
    except RuntimeError as error:  # names or shapes
        detail = " ".join(str(error).split())
        raise CheckpointError(f"The weights in {folder} do not fit their {CONFIG}: {detail[:200]}.") from error
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"The weights in {folder} are damaged or cut short ({error}).") from error
    return module
