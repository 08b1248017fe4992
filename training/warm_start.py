"""Where a run begins: its own state, the fork of another run, an exported network (--init), or random weights.

The sizes of the network come with what is already there, so that no --model setting need be repeated; a setting that
says otherwise is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

import torch

from intersyn.models.streams import StreamConfig
from intersyn.text import TextCache
from training.common import InputError

Sizes = TypeVar("Sizes", bound=StreamConfig)
TEXT_SIZES = ("pooled_dim", "token_dim")  # those of the text encoder; no setting of a run


def beginning(
    out: Path, init: Path | None, fork: Path | None = None, say: Callable[[str], None] = print
) -> tuple[Path | None, Path | None]:
    """The state that a run goes on from and the exported network that it starts from: one of them or neither.

    Raises `InputError` for both `init` and `fork`, and where the run to fork from has no fork state.
    """
    if init is not None and fork is not None:
        raise InputError("--init and --fork exclude each other: a fork starts from the weights of the run it leaves")
    state = out / "state.pt"
    if state.exists():
        if init is not None:
            say(f"--init is ignored: {state} exists, and the run goes on from there")
        return state, None
    if fork is None:
        return None, init
    state = fork / "fork.pt"
    if not state.exists():
        raise InputError(f"{state} does not exist: --fork is the --out of a run that got as far as its fork")
    return state, None


def normalizer_file(out: Path, init: Path | None, fork: Path | None, other: Path | None) -> Path:
    """Where the normaliser of a run that starts with no exported network is, or is to be once it has been fitted.

    Raises `InputError` for `other`, the run to take it from, if there is none, or where a start brings its own.
    """
    if other is None:
        return (fork or out) / "normalizer.pt"
    if init is not None or fork is not None:
        raise InputError("--normalizer goes with neither --init nor --fork: they bring their own")
    if not (other / "normalizer.pt").exists():
        raise InputError(f"{other} holds no normalizer.pt: --normalizer is the --out of another run")
    return other / "normalizer.pt"


def sizes_of_state(state: Path, kind: type[Sizes]) -> Sizes:
    """The sizes that a run's state was written with."""
    config = json.loads(torch.load(state, map_location="cpu", weights_only=True, mmap=True)["config"])
    return kind(**config["model"])


def agreed_sizes(asked: Sizes, saved: Sizes, source: Path) -> Sizes:
    """`saved`, the sizes of `source`. Raises `InputError` where a setting in `asked` was changed to another value."""
    default = type(asked)()
    for name in (field.name for field in fields(asked) if field.name not in TEXT_SIZES):
        value, there = getattr(asked, name), getattr(saved, name)
        if value not in (getattr(default, name), there):
            option = f"--model.{name.replace('_', '-')}"
            raise InputError(f"{option} {value} contradicts {source}, where it is {there}: leave the option out")
    return saved


def check_kind(asked: str, saved: str, source: Path) -> None:
    """Raises `InputError` where the network of `source` is of another kind than the run's."""
    if asked != saved:
        raise InputError(f"{source} holds a network of kind {saved}: start from it with --kind {saved}")


def check_text_sizes(sizes: StreamConfig, cache: TextCache, source: Path) -> None:
    """Raises `InputError` where the network of `source` was trained with a text encoder of other sizes."""
    there, here = ([getattr(holder, name) for name in TEXT_SIZES] for holder in (sizes, cache))
    if there != here:
        raise InputError(
            f"{source} reads texts of {there[0]} and {there[1]} numbers (pooled, token), but this text encoder writes "
            f"{here[0]} and {here[1]}: --text is the encoder it was trained with"
        )
