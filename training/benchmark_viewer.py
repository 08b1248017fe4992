"""What a picture of the viewer costs, with one to four panels of real motions: draw calls, triangles, time.

    python -m training.benchmark_viewer                      # needs Chromium and requirements-dev.txt

For each number of panels, with the least and with the most that the menu can show. Milliseconds of processor are those
of the browser's main thread for one picture: posing, contacts, camera, WebGL calls, words over the picture and their
layout. They belong to the machine they were measured on; what the graphics card does with the calls is not in them.
Milliseconds of clock are `viewer.stats.scriptMs`, which on a busy machine also counts waiting for other programs.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import tyro
from playwright.sync_api import Page, sync_playwright

from app.assets import publish, style_sheet
from app.viewer import Shown, manifest, viewer
from intersyn.body.default import default_arrays
from intersyn.pipeline import InterSynPipeline
from intersyn.timeline import Timeline
from training.benchmark_page import BROWSER, FIND, PATIENCE, chromium_path, free_port

OVERLAYS = ("trails", "ghosts", "axes", "difference")
# Draws so many pictures, each after the one before has left the browser, and answers with the viewer's own figures.
DRAW = """async (count) => {
  const viewer = %s, { gl } = viewer.renderer;
  for (let i = 0; i < count; i++) {
    viewer.clock.seek(i %% viewer.clock.frames);
    gl.finish();
    await new Promise((done) => setTimeout(done, 20));
  }
  return [viewer.stats.drawCalls, viewer.stats.triangles, viewer.stats.scriptMs];
}"""


@dataclass(frozen=True)
class Config:
    """What to measure."""

    checkpoint: str | None = None  # folder or Hub id; the bundled one if not given
    chromium: str | None = None  # found on the path if not given
    pictures: int = 60
    width: int = 1280
    height: int = 860


def measure(page: Page, pictures: int) -> str:
    """Draw calls, triangles and milliseconds for one picture as the viewer stands."""
    draw = DRAW % FIND
    page.evaluate(draw, 4)  # compiled by then
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = client.send("Performance.getMetrics")["metrics"]
        return next(item["value"] for item in metrics if item["name"] == "TaskDuration")

    before = spent()
    calls, triangles, wall = page.evaluate(draw, pictures)
    used = 1000 * (spent() - before) / pictures
    client.detach()
    return f"{calls:6.0f} {triangles:10.0f} {used:14.2f} {wall:12.2f}"


def main(config: Config) -> None:
    """Print one line for each number of panels, with the least and the most that can be shown."""
    chromium = chromium_path(config.chromium)
    timeline = Timeline.solo_interact_solo("a person walks forward", "two people salsa dance", "a person bows")
    pipeline = InterSynPipeline.from_pretrained(config.checkpoint)
    motions = [pipeline(timeline, seed=seed, clean_up=True) for seed in range(4)]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        assets = publish(default_arrays())
        with gr.Blocks(analytics_enabled=False) as demo:
            view = viewer(assets)
            for count in range(1, 5):
                place = Path(folder, str(count))
                place.mkdir()
                made = manifest([Shown(motion, f"Seed {k}") for k, motion in enumerate(motions[:count])], place)
                gr.Button(str(count), elem_id=f"show-{count}").click(lambda made=made: made, None, view)
        port = free_port()
        demo.launch(server_port=port, prevent_thread_lock=True, quiet=True, head=style_sheet())
        browser = driver.chromium.launch(executable_path=chromium, args=list(BROWSER))
        page = browser.new_page(viewport={"width": config.width, "height": config.height}, reduced_motion="reduce")
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_function(f"() => {FIND}?.body")
        print("panels  shown    calls  triangles  ms of processor  ms of clock")
        for count in range(1, 5):
            page.locator(f"#show-{count}").click()
            page.wait_for_function(f"(count) => {FIND}.panels.length === count", arg=count)
            for shown in ("least", "most"):
                for name in OVERLAYS:
                    page.evaluate(f"([name, on]) => {FIND}.options.set(name, on)", [name, shown == "most"])
                figure = "both" if shown == "most" else "mesh"
                page.evaluate(f"(figure) => {FIND}.options.set('figure', figure)", figure)
                print(f"{count:6d}  {shown:5s}  {measure(page, config.pictures)}", flush=True)
        browser.close()
        demo.close()


if __name__ == "__main__":
    main(tyro.cli(Config))
