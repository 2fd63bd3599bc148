"""Follow-ups: armed, armed anew, disarmed, told once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridge.model import Armed, Bundling, GateKey, GateState, Key
from bridge.store import Store
from tests.store.conftest import Open
from tests.store.support import KEY, NOON, Clock, deliver_one, ids, matched, planned, record

RULE = "Delivery unanswered"
HOUR = 3600.0
NAME = (RULE, 0, '["p1"]')
OTHER = (RULE, 1, '["p1"]')


def arm(name: tuple[str, int, str] = NAME, *, due_at: float = NOON + HOUR) -> Armed:
    """A follow-up to write."""
    rule, step, key = name
    return Armed(rule=rule, step=step, key=key, due_at=due_at)


async def happen(store: Store, *every: dict[str, Any], at: float = NOON) -> list[int]:
    """Events that arm and disarm, matched in one go; their ids."""
    for _ in every:
        top = await store.events(limit=1)
        await record(store, f"{top[0].id if top else 0}", at=at)
    events = await store.unmatched(10)
    await store.write_matched([matched(event, **moves) for event, moves in zip(events, every, strict=True)])
    return ids(events)


async def due(store: Store, at: float = NOON + HOUR) -> Armed:
    """The one that is due."""
    (armed,) = await store.due_follow_ups(at, 10)
    return armed


async def test_what_an_event_armed_is_due_at_its_time(store: Store) -> None:
    (event,) = await happen(store, {"armed": (arm(OTHER, due_at=NOON + 2 * HOUR), arm())})
    assert await store.next_clock() == NOON + HOUR
    assert await store.due_follow_ups(NOON + HOUR - 1, 10) == []
    armed = await due(store)
    assert (armed.rule, armed.step, armed.key) == NAME
    assert (armed.event_id, armed.armed_at, armed.due_at) == (event, NOON, NOON + HOUR)
    assert [one.step for one in await store.due_follow_ups(NOON + 2 * HOUR, 10)] == [0, 1]
    assert [one.step for one in await store.due_follow_ups(NOON + 2 * HOUR, 1)] == [0]


async def test_pages_see_those_of_an_event_and_of_all(store: Store) -> None:
    first, second = await happen(store, {"armed": (arm(due_at=NOON + 2 * HOUR),)}, {"armed": (arm(OTHER),)})
    assert [(one.event_id, one.step) for one in await store.follow_ups()] == [(second, 1), (first, 0)]
    assert [one.step for one in await store.follow_ups(first)] == [0]
    assert await store.follow_ups(999) == []


async def test_arming_anew_starts_the_time_anew(store: Store, clock: Clock) -> None:
    await happen(store, {"armed": (arm(),)})
    clock.now += 60
    (second,) = await happen(store, {"armed": (arm(due_at=NOON + HOUR + 60),)})
    assert await store.due_follow_ups(NOON + HOUR, 10) == []
    armed = await due(store, NOON + HOUR + 60)
    assert (armed.event_id, armed.armed_at) == (second, NOON + 60)


async def test_a_later_event_disarms(store: Store) -> None:
    await happen(store, {"armed": (arm(), arm(OTHER))})
    await happen(store, {"disarmed": (NAME, (RULE, 0, '["p2"]'))}, at=NOON + HOUR - 1)
    assert [one.step for one in await store.follow_ups()] == [1]


async def test_an_event_that_came_when_the_time_was_over_is_too_late(store: Store) -> None:
    await happen(store, {"armed": (arm(),)})
    await happen(store, {"disarmed": (NAME,)}, at=NOON + HOUR)
    assert (await due(store)).event_id == 1


@pytest.mark.parametrize("at_once", [False, True], ids=["one by one", "in one go"])
async def test_one_whose_time_was_over_is_told_though_the_same_began_anew(store: Store, at_once: bool) -> None:
    first = {"armed": (arm(due_at=NOON),)}  # nobody told it: the service was down, or behind
    second = {"armed": (arm(due_at=NOON + HOUR),)}
    if at_once:
        told, anew = await happen(store, first, second)
    else:
        (told,), (anew,) = await happen(store, first, at=NOON - HOUR), await happen(store, second)
    assert [(one.event_id, one.due_at) for one in await store.follow_ups()] == [(told, NOON), (anew, NOON + HOUR)]
    await happen(store, {"disarmed": (NAME,)}, at=NOON + 1)
    assert (await due(store)).event_id == told
    assert await store.tell_follow_up(await due(store), (planned("team"),), KEY, {})
    assert await store.follow_ups() == []


async def test_it_is_not_told_while_an_event_waits_that_came_in_time(store: Store) -> None:
    """One that was recorded after the clock had looked."""
    await happen(store, {"armed": (arm(),)})
    armed = await due(store)
    await record(store, "Answer", at=NOON + HOUR - 1)
    assert await store.tell_follow_up(armed, (planned("team"),), KEY, {}) == []
    (event,) = await store.unmatched(10)
    await store.write_matched([matched(event, disarmed=(NAME,))])
    assert await store.follow_ups() == []


async def test_it_is_told_though_an_event_waits_that_came_late(store: Store) -> None:
    await happen(store, {"armed": (arm(),)})
    await record(store, "Late", at=NOON + HOUR)
    assert await store.tell_follow_up(await due(store), (planned("team"),), KEY, {})


async def test_what_was_over_stays_when_what_began_anew_is_disarmed_in_one_go(store: Store) -> None:
    await happen(store, {"armed": (arm(due_at=NOON),)}, at=NOON - HOUR)
    await happen(store, {"armed": (arm(due_at=NOON + HOUR),)}, {"disarmed": (NAME,)})
    assert [one.event_id for one in await store.follow_ups()] == [1]


IN_ONE_GO: list[tuple[str, list[dict[str, Any]], list[int]]] = [
    ("armed, then disarmed", [{"armed": (arm(),)}, {"disarmed": (NAME,)}], []),
    ("disarmed, then armed", [{"disarmed": (NAME,)}, {"armed": (arm(),)}], [1]),
    ("one event does both", [{"armed": (arm(),)}, {"disarmed": (NAME,), "armed": (arm(),)}], [1]),
    ("armed twice", [{"armed": (arm(),)}, {"armed": (arm(),)}], [1]),
    ("over before the next came", [{"armed": (arm(due_at=NOON),)}, {"disarmed": (NAME,)}], [0]),
    ("another key", [{"armed": (arm(),)}, {"disarmed": (OTHER,)}], [0]),
]


@pytest.mark.parametrize(("moves", "left"), [case[1:] for case in IN_ONE_GO], ids=[case[0] for case in IN_ONE_GO])
@pytest.mark.parametrize("before", [False, True], ids=["nothing before", "armed before"])
async def test_events_of_one_go_act_in_their_order(
    store: Store, moves: list[dict[str, Any]], left: list[int], before: bool
) -> None:
    if before:
        await happen(store, {"armed": (arm(due_at=NOON + 1),)})
    events = await happen(store, *moves)
    assert [one.event_id for one in await store.follow_ups()] == [events[n] for n in left]


async def test_a_follow_up_is_told_with_its_events_names(store: Store, clock: Clock) -> None:
    (event,) = await happen(store, {"armed": (arm(),)})
    clock.now = NOON + HOUR
    once = GateKey(RULE, "once of follow-up 1", "")
    plans = (planned("team", kind="follow_up"), planned("boss", kind="follow_up"))
    handed = await store.tell_follow_up(await due(store), plans, KEY, {once: GateState(passed=((NOON, 1),))})
    assert [(one.destination, one.event_id) for one in handed] == [("team", event), ("boss", event)]
    assert await store.gates([once]) == {once: GateState(passed=((NOON, 1),))}
    assert (await store.follow_ups(), await store.next_clock()) == ([], None)
    assert [row.kind for row in await store.deliveries_of([event])] == ["follow_up", "follow_up"]


async def test_it_waits_behind_an_earlier_message_about_its_resource(store: Store) -> None:
    await happen(store, {"armed": (arm(),)})
    await deliver_one(store)
    plans = (planned("team"), planned("boss"))
    handed = await store.tell_follow_up(await due(store), plans, KEY, {})
    assert [one.destination for one in handed] == ["boss"]


async def test_it_may_be_held_until_an_interval_opens(store: Store) -> None:
    await happen(store, {"armed": (arm(),)})
    hours = Bundling(kind="hours", key="", due_at=NOON + 9 * HOUR)
    assert await store.tell_follow_up(await due(store), (planned(state="held", bundle=hours),), KEY, {}) == []
    (bundle,) = await store.due_bundles(NOON + 9 * HOUR, 10)
    assert [row.event_id for row in await store.bundle_items(bundle.id)] == [1]


async def test_it_is_told_once(open_store: Open, url: str) -> None:
    stores = [await open_store(url, owner, releases=owner == "one") for owner in ("one", "two")]
    await happen(stores[0], {"armed": (arm(),)})
    armed = await due(stores[1])
    both = await asyncio.gather(*(store.tell_follow_up(armed, (planned(),), KEY, {}) for store in stores))
    assert sorted(len(handed) for handed in both) == [0, 1]
    assert len(await stores[0].deliveries()) == 1


@pytest.mark.parametrize("moves", [{"disarmed": (NAME,)}, {"armed": (arm(),)}], ids=["disarmed", "armed anew"])
async def test_what_changed_since_it_was_read_is_not_told(store: Store, moves: dict[str, Any]) -> None:
    await happen(store, {"armed": (arm(),)})
    armed = await due(store)
    await happen(store, moves)
    gates = {GateKey(RULE, "once", ""): GateState()}
    assert await store.tell_follow_up(armed, (planned(),), KEY, gates) == []
    assert (await store.deliveries(), await store.gates(gates)) == ([], {})
    assert len(await store.follow_ups()) == len(moves.get("armed", ()))


async def test_what_cannot_be_written_undoes_the_telling(store: Store) -> None:
    await happen(store, {"armed": (arm(),)})
    armed = await due(store)
    with pytest.raises(Exception, match=r"too large|out of range"):
        await store.tell_follow_up(armed, (planned(), planned(origin=2**70)), KEY, {})
    assert await due(store) == armed
    assert await store.deliveries() == []


async def test_follow_ups_survive_a_restart_and_any_key(open_store: Open, url: str, clock: Clock) -> None:
    store = await Store.open(url, owner="before", clock=clock)
    odd = (RULE, 0, "\0" + "é" * 9000)
    await happen(store, {"armed": (arm(), arm(odd))})
    await store.close()
    store = await open_store(url, "after")
    assert len(await store.follow_ups()) == 2
    await happen(store, {"disarmed": (odd,)})
    handed = await store.tell_follow_up(await due(store), (planned(),), Key("creads", "Project", "p1"), {})
    assert len(handed) == 1
