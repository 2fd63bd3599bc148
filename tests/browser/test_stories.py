"""What people come to the console for, from the first look to the end, with and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.morning import HOSTILE, MISSED, ZEBRA, Morning

both = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])


@both
def test_a_destination_fails_at_nine_in_the_morning(morning: Morning, visit: Open, scripts: bool) -> None:
    page = visit(morning, java_script_enabled=scripts)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{MISSED} messages have not reached people")

    # The first click: which messages, and why.
    page.get_by_role("link", name=f"See the {MISSED} messages").click()
    expect(page.get_by_text("The receiver answered 404: it knows no such address.")).to_be_visible()
    for words in (f"New project: {HOSTILE}", *(f"New project: Packaging number {n}" for n in range(1, MISSED))):
        expect(page.get_by_role("link", name=words, exact=True)).to_be_visible()

    # The second: what must be mended. A test says whether it is.
    page.get_by_role("link", name="Mend and resume").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("team is paused")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("status")).to_contain_text("team did not take the test. The receiver answered 404")

    # The third and fourth: it is mended, and all of them go out.
    page.get_by_role("button", name="Resume…").click()
    assert morning.sink.to("team") == []
    morning.mend()
    expect(page.get_by_label("that failed")).to_be_checked()
    page.get_by_role("button", name="Resume and send").click()
    expect(page.get_by_role("status")).to_contain_text("team is active again")
    morning.live.until(lambda: len(morning.titles()) >= MISSED, what="all sent")
    assert sorted(set(morning.titles())) == sorted({f"New project: {title}" for title in morning.missed})

    morning.live.until(lambda: "has arrived" in page.goto("/").text(), what="all arrived")  # type: ignore[union-attr]


@both
def test_why_did_nobody_hear_of_the_zebra(visit: Open, shared: Morning, scripts: bool) -> None:
    page = visit(shared, "/events", java_script_enabled=scripts)
    page.get_by_label("Words in the payload").fill("Zebra")
    page.get_by_role("button", name="Filter").click()
    row = page.get_by_role("row").filter(has_text=ZEBRA).first
    expect(row).to_contain_text("no rule fired")
    row.get_by_role("link", name=ZEBRA).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ZEBRA)
    expect(page.get_by_text("None of its 1 rules fired: nobody was told.")).to_be_visible()
    why = page.locator(".rule").filter(has_text="Big project finished")
    expect(why).to_contain_text("resource.status should become finished, it became review")
