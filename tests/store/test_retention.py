"""What is old goes, in bounded steps; what still waits, or is to be kept, stays."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete

from bridge.model import Armed, Bundling, GateKey, GateState, Key, Memory, Planned, Silence
from bridge.store import Store, retention
from bridge.store.retention import Kind, Pruned, ToPrune
from bridge.store.tables import event
from bridge.store.writer import Turn
from tests.postgres import server
from tests.store.conftest import Open
from tests.store.support import (
    DAY,
    KEY,
    NOON,
    Clock,
    deliver_one,
    ids,
    match_all,
    matched,
    planned,
    record,
    settled,
)

FAILED = NOON - 90 * DAY


async def prune(store: Store, kind: Kind = "events", before: float = NOON + DAY, **more: float) -> int:
    """All steps of one kind."""
    wanted, gone = ToPrune(kind, before, **more), 0
    while True:
        step = await store.prune(wanted)
        gone += step.gone
        if step.after is None:
            return gone
        wanted = wanted._replace(after=step.after)


async def delivered(store: Store, body: str = "A", *, gid: str = "g1") -> int:
    """An event that was told; its id."""
    (delivery,) = await deliver_one(store, body, gid=gid)
    await store.settle(settled(delivery))
    return int(delivery.event_id or 0)


async def test_an_old_event_goes_with_its_deliveries_and_attempts(store: Store) -> None:
    old = await delivered(store)
    assert await prune(store, before=NOON) == 0  # it came at noon
    assert await prune(store, before=NOON + 1) == 1
    assert await store.event(old) is None
    assert await store.deliveries() == []


async def test_a_younger_one_stays(store: Store, clock: Clock) -> None:
    await delivered(store)
    await record(store, "B", at=NOON + DAY, gid="g2")
    await match_all(store)
    assert await prune(store, before=NOON + DAY) == 1
    assert [row.gid for row in await store.events()] == ["g2"]


async def test_ids_are_not_given_twice(store: Store) -> None:
    first = await delivered(store)
    await prune(store)
    assert await delivered(store, "B") > first


async def test_what_waits_stays(store: Store) -> None:
    await record(store, "waits to be matched")
    assert await prune(store) == 0
    (pending,) = await match_all(store, planned())
    assert await prune(store) == 0
    await store.settle(settled(pending, "pending"))
    assert await prune(store) == 0
    await store.settle(settled(pending))
    assert await prune(store) == 1


async def test_what_is_held_stays(store: Store) -> None:
    await record(store)
    await match_all(store, planned(state="held", reason="outside of hours"))
    assert await prune(store) == 0
    assert await prune(store, "payloads") == 0


async def test_an_item_stays_until_its_digest_is_told(store: Store) -> None:
    item = planned(state="merged", bundle=Bundling(kind="digest", key="", due_at=NOON))
    for body in "AB":
        await record(store, body)
    await match_all(store, item)
    assert await prune(store) == 0
    (bundle,) = await store.due_bundles(NOON, 10)
    (message,) = await store.tell_bundle(bundle, planned(kind="digest"))
    assert await prune(store) == 2
    assert await prune(store, "news") == 0  # the digest itself is on its way
    await store.settle(settled(message))
    assert await prune(store, "news") == 1
    assert await store.deliveries() == []


async def test_the_event_of_a_follow_up_stays_until_it_is_told_or_needless(store: Store) -> None:
    await record(store)
    (recorded,) = await store.unmatched(10)
    await store.write_matched([matched(recorded, armed=(Armed(rule="R", step=0, key="k", due_at=NOON + 1),))])
    assert await prune(store) == 0
    assert await prune(store, "payloads") == 0
    (armed,) = await store.due_follow_ups(NOON + 1, 10)
    await store.tell_follow_up(armed, (), KEY, {})
    assert await prune(store) == 1


async def test_a_failed_delivery_keeps_its_event_for_longer(store: Store) -> None:
    (delivery,) = await deliver_one(store)
    await store.settle(settled(delivery, "failed", reason="gone"))
    assert await prune(store, failed_before=NOON) == 0
    assert await prune(store, "payloads") == 1  # its words are kept, what the sender said is not
    assert [row.title for row in await store.deliveries(state="failed")] == ["Title"]
    assert await prune(store, failed_before=NOON + 1) == 1


async def test_a_payload_is_emptied_and_all_else_stays(store: Store) -> None:
    id = await delivered(store)
    assert await prune(store, "payloads", NOON) == 0
    assert await prune(store, "payloads") == 1
    assert await prune(store, "payloads") == 0  # once
    row = await store.event(id)
    assert row is not None
    assert (row.body, row.previous, row.resource, dict(row.filled)) == (b"", None, None, {})
    assert not row.has_payload
    assert [one.rule for one in row.decisions] == ["New project"]
    assert len((await store.deliveries_of([id]))[0].attempts) == 1
    assert (await record(store, "A", at=NOON + 5)).duplicate  # what it was is still known


async def test_steps_are_bounded_and_reach_everything(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "EVENTS", 3)
    for number in range(8):
        await record(store, f"{number}", gid=f"{number}", at=NOON + number % 3)
    waiting = (await store.unmatched(1))[0].id
    await store.write_matched([matched(one) for one in (await store.unmatched(10))[1:]])
    first = await store.prune(ToPrune("events", NOON + DAY))
    assert (first.gone, first.left) == (2, 1)
    assert first.after == (NOON, 7)
    assert await prune(store) == 5
    assert ids(await store.events()) == [waiting]


async def test_gates_that_count_no_more(store: Store) -> None:
    await record(store)
    (recorded,) = await store.unmatched(10)
    states = {
        "old": GateState(passed=((NOON - 10, 1), (NOON - 5, 1))),
        "young": GateState(passed=((NOON - 10, 1), (NOON, 1))),
        "owes a summary": GateState(passed=((NOON - 10, 1),), left_out=1, due_at=NOON + 5),
    }
    keys = {name: GateKey("R", "throttle", name) for name in states}
    await store.write_matched([matched(recorded, gates={keys[name]: state for name, state in states.items()})])
    assert await prune(store, "gates", NOON) == 1
    assert set(await store.gates(keys.values())) == {keys["young"], keys["owes a summary"]}


async def test_a_summary_is_told_though_the_event_it_names_is_gone(store: Store) -> None:
    id, key = await delivered(store), GateKey("R", "throttle", "")
    await record(store, "B", gid="g2")
    (recorded,) = await store.unmatched(10)
    state = GateState(left_out=1, due_at=NOON, event_id=id, destinations=("team",))
    await store.write_matched([matched(recorded, gates={key: state})])
    assert await prune(store) == 2
    told = await store.tell_summary(key, GateState(), (planned(kind="summary"),), id)
    assert [one.event_id for one in told] == [None]


async def test_resources_that_were_deleted_are_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS", 2)
    known = {
        Key("creads", "Project", f"g{number}"): Memory(at=NOON - number, deleted=number % 2 == 0, resource={"a": 1})
        for number in range(7)
    }
    await store.write_memory(known)
    assert await prune(store, "memory", NOON) == 3  # the one of noon is not old enough
    assert set(await store.remember(known)) == {key for key, one in known.items() if not one.deleted or one.at == NOON}


async def test_versions_that_no_event_names(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "NEWEST_VERSIONS", 2)
    for number in range(6):
        clock.now = NOON + number * DAY
        await store.save_version(f"v{number}", {})
    await record(store, at=NOON)
    (recorded,) = await store.unmatched(10)
    await store.write_matched([matched(recorded, version="v0", armed=(Armed(rule="R", step=0, key="", due_at=NOON),))])
    # Since the third day: v2 was in force until then. v0 is still named by an event that had to stay.
    assert await prune(store, "versions", NOON + 3 * DAY + 2 * retention.OVERLAP) == 2
    assert [n for n in range(6) if await store.version(f"v{n}") is not None] == [0, 3, 4, 5]


async def test_the_newest_versions_stay_however_old(store: Store, clock: Clock) -> None:
    for number in range(25):
        clock.now = NOON + number
        await store.save_version(f"v{number:02}", {})
    assert await prune(store, "versions", NOON + 365 * DAY) == 5
    assert await store.version("v04") is None
    assert await store.version("v05") is not None


async def test_troubles_that_ended_are_forgotten(store: Store, clock: Clock) -> None:
    for name, lasting in (("goes on", True), ("came once", False), ("is over", True), ("came again", False)):
        await store.tell(name, [planned(rule=None, kind="news")], event_id=None, lasting=lasting)
    await store.tell("came again", [planned(rule=None, kind="news")], event_id=None)
    await store.end_trouble("is over", [])
    assert await prune(store, "troubles", NOON) == 0
    assert await prune(store, "troubles", NOON + 1) == 2
    assert await store.lasting_troubles() == {"goes on"}
    clock.now += DAY
    assert [one.trouble for one in await store.untold()] == ["came again"]


async def test_silences_that_are_over_go(store: Store) -> None:
    for end in (NOON - 1, NOON + 60):
        await store.add_silence(Silence(id=0, starts_at=NOON - 60, ends_at=end, reason="we know", who="ada"))
    assert await prune(store, "silences", NOON) == 1
    assert [one.ends_at for one in await store.silences(all=True)] == [NOON + 60]


async def test_what_was_done_is_kept_for_a_while(store: Store, clock: Clock) -> None:
    await store.audit("me", "paused", "team")
    clock.now += 10
    await store.audit("me", "resumed", "team")
    assert await prune(store, "audit", NOON + 5) == 1
    assert [row.what for row in await store.audits()] == ["resumed"]


@pytest.mark.postgres
async def test_an_event_that_gets_another_delivery_meanwhile_is_left(open_store: Open) -> None:
    url = server().new_database()
    one, other = await open_store(url, "one"), await open_store(url, "other")
    id = await delivered(one)
    locked, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(turn: Turn, payloads: list[Planned]) -> list[None]:
        """Refers to the event in a transaction that stays open for a while."""
        turn.connection.execute(delete(event).where(event.c.id == -1))
        turn.connection.exec_driver_sql(f"SELECT 1 FROM event WHERE id = {id} FOR KEY SHARE")
        loop.call_soon_threadsafe(locked.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(20)
        return [None for _ in payloads]

    writing = other._writer.put(slow, planned())
    await locked.wait()
    assert await one.prune(ToPrune("events", NOON + DAY)) == Pruned(0, 0, None)
    go_on.set()
    await writing
    assert await prune(one) == 1
