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
    outside, links and devices are refused. Raises FileNotFoundError or ValueError.
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
            for member in tar:
                _extract(tar, member, work)
        for entry in work.iterdir():
            if (target / entry.name).is_dir():
                shutil.rmtree(target / entry.name)
            entry.rename(target / entry.name)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"{archive.name} cannot be unpacked: {error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """One file or folder of an archive nobody vouches for (tarfile's own filters are missing before Python 3.11.4)."""
    path = (folder / member.name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise tarfile.TarError(f"{member.name} would land outside")
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
    elif member.isfile():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tar.extractfile(member) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
    else:
        raise tarfile.TarError(f"{member.name} is neither a file nor a folder")
