"""The whole page after many motions: one context, and no more memory or elements than before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.form import DEFAULT
from app.limits import MIN_STEPS, RESULTS_KEPT
from app.script import Scene, Script
from app.share import PARAMETER, encode
from app.state import State

playwright = pytest.importorskip("playwright.sync_api")
from tests.app.test_page import visiting  # noqa: E402

pytestmark = pytest.mark.slow

COUNT = 30
SMALL = {"viewport": {"width": 420, "height": 500}, "reduced_motion": "reduce"}  # little to draw
FULL = RESULTS_KEPT  # motions after which the list of results grows no longer
SHORT = State(
    Script((Scene("together", 40, together="two people dance"),)),
    (replace(DEFAULT, steps=MIN_STEPS, clean_up=False),),
    (172.0, 0.0, 172.0, 0.0),
)
# From now on, how many contexts are made, whatever for.
COUNTED = """() => {
  const original = HTMLCanvasElement.prototype.getContext, met = new WeakSet();
  window.contexts = 0;
  HTMLCanvasElement.prototype.getContext = function (...asked) {
    const context = original.apply(this, asked);
    if (/webgl/.test(asked[0]) && context && !met.has(context)) { met.add(context); window.contexts++; }
    return context;
  };
}"""


def test_thirty_motions_on_the_whole_page_leave_nothing_behind(chromium: str, server) -> None:
    with visiting(chromium, f"{server.url}?{PARAMETER}={encode(SHORT)}", **SMALL) as visit:
        page = visit.page
        page.locator("#status .is-done").wait_for()
        page.get_by_text("Measure", exact=True).click()
        page.locator("#plots .js-plotly-plot").first.wait_for()
        page.evaluate(COUNTED)
        client = page.context.new_cdp_session(page)
        client.send("Performance.enable")

        def held() -> dict[str, float]:
            """Bytes of the heap, elements (with those that left the page and are still held), and listeners."""
            page.wait_for_timeout(1500)  # plots follow the picture
            client.send("HeapProfiler.collectGarbage")
            counted = {item["name"]: item["value"] for item in client.send("Performance.getMetrics")["metrics"]}
            return {name: counted[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")}

        shown = visit.ask("viewer.shown")
        before: dict[str, float] = {}
        for number in range(1, COUNT + 1):
            page.locator("#seed input").fill(str(number))
            page.locator("#generate").click()
            shown = visit.wait_for_motion(shown)
            page.locator("#generate").wait_for()  # it is hidden while there is something to cancel
            if number == FULL:
                before = held()
                visit.ask("(window.first = viewer.renderer.gl, window.contexts)")
        after = held()
        assert page.evaluate("window.contexts") == 0
        assert visit.ask("viewer.renderer.gl === window.first && !viewer.renderer.gl.isContextLost()")
        grown = {name: (after[name] - before[name]) / (COUNT - FULL) for name in before}
        assert grown["JSHeapUsedSize"] < 100_000, (before, after)
        assert grown["Nodes"] < 10 and grown["JSEventListeners"] < 2, (before, after)
        assert visit.complaints == []
