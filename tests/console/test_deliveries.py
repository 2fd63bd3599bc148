"""Deliveries: what people did not get, by destination and cause; and all others by state."""

from __future__ import annotations

import re

import pytest

from bridge.model import Bundling
from bridge.store.rows import DestinationRow
from tests.console.conftest import BIG, Site, fill, tell
from tests.store.support import NOON, planned, settled


async def test_nothing_is_wrong(site: Site) -> None:
    assert "Nothing failed and nothing is held" in await site.get("/deliveries")


async def test_by_destination_and_cause(site: Site) -> None:
    await fill(site)
    page = await site.get("/deliveries")
    assert "<h1>Not delivered</h1>" in page
    assert "boss: 1 failed" in page
    assert "The service says &lt;script&gt;alert" in page
    assert "1 message of the last 7 days" in page
    assert BIG not in page
    assert "pass-of-the-boss" not in page


async def test_a_paused_destination(site: Site) -> None:
    await tell(site, "p1", planned("team", state="held", reason="team is paused"), at=NOON - 60)
    await site.store.set_destination(
        DestinationRow(name="team", state="paused", by="failures", since=NOON - 120, reason="the webhook is gone")
    )
    page = await site.get("/deliveries")
    assert "team: 1 held" in page
    assert "The webhook is gone." in page
    assert "what is held leaves in its order" in page
    assert page.index('<option value="boss">boss</option><option value="team">team</option></select>')  # elsewhere
    page = await site.get("/")
    assert "team is paused" in page
    assert 'title="1 paused"' in page


async def test_what_a_rule_holds_is_no_trouble(site: Site) -> None:
    bundle = Bundling(kind="hours", key="", due_at=NOON + 3600)
    await tell(site, "p1", planned("team", state="held", reason="outside hours", bundle=bundle), at=NOON - 60)
    site.clock.now = NOON
    assert "Nothing failed" in await site.get("/deliveries")
    page = await site.get("/")
    assert "Everything sent since" in page
    assert "for office hours" in page
    assert "Not delivered: 0 in" in page


@pytest.mark.parametrize(
    ("query", "destinations"),
    [
        ("state=failed", ["boss"]),
        ("state=delivered", ["team"]),
        ("state=held", []),
        ("rule=New+project", ["team"]),
        ("q=dusted", ["team"]),
        ("since=24h", ["boss", "team"]),
        ("state=failed&destination=team", []),
    ],
)
async def test_filters(site: Site, query: str, destinations: list[str]) -> None:
    await fill(site)
    page = await site.get(f"/deliveries?{query}")
    assert re.findall(r'<td data-l="destination"><a href="/destinations/(\w+)"', page) == destinations
    if not destinations:
        assert "No delivery matches" in page


async def test_many_that_failed(site: Site) -> None:
    for number in range(60):
        _, (sent,) = await tell(
            site, f"p{number}", planned("boss", title="A usual title " * 4), at=NOON + number, n=number
        )
        await site.store.settle(settled(sent, "failed", reason=f"refused {number % 5}"))
    page = await site.get("/deliveries")
    assert "boss: 60 failed" in page
    assert "22 of 60, oldest first" in page
    assert "12 × Refused 0." in page
    assert len(page) < 25_000
    page = await site.get("/deliveries?state=failed")
    assert 'rel="next"' in page
    assert "state" in await site.get("/deliveries?state=lost", status=400)
