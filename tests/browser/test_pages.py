"""Each page is fit for all: no serious finding of axe, at both widths and in both lights; pictures of it for people."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.morning import Morning

SHOTS = Path(__file__).parents[2] / "build" / "shots"  # not kept by git
PAGES = (
    "/",
    "/events",
    "/deliveries",
    "/rules",
    "/rule?name=New%20project",
    "/about",
    "/destinations",
    "/destinations/team",
    "/silences",
    "/sources",
    "/try",
)
VARIANTS = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))


def findings(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe says, as far as it is serious; of these rules only, where some are named."""
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:200]} {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


def look(page: Page, name: str) -> None:
    """Take the pictures; axe judges the wide page by all its rules, the narrow dark one by what may differ there."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for width, light in VARIANTS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if light == "dark" else "light")
        page.screenshot(path=SHOTS / f"{name}-{width}-{light}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than {width}"
        if (width, light) == (1280, "light"):
            assert findings(page) == []
        elif (width, light) == (390, "dark"):
            assert findings(page, ["color-contrast", "scrollable-region-focusable"]) == []


@pytest.mark.parametrize("path", PAGES)
def test_everybody_can_use_it(visit: Open, shared: Morning, path: str) -> None:
    page = visit(shared, path)
    look(page, path.partition("?")[0].strip("/").replace("/", "-") or "now")


def test_everybody_can_use_the_page_of_an_event(visit: Open, shared: Morning) -> None:
    page = visit(shared, "/events")
    page.locator(".c-main a").last.click()
    page.wait_for_url("**/events/*")
    look(page, "event")
