"""Each page's main task, with and without JavaScript, by keyboard alone, and by who may only look."""

from __future__ import annotations

import re
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.morning import ZEBRA, Morning, hostile
from tests.browser.test_stories import both
from tests.live import envelope

MOST_TABS = 80


def tab_to(page: Page, words: str) -> None:
    """Move the focus by the key alone, to the link, button or field that is called so."""
    called = "(e => e.matches('a, button, input') ? e.getAttribute('aria-label') || e.innerText : '')"
    for _ in range(MOST_TABS):
        if words == page.evaluate(f"{called}(document.activeElement)").strip():
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{words} cannot be reached")


# ---- silences ------------------------------------------------------------------------------------


@both
def test_a_silence_is_added_and_ended(visit: Open, shared: Morning, scripts: bool) -> None:
    gid = f"quiet-{scripts}"
    page = visit(shared, "/silences", java_script_enabled=scripts)
    page.get_by_label("gid").fill(gid)
    page.locator("select[name=for]").select_option("4h")
    page.get_by_label("Why").fill("we move house")
    page.get_by_role("button", name="Add…").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Keep every message gid {gid} from people until")
    page.get_by_role("button", name="Add the silence").click()
    expect(page.get_by_role("status").first).to_contain_text("The silence is on.")
    page.get_by_role("button", name=f"End now: every message gid {gid}").click()
    page.get_by_role("button", name="End now").click()
    expect(page.get_by_role("status").first).to_contain_text("The silence has ended")


def test_a_silence_by_keyboard_alone(visit: Open, shared: Morning) -> None:
    page = visit(shared, "/silences?gid=keys&why=keys")
    tab_to(page, "Add…")
    page.keyboard.press("Enter")
    page.wait_for_url("**/silences")
    tab_to(page, "Add the silence")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("The silence is on.")


# ---- try -----------------------------------------------------------------------------------------


def try_it(page: Page) -> None:
    """Once all is there: a page that still loads may scroll to its result under the pointer."""
    page.wait_for_load_state("load")
    page.get_by_role("button", name="Try it").click()


@both
def test_a_rule_is_tried(visit: Open, shared: Morning, scripts: bool) -> None:
    page = visit(shared, "/try?rule=Big%20project%20finished&event=sample:creads:project.updated",
                 java_script_enabled=scripts)  # fmt: skip
    page.get_by_label("Its state before").fill('{"status": "in_progress"}')
    body = '{"event": "resource.updated", "resource_type": "Project", "resource_gid": "try", "resource":'
    page.get_by_label("Body as the sender posts it").fill(
        f'{body} {{"title": "Zoé <b>", "status": "finished", "price": {{"amount": 1200}}}}}}'
    )
    try_it(page)
    expect(page.get_by_text("It fires for “Project updated”.")).to_be_visible()
    expect(page.get_by_role("heading", name="What team would read")).to_be_visible()
    expect(page.locator("iframe").first.content_frame.get_by_text("Zoé").first).to_be_visible()
    rule = page.locator("textarea[name=rule]")
    rule.fill(rule.input_value().replace("1000", "5000"))
    try_it(page)
    expect(page.get_by_text("resource.price.amount should be ≥ 5000, it is 1200")).to_be_visible()
    rule.fill(rule.input_value().replace("notify", "notfy"))
    try_it(page)
    expect(page.get_by_text("did you mean `notify`?")).to_be_visible()


def test_an_edit_is_tried_on_past_events(visit: Open, shared: Morning) -> None:
    page = visit(shared, "/try?rule=New%20project")
    rule = page.locator("textarea[name=rule]")
    rule.fill(rule.input_value().replace("Project created", "Project updated"))
    page.get_by_role("button", name="Try on the last 7 days").click()
    expect(page.get_by_text("Events replayed:")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="New project").first
    expect(row.get_by_role("cell").nth(2)).not_to_have_text("0")


# ---- keys, languages, roles ----------------------------------------------------------------------


def test_an_event_is_found_by_keyboard_alone(visit: Open, shared: Morning) -> None:
    page = visit(shared, "/")
    page.keyboard.press("/")
    page.keyboard.type("Zebra")
    page.keyboard.press("Enter")
    page.wait_for_url("**/events?q=Zebra")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(ZEBRA)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_a_destination_is_paused_and_resumed_by_keyboard_alone(visit: Open, shared: Morning) -> None:
    page = visit(shared, "/destinations/ops")
    tab_to(page, "Pause…")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type("house")
    tab_to(page, "Pause")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("ops is paused")
    tab_to(page, "Resume…")
    page.keyboard.press("Enter")
    tab_to(page, "Resume and send")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("ops is active again")


def test_a_test_is_sent(visit: Open, shared: Morning) -> None:
    page = visit(shared, "/destinations", java_script_enabled=False)
    page.get_by_role("button", name="Send a test to managers").click()
    expect(page.get_by_role("status").first).to_contain_text("managers took the test.")
    assert shared.sink.to("managers")[-1]["title"] == "Test from Bridge to managers"


PAGES = (
    "/",
    "/events",
    "/deliveries",
    "/rules",
    "/destinations",
    "/destinations/team",
    "/silences",
    "/sources",
    "/try",
)


def test_who_may_look_has_nothing_to_press(visit: Open, shared: Morning) -> None:
    page = visit(shared, "/destinations/team", user="noor")
    assert page.locator("main form, main dialog, main button").count() == 0
    expect(page.get_by_role("heading", level=1)).to_have_text("team is paused")


def test_french_fits_too(visit: Open, shared: Morning) -> None:
    page = visit(shared, locale="fr-FR")
    for path in PAGES:
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate("(n => n.scrollWidth <= n.clientWidth)(document.querySelector('.nav'))"), path


@pytest.mark.parametrize("path", ["/deliveries?state=delivered", "/events"])
def test_a_list_says_what_is_new(visit: Open, shared: Morning, path: str) -> None:
    page = visit(shared, path)
    fresh, gids = page.get_by_role("link", name=re.compile(r"^\d+ new$")), map(f"new-{path[1]}-{{}}".format, count())

    def posted() -> bool:
        """One after another: what comes before the page listens is not told."""
        shared.post(envelope(gid := next(gids), kind="Work", title=f"Title {gid}"))
        return fresh.is_visible()

    expect(fresh).to_be_hidden()
    shared.live.until(posted, what="told")
    fresh.click()
    expect(page.get_by_role("link", name=f"Title new-{path[1]}-").first).to_be_visible()


# ---- hostile words -------------------------------------------------------------------------------


def test_hostile_words_stay_words(visit: Open, shared: Morning) -> None:
    values = hostile()
    for number, value in enumerate(values):
        shared.post(envelope(f"h{number}", title=value, owner=value, status="open", note={value[:50]: value}))
    shared.live.until(lambda: len(shared.stuck()) >= len(values), what="kept for the team")
    page = visit(shared)
    for path in PAGES:
        page.goto(path)
        assert page.locator("main script, main style, main object, main embed, main base").count() == 0, path
    events = [item["id"] for item in shared.live.api("/events?limit=60")["items"]]
    for event in events[:: max(1, len(events) // 5)]:
        page.goto(f"/events/{event}")
        assert page.locator("main script, main [onerror], main [onload]").count() == 0, event
