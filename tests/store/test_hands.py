"""What people do by hand: silences, pauses, and the record of who did what."""

from __future__ import annotations

import pytest

from bridge.model import Silence, replace
from bridge.store import Store
from bridge.store.rows import AuditRow, DestinationRow
from tests.store.conftest import Open
from tests.store.support import NOON, Clock, ids

MAINTENANCE = Silence(id=0, starts_at=NOON, ends_at=NOON + 60, reason="we know", who="ada", rule="New project")
WHOLE = Silence(
    id=0,
    starts_at=NOON + 30,
    ends_at=NOON + 90,
    reason="moving",
    who="bob",
    destination="team",
    source="creads",
    type="Project",
    gid="p1",
    where="resource.price > 10",
    created_at=NOON - 1,
)


async def test_a_silence_comes_back_as_it_was(store: Store) -> None:
    first, second = await store.add_silence(MAINTENANCE), await store.add_silence(WHOLE)
    assert await store.silences() == [replace(MAINTENANCE, id=first, created_at=NOON), replace(WHOLE, id=second)]


async def test_silences_that_are_over_are_listed_on_demand(store: Store, clock: Clock) -> None:
    first, second = await store.add_silence(MAINTENANCE), await store.add_silence(WHOLE)
    clock.now += 60
    assert ids(await store.silences()) == [second]
    assert ids(await store.silences(all=True)) == [first, second]
    clock.now += 60
    assert await store.silences() == []


async def test_a_silence_is_ended_early_once(store: Store, clock: Clock) -> None:
    first, second = await store.add_silence(MAINTENANCE), await store.add_silence(WHOLE)
    clock.now += 10
    assert await store.end_silence(first, "eve")
    assert not await store.end_silence(first, "late")
    assert not await store.end_silence(999, "eve")
    assert ids(await store.silences()) == [second]
    ended = (await store.silences(all=True))[0]
    assert (ended.ended_by, ended.ends_at, ended.who) == ("eve", NOON + 10, "ada")
    assert [(one.who, one.what) for one in await store.audits()] == [
        ("eve", "silence.ended"),
        ("bob", "silence.added"),
        ("ada", "silence.added"),
    ]
    assert "rule New project" in (await store.audits())[2].detail


async def test_how_destinations_stand(open_store: Open, url: str) -> None:
    store = await Store.open(url, owner="before")
    assert await store.destination_states() == {}
    paused = DestinationRow(
        name="team",
        state="paused",
        by="failures",
        since=NOON,
        failures=5,
        reason="503: busy",
        probe_at=NOON + 5,
        probe_wait=5.0,
    )
    await store.set_destination(paused)
    boss = DestinationRow(name="boss", state="paused", by="hand", since=NOON, who="ada")
    await store.set_destination(boss)
    await store.close()
    store = await open_store(url, "after")
    assert await store.destination_states() == {"boss": boss, "team": paused}
    active = DestinationRow(name="team", state="active", by="failures", since=NOON + 9)
    await store.set_destination(active)
    assert await store.destination_states() == {"boss": boss, "team": active}


async def test_who_did_what(store: Store, clock: Clock) -> None:
    for n in range(5):
        clock.now = NOON + n
        await store.audit("ada", "destination.paused", f"team {n}\0")
    newest = await store.audits(limit=2)
    assert newest[0] == AuditRow(id=5, at=NOON + 4, who="ada", what="destination.paused", detail="team 4\ufffd")
    assert ids(newest) == [5, 4]
    assert ids(await store.audits(before=4)) == [3, 2, 1]


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
async def test_any_text_can_be_kept(store: Store, text: str) -> None:
    id = await store.add_silence(replace(MAINTENANCE, reason=text, who=text, gid=text))
    assert await store.end_silence(id, text)
    await store.set_destination(DestinationRow(name=text, state="paused", by="hand", since=NOON, reason=text, who=text))
    assert len(await store.destination_states()) == 1
