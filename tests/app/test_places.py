"""The whole page where it may be put: rendered by Node first, below a path of a site, in a frame of another one."""

from __future__ import annotations

import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

from app.generation import Generator
from app.layout import build
from app.limits import MAX_WAITING

playwright = pytest.importorskip("playwright.sync_api")
from tests.app.conftest import motion_arrives, mounted, start_server  # noqa: E402
from tests.app.test_page import visiting  # noqa: E402
from training.benchmark_page import FIND  # noqa: E402

pytestmark = pytest.mark.slow

NODE = 20  # the oldest that the page was seen to work with


def use(place: playwright.Frame) -> None:
    """Whatever a script mounts: the viewer, the editor, the plots, the lesson; and generating."""
    motion_arrives(place)
    before = place.evaluate(f"() => {FIND}.shown")
    place.locator("#scene-0-one textarea").fill("a person jogs in a circle")
    place.locator("#seed input").fill("7")
    place.locator("#generate").click()
    motion_arrives(place, before)
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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Path) -> Iterator[str]:
    def page() -> gr.Blocks:
        return build(Generator(str(tiny_checkpoint))).queue(max_size=MAX_WAITING, default_concurrency_limit=1)

    with mounted(page, tmp_path_factory.mktemp("gradio")) as address:
        yield address


def test_below_a_path(chromium: str, site: str):
    with visiting(chromium, f"{site}/studio/", reduced_motion="reduce") as visit:
        use(visit.page.main_frame)
        assert visit.complaints == []


def test_in_a_frame_of_another_site(chromium: str, site: str):
    with visiting(chromium, f"{site.replace('127.0.0.1', 'localhost')}/frame", reduced_motion="reduce") as visit:
        visit.page.frame_locator("iframe").locator("#generate").wait_for()
        use(visit.page.frames[1])
        assert visit.complaints == []
