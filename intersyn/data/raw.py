"""The raw data: a folder as it is, or the .tar.xz archives in it unpacked safely."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from pathlib import Path

FOLDERS = ("dataset-1", "dataset-2", "solo", "salsa")


def find_raw(raw: Path, unpacked: Path) -> Path:
    """The folder that holds FOLDERS: `raw` itself, or `unpacked` after its archives have been unpacked there.

    An archive is unpacked once, into a temporary folder that is renamed when it is whole. Members that would land
    outside, links out and devices are refused (tarfile's "data" filter). Raises FileNotFoundError or ValueError.
    """
    if not raw.is_dir():
        raise FileNotFoundError(f"{raw} is not a folder")
    if any((raw / name).is_dir() for name in FOLDERS):
        return raw
    archives = sorted(raw.glob("*.tar.xz"))
    if not archives:
        raise FileNotFoundError(f"{raw} holds neither {', '.join(FOLDERS)} nor a .tar.xz archive")
    for archive in archives:
        done = unpacked / f"{archive.name}.done"
        if not done.exists():
            _unpack(archive, unpacked)
            done.touch()
    return unpacked


def _unpack(archive: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=target, prefix=".unpacking-"))
    try:
        with tarfile.open(archive, "r:xz") as tar:
            tar.extractall(work, filter="data")
        for entry in work.iterdir():
            if (target / entry.name).is_dir():
                shutil.rmtree(target / entry.name)
            entry.rename(target / entry.name)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"{archive.name} cannot be unpacked: {error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
