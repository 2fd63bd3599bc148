"""Lists for pages, API and command line."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from bridge.store import Store, reads
from bridge.store.rows import Filters
from tests.store.support import NOON, Clock, ids, matched, planned, record, settled

# name → source, type, action, gid, body, minute
EVENTS = {
    "logo": ("creads", "Project", "created", "p1", '{"title": "Logo"}', 0),
    "chat": ("creads", "Project Message", "created", "m1", '{"content": "Émile says 100% \\\\o/"}', 1),
    "done": ("creads", "Project", "updated", "p1", '{"title": "Logo", "status": "finished"}', 2),
    "sold": ("shop", "Order", "created", "o1", '{"total": 12}', 3),
    "gone": ("creads", "Project", "deleted", "p2", "{}", 4),
    "late": ("creads", "Worker", "updated", "w1", "{ }", 5),
}
PLANS: dict[str, tuple[Any, ...]] = {
    "logo": (planned("team", rule="New"), planned("boss", rule="Big", title="A_B")),
    "chat": (planned("team", rule="Chatter", body="Émile wrote"),),
    "done": (planned("team", rule="Done"),),
    "sold": (planned("shop", rule="Sold"),),
    "gone": (),
}


@pytest_asyncio.fixture
async def named(store: Store, clock: Clock) -> dict[str, int]:
    """The events' ids: `logo` delivered to the team, failed for the boss; `gone` stale, `late` not matched yet."""
    found: dict[str, int] = {}
    for name, (source, kind, action, gid, body, minute) in EVENTS.items():
        clock.now = NOON + minute * 60
        facts: dict[str, Any] = {"source": source, "type": kind, "action": action, "gid": gid, "at": clock.now}
        found[name] = (await record(store, body, **facts)).id
        if name in PLANS:
            (event,) = await store.unmatched(1)
            state = "stale" if name == "gone" else "matched"
            handed = await store.write_matched([matched(event, *PLANS[name], state=state)])
            if name == "logo":
                await store.settle(settled(handed[0]))
                await store.settle(settled(handed[1], "failed", reason="gone for good"))
    return found


EVENT_LISTS: list[tuple[Filters, str]] = [
    ({}, "late gone sold done chat logo"),
    ({"gid": "p1"}, "done logo"),
    ({"type": "Project Message"}, "chat"),
    ({"type": "project_message"}, "chat"),
    ({"type": "project"}, "gone done logo"),
    ({"action": "Created"}, "sold chat logo"),
    ({"source": "shop"}, "sold"),
    ({"rule": "Chatter"}, "chat"),
    ({"destination": "team"}, "done chat logo"),
    ({"rule": "New", "destination": "boss"}, ""),
    ({"rule": "nobody"}, ""),
    ({"state": "received"}, "late"),
    ({"state": "matched"}, "sold done chat logo"),
    ({"state": "stale"}, "gone"),
    ({"state": "failed"}, "logo"),
    ({"state": "delivered", "destination": "boss"}, ""),
    ({"q": "LOGO"}, "done logo"),
    ({"q": "Émile says 100% \\\\o/"}, "chat"),
    ({"q": "Émile wrote"}, "chat"),
    ({"q": "a_b"}, "logo"),
    ({"q": "100_"}, ""),
    ({"q": "Title", "type": "Order"}, "sold"),
    ({"since": NOON + 180}, "late gone sold"),
    ({"until": NOON + 60}, "chat logo"),
    ({"since": NOON + 60, "until": NOON + 120}, "done chat"),
    ({"since": NOON + 999}, ""),
    ({"limit": 2}, "late gone"),
    ({"gid": None, "since": None, "before": None, "q": None, "source": "shop"}, "sold"),
]


async def test_events(store: Store, named: dict[str, int]) -> None:
    names = {id: name for name, id in named.items()}
    listed = [(filters, " ".join(names[row.id] for row in await store.events(**filters))) for filters, _ in EVENT_LISTS]
    assert listed == EVENT_LISTS


DELIVERY_LISTS: list[tuple[Filters, str]] = [
    ({}, "sold:shop done:team chat:team logo:boss logo:team"),
    ({"state": "delivered"}, "logo:team"),
    ({"state": "failed"}, "logo:boss"),
    ({"state": "pending"}, "sold:shop done:team chat:team"),
    ({"destination": "team"}, "done:team chat:team logo:team"),
    ({"rule": "Big"}, "logo:boss"),
    ({"source": "shop"}, "sold:shop"),
    ({"type": "PROJECT"}, "done:team logo:boss logo:team"),
    ({"action": "created"}, "sold:shop chat:team logo:boss logo:team"),
    ({"gid": "p1"}, "done:team logo:boss logo:team"),
    ({"gid": "p1", "state": "pending"}, "done:team"),
    ({"gid": "nobody"}, ""),
    ({"q": "logo"}, "done:team logo:boss logo:team"),
    ({"q": "wrote"}, "chat:team"),
    ({"since": NOON + 120}, "sold:shop done:team"),
    ({"until": NOON}, "logo:boss logo:team"),
    ({"limit": 1}, "sold:shop"),
]


async def test_deliveries(store: Store, named: dict[str, int]) -> None:
    names = {id: name for name, id in named.items()}

    async def listed(filters: Filters) -> str:
        return " ".join(f"{names[row.event_id or 0]}:{row.destination}" for row in await store.deliveries(**filters))

    assert [(filters, await listed(filters)) for filters, _ in DELIVERY_LISTS] == DELIVERY_LISTS


async def test_a_value_that_is_common_gives_the_same(
    store: Store, named: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "FEW", 0)
    assert ids(await store.events(destination="team")) == [named["done"], named["chat"], named["logo"]]
    assert [row.destination for row in await store.deliveries(gid="p1")] == ["team", "boss", "team"]


async def test_a_search_ends_somewhere(store: Store, named: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "SEARCHED", 2)
    assert ids(await store.events(q="logo")) == []
    assert ids(await store.events(q="logo", before=named["sold"])) == [named["done"]]


async def test_posts_of_one_moment_may_be_recorded_in_another_order(store: Store) -> None:
    later, earlier = [(await record(store, body, at=NOON + at)).id for body, at in (("B", 1.5), ("A", 1.0))]
    assert ids(await store.events(since=NOON + 1)) == [earlier, later]
    assert ids(await store.events(until=NOON + 1.5)) == [earlier, later]
    assert ids(await store.events(since=NOON + 1.2)) == [later]
    assert ids(await store.events(until=NOON + 1.2)) == [earlier]


async def test_page_after_page(store: Store, named: dict[str, int]) -> None:
    for read in (store.events, store.deliveries):
        whole = ids(await read())
        pages: list[int] = []
        while page := ids(await read(limit=2, **({"before": pages[-1]} if pages else {}))):
            pages += page
        assert pages == whole


async def test_a_row_of_each(store: Store, named: dict[str, int]) -> None:
    row = await store.event(named["chat"])
    assert row is not None
    assert (row.source, row.type, row.action, row.gid) == ("creads", "Project Message", "created", "m1")
    assert (row.state, row.duplicates, row.received_at) == ("matched", 0, NOON + 60)
    assert await store.event(10**15) is None
    failed, delivered = sorted(await store.deliveries_of([named["logo"]]), key=lambda row: row.state, reverse=True)
    assert (failed.source, failed.type, failed.action, failed.gid) == ("creads", "Project", "created", "p1")
    assert (failed.reason, [attempt.result for attempt in failed.attempts]) == ("gone for good", ["failed"])
    assert (delivered.rule, delivered.created_at, delivered.format, delivered.tone) == ("New", NOON, "text", "info")
    assert await store.deliveries_of([]) == []


async def test_the_store_in_numbers(store: Store, named: dict[str, int], clock: Clock) -> None:
    stats = await store.stats()
    assert (stats.events, stats.deliveries) == ({"received": 1}, {"failed": 1, "pending": 3})
    assert stats.oldest_pending == clock.now - (NOON + 60)
    assert stats.newest_event == {"creads": NOON + 300, "shop": NOON + 180}


async def test_an_empty_store_in_numbers(store: Store) -> None:
    stats = await store.stats()
    assert (stats.events, stats.deliveries) == ({"received": 0}, {})
    assert (stats.oldest_pending, stats.newest_event) == (None, {})
