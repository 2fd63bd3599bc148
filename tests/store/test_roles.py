"""Bridge's own affairs: roles, news of troubles, versions of the rules."""

from __future__ import annotations

import asyncio

from bridge.store import Store
from tests.store.conftest import Open
from tests.store.support import Clock, ids, planned, record, settled

HOUR = 3600.0


async def test_a_role_has_one_holder(open_store: Open, url: str, clock: Clock) -> None:
    one = await open_store(url, "one")
    two = await open_store(url, "two", releases=False)
    assert await one.lease("clock", 30)
    assert not await two.lease("clock", 30)
    assert await two.lease("matching", 30)
    clock.now += 29
    assert await one.lease("clock", 30)
    clock.now += 29
    assert not await two.lease("clock", 30)
    clock.now += 1
    assert await two.lease("clock", 30)
    assert not await one.lease("clock", 30)
    await one.drop_lease("clock")
    assert not await one.lease("clock", 30)
    await two.drop_lease("clock")
    assert await one.lease("clock", 30)


async def test_a_role_is_taken_once_by_many_at_once(open_store: Open, url: str) -> None:
    stores = [await open_store(url, "0"), *[await open_store(url, f"{n}", releases=False) for n in (1, 2)]]
    assert sum(await asyncio.gather(*(store.lease("clock", 30) for store in stores))) == 1


async def test_a_trouble_is_told_once_an_hour_and_counted_meanwhile(store: Store, clock: Clock) -> None:
    news = planned("ops", title="Slack is down", rule=None)
    receipt = await record(store)
    (told,) = await store.tell("slack", news, event_id=receipt.id)
    assert (told.destination, told.rule, told.event_id, told.notification.title) == (
        "ops",
        None,
        receipt.id,
        "Slack is down",
    )
    assert await store.tell("slack", news, event_id=None) == []
    assert await store.tell("slack", news, event_id=None) == []
    assert len(await store.tell("teams", news, event_id=None)) == 1
    assert await store.untold(HOUR) == []
    clock.now += HOUR
    assert await store.untold(HOUR) == [("slack", 2)]
    (again,) = await store.tell("slack", news, event_id=None)
    assert again.event_id is None
    assert await store.untold(0) == []


async def test_news_goes_the_way_of_all_deliveries(store: Store) -> None:
    news = planned("ops", rule=None)
    handed = [*await store.tell("a", news, event_id=None), *await store.tell("b", news, event_id=None)]
    assert await store.claim(10) == []
    await store.settle(settled(handed[0]))
    await store.release(ids(handed[1:]))
    assert ids(await store.claim(10)) == ids(handed[1:])
    rows = await store.deliveries(destination="ops")
    assert [(row.event_id, row.source, row.gid, row.state) for row in rows] == [
        (None, None, None, "pending"),
        (None, None, None, "delivered"),
    ]


async def test_a_version_is_kept_once(store: Store) -> None:
    files = {"rules/a.yaml": "rules: []\n", "templates/é.j2": "\0"}
    await store.save_version("v1", files)
    await store.save_version("v1", {})
    assert await store.version("v1") == files
    assert await store.version("v2") is None


async def test_what_another_process_writes_is_noticed(open_store: Open, url: str, clock: Clock) -> None:
    one = await open_store(url, "one")
    two = await open_store(url, "two", releases=False)
    wakes: list[None] = []
    one.listen(lambda: wakes.append(None))
    await record(one, "first")
    async with asyncio.timeout(10):
        while not wakes:
            await record(two, f"another's {clock.now}")
            clock.now += 1
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)  # for what is still on its way
    wakes.clear()
    await record(one, "own")
    await asyncio.sleep(0.3)
    assert wakes == []
