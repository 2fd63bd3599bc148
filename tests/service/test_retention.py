"""A service deletes what is too old, by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bridge.store import Store
from tests.live import CONFIG, Live, envelope
from tests.store.support import DAY, NOON, matched, record


async def old_event(live: Live) -> None:
    """A day in the store that is long over."""
    store = await Store.open(f"sqlite:///{live.folder}/bridge.db", owner="before", clock=lambda: NOON - 400 * DAY)
    await record(store, "old", at=NOON - 400 * DAY)
    await store.write_matched([matched(one) for one in await store.unmatched(1)])
    await store.close()


def test_a_service_deletes_by_itself(live: Callable[..., Live]) -> None:
    service = live(config=CONFIG + "keep: {{events: 30d, payloads: 7d, failed: 90d}}\n")
    service.stop()
    asyncio.run(old_event(service))
    service.start()
    assert service.post(envelope("p1"))[0] == 202
    service.until(lambda: [one["gid"] for one in service.api("/events")["items"]] == ["p1"], what="deleted")
    service.until(lambda: '"event":"store.pruned"' in service.log.read_text(), what="logged")
