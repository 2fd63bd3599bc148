"""Match, written down: all of an event or nothing, and what may be sent at once."""

from __future__ import annotations

import asyncio

import pytest

from bridge.model import Key, Memory, Planned
from bridge.store import Store
from tests.store.conftest import Open
from tests.store.support import KEY, NOON, Clock, deliver_one, ids, match_all, matched, planned, record, settled


async def test_all_that_matching_made_of_an_event_is_kept(store: Store) -> None:
    await record(store, '{"status": "open"}')
    (event,) = await store.unmatched(10)
    (delivery,) = await store.write_matched([matched(event, planned())])
    assert await store.unmatched(10) == []
    row = await store.event(event.id)
    assert row is not None
    assert (row.state, row.version, row.previous, row.resource) == (
        "matched",
        "v1",
        {"status": "draft"},
        {"status": "open"},
    )
    assert row.filled == {"project.title": NOON}
    assert [(decision.rule, decision.line, decision.fired) for decision in row.decisions] == [("New project", 3, True)]
    assert row.body == b'{"status": "open"}'
    assert (delivery.event_id, delivery.rule, delivery.destination) == (event.id, "New project", "team")
    assert (delivery.notification, delivery.attempts, delivery.ambiguous) == (planned().notification, 0, False)


async def test_what_is_being_written_is_not_read_again(store: Store) -> None:
    for body in ("A", "B", "C", "D"):
        await record(store, body)
    assert ids(await store.unmatched(10, [1, 3])) == [2, 4]
    assert ids(await store.unmatched(1, [1])) == [2]
    assert ids(await store.unmatched(10, [1, 2, 3, 4])) == []


async def test_of_large_events_only_some_are_read_at_once(store: Store) -> None:
    large = "x" * 900_000
    for body in ("A", f"B{large}", f"C{large}", f"D{large}", large * 3, "E"):
        await record(store, body)
    assert [len(event.body) for event in await store.unmatched(2)] == [1, 900_001]
    assert ids(await store.unmatched(100)) == [1, 2, 3]
    await store.write_matched([matched(event) for event in (await store.unmatched(100))[1:]])
    await store.write_matched([matched(event) for event in await store.unmatched(100)])
    assert ids(await store.unmatched(100)) == [5], "a whole one, however large"


async def test_what_is_remembered(store: Store) -> None:
    await record(store)
    (event,) = await store.unmatched(10)
    owner = Key("creads", "User", "g1")  # the same gid, another type
    told = {
        KEY: Memory(resource={"title": "Logo"}, modified_at="2026-11-24T09:00:00Z", at=NOON),
        owner: Memory(learned={"name": "Ada"}, at=NOON + 1, deleted=True),
    }
    await store.write_matched([matched(event, remembered=told)])
    assert await store.remember([KEY, owner, Key("creads", "User", "g2")]) == told
    assert await store.remember([KEY]) == {KEY: told[KEY]}
    assert await store.remember([]) == {}


async def test_any_number_is_remembered(store: Store) -> None:
    keys = [Key("creads", "User", f"u{number}") for number in range(70_000)]  # more than a statement has parameters
    told = {key: Memory(learned={"name": key.gid}, at=NOON) for key in (keys[0], keys[-1])}
    await store.write_memory(told)
    assert await store.remember(keys) == told


async def test_the_last_memory_of_a_resource_stays(store: Store) -> None:
    for body in "AB":
        await record(store, body)
    events = await store.unmatched(10)
    await store.write_matched(
        [matched(event, remembered={KEY: Memory(resource={"n": n}, at=NOON)}) for n, event in enumerate(events)]
    )
    assert (await store.remember([KEY]))[KEY].resource == {"n": 1}


async def test_an_event_that_another_matched_is_passed_over(store: Store) -> None:
    for body in "AB":
        await record(store, body, gid=body)
    first, second = await store.unmatched(10)
    assert len(await store.write_matched([matched(first, planned())])) == 1
    late = [matched(first, planned(title="late"), remembered={KEY: Memory(at=1.0)}), matched(second, planned())]
    assert [delivery.event_id for delivery in await store.write_matched(late)] == [second.id]
    assert [row.title for row in await store.deliveries_of([first.id])] == ["Title"]
    assert KEY not in await store.remember([KEY])


async def test_two_who_match_the_same_event_at_once(store: Store) -> None:
    await record(store)
    (event,) = await store.unmatched(10)
    both = await asyncio.gather(*(store.write_matched([matched(event, planned())]) for _ in range(2)))
    assert sorted(len(handed) for handed in both) == [0, 1]


async def test_a_stale_event_is_kept_as_such(store: Store) -> None:
    await record(store)
    (event,) = await store.unmatched(10)
    await store.write_matched([matched(event, state="stale", previous=None, resource=None)])
    (row,) = await store.events(state="stale")
    assert (row.previous, row.resource) == (None, None)


@pytest.mark.parametrize("state", ["held", "suppressed"])
async def test_what_is_not_to_be_sent_is_not_handed_over(store: Store, state: str) -> None:
    await record(store)
    plan: Planned = planned(state=state, reason="quiet hours")
    assert await match_all(store, plan) == []
    assert await store.claim(10) == []
    (row,) = await store.deliveries()
    assert (row.state, row.reason, row.next_at) == (state, "quiet hours", None)


async def test_deliveries_about_one_resource_to_one_destination_leave_one_after_another(store: Store) -> None:
    for body in "ABC":
        await record(store, body)
    first, other = await match_all(store, planned("team"), planned("boss"))
    assert first.event_id == other.event_id
    assert await store.claim(10) == []
    assert await store.settle(settled(first))
    (second,) = await store.claim(10)
    assert second.event_id is not None
    assert second.event_id > (first.event_id or 0)
    assert await store.settle(settled(second))
    (third,) = await store.claim(10)
    assert not await store.settle(settled(third))


async def test_an_event_behind_one_that_was_handed_over_earlier_waits(store: Store) -> None:
    (first,) = await deliver_one(store, "A")
    assert await deliver_one(store, "B") == []
    assert len(await deliver_one(store, "C", gid="g2")) == 1
    assert len(await deliver_one(store, "B2", destination="boss")) == 1
    assert await store.settle(settled(first))


async def test_a_retry_keeps_its_place(store: Store, clock: Clock) -> None:
    (first,) = await deliver_one(store, "A")
    await deliver_one(store, "B")
    assert not await store.settle(settled(first, "pending"))
    assert await store.claim(10) == []
    clock.now += 5
    assert ids(await store.claim(10)) == [first.id]


async def test_a_full_destination_is_left_in_the_table(store: Store) -> None:
    await record(store, "A", gid="g1")
    await record(store, "B", gid="g2")
    events = await store.unmatched(10)
    handed = await store.write_matched(
        [matched(event, planned("slow"), planned("team")) for event in events], full=["slow"]
    )
    assert [delivery.destination for delivery in handed] == ["team", "team"]
    assert [delivery.destination for delivery in await store.claim(10)] == ["slow", "slow"]


async def test_hand_over_follows_the_order_of_events_over_many_calls(open_store: Open, url: str) -> None:
    store = await open_store(url)
    for n in range(30):
        await record(store, f"{n}", gid=f"{n}")
    events = await store.unmatched(100)
    parts = [events[start : start + 10] for start in range(0, 30, 10)]
    handed = await asyncio.gather(
        *(store.write_matched([matched(event, planned()) for event in part]) for part in parts)
    )
    assert [delivery.event_id for part in handed for delivery in part] == ids(events)
