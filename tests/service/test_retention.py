"""A service deletes what is too old, by itself."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing

from bridge.model import Silence
from bridge.store import Store
from tests.live import CONFIG, Live, envelope
from tests.store.support import DAY, NOON, matched, planned, record


async def old_event(live: Live) -> None:
    """A day in the store that is long over."""
    store = await Store.open(f"sqlite:///{live.folder}/bridge.db", owner="before", clock=lambda: NOON - 400 * DAY)
    await record(store, "old", at=NOON - 400 * DAY)
    await store.write_matched([matched(one) for one in await store.unmatched(1)])
    await store.add_silence(Silence(id=0, starts_at=NOON - 400 * DAY, ends_at=NOON - 399 * DAY, reason="", who="ada"))
    await store.tell("old", [planned("ops", rule=None, kind="news")], event_id=None)
    await store.close()


def rest(live: Live) -> list[tuple[int]]:
    """How many silences and troubles are kept."""
    with closing(sqlite3.connect(live.folder / "bridge.db")) as database:
        return database.execute("SELECT count(*) FROM silence UNION ALL SELECT count(*) FROM trouble").fetchall()


def test_a_service_deletes_by_itself(live: Callable[..., Live]) -> None:
    service = live(config=CONFIG + "keep: {{events: 30d, payloads: 7d, failed: 90d}}\n")
    service.stop()
    asyncio.run(old_event(service))
    assert rest(service) == [(1,), (1,)]
    service.start()
    assert service.post(envelope("p1"))[0] == 202
    service.until(lambda: [one["gid"] for one in service.api("/events")["items"]] == ["p1"], what="deleted")
    service.until(lambda: '"event":"store.pruned"' in service.log.read_text(), what="logged")
    assert rest(service) == [(0,), (0,)]
