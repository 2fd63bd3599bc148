"""Deliver, written down: who has what in hand, and what an attempt leaves behind."""

from __future__ import annotations

import asyncio

from bridge.model import Outcome, replace
from bridge.store import Store
from tests.store.conftest import Open
from tests.store.support import NOON, Clock, deliver_one, ids, match_all, planned, record, settled


async def test_an_attempt_is_kept_with_its_outcome(store: Store, clock: Clock) -> None:
    (delivery,) = await deliver_one(store)
    refused = Outcome(
        result="retry", reason="busy", status=503, answer="later", ambiguous=True, took_ms=12, retry_after=3.0
    )
    await store.settle(settled(delivery, "pending", outcome=refused, reason="busy"))
    (row,) = await store.deliveries(state="pending")
    assert (row.reason, row.next_at, row.ambiguous) == ("busy", NOON + 5, True)
    clock.now += 5
    (again,) = await store.claim(10)
    assert (again.attempts, again.ambiguous, again.created_at) == (1, True, NOON)
    await store.settle(settled(again, at=NOON + 5))
    (row,) = await store.deliveries_of([delivery.event_id or 0])
    assert (row.state, row.next_at) == ("delivered", None)
    first, second = row.attempts
    assert (first.at, first.result, first.reason, first.status) == (NOON, "retry", "busy", 503)
    assert (first.answer, first.ambiguous, first.took_ms, first.retry_after) == ("later", True, 12, 3.0)
    assert (second.at, second.result) == (NOON + 5, "delivered")


async def test_a_retry_has_its_thread_and_its_files(store: Store, clock: Clock) -> None:
    note = replace(planned().notification, thread="creads/project/55e8", attach=("https://a.example/é.png", "x"))
    await record(store)
    (delivery,) = await match_all(store, planned(notification=note))
    assert delivery.notification == note
    await store.settle(settled(delivery, "pending"))
    clock.now += 5
    (again,) = await store.claim(10)
    assert again.notification == note


async def test_what_failed_for_good_is_not_claimed_again(store: Store, clock: Clock) -> None:
    (delivery,) = await deliver_one(store)
    await store.settle(settled(delivery, "failed", reason="no such channel"))
    clock.now += 1000
    assert await store.claim(10) == []
    assert [row.reason for row in await store.deliveries(state="failed")] == ["no such channel"]


async def test_many_settles_in_one_transaction(store: Store) -> None:
    for n in range(40):
        await record(store, f"{n}", gid=f"{n % 20}")
    handed = await match_all(store, planned())
    awaited = await asyncio.gather(*(store.settle(settled(delivery)) for delivery in handed))
    assert len(handed) == 20
    assert all(awaited)


async def test_nothing_is_claimed_twice(open_store: Open, url: str) -> None:
    one = await open_store(url, "one")
    two = await open_store(url, "two", releases=False)
    for n in range(40):
        await record(one, f"{n}", gid=f"{n}")
    handed = await match_all(one, planned())
    await one.release(ids(handed))
    claimed = await asyncio.gather(*(store.claim(5) for _ in range(6) for store in (one, two)))
    taken = [delivery.id for part in claimed for delivery in part]
    assert sorted(taken) == ids(handed)


async def test_what_is_due_first_goes_first_and_no_more_than_wanted(store: Store, clock: Clock) -> None:
    (first,) = await deliver_one(store, "A", gid="g1")
    (second,) = await deliver_one(store, "B", gid="g2")
    await store.settle(settled(first, "pending", next_at=NOON + 9))
    await store.settle(settled(second, "pending", next_at=NOON + 3))
    clock.now += 2
    assert await store.claim(10) == []
    clock.now += 10
    assert ids(await store.claim(1)) == [second.id]
    assert ids(await store.claim(10)) == [first.id]


async def test_excluded_destinations_wait(store: Store) -> None:
    await record(store)
    await store.release(ids(await match_all(store, planned("slow"), planned("team"))))
    assert [delivery.destination for delivery in await store.claim(10, exclude={"slow"})] == ["team"]
    assert [delivery.destination for delivery in await store.claim(10)] == ["slow"]


async def test_a_lease_that_ran_out_is_claimed_by_another_as_ambiguous(
    open_store: Open, url: str, clock: Clock
) -> None:
    one = await open_store(url, "one")
    two = await open_store(url, "two", releases=False)
    (delivery,) = await deliver_one(one)
    clock.now += 29
    assert await two.claim(10) == []
    await one.renew()
    clock.now += 29
    assert await two.claim(10) == []
    clock.now += 2
    (taken,) = await two.claim(10)
    assert (taken.id, taken.ambiguous) == (delivery.id, True)


async def test_who_lost_a_lease_may_report_success_and_nothing_else(open_store: Open, url: str, clock: Clock) -> None:
    one = await open_store(url, "one")
    two = await open_store(url, "two", releases=False)
    (delivery,) = await deliver_one(one)
    clock.now += 31
    (taken,) = await two.claim(10)
    await one.settle(settled(delivery, "failed"))
    assert [row.state for row in await one.deliveries()] == ["pending"]
    await one.settle(settled(delivery))
    await two.settle(settled(taken, "pending"))
    (row,) = await one.deliveries()
    assert row.state == "delivered"
    assert [attempt.result for attempt in row.attempts] == ["failed", "delivered", "retry"]


async def test_what_is_given_back_was_not_tried(store: Store) -> None:
    (delivery,) = await deliver_one(store)
    await store.release([delivery.id])
    (again,) = await store.claim(10)
    assert (again.id, again.ambiguous, again.attempts) == (delivery.id, False, 0)


async def test_another_cannot_give_back_what_it_does_not_have(open_store: Open, url: str) -> None:
    one = await open_store(url, "one")
    two = await open_store(url, "two", releases=False)
    (delivery,) = await deliver_one(one)
    await two.release([delivery.id])
    assert await two.claim(10) == []


async def test_the_service_that_starts_takes_up_what_its_predecessor_left(
    open_store: Open, sqlite_url: str, clock: Clock
) -> None:
    first = await Store.open(sqlite_url, owner="first", clock=clock)
    (delivery,) = await deliver_one(first)
    await first.close()
    second = await open_store(sqlite_url, "second")
    (again,) = await second.claim(10)
    assert (again.id, again.ambiguous) == (delivery.id, True)


async def test_a_replica_that_starts_leaves_the_others_what_they_have(open_store: Open, url: str) -> None:
    one = await open_store(url, "one")
    await deliver_one(one)
    two = await open_store(url, "two", releases=url.startswith("postgresql"))
    assert await two.claim(10) == []


async def test_what_waits_for_a_destination_that_is_gone(open_store: Open, url: str, clock: Clock) -> None:
    store = await open_store(url)
    await record(store)
    (gone,) = await match_all(store, planned("gone"), planned("team", state="held", reason="quiet hours"))
    await store.hold("gone", "no destination `gone`")
    (row,) = await store.deliveries(destination="gone")
    assert (row.state, row.reason) == ("held", "no destination `gone`")
    await store.unhold(["team", "boss"])
    assert await store.claim(10) == []
    await store.unhold(["team", "gone"])
    (again,) = await store.claim(10)
    assert (again.id, again.ambiguous) == (gone.id, False)
    assert [row.reason for row in await store.deliveries(state="held")] == ["quiet hours"]


async def test_another_process_keeps_what_it_has_in_hand_of_a_destination_that_is_gone(
    open_store: Open, url: str, clock: Clock
) -> None:
    one = await open_store(url, "one")
    two = await open_store(url, "two", releases=False)
    await deliver_one(one, destination="gone")
    await two.hold("gone", "no destination `gone`")
    assert [row.state for row in await one.deliveries()] == ["pending"]
    clock.now += 31
    await two.hold("gone", "no destination `gone`")
    (row,) = await one.deliveries()
    assert (row.state, row.ambiguous) == ("held", True)
