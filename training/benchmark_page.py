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

from app.panels import SWITCHES

ROOT = Path(__file__).resolve().parent.parent
BROWSER = ("--no-sandbox", "--use-angle=swiftshader", "--disable-background-networking")
PATIENCE = 120  # seconds for anything to happen
FIND = "[...document.querySelectorAll('*')].find((e) => e.viewer)?.viewer"
# Milliseconds from the click to the first picture of what it asked for; with an argument, from ticking or clearing the
# panel of this label, with the click right after it.
CLICK = """async (label) => {
  const viewer = %s, before = viewer.shown, panels = viewer.panels, start = performance.now();
  if (label) {
    const labels = [...document.querySelectorAll('#panels label')];
    labels.find((e) => e.textContent.trim() === label).querySelector('input').click();
    await new Promise((done) => setTimeout(done));
  }
  document.querySelector('#generate').click();
  await new Promise((done) => {
    const look = () => (viewer.shown !== before && viewer.panels !== panels ? done() : requestAnimationFrame(look));
    look();
  });
  return performance.now() - start;
}"""
SECOND = "no_rec"  # the panel that is switched on, a name of app/panels.py


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


def timed(page: Page, switch: str | None = None) -> float:
    """Seconds from pressing Generate to the first picture; with the label of a panel, from switching it on or off.

    Waits until another request can be made.
    """
    page.locator("#generate").wait_for()  # hidden while there is something to cancel
    return page.evaluate(CLICK % FIND, switch) / 1000


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
        clicks: list[float] = []
        switches: list[float] = []
        for seed in range(1, config.repeats + 1):  # the same seed would be the same motion
            page.locator("#seed input").fill(str(seed))
            clicks.append(timed(page))
            switches.append(timed(page, SWITCHES[SECOND].label))
            timed(page, SWITCHES[SECOND].label)
        print(f"Generate to first picture, median {statistics.median(clicks):6.2f} s of {len(clicks)}")
        print(f"second panel switched on to both  {statistics.median(switches):6.2f} s, median of {len(switches)}")
        browser.close()


if __name__ == "__main__":
    main(tyro.cli(Config))
