"""The page in a real browser, from typing to two moving bodies."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlparse

import numpy as np
import pytest
import torch

from intersyn.body.model import load_body_model
from intersyn.motion import Motion

playwright = pytest.importorskip("playwright.sync_api")
from tests.app.conftest import motion_arrives  # noqa: E402
from training.benchmark_page import BROWSER  # noqa: E402

pytestmark = pytest.mark.slow

PATIENCE = 120_000  # milliseconds: software rendering on a shared machine is slow
playwright.expect.set_options(timeout=PATIENCE)
LOCAL = {"127.0.0.1", "localhost"}


class Visit:
    """A browser tab with what it asked for and what it complained about."""

    def __init__(self, page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._remember(request.url))
        page.on("websocket", lambda socket: self._remember(socket.url))

    def _remember(self, url: str) -> None:
        if urlparse(url).scheme not in ("data", "blob"):
            self.hosts.add(urlparse(url).hostname)

    def ask(self, expression: str):
        """The value of a JavaScript expression in which `viewer` is the viewer."""
        find = "const viewer = [...document.querySelectorAll('*')].find((e) => e.viewer)?.viewer;"
        return self.page.evaluate(f"() => {{ {find} return {expression}; }}")

    def wait_for_motion(self, before: str | None = None) -> str:
        motion_arrives(self.page, before)
        return self.ask("viewer.shown")

    def picture(self, frame: int) -> np.ndarray:
        """The stage at a frame, as RGB of shape (height, width, 3), names and buttons left out."""
        from PIL import Image

        self.ask(f"(viewer.clock.pause(), viewer.clock.seek({frame}))")
        self.page.add_style_tag(content=".is-tags, .is-caption, .is-view-buttons { visibility: hidden }")
        shot = self.page.locator(".is-stage").screenshot()
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


@contextmanager
def visiting(chromium: str, url: str, *more: str, **context) -> Iterator[Visit]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=[*BROWSER, *more])
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 860}, **context})
        visit = Visit(page)
        page.goto(url)
        try:
            yield visit
        finally:
            browser.close()


@pytest.fixture
def visit(chromium: str, server) -> Iterator[Visit]:
    with visiting(chromium, server.url) as visit:
        yield visit


def one(picture: np.ndarray) -> np.ndarray:
    """Pixels of person one, who is orange."""
    return picture[..., 0] - picture[..., 2] > 50


def two(picture: np.ndarray) -> np.ndarray:
    """Pixels of person two, who is blue."""
    return picture[..., 2] - picture[..., 0] > 50


def moved(who: Callable[[np.ndarray], np.ndarray], before: np.ndarray, after: np.ndarray) -> float:
    """Share of a person's pixels that no longer are; random networks scatter people, so some are small."""
    assert who(before).sum() > 100
    assert who(after).sum() > 100
    return (who(before) & ~who(after)).sum() / who(before).sum()


def take_away(page, label: str):
    """Prepare a file in this format and save it."""
    page.locator("#format").get_by_text(label, exact=True).click()
    playwright.expect(page.locator("#format-about")).to_contain_text(f"{label}: ")
    page.locator("#prepare").click()
    page.locator("#save").wait_for()
    with page.expect_download() as download:
        page.locator("#save").click()
    return download.value


def test_from_typing_to_two_moving_bodies(visit: Visit, server, tmp_path):
    page = visit.page
    example = visit.wait_for_motion()
    assert visit.ask("viewer.renderer.constructor.name") == "GLRenderer"

    page.locator("#scene-0-one textarea").fill("a person jogs in a circle")
    page.locator("#scene-1-together textarea").fill("the first person bows to the second person")
    page.locator("#seed input").fill("7")
    boundary = page.locator("#timeline .is-bar [role=slider]").first
    before = int(boundary.get_attribute("aria-valuenow"))
    boundary.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.locator("#generate").click()
    visit.wait_for_motion(example)

    # What the browser poses is what the file says, joint for joint.
    download = take_away(page, "NPZ")
    assert download.suggested_filename == "intersyn_full_seed7.npz"
    motion = Motion.load(download.path())
    assert motion.timeline.boundaries[0] == before - 10
    assert motion.timeline.segments[0].part_of(0).text == "a person jogs in a circle"
    assert motion.timeline.segments[1].part_of(1).text == "the first person bows to the second person"
    visit.ask("(viewer.clock.pause(), viewer.clock.seek(120))")
    shown = np.array(visit.ask("[0, 1].map((p) => Array.from({ length: 22 }, (_, j) => viewer.poser.joint(p, j)))"))
    body = load_body_model()
    asked = np.stack([body.joints(motion, person)[120] for person in (0, 1)])
    np.testing.assert_allclose(shown, asked, atol=2e-3)

    before, after = visit.picture(75), visit.picture(115)
    assert moved(one, before, after) > 0.05
    assert moved(two, before, after) > 0.05

    assert visit.complaints == []
    assert visit.hosts <= LOCAL
    assert server.contacted() <= LOCAL


def test_playback_advances_and_obeys_the_keyboard(visit: Visit):
    visit.wait_for_motion()
    page = visit.page
    page.wait_for_function("() => [...document.querySelectorAll('*')].find((e) => e.viewer).viewer.clock.frame > 3")
    page.locator(".is-canvas").focus()
    page.keyboard.press("Space")
    assert visit.ask("viewer.clock.playing") is False
    page.locator(".is-timeline").focus()
    page.keyboard.press("Home")
    for key in ("ArrowRight", "ArrowRight", "PageUp"):
        page.keyboard.press(key)
    assert visit.ask("viewer.clock.frame") == 12
    assert page.locator(".is-timeline").get_attribute("aria-valuenow") == "12"
    yaw = visit.ask("viewer.camera.yaw")
    page.locator(".is-canvas").focus()
    page.keyboard.press("Shift+ArrowRight")
    assert visit.ask("viewer.camera.yaw") > yaw
    assert visit.complaints == []


def test_what_is_wrong_is_said_and_nothing_is_lost(visit: Visit):
    page = visit.page
    shown = visit.wait_for_motion()
    kept = page.locator("#scene-0-one textarea").input_value()
    page.locator("#scene-0-two textarea").fill("   ")
    page.locator("#generate").click()
    message = page.locator("#status .is-error")
    message.wait_for()
    assert "is empty: say in a few words what happens." in message.inner_text()
    playwright.expect(page.locator("#scene-0-two")).to_have_class(re.compile("is-wrong"))
    playwright.expect(page.locator("#scene-0-two textarea")).to_be_focused()
    assert visit.ask("viewer.shown") == shown
    assert page.locator("#scene-0-one textarea").input_value() == kept
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#scene-0-two textarea").fill(kept)
    page.locator("#scene-0-one textarea").fill("")
    page.locator("#scene-1 .is-cell-head").click()
    playwright.expect(page.locator("#scene-0-one textarea")).to_be_hidden()  # folded away, until it is what is wrong
    page.locator("#generate").click()
    playwright.expect(page.locator("#scene-0-one textarea")).to_be_focused()


def test_bodies_change_at_once_and_stand_on_the_floor(visit: Visit):
    page = visit.page
    visit.wait_for_motion()
    page.evaluate("() => document.activeElement?.blur()")
    before = visit.picture(0)
    motion = visit.ask("({ trans: [...viewer.motion.arrays.root], frames: viewer.poser.frames, shown: viewer.shown })")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for name, value in (("height-one", 187), ("build-one", 1.5), ("height-two", 160), ("build-two", -1)):
        field = page.locator(f"#{name} input[type=number]")
        field.fill(str(value))
        field.press("Tab")
    page.wait_for_function("() => JSON.parse(document.body.dataset.intersynBodies ?? '[]')[1]?.[1] === -1")
    after = visit.picture(0)
    assert moved(one, after, before) > 0.05, "who was made taller and stockier covers what was free"
    assert moved(two, before, after) > 0.05, "who was made smaller and slighter leaves some free"
    assert requests == []
    assert visit.ask("viewer.shown") == motion["shown"]

    # What the browser morphs is what the exports are made of.
    body = load_body_model()
    root = np.array(motion["trans"]).reshape(motion["frames"], 2, 3)[7]
    visit.ask("viewer.clock.seek(7)")
    for person, stature in enumerate((1.87, 1.60)):
        shape = visit.ask(
            "(({ betas, vertices, rest }) => ({ betas, vertices: [...vertices], rest: [...rest] }))"
            f"(viewer.shapes[{person}])"
        )
        asked = body.rest(shape["betas"])
        vertices = np.array(shape["vertices"]).reshape(-1, 3)
        assert np.abs(vertices - asked.vertices).max() < 2e-4
        assert np.abs(np.array(shape["rest"]).reshape(-1, 3) - asked.joints).max() < 2e-4
        assert np.ptp(vertices[:, 1]) == pytest.approx(stature, abs=0.02)
        still = Motion(torch.zeros(1, 1, 22, 3), torch.tensor(root[None, person : person + 1], dtype=torch.float32),
                       torch.tensor(shape["betas"])[None], 20.0)  # fmt: skip
        np.testing.assert_allclose(visit.ask(f"viewer.poser.joint({person}, 0)"), body.place(still, 0)[0], atol=2e-4)

    page.locator("#reset-bodies").click()
    page.wait_for_function("() => JSON.parse(document.body.dataset.intersynBodies)[1][1] === 0")
    assert not np.any(visit.ask("viewer.shapes.map(({ betas }) => betas.slice(0, 2))"))
    assert visit.complaints == []


def test_examples_are_read_when_opened_and_play_in_the_viewer(visit: Visit, server):
    page = visit.page
    visit.wait_for_motion()
    options = page.locator("#examples [role=option]")
    assert options.count() == 0
    page.locator("#examples summary").click()
    options.first.wait_for()
    assert options.count() == 52
    playwright.expect(page.locator(".is-example-use")).to_be_hidden()

    pair = options.filter(has_text="composed").first
    text = pair.locator(".is-example-text").inner_text()
    pair.click()
    playwright.expect(page.locator(".is-caption")).to_have_text(text)
    playwright.expect(pair).to_have_attribute("aria-selected", "true")
    playwright.expect(page.locator("#examples .is-message")).to_contain_text("CC BY-NC 4.0")
    playwright.expect(page.locator("#status")).to_contain_text("not made by the model")
    assert visit.ask("viewer.poser.people") == 2
    before, after = visit.picture(0), visit.picture(visit.ask("viewer.clock.last") // 2)
    assert moved(one, before, after) > 0.01
    page.locator(".is-example-use").click()
    playwright.expect(page.locator("#scene-1-together textarea")).to_have_value(text)

    solo = options.last
    text = solo.locator(".is-example-text").inner_text()
    pair.focus()
    page.keyboard.press("End")
    playwright.expect(solo).to_be_focused()
    page.keyboard.press("Enter")
    playwright.expect(page.locator(".is-caption")).to_have_text(text)
    assert visit.ask("viewer.poser.people") == 1
    assert page.locator(".is-tag").all_text_contents() == ["Person one"]
    page.locator(".is-example-use").click()
    playwright.expect(page.locator("#scene-0-one textarea")).to_have_value(text)
    assert take_away(page, "GLB").suggested_filename.startswith("intersyn_composed_")
    assert visit.complaints == []
    assert visit.hosts <= LOCAL
    assert server.contacted() <= LOCAL


def test_files_go_out_and_come_back(visit: Visit, server, tmp_path):
    page = visit.page
    before = visit.wait_for_motion()
    page.locator("#height-one input[type=number]").fill("180")
    page.locator("#height-one input[type=number]").press("Tab")
    download = take_away(page, "NPZ")
    download.save_as(tmp_path / "dance.npz")
    motion = Motion.load(tmp_path / "dance.npz")
    playwright.expect(page.locator("#save")).to_be_visible()
    page.locator("#reset-bodies").click()
    playwright.expect(page.locator("#save")).to_be_hidden()  # the file shows other bodies than the screen

    replace(motion, timeline=None).save(tmp_path / "dance.npz")
    (tmp_path / "bad.bvh").write_text("nothing of the kind")
    opener = page.locator("#open input[type=file]")
    opener.set_input_files(tmp_path / "dance.npz")
    visit.wait_for_motion(before)
    playwright.expect(page.locator("#figures")).to_contain_text("9.8 s, 196 frames at 20 per second")
    playwright.expect(page.locator(".is-segment")).to_have_text(["9.8 s"])
    playwright.expect(page.locator("#height-one input[type=number]")).to_have_value("180")
    np.testing.assert_allclose(visit.ask("viewer.shapes.map(({ betas }) => betas)"), motion.betas, atol=1e-5)
    shown = visit.ask("viewer.shown")

    page.locator("#open button[aria-label='Clear']").click()
    opener.set_input_files(tmp_path / "bad.bvh")
    playwright.expect(page.locator("#bring-status .is-error")).to_contain_text("bad.bvh cannot be imported")
    assert visit.ask("viewer.shown") == shown
    assert visit.hosts <= LOCAL
    assert server.contacted() <= LOCAL


def test_viewers_that_leave_the_page_give_their_context_back(visit: Visit):
    visit.wait_for_motion()
    visit.page.evaluate(
        """async () => {
        const original = [...document.querySelectorAll('*')].find((e) => e.viewer);
        const address = performance.getEntriesByType('resource').map((r) => r.name);
        const module = await import(address.find((name) => name.endsWith('/viewer/index.js')));
        const body = address.find((name) => name.endsWith('/body.bin.gz'));
        for (let i = 0; i < 18; i++) {
          const copy = original.cloneNode(true);
          document.body.append(copy);
          await module.mount(copy, { props: { value: null }, watch: () => {}, body });
          copy.remove();
          while (!copy.viewer.gone) await new Promise((done) => setTimeout(done, 20));
        }
    }"""
    )
    assert visit.ask("viewer.renderer.gl.isContextLost()") is False
    assert visit.complaints == []


def test_without_webgl_there_are_stick_figures_and_a_notice(chromium: str, server):
    with visiting(chromium, server.url, "--disable-3d-apis") as visit:
        visit.wait_for_motion()
        assert "no WebGL2" in visit.page.locator(".is-notice").inner_text()
        visit.page.add_style_tag(content=".is-notice { visibility: hidden }")
        before, after = visit.picture(75), visit.picture(115)
        assert moved(one, before, after) > 0.05
        assert moved(two, before, after) > 0.05


def test_without_a_checkpoint_the_gallery_plays_and_generating_says_so(chromium: str, server_without_checkpoint):
    with visiting(chromium, server_without_checkpoint.url) as visit:
        shown = visit.wait_for_motion()
        visit.page.locator("#generate").click()
        playwright.expect(visit.page.locator("#status .is-error")).to_have_text(
            re.compile("There is no checkpoint folder")
        )
        assert visit.ask("viewer.shown") == shown
        assert server_without_checkpoint.contacted() <= LOCAL
        assert visit.hosts <= LOCAL


def test_panels_come_out_of_one_request_and_share_the_clock(visit: Visit):
    """Side by side: as many panels as asked for, each with its name; equal frames; results and links keep them."""
    page = visit.page
    chosen = playwright.expect(page.locator("#gallery [aria-pressed=true]"))
    example = visit.wait_for_motion()
    chosen.to_have_count(1)
    page.locator("#panels").get_by_text("No coordinator", exact=True).click()
    page.locator("#panels").get_by_text("The next seed", exact=True).click()
    page.locator("#generate").click()
    made = visit.wait_for_motion(example)
    chosen.to_have_count(0)
    assert visit.ask("viewer.panels.length") == 3
    labels = ["Full model, seed 0", "No coordinator", "Seed 1"]
    assert [label for label in labels if page.get_by_text(label, exact=True).count()] == labels
    assert visit.ask("viewer.panels.every((panel) => panel.poser.frames === viewer.clock.frames)")
    playwright.expect(page.locator("#changed")).to_contain_text("No coordinator")
    playwright.expect(page.locator("#history")).to_contain_text("No coordinator")

    # Another scene, then the result again, without being made again.
    page.locator("#gallery button").nth(1).click()
    visit.wait_for_motion(made)
    playwright.expect(page.locator("#panels input:checked")).to_have_count(0)
    assert visit.ask("viewer.panels.length") == 1
    chosen.to_have_count(1)
    page.locator("#history input").first.click()
    chosen.to_have_count(0)
    page.wait_for_function("() => document.querySelectorAll('#panels input:checked').length === 2")
    page.wait_for_function("() => [...document.querySelectorAll('*')].find((e) => e.viewer).viewer.panels.length === 3")
    assert visit.complaints == []


def test_a_link_opens_the_same_scene(visit: Visit, server):
    page = visit.page
    example = visit.wait_for_motion()
    page.locator("#scene-1-together textarea").fill("the first person bows to the second person")
    page.locator("#seed input").fill("11")
    page.locator("#panels").get_by_text("No coordinator", exact=True).click()
    page.locator("#copy-link").click()
    link = page.locator("#link input, #link textarea")
    playwright.expect(link).to_have_value(re.compile("scene="))
    page.goto(link.input_value())
    visit.wait_for_motion()
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].find((e) => e.viewer)?.viewer.panels.length === 2"
    )
    playwright.expect(page.locator("#scene-1-together textarea")).to_have_value(
        "the first person bows to the second person"
    )
    playwright.expect(page.locator("#seed input")).to_have_value("11")
    assert visit.ask("viewer.shown") != example
    assert visit.hosts <= LOCAL


def test_the_lesson_opens_beside_the_studio(visit: Visit):
    """The lesson's tab opens beside the studio and changes nothing there."""
    page = visit.page
    shown = visit.wait_for_motion()
    page.get_by_role("tab", name="How it works").click()
    playwright.expect(page.locator("#lesson-viewer")).to_be_visible()
    page.get_by_role("tab", name="Studio").click()
    assert visit.ask("viewer.shown") == shown
