"""Repeating and dropping deliveries, and what today's rules make of an event, as the store writes it."""

from __future__ import annotations

from bridge.model import Bundling, Delivery, GateKey, GateState, Key
from bridge.store import Store
from bridge.store.audit import ToNote
from bridge.store.replay import Repeat, ToDrop, ToRepeat, ToReplay
from bridge.store.rows import DeliveryRow
from tests.store.conftest import Open
from tests.store.support import KEY, NOON, Clock, deliver_one, ids, match_all, planned, record, settled


async def failed(store: Store, body: str = "A", *, gid: str = "g1") -> Delivery:
    """A delivery that was given up."""
    (delivery,) = await deliver_one(store, body, gid=gid)
    await store.settle(settled(delivery, "failed", reason="503"))
    return delivery


async def row(store: Store, id: int) -> DeliveryRow:
    (found,) = await store.replays.deliveries([id])
    return found


async def audits(store: Store) -> list[tuple[str, str, str]]:
    return [(one.who, one.what, one.detail) for one in await store.audits()]


async def test_a_delivery_is_repeated_word_for_word_and_claimed(store: Store, clock: Clock) -> None:
    old = await failed(store)
    clock.now += 60
    done = await store.replays.repeat(ToRepeat([Repeat(old.id)], "ada"))
    assert done.refused == {}
    again = await row(store, done.done[old.id])
    assert (again.kind, again.origin, again.state, again.title, again.body) == (
        "replay",
        old.id,
        "pending",
        "Title",
        "Body",
    )
    assert (again.event_id, again.rule, again.destination, again.created_at) == (1, "New project", "team", NOON + 60)
    assert (await row(store, old.id)).state == "failed"
    assert ids(await store.claim(10)) == [again.id]
    assert await audits(store) == [("ada", "delivery.replayed", f"delivery {old.id} as {again.id}, to team")]


async def test_another_process_is_told(open_store: Open, url: str) -> None:
    service = await open_store(url, "service")
    old = await failed(service)
    beside = await open_store(url, "cli", releases=False)
    done = await beside.replays.repeat(ToRepeat([Repeat(old.id)], "ada"))
    assert ids(await service.claim(10)) == [done.done[old.id]]


async def test_what_is_in_hand_is_sent_before_a_repetition(store: Store) -> None:
    old = await failed(store)
    (waiting,) = await deliver_one(store, "B")
    done = await store.replays.repeat(ToRepeat([Repeat(old.id)], "ada"))
    assert await store.claim(10) == []
    assert await store.settle(settled(waiting))
    assert ids(await store.claim(10)) == [done.done[old.id]]


async def wait(store: Store, body: str, *, gid: str = "g1") -> int:
    """A delivery that waits in nobody's hands."""
    found = await deliver_one(store, body, gid=gid)
    if found:
        await store.release(ids(found))
    (newest,) = await store.deliveries(limit=1)
    return newest.id


async def test_a_repetition_leaves_before_what_came_later_and_waits(store: Store, clock: Clock) -> None:
    old = await failed(store, gid="g2")
    clock.now += 1
    first, behind = await wait(store, "B", gid="g2"), await wait(store, "C", gid="g2")
    other = await wait(store, "D", gid="g3")
    clock.now += 1
    again = (await store.replays.repeat(ToRepeat([Repeat(old.id)], "ada"))).done[old.id]
    for wanted in ([again, other], [first], [behind]):
        claimed = await store.claim(10)
        assert ids(claimed) == wanted
        for one in claimed:
            await store.settle(settled(one))


async def test_a_repetition_of_a_repetition_takes_the_first_turn(store: Store, clock: Clock) -> None:
    old = await failed(store)
    younger = await wait(store, "B")
    again = (await store.replays.repeat(ToRepeat([Repeat(old.id)], "ada"))).done[old.id]
    (taken,) = await store.claim(10)
    assert taken.id == again
    await store.settle(settled(taken, "failed", reason="503"))
    clock.now += 60
    once_more = (await store.replays.repeat(ToRepeat([Repeat(again)], "ada"))).done[again]
    twice = (await store.replays.repeat(ToRepeat([Repeat(again)], "ada"))).done[again]
    for wanted in (once_more, twice, younger):
        (one,) = await store.claim(10)
        assert one.id == wanted
        await store.settle(settled(one))


async def test_what_failed_leaves_first_when_its_destination_resumes(store: Store, clock: Clock) -> None:
    old = [await failed(store, f"A{number}", gid=f"g{number}") for number in (1, 2)]
    await store.pauses.pause("team", "503", failures=5)
    waiting = []
    for number in (1, 2, 3):
        clock.now += 1
        await deliver_one(store, f"B{number}", gid=f"g{number}")
        waiting.append((await store.deliveries(limit=1))[0].id)
    clock.now += 600
    done = await store.replays.repeat(ToRepeat([Repeat(one.id) for one in old], "ada"))
    again = [done.done[one.id] for one in old]
    clock.now += 5
    probe = await store.pauses.probe("team", ())
    assert probe is not None
    assert probe.id not in waiting[:2]  # they come behind what failed
    await store.settle(settled(probe, "held"))
    await store.pauses.resume("team", who="ada")
    left = []
    while claimed := await store.claim(10):
        left += ids(claimed)
        for one in claimed:
            await store.settle(settled(one))
    assert left == [*again, waiting[2], *waiting[:2]]


async def test_once_leaves_out_what_was_repeated(store: Store) -> None:
    old = await failed(store)
    assert await store.replays.repeatable(state="failed") == [(old.id, "team")]
    first = await store.replays.repeat(ToRepeat([Repeat(old.id)], "ada", once=True))
    assert await store.replays.repeatable(state="failed") == []
    second = await store.replays.repeat(ToRepeat([Repeat(old.id)], "ada", once=True))
    assert second.done == {}
    assert second.refused == {old.id: f"it was repeated already: delivery {first.done[old.id]}"}
    assert len((await store.replays.repeat(ToRepeat([Repeat(old.id)], "ada"))).done) == 1


async def test_what_waits_is_not_repeated(store: Store) -> None:
    (waiting,) = await deliver_one(store)
    done = await store.replays.repeat(ToRepeat([Repeat(waiting.id), Repeat(99)], "ada"))
    assert done.done == {}
    assert done.refused[waiting.id] == "it is pending, and goes out by itself"
    assert "no delivery 99" in done.refused[99]
    assert await audits(store) == []


async def test_what_waits_is_moved_unless_it_is_in_hand(store: Store) -> None:
    (waiting,) = await deliver_one(store)
    moved = ToRepeat([Repeat(waiting.id, to="mail")], "ada", moves=True)
    assert "just now" in (await store.replays.repeat(moved)).refused[waiting.id]
    await store.release([waiting.id])
    done = await store.replays.repeat(moved)
    new = await row(store, done.done[waiting.id])
    assert (new.destination, new.state, new.origin) == ("mail", "pending", waiting.id)
    old = await row(store, waiting.id)
    assert (old.state, old.reason) == ("suppressed", f"sent to mail instead by ada: delivery {new.id}")
    assert ids(await store.claim(10)) == [new.id]
    assert (await audits(store))[0][1] == "delivery.redirected"


async def test_other_words_go_out_where_they_are_given(store: Store) -> None:
    old = await failed(store)
    words = planned("mail", title="Anew", body="Other")
    done = await store.replays.repeat(ToRepeat([Repeat(old.id, words=words)], "ada"))
    new = await row(store, done.done[old.id])
    assert (new.title, new.destination, new.kind, new.origin) == ("Anew", "mail", "replay", old.id)


async def test_dropping_lets_the_next_one_go(store: Store) -> None:
    (first,) = await deliver_one(store, "A")
    assert await deliver_one(store, "B") == []
    assert "just now" in (await store.replays.drop(ToDrop([first.id], "ada"))).refused[first.id]
    await store.settle(settled(first, "pending", reason="503"))
    done = await store.replays.drop(ToDrop([first.id, 99], "ada"))
    assert list(done.done) == [first.id]
    assert "no delivery 99" in done.refused[99]
    dropped = await row(store, first.id)
    assert (dropped.state, dropped.reason, dropped.next_at) == ("suppressed", "dropped by ada; before: 503", None)
    assert len(await store.claim(10)) == 1
    assert await audits(store) == [("ada", "delivery.dropped", f"delivery {first.id}")]
    assert "only what waits or failed" in (await store.replays.drop(ToDrop([first.id], "ada"))).refused[first.id]


async def test_what_is_dropped_leaves_its_bundle(store: Store, clock: Clock) -> None:
    held = Bundling(kind="hours", key="", due_at=NOON + 60)
    for number in range(2):
        await record(store, str(number), gid=f"h{number}")
    await match_all(store, planned(state="held", reason="outside hours", bundle=held))
    first, second = reversed(await store.deliveries(state="held"))
    await store.replays.drop(ToDrop([first.id], "ada"))
    clock.now += 60
    (bundle,) = await store.due_bundles(clock.now, 10)
    assert bundle.items == 1
    assert ids(await store.tell_bundle(bundle, None)) == [second.id]
    assert (await row(store, first.id)).state == "suppressed"
    await record(store, "2", gid="h2")
    await match_all(store, planned(state="held", reason="outside hours", bundle=held))
    await store.replays.drop(ToDrop(ids(await store.deliveries(state="held")), "ada"))
    assert await store.due_bundles(clock.now, 10) == []


async def test_an_event_is_replayed_with_its_gates(store: Store) -> None:
    await failed(store)
    key = GateKey("New project", "once", "")
    told = ToNote("ada", "event.replayed", "event 1")
    counted = {key: GateState(passed=((NOON, 1),))}
    wanted = ToReplay(1, KEY, [planned(kind="replay"), planned("mail", kind="replay")], {}, counted, told)
    made = await store.replays.replay(wanted)
    assert made is not None
    rows = await store.replays.deliveries(made)
    assert [(one.destination, one.kind, one.state, one.event_id) for one in rows] == [
        ("team", "replay", "pending", 1),
        ("mail", "replay", "pending", 1),
    ]
    assert await store.gates([key]) == counted
    assert await store.replays.replay(wanted) is None  # the gate has counted since it was asked
    assert len(await audits(store)) == 1
    assert ids(await store.claim(10)) == made


async def test_what_is_remembered_stays_when_an_event_is_replayed(store: Store) -> None:
    await failed(store)
    before = await store.remember([KEY])
    assert await store.replays.replay(ToReplay(1, KEY, [], {}, {}, ToNote("ada", "event.replayed", "event 1"))) == []
    assert await store.remember([KEY]) == before
    assert await store.remember([Key("creads", "Project", "other")]) == {}


async def test_what_can_be_repeated_is_filtered(store: Store) -> None:
    first, second = await failed(store), await failed(store, "B", gid="g2")
    assert [id for id, _ in await store.replays.repeatable(state="failed")] == [first.id, second.id]
    assert [id for id, _ in await store.replays.repeatable(state="failed", gid="g2")] == [second.id]
    assert await store.replays.repeatable(state="failed", destination="mail") == []
    assert await store.replays.repeatable(state="failed", since=NOON + 1) == []
    assert len(await store.replays.repeatable(since=NOON, until=NOON + 1)) == 2
    assert len(await store.replays.repeatable(q="Body")) == 2


async def test_several_are_one_line_of_the_audit(store: Store) -> None:
    old = [await failed(store, body, gid=body) for body in "AB"]
    done = await store.replays.repeat(ToRepeat([Repeat(one.id) for one in old], "ada", once=True, together=True))
    again = [done.done[one.id] for one in old]
    named = "; ".join(f"delivery {one.id} as {id}, to team" for one, id in zip(old, again, strict=True))
    assert await audits(store) == [("ada", "deliveries.replayed", f"2: {named}")]
    assert await store.replays.repeated(ids(old)) == done.done
    await store.replays.repeat(ToRepeat([Repeat(one.id) for one in old], "ada", once=True, together=True))
    await store.replays.drop(ToDrop(again, "ada", why="not needed", together=True))
    named = "; ".join(f"delivery {id}" for id in again)
    assert (await audits(store))[0] == ("ada", "deliveries.dropped", f"2: {named}: not needed")
    assert len(await audits(store)) == 2
    assert (await row(store, again[0])).reason == "dropped by ada: not needed"


async def test_what_is_sent_again_counts_no_longer(store: Store, clock: Clock) -> None:
    old = [await failed(store, body, gid=body) for body in "AB"]
    assert await store.counts.stuck_ids(0, "team", 9) == ids(old)
    assert await store.counts.stuck_ids(0, "team", 9, reasons=["503"], upto=old[0].id) == [old[0].id]
    assert await store.counts.stuck_ids(0, "team", 9, reasons=["404"]) == []
    await store.replays.repeat(ToRepeat([Repeat(old[0].id)], "ada"))
    assert [one.count for one in await store.counts.stuck(0)] == [1]
    assert await store.counts.stuck_ids(0, "team", 9) == [old[1].id]
    assert {(one.state, one.number) for one in await store.counts.undelivered(0, 60)} == {
        ("failed", 1),
        ("repeated", 1),
        ("pending", 1),
    }
    assert [row.gid for row in await store.events(outcome="undelivered")] == ["B"]
    (again,) = await store.claim(10)
    await store.settle(settled(again, "failed", reason="503"))
    assert await store.counts.stuck_ids(0, "team", 9) == [old[1].id, again.id]
