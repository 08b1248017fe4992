"""Pictures of the page for the documents, drawn anew by the checkpoint that ships:

    python -m training.make_screens                               # needs Chromium and requirements-dev.txt
    python -m training.make_screens --only page-phone --out /tmp  # looks at one of them

Each visit opens a link to a scene of the gallery with a second panel, which has both made, and stops the clock at one
frame. The same checkpoint gives the same poses; letters are those of the machine's fonts.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from app.bodies import measure, served_body
from app.panels import SWITCHES, panels_of
from app.presets import PRESETS
from app.share import PARAMETER, encode
from app.state import State
from intersyn.files import atomic_write
from training.benchmark_page import BROWSER, FIND, PATIENCE, ROOT, chromium_path, serving, wait_for_motion

COLOURS, ROUNDS = 256, 3  # of a picture's palette, and how often it is made better
MAX_BYTES = 400_000
MARGIN = 12  # pixels round what is shown
LESSON = "[...document.querySelectorAll('*')].find((e) => e.viewer?.name === 'lesson-viewer')?.viewer"
STILL = "(frame) => { const viewer = %s; viewer.clock.pause(); viewer.clock.seek(frame); }"


@dataclass(frozen=True)
class Screen:
    """One picture: CSS pixels of the window, pixels of the picture for each of them, and what is looked at.

    chapter: of the lesson; the studio without one. since, until: the picture begins and ends where these elements do,
    where it is not what the window shows at first.
    """

    width: int
    height: int
    scale: int = 1
    dark: bool = False
    chapter: str | None = None
    since: str | None = None
    until: str | None = None


SCREENS = {
    "page": Screen(1440, 1000, until="#model"),
    "page-dark": Screen(1440, 1000, dark=True, until="#model"),
    "page-phone": Screen(390, 844, scale=2, since="#viewer"),
    "page-lesson": Screen(1440, 1000, chapter="rec", until="#lesson-page"),
}


@dataclass(frozen=True)
class Config:
    """What is shown, and where the pictures go."""

    checkpoint: str | None = None  # folder or Hub id; the bundled one if not given
    chromium: str | None = None  # found on the path if not given
    out: Path = ROOT / "docs"
    only: tuple[str, ...] = ()  # names of pictures; all if not given
    scene: str = "Salsa"  # of the gallery
    beside: str = "no_rec"  # the second panel, a name of app/panels.py
    frame: int = 95
    lesson_frame: int = 80


def visit(browser: Browser, address: str, screen: Screen) -> Page:
    """A tab as this screen has it, with a motion in it."""
    context = browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        device_scale_factor=screen.scale,
        color_scheme="dark" if screen.dark else "light",
        is_mobile=screen.scale > 1,
        has_touch=screen.scale > 1,
        reduced_motion="reduce",  # nothing plays by itself
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(address)
    wait_for_motion(page)
    return page


def link(config: Config) -> str:
    """What a link to the scene with its second panel carries: whoever opens it has both made."""
    preset = next(preset for preset in PRESETS if preset.name == config.scene)
    bodies = tuple(measure(*served_body()).middle)
    state = State(preset.script, panels_of(preset.settings, [config.beside]), bodies)
    return f"?{PARAMETER}={encode(state)}"


def stop(page: Page, viewer: str, frame: int) -> None:
    """Stop a viewer's clock, at the top of the page."""
    page.evaluate(STILL % viewer, frame)
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")


def compare(page: Page, frame: int) -> None:
    """Wait for both panels and for what is measured of them."""
    page.wait_for_function(f"() => {FIND}.panels.length === 2")
    page.locator("#status .is-done").wait_for()
    page.wait_for_function("() => document.querySelector('#changed')?.textContent")
    stop(page, FIND, frame)


def teach(page: Page, chapter: str, frame: int) -> None:
    """Open a chapter of the lesson, and stop its clock."""
    page.get_by_role("tab", name="How it works").click()
    page.locator(f'.is-chapters button[data-chapter="{chapter}"]').click()
    page.locator("#lesson-exhibit .is-row").first.wait_for()
    page.wait_for_function(f"() => {LESSON}?.poser")
    stop(page, LESSON, frame)


def shoot(page: Page, screen: Screen) -> bytes:
    """What is in the window, or all down to the end of `until`, as PNG with a palette."""
    page.mouse.move(1, 1)
    page.wait_for_timeout(1500)  # all is drawn by then, and nothing above grows any more
    if screen.since is not None:
        page.evaluate(
            "([part, margin]) => scrollBy({ top: document.querySelector(part).getBoundingClientRect().top - margin,"
            " behavior: 'instant' })",
            [screen.since, MARGIN],
        )
        page.wait_for_timeout(500)
    if screen.until is None:
        taken = page.screenshot()
    else:
        box = page.locator(screen.until).bounding_box()
        clip = {"x": 0, "y": 0, "width": screen.width, "height": box["y"] + box["height"] + MARGIN}
        taken = page.screenshot(full_page=True, clip=clip)
    picture = Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS, kmeans=ROUNDS, dither=Image.Dither.NONE)
    packed = io.BytesIO()
    picture.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def main(config: Config) -> list[Path]:
    """Draw the pictures and print what they weigh. Raises `ValueError` for unknown names, or if one is too heavy."""
    for name, known in ((config.scene, [preset.name for preset in PRESETS]), (config.beside, list(SWITCHES))):
        if name not in known:
            raise ValueError(f"there is no {name!r} among {', '.join(known)}")
    if unknown := [name for name in config.only if name not in SCREENS]:
        raise ValueError(f"there is no picture {unknown[0]!r}: there are {', '.join(SCREENS)}")
    written = []
    with serving(config.checkpoint) as (url, _), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(config.chromium), args=list(BROWSER))
        for name in config.only or SCREENS:
            screen = SCREENS[name]
            page = visit(browser, url if screen.chapter else url + link(config), screen)
            if screen.chapter is None:
                compare(page, config.frame)
            else:
                teach(page, screen.chapter, config.lesson_frame)
            data = shoot(page, screen)
            page.context.close()
            if len(data) > MAX_BYTES:
                raise ValueError(f"a picture has at most {MAX_BYTES} bytes, {name} has {len(data)}")
            path = config.out / f"{name}.png"
            with atomic_write(path) as file:
                file.write(data)
            print(f"{path}  {len(data) / 1000:.0f} kB", flush=True)
            written.append(path)
        browser.close()
    return written


if __name__ == "__main__":
    try:
        main(tyro.cli(Config, description=__doc__))
    except ValueError as problem:
        sys.exit(f"{problem}")
