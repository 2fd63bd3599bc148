"""What gates count, and summaries: told once, whoever asks."""

from __future__ import annotations

import itertools

import pytest

from bridge.model import GateKey, GateState
from bridge.store import Store
from bridge.store.gates import AT_ONCE
from tests.store.conftest import Open
from tests.store.support import NOON, Clock, matched, planned, record

_numbers = itertools.count()
ONCE = GateKey("New project", "once", '["p1"]')
BUSY = GateKey("New project", "throttle", "")
CLOSED = GateState(passed=((NOON, 2), (NOON + 1, 1)), left_out=3, due_at=NOON + 60, event_id=1, destinations=("team",))
OPEN = GateState(passed=((NOON, 1),))


async def count(store: Store, *every: dict[GateKey, GateState]) -> None:
    """Match an event for each of these, in one go."""
    for _ in every:
        n = next(_numbers)
        await record(store, f"{n}", gid=f"g{n}")
    events = await store.unmatched(10)
    await store.write_matched([matched(event, gates=gates) for event, gates in zip(events, every, strict=True)])


async def test_what_gates_count_comes_back_as_it_was(store: Store) -> None:
    await count(store, {ONCE: OPEN, BUSY: CLOSED})
    unknown = GateKey("New project", "once", '["p2"]')
    assert await store.gates([ONCE, unknown, BUSY]) == {ONCE: OPEN, BUSY: CLOSED}
    assert await store.gates([GateKey("Other", *BUSY[1:])]) == {}
    assert await store.gates([]) == {}


async def test_the_last_count_stays(store: Store) -> None:
    await count(store, {BUSY: CLOSED, ONCE: OPEN}, {BUSY: OPEN})
    assert await store.gates([BUSY, ONCE]) == {BUSY: OPEN, ONCE: OPEN}
    assert await store.next_clock() is None
    await count(store, {ONCE: CLOSED})
    assert await store.gates([ONCE]) == {ONCE: CLOSED}


async def test_an_event_that_another_matched_counts_nothing(store: Store) -> None:
    await record(store)
    (event,) = await store.unmatched(1)
    await store.write_matched([matched(event, gates={ONCE: OPEN})])
    await store.write_matched([matched(event, gates={ONCE: CLOSED, BUSY: CLOSED})])
    assert await store.gates([ONCE, BUSY]) == {ONCE: OPEN}


@pytest.mark.parametrize("key", ["x" * 100_000, "é" * 100_000, "\U0001f600" * 400, "a\0b", "\ud800"])
async def test_any_key_can_be_counted_by(store: Store, key: str) -> None:
    odd, near = GateKey("R", "once", key), GateKey("R", "once", key + "!")
    await count(store, {odd: OPEN})
    assert await store.gates([odd, near]) == {odd: OPEN}
    await count(store, {odd: CLOSED})
    ((due, state),) = await store.due_summaries(NOON + 60, 10)
    assert await store.gates([due]) == {due: state}


async def test_many_keys_at_once(store: Store) -> None:
    await count(store, {ONCE: OPEN})
    many = [GateKey(*ONCE[:2], f"{n}") for n in range(2 * AT_ONCE)]
    assert await store.gates([*many, ONCE]) == {ONCE: OPEN}


async def test_a_summary_is_told_when_it_is_due(store: Store, clock: Clock) -> None:
    await count(store, {BUSY: CLOSED, ONCE: OPEN})
    assert await store.next_clock() == NOON + 60
    assert await store.due_summaries(NOON + 59, 10) == []
    assert await store.due_summaries(NOON + 60, 10) == [(BUSY, CLOSED)]
    clock.now = NOON + 60
    plans = (planned("team", kind="summary"), planned("boss", kind="summary"))
    handed = await store.tell_summary(BUSY, OPEN, plans, 1)
    assert [(one.destination, one.event_id) for one in handed] == [("team", 1), ("boss", 1)]
    assert await store.gates([BUSY]) == {BUSY: OPEN}
    assert (await store.next_clock(), await store.due_summaries(NOON + 999, 10)) == (None, [])
    assert [row.kind for row in await store.deliveries()] == ["summary", "summary"]


async def test_a_summary_is_told_once_by_whoever_comes_first(open_store: Open, url: str, clock: Clock) -> None:
    stores = [await open_store(url, owner, releases=owner == "one") for owner in ("one", "two")]
    await count(stores[0], {BUSY: CLOSED})
    clock.now = NOON + 60
    handed = [await store.tell_summary(BUSY, OPEN, (planned(),), 1) for store in stores]
    assert [len(some) for some in handed] == [1, 0]
    assert len(await stores[0].deliveries()) == 1


async def test_those_due_first_come_first_and_no_more_than_wanted(store: Store) -> None:
    keys = [GateKey("R", "throttle", f"{n}") for n in range(3)]
    await count(store, {key: GateState(due_at=NOON - n) for n, key in enumerate(keys)})
    assert [key for key, _ in await store.due_summaries(NOON, 2)] == [keys[2], keys[1]]


async def test_what_cannot_be_written_undoes_the_telling(store: Store, clock: Clock) -> None:
    await count(store, {BUSY: CLOSED})
    clock.now = NOON + 60
    with pytest.raises(Exception, match=r"too large|out of range"):
        await store.tell_summary(BUSY, OPEN, (planned(), planned(origin=2**70)), 1)
    assert await store.due_summaries(clock.now, 10) == [(BUSY, CLOSED)]
    assert await store.deliveries() == []


async def test_a_usual_event_costs_no_statement_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await record(store)
    (event,) = await store.unmatched(1)
    for statement in ("gates._COUNT", "bundles._JOIN", "follow_ups._CAME"):
        monkeypatch.setattr(f"bridge.store.{statement}", None)  # whoever ran it would fail
    assert len(await store.write_matched([matched(event, planned())])) == 1


async def test_what_came_first_of_all_that_waits(store: Store) -> None:
    assert await store.oldest_unmatched() is None
    await record(store, "A", at=NOON + 1)
    await record(store, "B", at=NOON + 2)
    assert await store.oldest_unmatched() == NOON + 1
    await store.write_matched([matched((await store.unmatched(1))[0])])
    assert await store.oldest_unmatched() == NOON + 2
