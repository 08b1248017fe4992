"""What visitors of the whole page read while others are before them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gradio_client import Client

from app import gpu
from app.generation import Generator
from app.layout import build
from app.theme import theme

playwright = pytest.importorskip("playwright.sync_api")
from training.benchmark_page import BROWSER, free_port  # noqa: E402

pytestmark = pytest.mark.slow

PATIENCE = 120_000  # milliseconds: software rendering on a shared machine is slow
playwright.expect.set_options(timeout=PATIENCE)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """The model makes one request for each release."""
    gate, make = threading.Semaphore(0), gpu.run_on_gpu

    def run_on_gpu(request):
        gate.acquire()
        yield from make(request)

    monkeypatch.setattr(gpu, "run_on_gpu", run_on_gpu)
    return gate


@pytest.fixture
def generator(tiny_checkpoint: Path) -> Generator:
    return Generator(str(tiny_checkpoint))


@pytest.fixture
def url(generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gate) -> Iterator[str]:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    demo = build(generator)
    _, url, _ = demo.queue(default_concurrency_limit=1).launch(
        server_port=free_port(), theme=theme(), prevent_thread_lock=True, quiet=True
    )
    yield url
    gate.release(10)
    demo.close()


def wait(page, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while not done():
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)


def test_whoever_waits_reads_who_is_before_as_it_changes(chromium: str, url: str, gate, generator: Generator):
    program = Client(url, verbose=False)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=[*BROWSER])
        page = browser.new_page(viewport={"width": 500, "height": 600})
        page.set_default_timeout(PATIENCE)
        page.goto(url)
        line, press = page.locator("#status"), page.locator("#generate").click
        playwright.expect(line).to_contain_text("press Generate")

        def somebody_else() -> None:
            program.submit(steps=4, api_name="/generate")
            wait(page, lambda: len(generator.line) == 1)

        somebody_else()
        press()
        playwright.expect(line).to_contain_text("Waiting: 1 person before you.")
        gate.release(2)
        playwright.expect(line).to_contain_text("s of motion in")
        somebody_else()
        press()  # now that it is known what a request takes
        playwright.expect(line).to_contain_text(re.compile(r"Waiting: 1 person before you, about \d+ s"))
        page.close()
        wait(browser.new_page(), lambda: len(generator.line) == 1)
        browser.close()
