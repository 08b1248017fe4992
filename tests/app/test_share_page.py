"""Sharing and the history in a real browser: below a path, and in a frame of another site."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlparse

import gradio as gr
import pytest
import torch

from app.assets import publish
from app.editor import editor
from app.history import Histories, History, history_card
from app.limits import MAX_FRAMES
from app.script import Scene, Script
from app.share import COPIED, NOT_COPIED, ShareError, share_card, shared_state
from app.state import State
from intersyn.body.default import default_arrays
from intersyn.motion import Motion
from intersyn.settings import Settings

playwright = pytest.importorskip("playwright.sync_api")
from tests.app.conftest import mounted  # noqa: E402
from training.benchmark_page import BROWSER, PATIENCE  # noqa: E402

pytestmark = pytest.mark.slow

playwright.expect.set_options(timeout=1000 * PATIENCE)
BODIES = (172.0, 0.0, 172.0, 0.0)
FIRST = Script((Scene("alone", 60, "a person walks", "a person runs"), Scene("together", 60, together="they dance")))
HUG = "two people hug – “twice” & more?"
OTHER = Script((Scene("together", 80, "kept", "kept too", HUG),))
MOTION = Motion(torch.zeros(2, 3, 22, 3), torch.zeros(2, 3, 3), torch.zeros(2, 10), 20.0)


def state_of(script: dict, seed: int) -> State:
    return State(Script.from_value(script), (Settings(seed=seed), Settings("no_rec", seed)), BODIES)


def page() -> gr.Blocks:
    """A seed, the editor, both cards, and a line that tells what was opened or shown again."""
    assets = publish(default_arrays())
    histories = Histories()

    def opened(request: gr.Request) -> tuple:
        try:
            state = shared_state(request)
        except ShareError as error:
            return gr.skip(), gr.skip(), str(error)
        if state is None:
            return gr.skip(), gr.skip(), "nothing shared"
        return state.script.value(), state.panels[0].seed, f"{len(state.panels)} panels"

    def make(history: History, script: dict, seed: int) -> tuple:
        state = state_of(script, seed)
        return history, histories.add(history, state, [MOTION, MOTION], ["Full model", "No coordinator"])

    def again(history: History, key: str) -> tuple:
        state, motions = histories.find(history, key)
        return state.panels[0].seed, f"{len(motions)} motions again"

    with gr.Blocks(fill_width=True, analytics_enabled=False) as demo:
        script = editor(assets, FIRST, MAX_FRAMES)
        seed = gr.Number(0, precision=0, label="Seed", elem_id="seed")
        other = gr.Button("Other", elem_id="other")
        made = gr.Button("Make", elem_id="make")
        said = gr.HTML("", elem_id="said")
        card = share_card(assets)
        history, chosen = history_card(histories)
        quiet = {"api_visibility": "private"}
        card.wire(state_of, [script, seed])
        other.click(OTHER.value, None, script, **quiet)
        made.click(make, [history, script, seed], [history, chosen], **quiet)
        chosen.input(again, [history, chosen], [seed, said], **quiet)
        demo.load(opened, None, [script, seed, said], **quiet)
    return demo


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mounted(page, tmp_path_factory.mktemp("gradio")) as address:
        yield address


def test_a_link_opens_the_page_as_it_was(chromium: str, address: str, tmp_path) -> None:
    expect = playwright.expect
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=[*BROWSER])
        context = browser.new_context(viewport={"width": 1000, "height": 1100})
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        tab = context.new_page()
        tab.set_default_timeout(1000 * PATIENCE)
        complaints: list[str] = []
        tab.on("pageerror", lambda error: complaints.append(str(error)))

        # Below a path. What else the address carries is nobody's business.
        tab.goto(f"{address}/studio/?__theme=light&__sign=secret#there")
        expect(tab.locator("#said")).to_contain_text("nothing shared")
        tab.locator("#other").click()
        expect(tab.locator("#scene-0-together textarea")).to_have_value(HUG)
        tab.locator("#seed input").fill("41")
        tab.locator("#seed input").press("Tab")
        tab.locator("#copy-link").click()
        expect(tab.locator("#share-status")).to_contain_text(COPIED)
        link = tab.evaluate("() => navigator.clipboard.readText()")
        assert tab.locator("#link input, #link textarea").input_value() == link
        assert link.startswith(f"{address}/studio/?scene=1.") and "secret" not in link and "#" not in link

        # The history remembers, and shows again.
        tab.locator("#make").click()
        tab.locator("#history input").first.wait_for()
        tab.locator("#seed input").fill("5")
        tab.locator("#seed input").press("Tab")
        tab.locator("#make").click()
        expect(tab.locator("#history label")).to_have_count(2)
        expect(tab.locator("#history label").first).to_contain_text("Full model, No coordinator · seed 5 · 4.0 s")
        tab.screenshot(path=tmp_path / "cards.png")
        tab.locator("#history label").last.click()
        expect(tab.locator("#said")).to_contain_text("2 motions again")
        expect(tab.locator("#seed input")).to_have_value("41")

        # The link, opened by somebody else.
        tab.goto(link)
        expect(tab.locator("#said")).to_contain_text("2 panels")
        expect(tab.locator("#seed input")).to_have_value("41")
        expect(tab.locator("#scene-0-together textarea")).to_have_value(HUG)

        # A broken one: a sentence, and the page as it always opens.
        tab.goto(link[:-20])
        expect(tab.locator("#said")).to_contain_text("This link cannot be opened, it was cut off")
        expect(tab.locator("#scene-1-together textarea")).to_have_value("they dance")

        # In a frame of another site, which has no right to the clipboard: the link is the frame's own page.
        tab.goto(f"{address.replace('127.0.0.1', 'localhost')}/frame?{urlparse(link).query}")
        frame = tab.frame_locator("iframe")
        expect(frame.locator("#seed input")).to_have_value("41")
        expect(frame.locator("#scene-0-together textarea")).to_have_value(HUG)
        frame.locator("#copy-link").click()
        expect(frame.locator("#link input, #link textarea")).to_have_value(link)
        said = frame.locator("#share-status").inner_text()
        assert COPIED in said or NOT_COPIED in said
        assert complaints == []
        browser.close()
