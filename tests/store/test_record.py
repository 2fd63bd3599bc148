"""Record: what is new is kept in order; what came before is counted."""

from __future__ import annotations

import asyncio

from bridge.model import Key
from bridge.store import Store
from tests.store.conftest import Open
from tests.store.support import DAY, NOON, Clock, arrival, ids, match_all, record

MINUTE = 60.0


async def test_events_wait_in_the_order_of_their_arrival(store: Store) -> None:
    receipts = [await record(store, name, gid=name) for name in "abc"]
    waiting = await store.unmatched(10)
    assert ids(receipts) == ids(waiting)
    assert ids(waiting) == sorted(ids(waiting))
    assert [event.body for event in waiting] == [b"a", b"b", b"c"]
    assert waiting[0].key == Key("creads", "Project", "a")
    assert (waiting[0].action, waiting[0].received_at) == ("updated", NOON)
    assert ids(await store.unmatched(2)) == ids(waiting)[:2]


async def test_a_body_that_comes_again_gets_the_first_id(store: Store) -> None:
    first, second, third = [await record(store, "A", at=NOON + at) for at in (0, 5, 6)]
    assert (first.duplicate, second.duplicate, third.duplicate) == (False, True, True)
    assert first.id == second.id == third.id
    row = await store.event(first.id)
    assert row is not None
    assert row.duplicates == 2
    assert row.received_at == NOON


async def test_equal_posts_of_one_moment_are_one_event(store: Store) -> None:
    receipts = await asyncio.gather(*(record(store, body) for body in "ABABBA"))
    assert len({receipt.id for receipt in receipts}) == 2
    assert [receipt.duplicate for receipt in receipts] == [False, False, True, True, True, True]
    assert [row.duplicates for row in await store.events()] == [2, 2]


async def test_another_source_is_another_event(store: Store) -> None:
    await record(store, "A")
    assert not (await record(store, "A", source="shop")).duplicate


async def test_after_the_window_it_is_news(store: Store) -> None:
    first = await record(store, "A", window=60)
    assert (await record(store, "A", window=60, at=NOON + 59)).id == first.id
    later = await record(store, "A", window=60, at=NOON + 60)
    assert not later.duplicate
    assert (await record(store, "A", window=60, at=NOON + 100)).id == later.id


async def test_a_way_back_is_news_once_the_first_is_old(store: Store) -> None:
    first = await record(store, "A")
    await record(store, "B", at=NOON + 30)
    assert (await record(store, "A", at=NOON + 10 * MINUTE)).id == first.id  # the sender's own repetition, late
    back = await record(store, "A", at=NOON + 11 * MINUTE)
    assert not back.duplicate
    assert (await record(store, "A", at=NOON + 12 * MINUTE)).id == back.id


async def test_a_way_back_within_one_transaction(store: Store) -> None:
    await record(store, "A")
    b, a = await asyncio.gather(*(record(store, body, at=NOON + 11 * MINUTE) for body in "BA"))
    assert not b.duplicate
    assert not a.duplicate


async def test_another_resource_is_no_way_back(store: Store) -> None:
    first = await record(store, "A")
    await record(store, "B", gid="g2")
    await record(store, "C", type="Work")
    await record(store, "D", source="shop")
    assert (await record(store, "A", at=NOON + 11 * MINUTE)).id == first.id


async def test_ids_go_on_after_a_restart(open_store: Open, url: str, clock: Clock) -> None:
    store = await Store.open(url, owner="first", clock=clock)
    first = await record(store, "A")
    await store.close()
    again = await open_store(url)
    assert (await record(again, "A")).id == first.id
    assert (await record(again, "B")).id > first.id


async def test_two_replicas_take_an_equal_post_at_the_same_instant(open_store: Open, url: str) -> None:
    one = await open_store(url, "one")
    # Beside a service on SQLite only a command may write.
    two = await open_store(url, "two", releases=False)
    for turn in range(20):
        posts = [s.record(arrival(f"{turn}"), window=DAY) for s in (one, two) for _ in range(3)]
        receipts = await asyncio.gather(*posts)
        assert len({receipt.id for receipt in receipts}) == 1
        assert sum(not receipt.duplicate for receipt in receipts) == 1


async def test_many_at_once(store: Store) -> None:
    receipts = await asyncio.gather(*(record(store, f"{n}", gid=f"{n}") for n in range(1500)))
    assert ids(receipts) == sorted(set(ids(receipts)))
    assert len(await store.unmatched(2000)) == 1500
    await match_all(store)
    assert len(await store.unmatched(2000)) == 500
