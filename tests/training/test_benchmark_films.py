"""The benchmark of films runs every layout and prints what it took."""

from __future__ import annotations

import re

import pytest

from training.benchmark_films import SHOWN, Config, main


@pytest.mark.usefixtures("gl")
def test_films_are_timed_by_what_they_show(capsys):
    main(Config(frames=2, repeats=1, threads=1))
    shown = capsys.readouterr().out
    for row in SHOWN:
        assert re.search(rf"^\| {row} \| \d+\.\d \| \d+\.\d{{3}} \| \d+\.\d{{3}} \|$", shown, re.MULTILINE), row
