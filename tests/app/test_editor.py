"""The timeline editor in a real browser, on a page of its own whose Python side keeps what it is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import pytest

from app.assets import publish, style_sheet
from app.editor import editor
from app.script import Scene, Script
from app.theme import theme
from intersyn.body.default import default_arrays

playwright = pytest.importorskip("playwright.sync_api")
from training.benchmark_page import BROWSER, free_port  # noqa: E402

pytestmark = pytest.mark.slow

PATIENCE = 120  # seconds: software rendering on a shared machine is slow
MOST = 400
FIRST = Script(
    (
        Scene("alone", 60, "a person walks forward", "a person runs", "kept for later"),
        Scene("together", 80, together="two people salsa dance"),
        Scene("alone", 56, "a person waves", "a person bows"),
    )
)
OTHER = Script((Scene("together", 40, together="two people hug"), Scene("alone", 20, "walk " * 59, "x" * 300)))
FULL = Script(tuple(Scene("alone", 20, "walk", "run") for _ in range(7)))
SCRIPTS = {"First": FIRST, "Other": OTHER, "Full": FULL}


@dataclass
class Room:
    """The page, and what its Python side has been told: (event, value)."""

    url: str
    told: list[tuple[str, Any]] = field(default_factory=list)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        assets = publish(default_arrays())
        room = Room("")
        with gr.Blocks(fill_width=True, analytics_enabled=False) as demo:
            component = editor(assets, FIRST, MOST)
            for name, script in SCRIPTS.items():
                gr.Button(name).click(script.value, None, component, api_visibility="private")
            for event in ("input", "submit"):
                getattr(component, event)(
                    lambda value, event=event: room.told.append((event, value)),
                    component,
                    api_visibility="private",
                    trigger_mode="multiple",  # all are told, however fast they come
                )
        launch = {"theme": theme(), "head": style_sheet(), "prevent_thread_lock": True, "quiet": True}
        _, room.url, _ = demo.launch(server_port=free_port(), **launch)
        yield room
        demo.close()


@pytest.fixture(scope="module")
def browser(chromium: str):
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=[*BROWSER])
        yield browser
        browser.close()


class Desk:
    """A visit to the page."""

    def __init__(self, page, room: Room) -> None:
        self.page, self.room = page, room
        self.complaints: list[str] = []
        page.set_default_timeout(1000 * PATIENCE)
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(room.url)
        self.grip(2).wait_for()

    def grip(self, k: int):
        return self.page.locator(".is-grip").nth(k)

    def scene(self, k: int):
        return self.page.locator(".is-scene").nth(k)

    def bar(self) -> dict[str, float]:
        return self.page.locator(".is-bar").bounding_box()

    def extent(self) -> float:
        """Frames that the bar is long."""
        bar, grip = self.bar(), self.grip(0).bounding_box()
        return bar["width"] * self.shown()[0] / (grip["x"] + grip["width"] / 2 - bar["x"])

    def at(self, locator) -> tuple[float, float]:
        """From which frame to which something lies on the bar."""
        bar, box, extent = self.bar(), locator.bounding_box(), self.extent()
        left = (box["x"] - bar["x"]) / bar["width"] * extent
        return left, left + box["width"] / bar["width"] * extent

    def text(self, k: int, name: str):
        return self.page.locator(f"#scene-{k}-{name} textarea")

    def button(self, name: str):
        return self.page.get_by_role("button", name=name, exact=True)

    def load(self, name: str) -> None:
        self.button(name).click()
        self.page.wait_for_function(
            "count => document.querySelectorAll('.is-grip').length === count", arg=len(SCRIPTS[name].scenes)
        )
        self.page.wait_for_function("end => document.querySelector('.is-grip').ariaValueNow === String(end)",
                                    arg=SCRIPTS[name].scenes[0].frames)  # fmt: skip

    def hear(self, action) -> Script:
        """The one value that Python is told of because of `action`."""
        before = len(self.room.told)
        action()
        self.wait(lambda: len(self.room.told) > before)
        self.page.wait_for_timeout(400)  # nothing more may follow
        assert [event for event, _ in self.room.told[before:]] == ["input"]
        return Script.from_value(self.room.told[-1][1], MOST)

    def wait(self, done) -> None:
        deadline = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < deadline
            self.page.wait_for_timeout(50)

    def shown(self) -> list[int]:
        return [int(grip.get_attribute("aria-valuenow")) for grip in self.page.locator(".is-grip").all()]


@pytest.fixture(scope="module")
def table(browser, room: Room) -> Iterator[Desk]:
    page = browser.new_page(viewport={"width": 1280, "height": 700})
    yield Desk(page, room)
    page.close()


@pytest.fixture
def desk(table: Desk) -> Iterator[Desk]:
    for name in ("Other", "First"):
        table.load(name)
    table.page.locator(".is-scene").first.click()
    yield table
    assert not table.complaints


def lengths(script: Script) -> list[int]:
    return [scene.frames for scene in script.scenes]


def drag(desk: Desk, k: int, frames: float, *held: str) -> None:
    """Drag a grip with the mouse by about so many frames."""
    bar, box, extent = desk.bar(), desk.grip(k).bounding_box(), desk.extent()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    desk.page.mouse.move(x, y)
    for key in held:
        desk.page.keyboard.down(key)
    desk.page.mouse.down()
    for step in (1, 2, 3):
        desk.page.mouse.move(x + bar["width"] * frames / extent * step / 3, y)
    desk.page.mouse.up()
    for key in held:
        desk.page.keyboard.up(key)


def test_a_boundary_is_dragged_by_mouse(desk):
    assert lengths(desk.hear(lambda: drag(desk, 0, 21.4))) == [80, 60, 56]
    assert lengths(desk.hear(lambda: drag(desk, 0, 500))) == [110, 30, 56]
    assert lengths(desk.hear(lambda: drag(desk, 0, -500))) == [20, 120, 56]
    assert lengths(desk.hear(lambda: drag(desk, 1, -7, "Shift"))) == [20, 113, 63]
    assert lengths(desk.hear(lambda: drag(desk, 2, 14))) == [20, 113, 77]  # only the last end changes the whole
    told = len(desk.room.told)
    desk.grip(0).hover()
    desk.page.mouse.down()
    desk.page.mouse.move(700, 200)
    assert desk.shown()[0] > 20
    desk.page.keyboard.press("Escape")
    desk.page.mouse.up()
    assert desk.shown() == [20, 133, 210]
    assert len(desk.room.told) == told


def carry(desk: Desk, k: int, to: float) -> None:
    """Lift a segment with the mouse, and hold it where its left edge would be at frame `to`."""
    bar, box, extent = desk.bar(), desk.scene(k).bounding_box(), desk.extent()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    x += bar["x"] + bar["width"] * to / extent - box["x"]
    for step in (-20, -10, 0):
        desk.page.mouse.move(x + step, y)


def test_a_segment_is_carried_by_mouse(desk):
    walk, dance, wave = FIRST.scenes
    slot = desk.page.locator(".is-slot")
    playwright.expect(slot).to_be_hidden()
    carry(desk, 0, 50)
    playwright.expect(slot).to_be_visible()
    assert desk.at(slot) == pytest.approx((80, 140), abs=1)  # nearest place: after the dance, which has made room
    desk.wait(lambda: desk.at(desk.scene(1)) == pytest.approx((0, 80), abs=1))
    assert desk.at(desk.scene(0))[0] == pytest.approx(50, abs=1)
    moved = desk.hear(desk.page.mouse.up)
    assert moved.scenes == (dance, walk, wave)  # with the text that is not seen
    playwright.expect(slot).to_be_hidden()
    playwright.expect(desk.page.locator(".is-inspector h3")).to_have_text("Segment 2 of 3")
    assert desk.page.evaluate("document.activeElement.ariaLabel").startswith("Segment 2 of 3, alone")
    assert desk.hear(desk.button("Undo").click) == FIRST
    assert desk.hear(desk.button("Redo").click) == moved
    carry(desk, 2, -500)
    assert desk.hear(desk.page.mouse.up).scenes == (wave, dance, walk)


def test_escape_puts_a_carried_segment_back(desk):
    told = len(desk.room.told)
    carry(desk, 2, 0)
    assert desk.at(desk.page.locator(".is-slot")) == pytest.approx((0, 56), abs=1)
    desk.page.keyboard.press("Escape")
    playwright.expect(desk.page.locator(".is-slot")).to_be_hidden()
    assert desk.at(desk.scene(2)) == pytest.approx((140, 196), abs=1)
    desk.page.mouse.up()
    playwright.expect(desk.page.locator(".is-inspector h3")).to_have_text("Segment 1 of 3")
    carry(desk, 1, 62)  # and where it was, nothing has happened but that it is chosen
    desk.page.mouse.up()
    playwright.expect(desk.page.locator(".is-inspector h3")).to_have_text("Segment 2 of 3")
    assert desk.at(desk.scene(1)) == pytest.approx((60, 140), abs=1)
    assert len(desk.room.told) == told
    carry(desk, 0, 100)
    desk.hear(lambda: desk.page.keyboard.press("Delete"))  # what was lifted is no longer there
    desk.page.mouse.up()
    desk.page.wait_for_timeout(400)
    assert len(desk.room.told) == told + 1
    assert desk.shown() == [80, 136]


def test_segments_glide_only_where_motion_is_welcome(desk):
    for motion, seconds in (("no-preference", "0.16s"), ("reduce", "0s")):
        desk.page.emulate_media(reduced_motion=motion)
        carry(desk, 0, 50)
        assert desk.scene(1).evaluate("e => getComputedStyle(e).transitionDuration") == seconds
        desk.page.keyboard.press("Escape")
        desk.page.mouse.up()
    desk.page.emulate_media(reduced_motion="null")


def test_the_last_end_pulls_more_time_into_the_bar(desk):
    grip = desk.grip(2)
    grip.hover()
    desk.page.mouse.down()
    desk.page.mouse.move(1279, grip.bounding_box()["y"] + 10)
    desk.page.wait_for_function("Number(document.querySelectorAll('.is-grip')[2].ariaValueNow) > 300")
    desk.hear(desk.page.mouse.up)
    assert 300 < desk.shown()[2] <= MOST


def test_boundaries_by_keyboard(desk):
    grip = desk.grip(0)
    grip.focus()
    assert grip.get_attribute("aria-valuemin") == "20"
    assert grip.get_attribute("aria-valuemax") == "110"
    assert grip.get_attribute("aria-valuetext") == "frame 60, 3.0 s"
    for key, end in {"ArrowRight": 65, "Shift+ArrowRight": 66, "ArrowLeft": 65, "Home": 20, "End": 110}.items():
        assert lengths(desk.hear(lambda key=key: desk.page.keyboard.press(key)))[0] == end
        assert grip.get_attribute("aria-valuenow") == str(end)
    desk.grip(2).focus()
    assert desk.hear(lambda: desk.page.keyboard.press("End")).frames == MOST


def test_fields_mirror_the_grips(desk):
    desk.page.locator(".is-scene").nth(1).click()
    start, length = (desk.page.get_by_role("spinbutton", name=name) for name in ("Start", "Length"))
    assert (start.input_value(), length.input_value()) == ("60", "80")
    start.fill("50")
    assert lengths(desk.hear(lambda: start.press("Enter"))) == [50, 90, 56]
    length.fill("1000")
    assert lengths(desk.hear(lambda: length.press("Enter"))) == [50, 126, 20]
    playwright.expect(desk.page.locator(".is-said")).to_have_text("Length: 30 to 126 frames are possible here.")
    slider = desk.page.get_by_role("slider", name="Length in frames")
    assert lengths(desk.hear(lambda: slider.press("ArrowLeft"))) == [50, 125, 21]


def test_a_typed_text_is_told_once_and_undone_as_one(desk):
    area = desk.text(1, "together")
    area.focus()
    area.press("Control+End")
    said = desk.hear(lambda: area.press_sequentially(" and bow"))
    assert said.scenes[1].together == "two people salsa dance and bow"
    assert desk.hear(lambda: area.press("Control+z")) == FIRST
    playwright.expect(area).to_have_value("two people salsa dance")
    assert desk.hear(lambda: area.press("Control+Shift+Z")) == said
    before = len(desk.room.told)
    area.press("Enter")
    desk.wait(lambda: len(desk.room.told) > before)
    assert desk.room.told[-1] == ("submit", said.value())


def test_editing_loses_no_text(desk):
    desk.page.locator(".is-scene").nth(1).click()
    split = desk.hear(desk.button("Split").click)
    assert lengths(split) == [60, 40, 40, 56]
    assert [scene.together for scene in split.scenes[1:3]] == ["two people salsa dance"] * 2
    assert desk.hear(desk.page.get_by_role("radio", name="Alone").click).scenes[1].kind == "alone"
    playwright.expect(desk.text(1, "together")).to_be_hidden()
    one = desk.text(1, "one")
    assert desk.hear(lambda: one.fill("a person claps")).scenes[1].together == "two people salsa dance"
    again = desk.hear(desk.page.get_by_role("radio", name="Together").click)
    assert again.scenes[1] == Scene("together", 40, "a person claps", "", "two people salsa dance")
    moved = desk.hear(desk.button("Move left").click)
    assert moved.scenes == (again.scenes[1], again.scenes[0], *again.scenes[2:])
    assert lengths(desk.hear(desk.button("Remove").click)) == [60, 40, 56]
    for expected in (moved, again):
        assert desk.hear(desk.button("Undo").click) == expected
    for _ in range(4):
        desk.button("Undo").click()
    desk.wait(lambda: desk.room.told[-1] == ("input", FIRST.value()))
    for _ in range(5):
        desk.button("Redo").click()
    desk.wait(lambda: desk.room.told[-1] == ("input", moved.value()))


def test_segments_by_keyboard(desk):
    desk.page.locator(".is-scene").first.focus()
    desk.page.keyboard.press("ArrowRight")
    assert desk.hear(lambda: desk.page.keyboard.press("Shift+ArrowRight")).scenes[2] == FIRST.scenes[1]
    assert desk.page.evaluate("document.activeElement.ariaLabel").startswith("Segment 3 of 3, together")
    assert lengths(desk.hear(lambda: desk.page.keyboard.press("Delete"))) == [60, 56]
    playwright.expect(desk.page.locator(".is-said")).to_have_text("Segment 3 removed.")


def test_segments_are_added_after_the_chosen_one(desk):
    added = desk.page.locator("[data-add=together]")
    assert desk.hear(added.click).scenes[1] == Scene("together", 60)
    desk.grip(3).focus()
    desk.hear(lambda: desk.page.keyboard.press("End"))
    assert lengths(desk.hear(added.click)) == [60, 30, 30, 80, 200]  # no room: from the chosen one
    playwright.expect(added).to_have_attribute("title", "No room: shorten a segment first (at most 400 frames in all, "
                                               "20.0 s).")  # fmt: skip


def test_what_is_impossible_says_why(desk):
    desk.load("Full")
    told = len(desk.room.told)
    add = desk.page.locator("[data-add=alone]")
    playwright.expect(add).to_have_attribute("aria-disabled", "true")
    playwright.expect(add).to_have_attribute("title", "There are 7 segments, as many as possible.")
    add.click(force=True)
    playwright.expect(desk.page.locator(".is-said")).to_have_text("There are 7 segments, as many as possible.")
    desk.page.locator("[data-do=split]").click(force=True)
    playwright.expect(desk.page.locator(".is-said")).to_contain_text("7 segments")
    assert len(desk.room.told) == told
    assert lengths(desk.hear(desk.page.get_by_role("radio", name="Together").click))[0] == 30  # it grows


def test_a_value_from_python_is_one_step(desk):
    desk.hear(lambda: desk.text(2, "two").fill("a person kneels"))
    desk.load("Other")
    assert desk.shown() == [40, 60]
    assert desk.text(0, "together").input_value() == "two people hug"
    assert desk.hear(desk.button("Undo").click).scenes[2].two == "a person kneels"
    assert desk.hear(desk.button("Redo").click) == OTHER


def test_the_playhead_follows_the_viewer_and_the_ruler_seeks(desk):
    desk.page.evaluate("""() => {
      window.sought = [];
      window.addEventListener("intersyn:seek", (event) => window.sought.push(event.detail));
    }""")
    show = """(detail) => window.dispatchEvent(new CustomEvent("intersyn:frame", { detail }))"""
    head, box = desk.page.locator(".is-head"), desk.page.locator(".is-ruler").bounding_box()
    grip = desk.grip(0).bounding_box()
    desk.page.evaluate(show, {"viewer": "viewer", "frame": 60, "frames": 196})
    assert head.bounding_box()["x"] == pytest.approx(grip["x"] + grip["width"] / 2, abs=2)
    desk.page.evaluate(show, {"viewer": "another", "frame": 0, "frames": 196})
    assert head.bounding_box()["x"] > box["x"] + 50
    desk.page.mouse.click(grip["x"] + grip["width"] / 2 + 1, box["y"] + 10)
    assert desk.page.evaluate("window.sought") == [{"viewer": "viewer", "frame": 60}]
    desk.page.evaluate(show, {"viewer": "viewer", "frame": 10, "frames": 100})
    playwright.expect(head).to_be_hidden()
    desk.page.mouse.click(box["x"] + 30, box["y"] + 10)
    assert len(desk.page.evaluate("window.sought")) == 1
    playwright.expect(desk.page.locator(".is-said")).to_contain_text("has another length")


def test_errors_find_their_fields(desk):
    for name in ("timeline", "scene-0", "scene-0-one", "scene-0-two", "scene-1-together"):
        assert desk.page.locator(f"#{name}").count() == 1
    for name in ("scene-0-one", "scene-0-two", "scene-1-together"):
        playwright.expect(desk.page.locator(f"#{name} textarea")).to_be_visible()


class Finger:
    """One on the screen of a phone."""

    def __init__(self, context, page) -> None:
        self.page, self.session = page, context.new_cdp_session(page)

    def touch(self, kind: str, *at: float) -> None:
        points = [dict(zip("xy", at))] if at else []
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def swipe(self, x: float, y: float, dx: float, dy: float = 0, end: str = "touchEnd") -> None:
        self.touch("touchStart", x, y)
        for part in (0.1, 0.3, 0.6, 1):
            self.touch("touchMove", x + part * dx, y + part * dy)
        self.page.wait_for_timeout(300)  # a finger that leaves at speed flings, and the browser swallows the next tap
        self.touch("touchMove", x + dx, y + dy)
        self.touch(end)


@pytest.fixture
def phone(browser, room: Room) -> Iterator[tuple[Desk, Finger]]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    desk = Desk(context.new_page(), room)
    yield desk, Finger(context, desk.page)
    assert not desk.complaints
    context.close()


def middle(box: dict[str, float]) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_segment_is_carried_by_its_handle_and_the_rest_scrolls(phone):
    desk, finger = phone
    walk, dance, wave = FIRST.scenes
    bar, extent = desk.bar(), desk.extent()
    handle = desk.scene(0).locator(".is-handle")
    assert handle.bounding_box()["height"] >= 24
    right = bar["width"] * 50 / extent
    x, y = middle(handle.bounding_box())
    told = len(desk.room.told)
    finger.swipe(x, y, right, end="touchCancel")
    assert desk.at(desk.scene(0)) == pytest.approx((0, 60), abs=1)
    finger.swipe(x, y + 40, right)  # not by its handle
    assert desk.at(desk.scene(0)) == pytest.approx((0, 60), abs=1)
    assert len(desk.room.told) == told
    assert desk.hear(lambda: finger.swipe(x, y, right)).scenes == (dance, walk, wave)
    assert desk.hear(desk.button("Undo").tap) == FIRST
    desk.load("Full")  # short ones have a handle as wide as they are
    desk.scene(6).locator(".is-handle").tap()
    handle = desk.scene(6).locator(".is-handle").bounding_box()
    assert handle["width"] == pytest.approx(desk.scene(6).bounding_box()["width"], abs=4)
    last = desk.hear(lambda: desk.text(6, "one").fill("last"))
    moved = desk.hear(lambda: finger.swipe(*middle(handle), -0.95 * bar["width"]))
    assert moved.scenes == (last.scenes[6], *last.scenes[:6])
    desk.load("First")
    told = len(desk.room.told)
    finger.swipe(x, y + 40, 0, -200)
    desk.wait(lambda: desk.page.evaluate("scrollY") > 0)
    assert len(desk.room.told) == told


def test_on_a_phone_the_chosen_segment_is_open_below_the_bar(phone):
    desk, _ = phone
    heads = desk.page.locator(".is-cell-head")
    start = desk.page.get_by_role("spinbutton", name="Start")
    order = [desk.page.locator(".is-bar"), desk.text(0, "one"), desk.text(0, "two"), start, heads.nth(1), heads.nth(2)]
    tops = [each.bounding_box()["y"] for each in order]
    assert tops == sorted(tops)
    playwright.expect(desk.text(1, "together")).to_be_hidden()
    playwright.expect(heads.nth(1)).to_contain_text("two people salsa dance")
    playwright.expect(heads.nth(2)).to_contain_text("a person waves / a person bows")
    # With keys: closed ones are passed by until they are opened, then come texts and fields.
    heads.nth(1).focus()
    playwright.expect(heads.nth(1)).to_have_attribute("aria-expanded", "false")
    desk.page.keyboard.press("Enter")
    playwright.expect(heads.nth(1)).to_have_attribute("aria-expanded", "true")
    playwright.expect(heads.nth(0)).to_have_attribute("aria-expanded", "false")
    desk.page.keyboard.press("Tab")
    playwright.expect(desk.text(1, "together")).to_be_focused()
    desk.page.keyboard.press("Tab")
    playwright.expect(desk.page.get_by_role("radio", name="Together")).to_be_focused()
    remove = desk.page.locator("[data-do=remove]")
    remove.focus()
    for count in (2, 1):
        assert len(desk.hear(lambda: desk.page.keyboard.press("Enter")).scenes) == count
        playwright.expect(remove).to_be_focused()  # wherever it now is
    desk.load("Full")
    heads.nth(6).tap()
    playwright.expect(heads.nth(6)).to_be_in_viewport()
    desk.page.locator("#scene-2-two").evaluate(
        "e => e.dispatchEvent(new CustomEvent('intersyn:reveal', {bubbles: true}))"
    )
    playwright.expect(desk.text(2, "two")).to_be_visible()


def test_on_a_phone_by_touch(phone):
    desk, finger = phone
    bar = desk.bar()
    x, y = middle(desk.grip(0).bounding_box())
    swiped = desk.hear(lambda: finger.swipe(x, y, bar["width"] * 20 / 220))
    assert lengths(swiped) == [80, 60, 56]
    desk.page.touchscreen.tap(bar["x"] + bar["width"] * 0.5, y)
    playwright.expect(desk.page.locator(".is-inspector h3")).to_have_text("Segment 2 of 3")
    desk.load("Other")
    measure = "[document.documentElement.scrollWidth, window.innerWidth]"
    assert desk.page.evaluate(measure) == [390, 390]
    tall = desk.text(1, "two").bounding_box()["height"]
    assert tall > 100  # 300 characters without a space wrap
    targets = ".is-tool, .is-grip, .is-kinds, .is-cell-head, .is-field input, textarea"
    sizes = desk.page.eval_on_selector_all(
        targets, "all => all.map((e) => e.getBoundingClientRect()).filter((b) => b.width).map((b) => b.height)"
    )
    assert min(sizes) >= 40
    desk.page.emulate_media(reduced_motion="reduce")
    assert desk.page.eval_on_selector(".is-tool", "e => getComputedStyle(e).transitionDuration") == "0s"
