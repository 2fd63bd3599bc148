"""What people come to the console for, from the first look to the end, each click counted; also without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.morning import HOSTILE, MISSED, ZEBRA, Morning

both = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])


class Hand:
    """Clicks, and remembers on what."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks: list[str] = []

    def click(self, name: str, target: Locator | None = None) -> None:
        """A link or a button by its words, or what is meant by them."""
        if target is None:
            target = self.page.get_by_role("link", name=name).or_(self.page.get_by_role("button", name=name)).first
        target.click()
        self.clicks.append(name)


def says_what_was_missed_and_why(page: Page, morning: Morning) -> None:
    """Each message by its own words, and the cause as a sentence; nothing has to be opened for either."""
    expect(page.get_by_text("The receiver answered 404: it knows no such address.").first).to_be_visible()
    for words in (f"New project: {HOSTILE}", *(f"New project: Packaging number {n}" for n in range(1, MISSED))):
        expect(page.get_by_role("link", name=words, exact=True)).to_be_visible()


@both
@pytest.mark.parametrize("first", ["Mend and resume", f"See the {MISSED} messages"])
def test_a_destination_fails_at_nine_in_the_morning(morning: Morning, visit: Open, scripts: bool, first: str) -> None:
    page = visit(morning, java_script_enabled=scripts)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{MISSED} messages have not reached people")
    hand = Hand(page)
    hand.click(first)
    says_what_was_missed_and_why(page, morning)
    hand.click("Resume…")
    expect(page.get_by_label("that failed")).to_be_checked()
    assert morning.sink.to("team") == []
    morning.mend()
    hand.click("Resume and send")
    expect(page.get_by_role("status")).to_contain_text("team is active again")
    assert hand.clicks == [first, "Resume…", "Resume and send"]
    morning.live.until(lambda: len(morning.titles()) >= MISSED, what="all sent")
    assert set(morning.titles()) == {f"New project: {title}" for title in morning.missed}
    morning.live.until(lambda: "has arrived" in page.goto("/").text(), what="all arrived")  # type: ignore[union-attr]


def test_a_test_says_whether_it_is_mended(morning: Morning, visit: Open) -> None:
    page = visit(morning, "/destinations/team")
    expect(page.get_by_role("heading", level=1)).to_have_text("team is paused")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("status")).to_contain_text("team did not take the test. The receiver answered 404")
    morning.mend()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("status")).to_contain_text("team took the test.")


@both
def test_why_did_nobody_hear_of_the_zebra(visit: Open, shared: Morning, scripts: bool) -> None:
    page = visit(shared, "/events", java_script_enabled=scripts)
    hand = Hand(page)
    hand.click("Words in the payload", page.get_by_label("Words in the payload"))
    page.keyboard.type("Zebra")
    hand.click("Filter", page.get_by_role("button", name="Filter"))
    row = page.get_by_role("row").filter(has_text=ZEBRA).first
    expect(row).to_contain_text("no rule fired")
    hand.click(ZEBRA, row.get_by_role("link", name=ZEBRA))
    expect(page.get_by_role("heading", level=1)).to_have_text(ZEBRA)
    expect(page.get_by_text("None of its 1 rules fired: nobody was told.")).to_be_visible()
    why = page.locator(".rule").filter(has_text="Big project finished")
    expect(why.get_by_text("resource.status should become finished, it became review")).to_be_visible()
    assert hand.clicks == ["Words in the payload", "Filter", ZEBRA]
