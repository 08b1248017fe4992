"""Atomic writing: whole or not at all, with the permissions of an ordinary new file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from intersyn.files import atomic_write


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file.txt"
    with atomic_write(path, "w") as file:
        file.write("grüße\n")

    def interrupted() -> None:
        with atomic_write(path, "w") as file:
            file.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == "grüße\n".encode()
    assert os.listdir(path.parent) == ["file.txt"]


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with atomic_write(tmp_path / "ours") as file:
        file.write(b"1")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "ours")]
    assert modes[0] == modes[1]


def test_other_modes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="got 'a'"), atomic_write(tmp_path / "log", "a"):
        pass
