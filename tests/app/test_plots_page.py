"""The plots in a real browser, on a page of their own; the viewer is played by events."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import gradio as gr
import pytest
import torch
from PIL import Image

from app.assets import publish, style_sheet
from app.plots import plot_outputs, plots_card, what_changed
from app.theme import theme
from intersyn.body.default import default_arrays
from intersyn.motion import Motion
from intersyn.settings import Settings
from tests.motions import smooth_motion, timeline

playwright = pytest.importorskip("playwright.sync_api")
from training.benchmark_page import BROWSER, free_port  # noqa: E402

pytestmark = pytest.mark.slow

PATIENCE = 120_000  # milliseconds: software rendering on a shared machine is slow
playwright.expect.set_options(timeout=PATIENCE)
LINE = timeline("sis")
FRAMES, FPS = LINE.frames, LINE.fps


def motions() -> list[Motion]:
    local, root, _ = smooth_motion(0, 2, frames=FRAMES)
    first = Motion.from_quaternions(local, root, FPS, LINE)
    return [first, replace(first, trans=first.trans + torch.linspace(0, 0.3, FRAMES)[:, None])]


def show(count: int) -> Iterator[tuple]:
    chosen, labels = motions()[:count], ["Full model", "No coordinator"][:count]
    notes = what_changed(chosen, [Settings(), Settings("no_rec")][:count], labels)
    with tempfile.TemporaryDirectory() as folder:
        yield plot_outputs(chosen, labels, notes, Path(folder))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        with gr.Blocks(fill_width=True, analytics_enabled=False) as demo:
            card = plots_card(publish(default_arrays()))
            for count in (1, 2):
                gr.Button(f"show {count}").click(partial(show, count), None, card.outputs, api_visibility="private")
        launch = {"theme": theme(), "head": style_sheet(), "prevent_thread_lock": True, "quiet": True}
        _, url, _ = demo.launch(server_port=free_port(), **launch)
        yield url
        demo.close()


class Visit:
    def __init__(self, page, address: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:"))
                else self.elsewhere.append(r.url))  # fmt: skip
        page.goto(address)
        page.evaluate("window.sought = []; addEventListener('intersyn:seek', ({ detail }) => sought.push(detail))")

    def show(self, count: int) -> None:
        self.page.get_by_role("button", name=f"show {count}").click()

    def open(self, tab: str) -> None:
        self.page.get_by_role("tab", name=tab).click()

    def plot(self, name: str):
        plot = self.page.locator(f"#plot-{name} .js-plotly-plot")
        plot.locator(".is-plot-cursor").wait_for(state="attached")
        return plot

    def frame(self, frame: float, viewer: str = "viewer") -> None:
        detail = {"viewer": viewer, "frame": frame, "frames": FRAMES, "fps": FPS, "playing": False}
        self.page.evaluate("detail => dispatchEvent(new CustomEvent('intersyn:frame', { detail }))", detail)

    def second_of_cursor(self, name: str) -> float:
        """Read off the plot: where the cursor's middle is between the axis's ticks, in seconds."""
        return self.plot(name).evaluate(
            """plot => {
            const { left, width } = plot.querySelector('.is-plot-cursor').getBoundingClientRect();
            const ticks = [...plot.querySelectorAll('.xaxislayer-above text')].map((tick) => {
              const box = tick.getBoundingClientRect();
              return [Number(tick.textContent), box.left + box.width / 2];
            });
            const [[a, x], [b, y]] = [ticks[0], ticks.at(-1)];
            return a + (b - a) * (left + width / 2 - x) / (y - x);
        }"""
        )

    def cursor_settles(self, name: str, seconds: float) -> None:
        """The plot may still be laid out anew."""
        for _ in range(100):
            if abs(self.second_of_cursor(name) - seconds) < 0.03:
                return
            self.page.wait_for_timeout(200)
        raise AssertionError(f"the cursor is at {self.second_of_cursor(name):.2f} s and not at {seconds:.2f} s")


@pytest.fixture
def visit(chromium: str, address: str) -> Iterator[Visit]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=[*BROWSER])
        try:
            yield Visit(browser.new_page(viewport={"width": 1280, "height": 900}, has_touch=True), address)
        finally:
            browser.close()


def test_while_the_plotter_is_on_its_way_nothing_stands_in_for_it(visit: Visit) -> None:
    """Gradio's placeholder breaks a rule of ARIA: it is neither seen nor read."""
    held = []
    visit.page.route("**/PlotlyPlot*", lambda route: held.append(route))
    visit.show(1)
    visit.page.locator("#plots-section .label-wrap").click()
    placeholder = visit.page.locator("#plots .empty").first
    placeholder.wait_for(state="attached")
    assert not placeholder.is_visible()
    visit.page.wait_for_timeout(200)
    for route in held:
        route.continue_()
    visit.plot("jerk").wait_for()


def test_the_cursor_follows_the_clock_and_a_click_seeks(visit: Visit) -> None:
    page = visit.page
    visit.show(2)
    playwright.expect(page.locator(".is-changed li")).to_contain_text("No coordinator Without the coordinator")
    visit.frame(30)  # the plots are opened later
    page.locator("#plots-section .label-wrap").click()
    visit.cursor_settles("jerk", 1.5)
    visit.frame(90.5)
    visit.cursor_settles("jerk", 4.525)
    visit.frame(10, viewer="lesson-viewer")
    visit.cursor_settles("jerk", 4.525)

    # A click goes to the frame under it; a drag goes along; neither moves the cursor, which the clock does.
    ground = visit.plot("jerk").locator(".nsewdrag").first.bounding_box()
    at = [ground["x"] + ground["width"] * part for part in (0.25, 0.5, 0.75)]
    y = ground["y"] + ground["height"] / 2
    page.mouse.click(at[0], y)
    assert page.evaluate("sought") == [{"viewer": "viewer", "frame": 30}]
    page.mouse.move(at[1], y)
    page.mouse.down()
    page.mouse.move(at[2], y)
    page.mouse.up()
    page.mouse.move(at[0], y)
    assert [seek["frame"] for seek in page.evaluate("sought")[1:]] == [60, 90]
    visit.cursor_settles("jerk", 4.525)

    # Other plots of the same motions stand where this one does, and new plots where the old ones did.
    visit.open("Feet")
    visit.cursor_settles("feet", 4.525)
    visit.show(1)
    playwright.expect(page.locator(".is-changed li")).to_have_count(0)
    visit.cursor_settles("feet", 4.525)
    assert page.locator("#plot-feet .is-plot-cursor").count() == 1

    visit.open("Seams")
    page.locator("#seams [data-frame='80']").click()
    assert page.evaluate("sought").pop() == {"viewer": "viewer", "frame": 80}
    assert visit.complaints == []
    assert visit.elsewhere == []


def test_plots_follow_the_window_and_the_theme(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    visit.show(2)
    page.locator("#plots-section .label-wrap").click()
    visit.frame(60)
    visit.cursor_settles("jerk", 3.0)
    visit.open("Distances")
    visit.cursor_settles("distance", 3.0)
    page.set_viewport_size({"width": 390, "height": 844})  # while the jerk is out of sight
    visit.cursor_settles("distance", 3.0)
    visit.open("Jerk")
    visit.cursor_settles("jerk", 3.0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    below = page.locator("#plot-jerk .legend .bg").bounding_box()
    axis = page.locator("#plot-jerk .x2title").bounding_box()
    assert below["y"] >= axis["y"] + axis["height"] - 2, "the legend has room below the axis"

    ground = visit.plot("jerk").locator(".nsewdrag").first
    ground.scroll_into_view_if_needed()
    ground = ground.bounding_box()
    page.touchscreen.tap(ground["x"] + ground["width"] / 2, ground["y"] + 20)
    assert [seek["frame"] for seek in page.evaluate("sought")] == [60], "once, when the finger leaves"

    # Each person's line takes the theme's colour, and so does the picture that is saved.
    colour = "[...document.querySelectorAll('#plot-jerk .js-line')].map((line) => line.style.stroke)"
    light = page.evaluate(colour)
    page.evaluate("document.body.classList.add('dark')")
    page.wait_for_function(f"light => {colour}[0] !== light", arg=light[0])
    dark = page.evaluate("getComputedStyle(document.body).getPropertyValue('--is-one').trim()")
    red, green, blue = (int(dark[k : k + 2], 16) for k in (1, 3, 5))
    assert f"rgb({red}, {green}, {blue})" in page.evaluate(colour)
    visit.cursor_settles("jerk", 3.0)
    with page.expect_download() as download:
        page.locator("#plot-jerk .modebar-btn[data-title^=Download]").press("Enter")
    assert download.value.suggested_filename == "intersyn_jerk.png"
    download.value.save_as(tmp_path / "jerk.png")
    assert Image.open(tmp_path / "jerk.png").convert("RGB").getpixel((3, 3)) == (0x19, 0x1B, 0x1A), "--is-card"

    with page.expect_download() as download:
        page.locator("#save-curves").click()
    assert download.value.suggested_filename == "intersyn_curves.csv"
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert len(rows) == 2 * 2 * FRAMES

    # Without seeing it: what a figure shows, and its numbers in words.
    assert page.locator("#plot-jerk [role=figure]").get_attribute("aria-label").startswith("Jerk is")
    page.locator("#about-jerk summary").click()
    playwright.expect(page.locator("#about-jerk li")).to_have_count(2)
    playwright.expect(page.locator("#about-jerk li").first).to_contain_text("on average, most at")
    assert visit.complaints == []
    assert visit.elsewhere == []
