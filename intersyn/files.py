"""Writing files so that nobody ever sees half of one, and what several are called."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def atomic_write(path: str | Path, mode: str = "wb") -> Iterator[IO]:
    """Open a new file beside `path` and rename it there on success; on failure remove it and re-raise.

    mode: "wb" for bytes, "w" for UTF-8 text. The file gets the permissions that any new file of this process gets.
    """
    if mode not in ("wb", "w"):
        raise ValueError(f'mode must be "wb" or "w", got {mode!r}')
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with fresh.open(mode.replace("w", "x"), encoding=None if "b" in mode else "utf-8") as file:
            yield file
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


@contextmanager
def atomic_writes(paths: Sequence[str | Path], mode: str = "wb") -> Iterator[list[IO]]:
    """`atomic_write` for several files at once: if one cannot be written, none takes its place."""
    with ExitStack() as stack:
        files = [stack.enter_context(atomic_write(path, mode)) for path in paths]
        yield files
        for file in files:
            file.flush()  # a full disk shows here, before the first of them is renamed


def person_paths(path: str | Path, people: int, suffix: str | None = None) -> list[Path]:
    """One file per person: `name_0.bvh`, `name_1.bvh`, ... from `name.bvh`; somebody alone gets `name.bvh` itself.

    suffix: what the name ends with where that is more than the last dot and what follows (".amass.npz").
    """
    path = Path(path)
    if people == 1:
        return [path]
    cut = len(path.name) - len(path.suffix if suffix is None else suffix)
    stem, end = path.name[:cut], path.name[cut:]
    return [path.with_name(f"{stem}_{person}{end}") for person in range(people)]
