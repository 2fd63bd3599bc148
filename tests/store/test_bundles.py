"""Bundles: what a digest gathers and what hours hold; told once, with nothing lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridge.model import Bundling, Delivery, Planned, replace
from bridge.store import Store
from bridge.store import clock as clock_of_store
from bridge.store.rows import Bundle
from tests.store.conftest import Open
from tests.store.support import NOON, Clock, deliver_one, ids, match_all, matched, planned, record, settled

LATER = NOON + 600


def item(
    destination: str = "team", *, key: str = "", due_at: float = LATER, most: int | None = None, **changed: Any
) -> Planned:
    """A delivery that waits in a digest."""
    bundling = Bundling(kind="digest", key=key, due_at=due_at, max=most)
    return planned(destination, state="merged", reason="in a digest due at 10:30", bundle=bundling, **changed)


def held(destination: str = "team") -> Planned:
    """A delivery that waits for an interval to open."""
    hours = Bundling(kind="hours", key="", due_at=LATER)
    return planned(destination, state="held", reason="outside hours `office`", bundle=hours)


async def gather(store: Store, plan: Planned, *bodies: str) -> None:
    """An event for each body, each with this delivery, one after another."""
    for body in bodies:
        await record(store, body, gid=body)
        await match_all(store, replace(plan, notification=replace(plan.notification, title=body)))


async def due(store: Store) -> Bundle:
    """The one bundle that is due."""
    (bundle,) = await store.due_bundles(LATER, 10)
    return bundle


async def test_items_join_the_open_bundle_of_their_rule_destination_and_key(store: Store, clock: Clock) -> None:
    await gather(store, item(), "A")
    clock.now += 60
    await gather(store, item(due_at=LATER + 60), "B", "C")
    await gather(store, item("boss", due_at=LATER + 1), "D")
    await gather(store, item(key='["x"]', due_at=LATER + 2), "E")
    await gather(store, replace(held(), bundle=Bundling(kind="hours", key="", due_at=LATER + 3)), "F")
    await gather(store, item(rule="Other", due_at=LATER + 4), "G")
    assert await store.next_clock() == LATER
    assert await store.due_bundles(LATER - 1, 10) == []
    every = await store.due_bundles(LATER + 60, 10)
    assert [(one.kind, one.rule, one.destination, one.key, one.items) for one in every] == [
        ("digest", "New project", "team", "", 3),
        ("digest", "New project", "boss", "", 1),
        ("digest", "New project", "team", '["x"]', 1),
        ("hours", "New project", "team", "", 1),
        ("digest", "Other", "team", "", 1),
    ]
    assert (every[0].opened_at, every[0].due_at) == (NOON, LATER)
    assert len(await store.due_bundles(LATER + 60, 2)) == 2


async def test_items_of_one_go_join_one_bundle(store: Store) -> None:
    for body in "ABC":
        await record(store, body, gid=body)
    await match_all(store, item("team"), item("boss"))
    every = await store.due_bundles(LATER, 10)
    assert sorted(bundle.destination for bundle in every) == ["boss", "team"]
    for bundle in every:
        rows = await store.bundle_items(bundle.id)
        assert [(row.destination, row.event_id) for row in rows] == [(bundle.destination, n) for n in (1, 2, 3)]
        assert bundle.items == 3


async def test_as_many_as_wanted_make_it_due_at_once(store: Store, clock: Clock) -> None:
    await gather(store, item(most=3), "A", "B")
    clock.now += 60
    assert await store.due_bundles(clock.now, 10) == []
    await gather(store, item(most=3), "C")
    (bundle,) = await store.due_bundles(clock.now, 10)
    assert (bundle.items, bundle.due_at) == (3, clock.now)
    assert await store.next_clock() == clock.now


async def test_items_are_listed_oldest_first(store: Store) -> None:
    await gather(store, item(), "B", "A", "C")
    rows = await store.bundle_items((await due(store)).id)
    assert [(row.title, row.gid, row.state, row.kind) for row in rows] == [
        ("B", "B", "merged", "event"),
        ("A", "A", "merged", "event"),
        ("C", "C", "merged", "event"),
    ]
    assert ids(rows) == sorted(ids(rows))


async def test_several_items_are_told_in_one_message(store: Store, clock: Clock) -> None:
    await gather(store, item(), "A", "B")
    clock.now, bundle = LATER, await due(store)
    (message,) = await store.tell_bundle(bundle, planned(title="2 messages", kind="digest"))
    assert (message.event_id, message.rule, message.notification.title) == (None, "New project", "2 messages")
    told, b, a = await store.deliveries()
    assert (told.id, told.kind, told.state, told.bundle_id, told.event_id) == (
        message.id,
        "digest",
        "pending",
        bundle.id,
        None,
    )
    why = f"told in delivery {message.id}"
    assert [(row.state, row.reason, row.bundle_id) for row in (a, b)] == [("merged", why, bundle.id)] * 2
    assert ids(await store.bundle_items(bundle.id)) == ids([a, b])
    assert (await store.due_bundles(LATER, 10), await store.next_clock()) == ([], None)
    await store.settle(settled(message))
    assert ids(await store.deliveries(state="delivered")) == [message.id]
    assert ids(await store.deliveries(state="merged")) == ids([b, a])


async def test_many_items_are_marked_in_slices_whatever_dies(
    open_store: Open, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_of_store, "MARKED", 2)
    store = await open_store(url)
    await gather(store, held(), *"ABCDE")
    (message,) = await store.tell_bundle(await due(store), planned(kind="digest"))
    why = f"told in delivery {message.id}"
    assert [row.reason == why for row in await store.bundle_items(1)] == [True] * 2 + [False] * 3
    await gather(store, held(), "F")  # in a bundle of its own
    other = await open_store(url, "two", releases=False)  # the first one died here
    rounds = 0
    while told := [one for one in await other.due_bundles(LATER - 1, 10) if one.kind == "told"]:
        assert await other.tell_bundle(told[0], None) == []
        rounds += 1
    assert rounds == 2
    items = await other.bundle_items(1)
    assert [(row.state, row.reason) for row in items] == [("merged", why)] * 5
    assert [row.title for row in await store.bundle_items((await due(store)).id)] == ["F"]


async def test_many_items_go_out_one_by_one_in_slices(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_of_store, "FREED", 2)
    await gather(store, held(), *"ABCDE")
    given = []
    while bundles := await store.due_bundles(LATER, 10):
        given.append([one.notification.title for one in await store.tell_bundle(bundles[0], None)])
    assert given == [["A", "B"], ["C", "D"], ["E"]]


async def test_what_comes_after_the_telling_opens_a_new_bundle(store: Store) -> None:
    await gather(store, item(), "A", "B")
    first = await due(store)
    await store.tell_bundle(first, planned(kind="digest"))
    await gather(store, item(), "C")
    second = await due(store)
    assert second.id > first.id
    assert [row.title for row in await store.bundle_items(second.id)] == ["C"]


async def test_one_item_alone_goes_out_as_the_message_it_is(store: Store, clock: Clock) -> None:
    await gather(store, held(), "A")
    (row,) = await store.deliveries(state="held")
    clock.now = LATER
    (message,) = await store.tell_bundle(await due(store), None)
    assert (message.id, message.notification.title, message.event_id) == (row.id, "A", 1)
    (row,) = await store.deliveries()
    assert (row.state, row.reason, row.next_at, row.bundle_id) == ("pending", "", LATER, None)
    assert await store.claim(10) == []
    clock.now += 31
    assert ids(await store.claim(10)) == [message.id]


async def test_one_item_alone_waits_behind_another_about_its_resource(store: Store, clock: Clock) -> None:
    await record(store, "A")
    await match_all(store, held())
    (other,) = await deliver_one(store, "B")
    clock.now = LATER
    assert await store.tell_bundle(await due(store), None) == []
    (item,) = await store.claim(10)
    assert item.id < other.id


async def test_a_bundle_is_told_once(open_store: Open, url: str) -> None:
    stores = [await open_store(url, owner, releases=owner == "one") for owner in ("one", "two")]
    await gather(stores[0], item(), "A", "B")
    bundle = await due(stores[1])
    both = await asyncio.gather(*(store.tell_bundle(bundle, planned(kind="digest")) for store in stores))
    assert sorted(len(handed) for handed in both) == [0, 1]
    assert len(await stores[0].deliveries()) == 3


async def test_a_bundle_that_somebody_joined_since_it_was_read_is_read_again(store: Store) -> None:
    await gather(store, item(), "A")
    early = await due(store)
    await gather(store, item(), "B")
    assert await store.tell_bundle(early, None) == []
    assert len(await store.tell_bundle(await due(store), planned(kind="digest"))) == 1


async def test_what_cannot_be_written_undoes_the_telling(store: Store) -> None:
    await gather(store, item(), "A", "B")
    bundle = await due(store)
    with pytest.raises(Exception, match=r"too large|out of range"):
        await store.tell_bundle(bundle, planned(kind="digest", origin=2**70))
    assert await due(store) == bundle
    assert {row.reason for row in await store.deliveries()} == {"in a digest due at 10:30"}


async def test_a_message_that_is_suppressed_is_not_sent(store: Store) -> None:
    await gather(store, item(), "A", "B")
    silenced = planned(kind="digest", state="suppressed", reason="silenced")
    assert await store.tell_bundle(await due(store), silenced) == []
    (told,) = await store.deliveries(state="suppressed")
    assert {row.reason for row in await store.deliveries(state="merged")} == {f"told in delivery {told.id}"}


@pytest.mark.parametrize("plan", [item(), held()], ids=["digest", "hours"])
async def test_nothing_that_waits_in_a_bundle_is_claimed_held_or_let_go(
    store: Store, clock: Clock, plan: Planned
) -> None:
    await gather(store, plan, "A")
    clock.now = LATER + 999
    before = await store.deliveries()
    assert await store.claim(10) == []
    await store.hold("team", "destination `team` is gone")
    await store.unhold(["team"])
    assert await store.claim(10) == []
    assert await store.deliveries() == before
    assert await store.due_bundles(clock.now, 10) != []


async def test_bundles_survive_a_restart(open_store: Open, url: str) -> None:
    store = await Store.open(url, owner="before")
    await gather(store, item(), "A", "B")
    await store.close()
    store = await open_store(url, "after")
    assert [row.title for row in await store.bundle_items((await due(store)).id)] == ["A", "B"]


async def test_messages_of_one_go_about_nothing_do_not_wait_for_each_other(store: Store) -> None:
    await gather(store, item("team"), "A", "B")
    await gather(store, item("team", rule="Other"), "C", "D")
    handed: list[Delivery] = []
    for bundle in await store.due_bundles(LATER, 10):
        handed += await store.tell_bundle(bundle, planned(rule=bundle.rule, kind="digest"))
    assert [one.rule for one in handed] == ["New project", "Other"]


async def test_an_event_may_have_both_kinds_of_deliveries(store: Store) -> None:
    await record(store)
    (event,) = await store.unmatched(1)
    handed = await store.write_matched([matched(event, planned("boss"), item("team"), planned("ops"))])
    assert [one.destination for one in handed] == ["boss", "ops"]
    assert [row.bundle_id is not None for row in await store.deliveries_of([event.id])] == [False, True, False]
