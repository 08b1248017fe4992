"""The viewer in a real browser, on a small page of its own: panels, transport, overlays, and what they cost."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch

from app.assets import publish, style_sheet
from app.viewer import Shown, manifest, viewer
from intersyn.body.capsules import RADII, capsule_ends
from intersyn.body.default import default_arrays
from intersyn.conditions import PartTable
from intersyn.frames import interaction_frames, person_frames
from intersyn.motion import Motion
from intersyn.rotations import heading_of, quaternion_to_axis_angle, quaternion_to_matrix
from intersyn.skeleton import global_rotations
from tests.motions import smooth_motion, timeline

playwright = pytest.importorskip("playwright.sync_api")
from tests.app.conftest import motion_arrives  # noqa: E402
from training.benchmark_page import BROWSER, FIND, free_port  # noqa: E402

pytestmark = pytest.mark.slow

PATIENCE = 120_000  # milliseconds: software rendering on a shared machine is slow
FRAMES = 120
LABELS = ("Full model", "No coordinator", "Seed 7", "8 steps")


def wandering(seed: int) -> Motion:
    """Two people who wander about one another: alone, together and alone."""
    local, root, _ = smooth_motion(seed, 2, frames=FRAMES)
    root[..., [0, 2]] *= 0.3
    root[1, :, 2] += 0.4
    poses = quaternion_to_axis_angle(local)
    return Motion(poses, root, torch.zeros(2, 10), 20.0).with_timeline(timeline("sis", frames=FRAMES // 3))


@pytest.fixture(scope="module")
def motions() -> list[Motion]:
    return [wandering(seed) for seed in range(4)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, motions: list[Motion]) -> Iterator[str]:
    """A page with two viewers, and a button for each thing to show in the first: 1, 2 or 4 panels, or a new motion."""
    folder = tmp_path_factory.mktemp("page")
    made = iter(range(1000))

    def place() -> Path:
        path = folder / f"shown-{next(made)}"
        path.mkdir()
        return path

    def several(count: int):
        shown = [Shown(motion, label) for motion, label in zip(motions[:count], LABELS, strict=False)]
        return manifest(shown, place())

    def another():
        path = place()
        return manifest([Shown(wandering(100 + int(path.name[6:])), "", "A new one.")], path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "gradio"))
        assets = publish(default_arrays())
        with gr.Blocks(analytics_enabled=False) as demo:
            view = viewer(assets)
            viewer(assets, "lesson-viewer")
            for count in (1, 2, 4):
                button = gr.Button(str(count), elem_id=f"show-{count}")
                button.click(lambda count=count: several(count), None, view, show_progress="hidden")
            gr.Button("another", elem_id="another").click(another, None, view, show_progress="hidden")
        port = free_port()
        demo.launch(server_port=port, prevent_thread_lock=True, quiet=True, head=style_sheet())
        yield f"http://127.0.0.1:{port}/"
        demo.close()


class Visit:
    """A browser tab on that page, and what it complained about."""

    def __init__(self, page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.showing = ""
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def ask(self, expression: str, name: str = "viewer"):
        """The value of a JavaScript expression in which `viewer` is the viewer of this name."""
        find = f"[...document.querySelectorAll('*')].find((e) => e.viewer?.name === '{name}')?.viewer"
        return self.page.evaluate(f"() => {{ const viewer = {find}; return {expression}; }}")

    def show(self, what: str) -> None:
        """Press a button of the page and wait for its motions, standing at frame 0."""
        if what == self.showing != "another":  # the same files at the same addresses: nothing would change
            self.seek(0)
            return
        self.showing = what
        before = self.ask("viewer?.shown")
        self.page.locator(f"#{what}").click()
        motion_arrives(self.page, before)
        self.seek(0)

    def seek(self, frame: float) -> None:
        self.ask(f"(viewer.clock.pause(), viewer.clock.seek({frame}), 0)")

    def choose(self, name: str, value: str = "true") -> None:
        self.ask(f"viewer.options.set('{name}', {value})")

    def picture(self) -> np.ndarray:
        """What is drawn, as RGB of shape (height, width, 3), without what is written over it."""
        from PIL import Image

        self.page.add_style_tag(content=".is-tags, .is-panel-head { visibility: hidden }")
        shot = self.page.locator("#viewer .is-picture").screenshot()
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)

    def key(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


@contextmanager
def tab(kind, chromium: str, url: str, *more: str) -> Iterator[Visit]:
    """A browser of its own; kind: Playwright's `BrowserType`, of which one driver at a time can be had."""
    browser = kind.launch(executable_path=chromium, args=[*BROWSER, *more])
    try:
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        visit = Visit(page)
        page.goto(url)
        page.locator("#another").wait_for()
        page.wait_for_function("() => [...document.querySelectorAll('*')].filter((e) => e.viewer?.body).length === 2")
        yield visit
    finally:
        browser.close()


@pytest.fixture(scope="module")
def visit(chromium: str, url: str) -> Iterator[Visit]:
    with playwright.sync_playwright() as driver, tab(driver.chromium, chromium, url) as visit:
        yield visit
        assert visit.complaints == []


def orange(picture: np.ndarray) -> int:
    return int((picture[..., 0] - picture[..., 2] > 50).sum())


def blue(picture: np.ndarray) -> int:
    return int((picture[..., 2] - picture[..., 0] > 50).sum())


def test_four_panels_share_a_canvas_a_camera_and_a_clock(visit: Visit, motions):
    visit.show("show-4")
    page = visit.page
    assert page.locator("#viewer canvas").count() == 1
    assert page.locator("#viewer .is-panel-head b").all_text_contents() == list(LABELS)
    picture = visit.picture()
    columns, rows = visit.ask("[viewer.cells.columns, viewer.cells.rows]")
    assert columns * rows == 4
    for band in np.array_split(picture, rows, 0):
        for part in np.array_split(band, columns, 1):
            assert orange(part) > 50
            assert blue(part) > 50
    page.locator("#viewer .is-canvas").focus()
    visit.key("Home", ".", ".", "ArrowRight", ",")
    assert visit.ask("viewer.panels.map(({ poser }) => poser.frame)") == [2, 2, 2, 2]
    shown = np.array(visit.ask("viewer.panels.map(({ poser }) => poser.joint(1, 15))"))
    np.testing.assert_allclose(shown, [motion.joints()[1, 2, 15] for motion in motions], atol=3e-3)
    words = page.locator("#viewer canvas").get_attribute("aria-label")
    assert "Two people" in words
    assert "4 panels at the same moment: Full model, No coordinator, Seed 7, 8 steps." in words
    assert "From 2 to 4 seconds together. Person one and Person two: they do thing 1." in words


def test_the_first_view_holds_everybody_and_little_else(visit: Visit, motions):
    """In one panel and in four narrow ones, from the side and from the top: how far the outermost joint is from the
    middle of its panel, throughout, where 1 is the edge."""
    outermost = """Array.from({ length: 18 }, (_, i) => {
        viewer.clock.seek(7 * i);
        const m = viewer.camera.at.matrix;
        const from = ([x, y, z]) => {
            const along = (row) => m[row] * x + m[4 + row] * y + m[8 + row] * z + m[12 + row];
            return Math.max(Math.abs(along(0)), Math.abs(along(1))) / along(3);
        };
        const joints = Array.from({ length: 22 }, (_, joint) => joint);
        const of = ({ poser }) => [0, 1].flatMap((person) => joints.map((joint) => from(poser.joint(person, joint))));
        return Math.max(...viewer.panels.flatMap(of));
    })"""
    for count in (1, 4):
        visit.show(f"show-{count}")
        for turn in ("reset()", "look('top')"):
            visit.ask(f"(viewer.camera.{turn}, 0)")
            far = visit.ask(outermost)
            assert max(far) < 1, (count, turn)
            assert np.median(far) > 0.45, (count, turn)
        visit.ask("(viewer.camera.reset(), viewer.draw())")


def test_a_phone_stacks_panels(visit: Visit):
    visit.show("show-2")
    assert visit.ask("[viewer.cells.columns, viewer.cells.rows]") == [2, 1]
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.page.wait_for_function(f"() => {FIND}.cells.columns === 1")
    assert visit.ask("viewer.cells.rows") == 2
    assert visit.page.evaluate("document.querySelector('#viewer .is-panel').offsetWidth") > 300
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    visit.page.set_viewport_size({"width": 1000, "height": 900})


def test_keys_and_buttons_play_step_and_turn(visit: Visit):
    visit.show("show-1")
    page = visit.page
    page.locator("#viewer .is-canvas").focus()
    visit.key("End")
    assert visit.ask("viewer.clock.frame") == FRAMES - 1
    visit.key("l")
    assert page.locator("#viewer .is-loop").get_attribute("aria-pressed") == "false"
    visit.ask("viewer.clock.seek(viewer.clock.last - 1)")
    visit.key("Space")
    page.wait_for_function("() => document.querySelector('#viewer .is-play').getAttribute('aria-label') === 'Play'")
    assert visit.ask("[viewer.clock.frame, viewer.clock.playing]") == [FRAMES - 1, False]
    visit.key("L", "f")
    assert visit.ask("[viewer.clock.loop, viewer.camera.follow]") == [True, False]
    visit.key("f")
    page.locator("#viewer .is-speed").select_option("2")
    assert visit.ask("viewer.clock.speed") == 2
    page.locator("#viewer .is-speed").select_option("1")
    page.locator("#viewer .is-back").click()
    assert visit.ask("viewer.clock.frame") == FRAMES - 2
    page.locator("#viewer .is-canvas").focus()
    visit.key("7")
    assert visit.ask("viewer.camera.pitch") > 1.5
    page.get_by_role("button", name="Side").first.click()
    assert visit.ask("viewer.camera.yaw - viewer.camera.side") == 0
    before = visit.ask("[...viewer.camera.at.target]")
    box = page.locator("#viewer .is-canvas").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down(button="right")
    page.mouse.move(box["x"] + 400, box["y"] + 200)
    page.mouse.up(button="right")
    assert np.abs(np.subtract(visit.ask("[...viewer.camera.at.target]"), before)).max() > 0.1
    page.locator("#viewer .is-canvas").focus()
    visit.key("r")
    assert visit.ask("[viewer.camera.yaw, ...viewer.camera.pan]") == [visit.ask("viewer.camera.home.yaw"), 0, 0, 0]


def test_everything_that_can_be_shown_changes_the_picture_and_stays_chosen(visit: Visit):
    visit.show("show-2")
    visit.choose("contact", "false")
    visit.seek(60)
    before = visit.picture()
    calls = visit.ask("viewer.stats.drawCalls")
    for name in ("trails", "ghosts", "axes", "difference"):
        visit.choose(name)
        after = visit.picture()
        assert (np.abs(after - before).max(-1) > 25).sum() > 40, name
        before = after
    assert visit.ask("viewer.stats.drawCalls") > calls
    visit.choose("figure", "'skeleton'")
    skeletons = visit.ask("viewer.stats.triangles")
    visit.choose("figure", "'both'")
    assert visit.ask("viewer.stats.triangles") > skeletons
    visit.show("another")
    menu = visit.page.locator("#viewer .is-show")
    assert visit.ask("[viewer.options.figure, viewer.options.trails, viewer.options.contact]") == ["both", True, False]
    assert menu.locator("input[value=difference]").is_disabled()
    assert visit.page.locator("#viewer .is-panel-head").text_content().strip() == "A new one."
    assert visit.ask("[viewer.options.figure, viewer.options.trails]", "lesson-viewer") == ["mesh", False]
    visit.choose("figure", "'mesh'")
    for name in ("trails", "ghosts", "axes", "difference"):
        visit.choose(name, "false")
    visit.choose("contact")


def test_colours_of_a_difference_are_distances_to_the_first_panel(visit: Visit, motions):
    visit.show("show-2")
    visit.choose("difference")
    visit.seek(50)
    shown = np.array(visit.ask("[...viewer.panels[1].heats].map((heat) => heat * viewer.scale)")).reshape(2, 24)[:, :22]
    asked = (motions[1].joints()[:, 50] - motions[0].joints()[:, 50]).norm(dim=-1)
    np.testing.assert_allclose(shown, asked, atol=4e-3)
    legend = visit.page.locator("#viewer .is-legend")
    playwright.expect(legend).to_contain_text(f"{round(100 * visit.ask('viewer.scale'))} cm")
    visit.choose("difference", "false")
    playwright.expect(legend).to_be_hidden()


def nearest(motion: Motion, frame: int) -> tuple[float, np.ndarray]:
    """Gap of the two people's capsules in metres and where it is, found by trying points along every pair."""
    joints, turned = motion.joints()[:, frame], global_rotations(motion.quaternions())[:, frame]
    (pa, qa), (pb, qb) = (capsule_ends(joints[person], turned[person]) for person in (0, 1))
    along = torch.linspace(0, 1, 41)
    a = torch.lerp(pa[:, None], qa[:, None], along[:, None])[:, :, None, None]  # (C, 41, 1, 1, 3)
    b = torch.lerp(pb[:, None], qb[:, None], along[:, None])[None, None]
    width = torch.lerp(RADII[:, :1], RADII[:, 1:], along)
    gap = (a - b).norm(dim=-1) - width[:, :, None, None] - width[None, None]
    at = np.unravel_index(int(gap.argmin()), gap.shape)
    return float(gap.min()), torch.lerp(a[at[0], at[1], 0, 0], b[0, 0, at[2], at[3]], 0.5).numpy()


def test_marks_are_where_people_are_nearest_and_say_how_near(visit: Visit, motions):
    visit.show("show-1")
    seen = 0
    for frame in range(0, FRAMES, 20):
        gap, place = nearest(motions[0], frame)
        visit.seek(frame)
        count, shown = visit.ask("[viewer.panels[0].contacts.count, [...viewer.panels[0].contacts.places]]")
        if gap > 0.15:
            assert count == 0
            continue
        seen += 1
        assert shown[3] == pytest.approx(gap, abs=0.012)
        assert np.linalg.norm(np.subtract(shown[:3], place)) < 0.12
        text = visit.page.locator("#viewer .is-mark:not([hidden])").first.text_content()
        cm = round(shown[3] * 100)
        assert text == (f"{cm} cm" if cm > 0 else "touch" if cm > -2 else f"{-cm} cm deep")
    assert seen > 1


def test_first_person_frames_are_those_of_the_model(visit: Visit, motions):
    visit.show("show-1")
    motion = motions[0]
    table = PartTable.from_timelines([motion.timeline])[0]
    heading = heading_of(quaternion_to_matrix(motion.quaternions()[:, :, 0]))[None]
    frames = interaction_frames(motion.trans[None][..., [0, 2]], heading, table)
    origin, yaw = person_frames(frames, table, motion.frames)
    (shown,) = visit.ask("viewer.panels[0].encounters")
    assert (shown["start"], shown["end"]) == (40, 80)
    np.testing.assert_allclose(shown["origin"], origin[0, 0, 50], atol=1e-4)
    asked = yaw[0, :, 50].numpy()
    got = np.array([axis["yaw"] for axis in shown["axes"]])
    np.testing.assert_allclose(np.exp(1j * got), np.exp(1j * asked), atol=1e-3)


def test_the_clock_is_told_and_can_be_set_by_events(visit: Visit):
    visit.show("show-1")
    page = visit.page
    page.evaluate("() => { window.heard = []; addEventListener('intersyn:frame', (e) => heard.push(e.detail)); }")
    other = visit.ask("viewer.clock.frame", "lesson-viewer")
    page.evaluate("() => dispatchEvent(new CustomEvent('intersyn:seek', { detail: { viewer: 'viewer', frame: 33 } }))")
    page.wait_for_function("() => heard.length > 0")
    assert page.evaluate("heard.at(-1)") == {
        "viewer": "viewer", "frame": 33, "frames": FRAMES, "fps": 20, "playing": False,
    }  # fmt: skip
    assert visit.ask("viewer.clock.frame") == 33
    assert visit.ask("viewer.clock.frame", "lesson-viewer") == other
    # Many changes within one picture of the browser are told once.
    page.evaluate("() => { heard.length = 0; }")
    visit.ask("[1, 2, 3, 4].forEach((frame) => viewer.clock.seek(frame))")
    page.wait_for_function("() => heard.length > 0")
    assert [event["frame"] for event in page.evaluate("heard")] == [4]


def test_drawing_allocates_nothing_to_speak_of(visit: Visit):
    """By V8's sampling profiler, in the modules that run for every picture; words over it are new text each time.

    Some kilobytes are numbers that V8 keeps outside objects until it has optimised a function.
    """
    visit.show("show-4")
    for name in ("trails", "ghosts", "axes", "difference"):
        visit.choose(name)
    visit.choose("figure", "'both'")
    draw = "(() => { for (let i = 0; i < %d; i++) viewer.draw(); })()"
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.ask(draw % 10)  # compiled and optimised as far as it goes
    client = visit.page.context.new_cdp_session(visit.page)
    everything = {"includeObjectsCollectedByMajorGC": True, "includeObjectsCollectedByMinorGC": True}
    client.send("HeapProfiler.startSampling", {"samplingInterval": 256, **everything})
    count = 16
    visit.ask(draw % count)
    root = client.send("HeapProfiler.stopSampling")["profile"]["head"]
    client.detach()
    spent: dict[str, int] = {}

    def add(node) -> None:
        module = node["callFrame"]["url"].rpartition("/")[2]
        spent[module] = spent.get(module, 0) + node["selfSize"]
        for child in node["children"]:
            add(child)

    add(root)
    drawing = ("gl.js", "skins.js", "rods.js", "floor.js", "context.js", "poser.js", "contact.js", "difference.js",
               "camera.js", "math.js", "panel.js", "layout.js")  # fmt: skip
    assert sum(spent.get(module, 0) for module in drawing) / count < 12_000, spent
    visit.choose("figure", "'mesh'")
    for name in ("trails", "ghosts", "axes", "difference"):
        visit.choose(name, "false")
    visit.page.set_viewport_size({"width": 1000, "height": 900})


def test_thirty_new_motions_leave_nothing_behind(visit: Visit):
    visit.show("another")
    visit.choose("trails")
    live = visit.ask("viewer.renderer.context.live")
    client = visit.page.context.new_cdp_session(visit.page)

    def used() -> int:
        client.send("HeapProfiler.collectGarbage")
        return client.send("Runtime.getHeapUsage")["usedSize"]

    visit.show("show-4")
    visit.show("another")
    before = used()
    for _ in range(30):
        visit.show("another")
    assert visit.ask("viewer.renderer.context.live") == live
    assert visit.ask("viewer.renderer.gl.isContextLost()") is False
    assert used() - before < 4e6
    client.detach()
    visit.choose("trails", "false")


def test_a_lost_context_comes_back_as_it_was(visit: Visit):
    visit.show("show-2")
    before, live = visit.picture(), visit.ask("viewer.renderer.context.live")
    visit.ask("(window.taken = viewer.renderer.gl.getExtension('WEBGL_lose_context')).loseContext()")
    playwright.expect(visit.page.locator("#viewer .is-message")).to_contain_text("waiting for it to come back")
    visit.ask("taken.restoreContext()")
    playwright.expect(visit.page.locator("#viewer .is-message")).to_be_hidden()
    assert visit.ask("viewer.renderer.context.live") == live
    assert np.abs(visit.picture() - before).mean() < 1
    visit.complaints.clear()  # Chromium warns of every lost context


def test_without_webgl_there_are_stick_figures_in_every_panel(chromium: str, url: str, visit: Visit):
    with tab(visit.page.context.browser.browser_type, chromium, url, "--disable-3d-apis") as visit:
        visit.show("show-2")
        assert "no WebGL2" in visit.page.locator("#viewer .is-notice").inner_text()
        picture = visit.picture()
        width = picture.shape[1] // 2
        for part in (picture[:, :width], picture[:, width:]):
            assert orange(part) > 50
            assert blue(part) > 50
