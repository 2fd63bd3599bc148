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


async def test_the_only_service_takes_the_roles_of_one_that_was_killed(open_store: Open, sqlite_url: str) -> None:
    killed = await open_store(sqlite_url, "one", releases=False)
    assert await killed.lease("match", 30)
    assert await (await open_store(sqlite_url, "two")).lease("match", 30)


async def test_a_role_is_taken_once_by_many_at_once(open_store: Open, url: str) -> None:
    stores = [await open_store(url, "0"), *[await open_store(url, f"{n}", releases=False) for n in (1, 2)]]
    assert sum(await asyncio.gather(*(store.lease("clock", 30) for store in stores))) == 1


async def test_a_trouble_is_told_once_an_hour_and_counted_meanwhile(store: Store, clock: Clock) -> None:
    news = [planned("ops", title="Slack is down", rule=None), planned("boss", title="Slack is down", rule=None)]
    receipt = await record(store)
    told = await store.tell("slack", news, event_id=receipt.id)
    assert [(one.destination, one.rule, one.event_id) for one in told] == [
        ("ops", None, receipt.id),
        ("boss", None, receipt.id),
    ]
    for _ in range(2):
        assert await store.tell("slack", news, event_id=None) == []
    assert len(await store.tell("teams", news[:1], event_id=None)) == 1
    assert await store.untold(HOUR) == []
    clock.now += HOUR
    (untold,) = await store.untold(HOUR)
    assert (untold.trouble, untold.times, untold.title) == ("slack", 2, "Slack is down")
    again = [planned("ops", title="Again 2 times: Slack is down", rule=None)]
    assert len(await store.tell_again("slack", again)) == 1
    assert await store.tell_again("slack", again) == []
    assert await store.tell("slack", news, event_id=None) == []
    assert [one.times for one in await store.untold(0)] == [1]


async def test_the_end_of_a_lasting_trouble_is_told_if_it_was_told(store: Store, clock: Clock) -> None:
    news, over = [planned("ops", title="Paused", rule=None)], [planned("ops", title="Resumed", rule=None)]
    assert await store.end_trouble("paused", over) == []
    await store.tell("paused", news, event_id=None, lasting=True)
    await store.tell("moment", news, event_id=None)
    assert await store.lasting_troubles() == {"paused"}
    assert [one.notification.title for one in await store.end_trouble("paused", over)] == ["Resumed"]
    assert await store.end_trouble("paused", over) == []
    clock.now += 60
    assert await store.tell("paused", news, event_id=None, lasting=True) == []
    assert await store.lasting_troubles() == {"paused"}
    assert await store.end_trouble("paused", over) == []
    clock.now += HOUR
    (untold,) = await store.untold()
    assert (untold.times, untold.ended) == (1, clock.now - HOUR)


async def test_news_goes_the_way_of_all_deliveries(store: Store) -> None:
    news = planned("ops", rule=None)
    handed = [*await store.tell("a", [news], event_id=None), *await store.tell("b", [news], event_id=None)]
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
