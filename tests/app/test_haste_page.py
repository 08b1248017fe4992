"""Visitors who do the next thing while the page still closes the last one: nothing they ask for is dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.events import Events
from app.generation import Generator
from app.layout import build
from app.stage import Stage

playwright = pytest.importorskip("playwright.sync_api")
from tests.app.conftest import mounted  # noqa: E402
from tests.app.test_page import Visit, visiting  # noqa: E402

pytestmark = pytest.mark.slow

PATIENCE = 120  # seconds: software rendering on a shared machine is slow


class Held:
    """In the place of a handler: gives its answers and then does not end before `go` is set, if there was a job."""

    def __init__(self, owner: type, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go, self.begun, self.ended = threading.Event(), 0, 0
        handler = getattr(owner, name)

        def held(events: Any, first: Any, *more: Any) -> Iterator[Any]:
            self.begun += 1
            yield from handler(events, first, *more)
            assert first is None or self.go.wait(PATIENCE)
            self.ended += 1

        monkeypatch.setattr(owner, name, held)


@contextmanager
def after_one_motion(chromium: str, checkpoint: Path, folder: Path) -> Iterator[tuple[Visit, str]]:
    """The page once a motion was generated, and that motion's address."""
    with mounted(lambda: build(Generator(str(checkpoint))), folder) as url:
        small = {"viewport": {"width": 500, "height": 600}, "reduced_motion": "reduce"}
        with visiting(chromium, f"{url}/studio/", **small) as visit:
            opening = visit.wait_for_motion()
            ask(visit, 11)
            yield visit, visit.wait_for_motion(opening)


def ask(visit: Visit, seed: int) -> None:
    visit.page.locator("#seed input").fill(str(seed))
    visit.page.locator("#generate").click()


def test_generate_again_before_the_last_motion_is_closed(chromium, tiny_checkpoint, tmp_path, monkeypatch):
    runs = Held(Events, "run", monkeypatch)
    with after_one_motion(chromium, tiny_checkpoint, tmp_path) as (visit, first):
        ask(visit, 12)
        visit.page.locator("#cancel").wait_for()
        assert runs.ended == 1, "the one without a job, on opening; the first motion's still holds the model"
        runs.go.set()
        visit.wait_for_motion(first)
        playwright.expect(visit.page.locator("#status .is-done")).to_contain_text("seed 12")


def test_plots_follow_a_motion_that_came_while_the_last_was_measured(chromium, tiny_checkpoint, tmp_path, monkeypatch):
    plots = Held(Stage, "plots", monkeypatch)
    with after_one_motion(chromium, tiny_checkpoint, tmp_path) as (visit, first):
        deadline = time.monotonic() + PATIENCE
        while plots.begun < 3:  # on opening, for want of a scene in the address, and of the first motion
            assert time.monotonic() < deadline
            visit.page.wait_for_timeout(100)
        ask(visit, 12)
        visit.wait_for_motion(first)
        visit.page.locator("#generate").wait_for()
        visit.page.wait_for_timeout(500)  # what is dropped is dropped by now
        plots.go.set()
        while plots.ended < 4:
            assert time.monotonic() < deadline, "the last motion was not measured"
            visit.page.wait_for_timeout(100)
