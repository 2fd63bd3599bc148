"""What is redacted is not found by searching: no row, no cursor."""

from __future__ import annotations

import json
import re

import pytest

from bridge.explain import sees
from tests.console.conftest import Site, fill, tell
from tests.store.support import NOON, planned


def found(page: str) -> list[str]:
    return re.findall(r'href="/events/(\d+)"', page[page.index("<main") :])


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("tok-123456", False),
        ("tok-", False),
        ("de77", False),
        ("Logo", True),
        ("LOGO", True),
        ('"status": "open"', True),
        ("token", True),  # that there is such a field is no secret
    ],
)
async def test_on_the_page_and_by_the_api(site: Site, text: str, is_found: bool) -> None:
    events = await fill(site)
    page = await site.get(f"/events?source=creads&q={text.replace(' ', '%20')}")
    assert (str(events["fine"]) in found(page)) is is_found
    items = json.loads(await site.get(f"/api/v1/events?limit=1&q={text}"))
    assert bool(items["items"]) is is_found
    if not is_found:
        assert items["next"] is None
        assert json.loads(await site.get(f"/api/v1/deliveries?q={text}"))["items"] == []


async def test_what_is_hidden_does_not_shorten_a_page(site: Site) -> None:
    for number in range(60):
        hidden, shown = ("x", "needle") if number % 3 == 0 else ("needle", "x")
        note = planned("team", title="T", body="B")
        await tell(site, f"p{number}", note, at=NOON + number, token=hidden, title=shown, n=number)
    items = json.loads(await site.get("/api/v1/events?limit=15&q=needle"))
    assert len(items["items"]) == 15
    items = json.loads(await site.get(f"/api/v1/events?limit=15&q=needle&cursor={items['next']}"))
    assert len(items["items"]) == 5
    assert items["next"] is None


def test_bodies_that_cannot_be_read() -> None:
    assert sees(frozenset({"token"}))(b"\xff needle", "needle") is False
    assert sees(frozenset())(b'{"a": "needle"}', "needle") is True
