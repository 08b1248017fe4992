"""The lesson in a real browser, on a small page of its own with tiny networks: chapters, exhibits, and what they do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

from app import gpu
from app.assets import publish, style_sheet
from app.generation import Generator
from app.lesson import lesson_tab
from app.lesson_text import NAMES
from intersyn.body.default import default_arrays

playwright = pytest.importorskip("playwright.sync_api")
from tests.app.conftest import motion_arrives  # noqa: E402
from training.benchmark_page import BROWSER, free_port  # noqa: E402

pytestmark = pytest.mark.slow

PATIENCE = 240_000  # milliseconds: software rendering on a shared machine is slow
VIEWER = "[...document.querySelectorAll('*')].find((e) => e.viewer?.name === 'lesson-viewer')?.viewer"


@pytest.fixture(scope="module")
def generator(tiny_checkpoint: Path) -> Generator:
    gpu._pipelines.clear()  # whatever the tests of other modules have loaded
    return Generator(str(tiny_checkpoint))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, generator: Generator) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        assets = publish(default_arrays())
        with gr.Blocks(analytics_enabled=False) as demo, gr.Tabs():
            with gr.Tab("Studio"):
                gr.HTML("<p>Nothing here.</p>")
            with gr.Tab("How it works"):
                lesson_tab(assets, generator)
        port = free_port()
        demo.launch(server_port=port, prevent_thread_lock=True, quiet=True, head=style_sheet())
        yield f"http://127.0.0.1:{port}/"
        demo.close()


@pytest.fixture
def page(chromium: str, url: str) -> Iterator:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=BROWSER)
        # Less motion: nothing plays by itself, so that frames are what the test says.
        page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        page.set_default_timeout(PATIENCE)
        complaints: list[str] = []
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        yield page
        browser.close()
        assert complaints == []


def ask(page, expression: str):
    """The value of a JavaScript expression in which `viewer` is the lesson's viewer."""
    return page.evaluate(f"() => {{ const viewer = {VIEWER}; return {expression}; }}")


def wait(page, condition: str) -> None:
    page.wait_for_function(f"() => {{ const viewer = {VIEWER}; return viewer && ({condition}); }}")


def arrives(page, before: str | None = None) -> None:
    """What an exhibit asked the viewer for is on the screen, and was not before: the clock and the view may go on."""
    motion_arrives(page, before, "lesson-viewer")


def open_chapter(page, name: str) -> None:
    page.locator(f'.is-chapters button[data-chapter="{name}"]').click()
    page.locator(f'.is-chapter[data-chapter="{name}"]').wait_for()
    page.locator("#lesson-exhibit .is-row").first.wait_for()
    arrives(page)


def test_the_lesson_from_the_first_chapter_to_the_last(page, generator):
    page.get_by_role("tab", name="How it works").click()

    # 1: the same clips with and without the blend, at the same frame.
    page.locator(".is-strip").wait_for()
    assert page.locator(".is-clip").count() == 6
    assert not gpu.is_loaded(generator.source), "recordings need no networks"
    arrives(page)
    assert ask(page, "viewer.panels.length") == 1
    page.locator("#lesson-exhibit button", has_text="Watch seam 1").click()
    at = ask(page, "viewer.clock.frame")
    assert at > 0
    blended = ask(page, "viewer.shown")
    page.get_by_label("Seams left open").check()
    arrives(page, blended)
    assert ask(page, "viewer.clock.frame") == at
    opened = ask(page, "viewer.shown")

    # 2: by the button at the end of the text. As each person sees it, both stand at the same place in turn.
    page.locator(".is-next").click()
    page.locator(".is-mine").first.wait_for()
    arrives(page, opened)
    wait(page, "viewer.options.axes")
    places = {}
    for view, label in (("one", "As person one sees it"), ("two", "As person two sees it")):
        before = ask(page, "viewer.shown")
        page.get_by_label(label).check()
        arrives(page, before)
        places[view] = ask(page, "[0, 1].map((person) => viewer.poser.rootAt(0, person))")
    for person in (0, 1):
        (x, _, z), (u, _, w) = places["one"][person], places["two"][person]
        assert (x, z) == pytest.approx((-u, -w), abs=1e-4)
    assert places["one"][0][2] < 0 < places["one"][1][2]

    # 3: the slider goes through the steps; the frame stays.
    open_chapter(page, "denoising")
    slider = page.locator("#lesson-step")
    assert slider.get_attribute("max") == "3"
    assert not ask(page, "viewer.options.axes")
    ask(page, "viewer.clock.seek(70)")
    before = ask(page, "viewer.shown")
    slider.focus()
    slider.press("Home")
    arrives(page, before)
    playwright.expect(page.locator("output.is-readout")).to_contain_text("Step 1 of 3, t = 999")
    assert ask(page, "viewer.clock.frame") == 70

    # 4: two panels, and arrows over the second.
    open_chapter(page, "rec")
    assert ask(page, "viewer.panels.map(({ label }) => label)") == ["Before REC", "After REC"]
    wait(page, "!viewer.element.querySelector('.is-marks').hidden")
    assert "cm" in page.locator(".is-result").inner_text()
    box = page.locator(".is-chart svg[role=img]").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait(page, "Math.abs(viewer.clock.frame - 68) < 6")

    # 5: the other seam.
    open_chapter(page, "smooth")
    assert ask(page, "viewer.panels[0].label") == "Full"
    page.get_by_label("Seam 2").check()
    wait(page, "viewer.clock.frame === 85")
    assert not page.locator(".is-next").is_visible()
    assert ask(page, "viewer.element.querySelector('.is-marks').hidden")

    # What was seen once is kept; one context serves all chapters.
    for name in NAMES:
        open_chapter(page, name)
    assert page.evaluate("() => document.querySelectorAll('canvas.is-canvas').length") == 1


def test_on_a_phone_nothing_is_wider_than_the_page(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("tab", name="How it works").click()
    page.locator(".is-strip").wait_for()
    for name in NAMES:
        open_chapter(page, name)
        assert page.evaluate("() => document.documentElement.scrollWidth") == 390, name
