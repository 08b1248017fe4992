"""Speed of the page as a visitor meets it.

    python -m training.benchmark_page                        # needs Chromium and requirements-dev.txt

Starts `python app.py` and drives a headless Chromium that renders in software. Seconds belong to the machine they were
measured on, server and browser sharing it.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tyro
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
BROWSER = ("--no-sandbox", "--use-angle=swiftshader", "--disable-background-networking")
PATIENCE = 120  # seconds for anything to happen
FIND = "[...document.querySelectorAll('*')].find((e) => e.viewer)?.viewer"
# Milliseconds from the click to the first picture of the new motion.
CLICK = """() => new Promise((done) => {
  const viewer = %s, before = viewer.shown, poser = viewer.poser, start = performance.now();
  document.querySelector('#generate').click();
  const look = () => {
    if (viewer.shown !== before && viewer.poser !== poser) done(performance.now() - start);
    else requestAnimationFrame(look);
  };
  look();
})"""


@dataclass(frozen=True)
class Config:
    """What to measure and what to keep."""

    checkpoint: str | None = None  # folder or Hub id; the bundled one if not given
    repeats: int = 5
    chromium: str | None = None  # found on the path if not given
    width: int = 1440
    height: int = 880


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(checkpoint: str | None) -> Iterator[tuple[str, float]]:
    """A running page: its address, and the seconds it took to answer."""
    port = free_port()
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": cache}
        if checkpoint:
            environment["INTERSYN_CHECKPOINT"] = checkpoint
        started = time.perf_counter()
        with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment) as process:
            try:
                url = f"http://127.0.0.1:{port}/"
                while not answers(url):
                    if process.poll() is not None or time.perf_counter() - started > PATIENCE:
                        raise SystemExit("The page did not start.")
                    time.sleep(0.05)
                yield url, time.perf_counter() - started
            finally:
                process.terminate()


def chromium_path(named: str | None) -> str:
    """The browser to drive: the one that was named, or the one on the path."""
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        raise SystemExit("No Chromium on the path: name one with --chromium.")
    return found


def answers(url: str) -> bool:
    """Whether a page is there yet."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def wait_for_motion(page: Page) -> None:
    """Until the viewer shows a motion; leaves with what the page says where there is none."""
    page.wait_for_function(f"() => {FIND}?.poser || document.querySelector('.is-stage .is-message')?.textContent")
    page.wait_for_function(
        f"() => {FIND}?.poser || !/Loading/.test(document.querySelector('.is-stage .is-message').textContent)"
    )
    if page.evaluate(f"() => !{FIND}?.poser"):
        raise SystemExit(page.locator(".is-stage .is-message").inner_text())


def main(config: Config) -> None:
    """Print the figures."""
    chromium = chromium_path(config.chromium)
    with serving(config.checkpoint) as (url, seconds), sync_playwright() as driver:
        print(f"the page answers after            {seconds:6.2f} s")
        browser = driver.chromium.launch(executable_path=chromium, args=list(BROWSER))
        page = browser.new_page(viewport={"width": config.width, "height": config.height})
        page.set_default_timeout(PATIENCE * 1000)
        started = time.perf_counter()
        page.goto(url)
        wait_for_motion(page)
        print(f"first visit to first motion       {time.perf_counter() - started:6.2f} s (of the gallery)")
        clicks = []
        for seed in range(1, config.repeats + 1):  # the same seed would be the same motion
            page.locator("#seed input").fill(str(seed))
            clicks.append(page.evaluate(CLICK % FIND) / 1000)
        print(f"Generate to first picture, median {statistics.median(clicks):6.2f} s of {len(clicks)}")
        browser.close()


if __name__ == "__main__":
    main(tyro.cli(Config))
