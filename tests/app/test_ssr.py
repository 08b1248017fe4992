"""The whole page with Node in front of it, as Gradio renders pages on the server."""

from __future__ import annotations

import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api")
from tests.app.conftest import start_server  # noqa: E402
from tests.app.test_page import visiting  # noqa: E402
from training.benchmark_page import FIND  # noqa: E402

pytestmark = pytest.mark.slow

NODE = 20  # the oldest that the page was seen to work with


def use(place: playwright.Frame) -> None:
    """Whatever a script mounts: the viewer, the editor, the plots, the lesson; and generating."""
    place.wait_for_function(f"() => {FIND}?.poser")
    before = place.evaluate(f"() => {FIND}.shown")
    place.locator("#scene-0-one textarea").fill("a person jogs in a circle")
    place.locator("#seed input").fill("7")
    place.locator("#generate").click()
    place.wait_for_function(f"(before) => {{ const v = {FIND}; return v.poser && v.shown !== before; }}", arg=before)
    playwright.expect(place.locator("#status .is-done")).to_contain_text("seed 7")
    place.get_by_text("Measure", exact=True).click()
    place.locator("#plots .js-plotly-plot").first.wait_for()
    place.get_by_role("tab", name="How it works").click()
    place.locator("#lesson-exhibit .is-strip").wait_for()


def node() -> str:
    """Node.js as Gradio finds it, new enough; without it the test is skipped."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("rendering on the server needs Node.js")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.match(r"v(\d+)", said)[1]) < NODE:
        pytest.skip(f"rendering on the server needs Node.js {NODE} or newer, here is {said.strip()}")
    return found


def test_the_page_that_node_renders_works(chromium: str, tmp_path: Path, tiny_checkpoint: Path):
    environment = {"GRADIO_SSR_MODE": "True", "GRADIO_NODE_PATH": node(), "INTERSYN_CHECKPOINT": str(tiny_checkpoint)}
    for server in start_server(tmp_path, **environment):
        with urllib.request.urlopen(server.url) as response:
            assert "__sveltekit" in response.read().decode(), "Node answers, not Python"
        with visiting(chromium, server.url, reduced_motion="reduce") as visit:
            use(visit.page.main_frame)
            assert visit.complaints == []
