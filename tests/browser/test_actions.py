"""Messages put right in a browser: with dialogs, and on pages of their own where no script runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, started
from tests.browser.morning import HOSTILE, MISSED, Morning
from tests.browser.test_pages import findings
from tests.live import Sink

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])


@pytest.fixture(scope="module")
def put_right(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    """A morning that these tests put right, one after the other; each takes what is left."""
    sink = Sink()
    live = started(tmp_path_factory.mktemp("put-right"), sink)
    yield Morning(live, sink)
    live.kill()
    sink.close()


def is_fit(page: Page, *, scripts: bool) -> None:
    """Fit for all; axe is a script itself."""
    assert not scripts or findings(page) == []


def press(page: Page, button: str, number: int, then: str, *, scripts: bool) -> None:
    """Press a button about what is picked, read what is asked, and go on."""
    page.locator("#bulk").get_by_role("button", name=button).click()
    asked = page.get_by_role("dialog") if scripts else page.locator("main")
    expect(asked.get_by_role("heading", name=f"{button.removesuffix('…')}: {number}")).to_be_visible()
    is_fit(page, scripts=scripts)
    if then == "Drop":
        asked.get_by_label("Why").fill(HOSTILE)
    elif button == "Send elsewhere…":
        asked.get_by_label("Destination").select_option("ops")
    asked.get_by_role("button", name=f"{then} {number}").click()


@SCRIPTS
def test_one_is_sent_elsewhere_and_one_is_dropped(visit: Open, put_right: Morning, scripts: bool) -> None:
    page = visit(put_right, "/deliveries", java_script_enabled=scripts)
    before = len(put_right.sink.to("ops"))
    page.get_by_role("checkbox", name="Select: Packaging").or_(page.get_by_label("Select: New project")).first.check()
    if scripts:
        expect(page.locator("#bulk b")).to_have_text("1 selected")
    press(page, "Send elsewhere…", 1, "Send", scripts=scripts)
    expect(page.get_by_role("status").filter(has_text="1 message is on its way.")).to_be_visible()
    put_right.live.until(lambda: len(put_right.sink.to("ops")) > before, what="told ops")
    page.goto("/deliveries")
    page.locator('input[name="id"]').first.check()
    press(page, "Drop…", 1, "Drop", scripts=scripts)
    expect(page.get_by_role("status").filter(has_text="1 message was dropped")).to_be_visible()
    page.goto("/deliveries?state=suppressed")
    expect(page.locator("main")).to_contain_text(HOSTILE[:20])


def test_by_keys_alone(visit: Open, put_right: Morning) -> None:
    page = visit(put_right, "/deliveries")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#bulk b")).to_have_text("1 selected")
    button = page.locator("#bulk").get_by_role("button", name="Drop…")
    button.focus()
    page.keyboard.press("Enter")
    why = page.get_by_role("dialog").get_by_label("Why")
    why.focus()
    page.keyboard.press("Enter")  # in a field it does nothing, least of all another button's work
    expect(page.get_by_role("dialog").get_by_role("heading", name="Drop: 1")).to_be_visible()
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0


def test_all_of_a_destination_after_it_is_mended(visit: Open, put_right: Morning) -> None:
    page = visit(put_right, "/deliveries", user="camille", width=390)
    stuck = len(put_right.stuck())
    assert 0 < stuck <= MISSED
    left = page.get_by_role("button", name="elsewhere…").first
    number = int(left.inner_text().split()[2])
    left.click()
    expect(page.get_by_role("heading", name=f"Send elsewhere: {number}")).to_be_visible()
    page.get_by_label("Destination").select_option("ops")
    page.get_by_role("button", name=f"Send {number}").click()
    expect(page.get_by_role("status").filter(has_text="on the")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Nothing failed and nothing is held")


@SCRIPTS
def test_an_event_is_run_once_more(visit: Open, put_right: Morning, scripts: bool) -> None:
    page = visit(put_right, "/events?type=Work", java_script_enabled=scripts)
    page.locator(".c-main a").first.click()
    page.get_by_role("button", name="Replay…").click()
    expect(page.locator("main")).to_contain_text("has one already")
    is_fit(page, scripts=scripts)
    before = len(put_right.sink.to("managers"))
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="run through today’s rules: 1 deliveries")).to_be_visible()
    put_right.live.until(lambda: len(put_right.sink.to("managers")) > before, what="told the managers")


@SCRIPTS
def test_a_rule_is_switched_off_and_on(visit: Open, put_right: Morning, scripts: bool) -> None:
    file = put_right.live.folder / "rules" / "all.yaml"
    page = visit(put_right, "/rules", java_script_enabled=scripts)
    page.get_by_role("switch", name="New work is on").click()
    expect(page.get_by_role("heading", name="Switch “New work” off?")).to_be_visible()
    is_fit(page, scripts=scripts)
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("status").filter(has_text="“New work” is switched off.")).to_be_visible()
    assert "enabled: false" in file.read_text(encoding="utf-8")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("status").filter(has_text="“New work” is switched on.")).to_be_visible()
    expect(page.locator("#history")).to_contain_text("+    enabled: true")
    is_fit(page, scripts=scripts)


def test_who_may_look_sees_no_button(visit: Open, put_right: Morning) -> None:
    page = visit(put_right, "/deliveries?state=suppressed", user="noor")
    for path in ("/deliveries?state=suppressed", "/rules", "/events"):
        page.goto(path)
        assert page.locator("main form[method=post]").count() == 0
        assert page.locator("main input[type=checkbox]").count() == 0
