"""axe on every tab, light and dark, on a desktop and on a phone: no serious violation, no rule switched off."""

from __future__ import annotations

import pytest

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
from tests.app.test_page import visiting  # noqa: E402

pytestmark = pytest.mark.slow

SERIOUS = {"serious", "critical"}


def violations(page) -> list[str]:
    """What is wrong, seriously: rule, element, and what axe says."""
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['target']}: {node['failureSummary']}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_tab_has_a_serious_violation(chromium: str, server, theme: str, width: int):
    viewport = {"width": width, "height": 860}
    with visiting(chromium, f"{server.url}?__theme={theme}", viewport=viewport) as visit:
        visit.wait_for_motion()
        visit.ask("viewer.clock.pause()")
        assert not (found := violations(visit.page)), "\n".join(found)
        visit.page.get_by_text("Measure", exact=True).click()
        visit.page.locator("#examples summary").click()
        visit.page.locator("#examples [role=option]").first.wait_for()
        assert not (found := violations(visit.page)), "\n".join(found)
        visit.page.get_by_role("tab", name="How it works").click()
        visit.page.locator("#lesson-viewer").wait_for()
        assert not (found := violations(visit.page)), "\n".join(found)
