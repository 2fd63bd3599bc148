"""Paused destinations in the store: held, probed, let go in order, digested when too old, overtaken."""

from __future__ import annotations

import pytest

from bridge.model import Delivery, Outcome, replace
from bridge.store import Store, pauses
from tests.store.conftest import Open
from tests.store.support import NOON, Clock, deliver_one, ids, match_all, planned, record, settled

WHY = "`team` is paused since 12:00 UTC: gone away"


async def several(store: Store, clock: Clock, number: int, *, first: int = 0) -> list[Delivery]:
    """So many deliveries to `team` about different resources, a second apart."""
    handed = []
    for n in range(first, first + number):
        clock.now += 1
        handed += await deliver_one(store, f"{n}", gid=f"g{n}")
    return handed


async def paused(store: Store, clock: Clock, number: int) -> list[Delivery]:
    """A paused destination with so many deliveries held."""
    handed = await several(store, clock, number)
    await store.release(ids(handed))
    assert await store.pauses.pause("team", "gone away", failures=5)
    await store.pauses.hold_waiting("team")
    return handed


async def test_what_waits_and_what_comes_is_held(store: Store, clock: Clock) -> None:
    first, second = await several(store, clock, 2)
    await store.release([first.id])
    clock.now = NOON
    assert await store.pauses.pause("team", "gone away", failures=5)
    assert not await store.pauses.pause("team", "again", failures=6)
    assert await store.claim(10) == []
    await store.pauses.hold_waiting("team")
    (row,) = await store.deliveries(state="held")
    assert (row.id, row.reason) == (first.id, WHY)
    assert await deliver_one(store, "new", gid="new") == []
    await store.settle(settled(second, "held", outcome=Outcome(result="retry", reason="busy"), reason="busy"))
    rows = await store.deliveries(state="held")
    assert [row.reason for row in rows] == [WHY] * 3
    assert [len(row.attempts) for row in rows] == [0, 1, 0]


async def test_a_pause_and_its_reason_are_read_back(store: Store, clock: Clock) -> None:
    await store.pauses.pause("team", "gone away", failures=5)
    row = (await store.destination_states())["team"]
    assert (row.state, row.by, row.since, row.failures, row.reason) == ("paused", "failures", NOON, 5, "gone away")
    assert (row.probe_at, row.probe_wait) == (NOON + 5, 5)
    await store.pauses.pause("boss", "moves house", who="camille")
    row = (await store.destination_states())["boss"]
    assert (row.by, row.who, row.probe_at) == ("hand", "camille", None)


async def test_probes_take_the_oldest_at_growing_intervals(store: Store, clock: Clock) -> None:
    first, *_ = await paused(store, clock, 3)
    assert await store.pauses.probe("team") is None
    waits, last = [], clock.now
    while len(waits) < 9:
        clock.now += 1
        probe = await store.pauses.probe("team")
        if probe is None:
            continue
        waits.append(clock.now - last)
        last = clock.now
        assert (probe.id, probe.attempts) == (first.id, 0)
        await store.settle(settled(probe, "held"))
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    await store.pauses.probe_anew()
    clock.now += 5
    assert await store.pauses.probe("team") is not None


async def test_with_nothing_held_nothing_is_sent_and_the_probe_stays_due(store: Store, clock: Clock) -> None:
    await paused(store, clock, 0)
    clock.now += 100
    assert await store.pauses.probe("team") is None
    await deliver_one(store)
    probe = await store.pauses.probe("team")
    assert probe is not None


async def test_what_is_paused_by_hand_sends_no_probes(store: Store, clock: Clock) -> None:
    await store.pauses.pause("team", "", who="camille")
    await deliver_one(store)
    clock.now += 1000
    assert await store.pauses.probe("team") is None
    assert [row.reason for row in await store.deliveries()] == ["`team` is paused since 12:00 UTC"]


async def test_after_a_refusal_for_good_the_next_resource_is_tried(store: Store, clock: Clock) -> None:
    await store.pauses.pause("team", "gone away", failures=5)
    for body, gid in (("A", "g1"), ("B", "g1"), ("C", "g2")):
        await deliver_one(store, body, gid=gid)
    clock.now += 5
    first = await store.pauses.probe("team")
    assert first is not None
    await store.settle(settled(first, "held", outcome=Outcome(result="failed", reason="no such message")))
    clock.now += 10
    second = await store.pauses.probe("team", refused=[first.id])
    assert second is not None
    assert [row.gid for row in await store.deliveries() if row.id == second.id] == ["g2"]


@pytest.mark.parametrize("step", [1, 2, 500])
async def test_the_queue_is_let_go_in_order(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(pauses, "STEP", step)
    handed = await paused(store, clock, 5)
    assert await store.pauses.resume("team")
    assert not await store.pauses.resume("team")
    (row,) = (await store.destination_states()).values()
    assert (row.state, row.failures, row.reason) == ("active", 0, "")
    assert [delivery.id for delivery in await store.claim(10)] == ids(handed)


async def test_what_was_tried_before_the_pause_keeps_its_place(store: Store, clock: Clock) -> None:
    first, second = await several(store, clock, 2)
    await store.settle(settled(first, "pending", next_at=NOON + 500))
    await store.release([second.id])
    await store.pauses.pause("team", "gone away", failures=5)
    await store.pauses.hold_waiting("team")
    await store.pauses.resume("team")
    assert [delivery.id for delivery in await store.claim(10)] == [first.id, second.id]


async def test_while_the_queue_is_let_go_nothing_holds_it_again(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await paused(store, clock, 3)
    monkeypatch.setattr(pauses, "STEP", 2)
    await store._writer.put(pauses.pausing.resume, pauses.pausing.ToResume("team", None, None, 2))
    assert await store.claim(10) == []
    assert await deliver_one(store, "new", gid="new") == []
    await store.pauses.hold_waiting("team")
    assert len(await store.deliveries(state="held")) == 2
    await store.pauses.resume("team")
    assert len(await store.claim(10)) == 4


async def test_a_late_outcome_of_a_destination_that_is_back_is_due_again(store: Store, clock: Clock) -> None:
    (one,) = await several(store, clock, 1)
    await store.settle(settled(one, "held", reason="busy"))
    assert ids(await store.claim(10)) == [one.id]


async def test_unhold_leaves_what_a_pause_holds(store: Store, clock: Clock) -> None:
    await paused(store, clock, 2)
    await store.unhold(["team"])
    assert len(await store.deliveries(state="held")) == 2


async def test_the_pause_of_a_destination_that_is_gone(store: Store, clock: Clock) -> None:
    handed = await paused(store, clock, 2)
    await store.pauses.forget("boss", "gone")
    assert (await store.destination_states())["team"].state == "paused"
    await store.pauses.forget("team", "no destination `team`")
    assert (await store.destination_states())["team"].state == "active"
    assert [row.reason for row in await store.deliveries(state="held")] == ["no destination `team`"] * 2
    assert await store.claim(10) == []
    await store.unhold(["team"])
    assert ids(await store.claim(10)) == ids(handed)


async def test_what_is_too_old_is_gathered_for_one_digest(store: Store, clock: Clock) -> None:
    handed = await paused(store, clock, 5)
    clock.now += 100
    await store.pauses.resume("team", max_age=100 + 2)
    assert ids(await store.claim(10)) == ids(handed[2:])
    (bundle,) = await store.due_bundles(clock.now, 10)
    assert (bundle.kind, bundle.destination, bundle.items) == ("away", "team", 2)
    assert ids(await store.bundle_items(bundle.id)) == ids(handed[:2])
    assert {row.reason for row in await store.deliveries(state="merged")} == {
        "in a digest of what came while `team` was away"
    }
    (told,) = await store.tell_bundle(bundle, planned(kind="digest"))
    assert {row.reason for row in await store.deliveries(state="merged")} == {f"told in delivery {told.id}"}


# ---- fallbacks -----------------------------------------------------------------------------------


async def test_the_one_fails_and_the_other_goes_out_in_one_transaction(store: Store) -> None:
    (one,) = await deliver_one(store)
    other = planned("boss", kind="fallback", origin=one.id)
    assert await store.settle(settled(one, "failed", reason="sent to `boss` instead", instead=other))
    (claimed,) = await store.claim(10)
    assert (claimed.destination, claimed.kind, claimed.event_id) == ("boss", "fallback", one.event_id)
    first, second = await store.deliveries_of([one.event_id or 0])
    assert (first.state, first.reason, first.next_at) == ("failed", "sent to `boss` instead", None)
    assert (second.state, second.kind, second.origin) == ("pending", "fallback", one.id)


async def test_who_lost_a_lease_hands_nothing_over(open_store: Open, url: str, clock: Clock) -> None:
    store = await open_store(url)
    other = await open_store(url, "two", releases=False)
    (one,) = await deliver_one(store)
    clock.now += 31
    assert len(await other.claim(10)) == 1
    await store.settle(settled(one, "failed", instead=planned("boss", kind="fallback", origin=one.id)))
    assert [row.state for row in await store.deliveries()] == ["pending"]


async def test_fallbacks_keep_the_order_of_a_resource(store: Store) -> None:
    await record(store, "A")
    await record(store, "B")
    (one,) = await match_all(store, planned())
    await store.settle(settled(one, "failed", instead=planned("boss", title="1", kind="fallback", origin=one.id)))
    claimed = {delivery.destination: delivery for delivery in await store.claim(10)}
    two = claimed["team"]
    await store.settle(settled(two, "failed", instead=planned("boss", title="2", kind="fallback", origin=two.id)))
    assert await store.claim(10) == []
    await store.settle(settled(claimed["boss"]))
    assert [delivery.notification.title for delivery in await store.claim(10)] == ["2"]


async def test_what_a_pause_holds_for_too_long_goes_elsewhere_untried(store: Store, clock: Clock) -> None:
    first, second = await paused(store, clock, 2)
    (taken,) = await store.pauses.overtake("team", clock.now - 1, 10)
    assert taken.id == first.id
    other = planned("boss", kind="fallback", origin=taken.id)
    instead = settled(taken, "failed", reason="sent to `boss` instead", instead=other)
    await store.replace(instead)
    await store.replace(replace(instead, reason="again"))
    assert [delivery.destination for delivery in await store.claim(10)] == ["boss"]
    rows = {row.id: row for row in await store.deliveries()}
    assert (rows[first.id].state, rows[first.id].attempts) == ("failed", ())
    assert rows[second.id].state == "held"
